// SPDX-License-Identifier: Apache-2.0
// @get_dsd for memory: a constant where everything is known, else a template with some words
// stored.
#include "compiler/sema/dsd.h"

#include <algorithm>

#include "compiler/sema/handler.h"
#include "compiler/sema/suggest.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"
#include "fabric/isa/descriptor.h"

namespace csl::sema {

using diagnostics::Kind;
using types::DsdData;
using types::TypeId;
using types::Value;

uint32_t ElementBytes(const types::TypeStore& s, TypeId pointer) {
  TypeId t = s.pointee(pointer);
  if (s.kind(t) == types::Kind::kArray) t = s.element(t);
  return types::HasRuntimeBits(s, t) ? static_cast<uint32_t>(types::SizeOf(s, t)) : 1;
}

namespace {

constexpr std::string_view kMem1dFields[] = {
    "base_address", "extent", "stride", "offset", "tensor_access", "wavelet_index_offset"};
constexpr std::string_view kShapeFields[] = {"base_address", "extent", "stride", "offset"};

// Where the tensor of a literal `.{ .tensor_access = |i|{n} -> tensor[i] }` stands.
std::optional<source::Span> TensorSpan(const Frame& f, InstId literal) {
  const auto inst = f.file.insts.As<untyped::StructLit>(literal);
  if (!inst) return std::nullopt;
  for (const lower::NamedInst& field : f.List(inst->fields)) {
    const auto access = f.file.insts.As<untyped::TensorAccess>(field.value);
    if (access) return f.span(access->tensor);
  }
  return std::nullopt;
}

// The fields of the struct given to @get_dsd, those of its tensor access included.
class Fields {
 public:
  bool Read(Frame& f, const BuiltinCall& call, std::string_view kind) {
    struct_ = Arg(f, call, 1);
    span_ = f.span(call.args[1]);
    if (struct_.is_poison()) return false;
    types::TypeStore& s = f.sema.types;
    if (!struct_.type.valid() || s.kind(struct_.type) != types::Kind::kStruct) {
      FailAt(f, span_, Kind::kExpectedKind,
             {"the fields of a DSD", "a struct", f.sema.TypeText(struct_.type)});
      return false;
    }
    for (const types::Field& field : s.fields(struct_.type)) {
      if (std::find(std::begin(kMem1dFields), std::end(kMem1dFields), field.name) ==
          std::end(kMem1dFields)) {
        FailAt(f, span_, Kind::kUnknownDsdField,
               {kind, field.name,
                Suggestion(field.name, {std::begin(kMem1dFields), std::end(kMem1dFields)})});
        return false;
      }
    }
    const std::optional<Operand> access = FieldOf(f, struct_, "tensor_access", span_);
    if (!access) return true;
    access_ = *access;
    tensor_span_ = TensorSpan(f, call.args[1]).value_or(span_);
    for (std::string_view name : kShapeFields) {
      if (FieldOf(f, struct_, name, span_)) {
        FailAt(f, span_, Kind::kDsdFieldTwice, {name});
        return false;
      }
    }
    return true;
  }

  std::optional<Operand> Get(Frame& f, std::string_view name) const {
    if (access_.is_none()) return FieldOf(f, struct_, name, span_);
    return FieldOf(f, access_, name, span_);
  }
  source::Span span() const { return span_; }
  bool is_access() const { return !access_.is_none(); }
  source::Span tensor_span() const { return tensor_span_; }  // of the tensor of its access
  const Operand& whole() const { return struct_; }

 private:
  Operand struct_, access_;
  source::Span span_, tensor_span_;
};

// A scalar, or the only entry of a tuple.
Operand Single(Frame& f, const Operand& o) {
  const types::TypeStore& s = f.sema.types;
  if (s.is_tuple(o.type) && s.fields(o.type).size() == 1) return PartOf(f, o, 0);
  return o;
}

std::vector<Operand> List(Frame& f, const Operand& o) {
  const types::TypeStore& s = f.sema.types;
  if (!s.is_tuple(o.type)) return {o};
  std::vector<Operand> list;
  for (uint32_t n = 0; n < s.fields(o.type).size(); ++n) list.push_back(PartOf(f, o, n));
  return list;
}

// base address plus offset elements. Poison if reported.
Operand BaseAddress(Frame& f, const Fields& fields, std::string_view kind) {
  types::TypeStore& s = f.sema.types;
  const std::optional<Operand> base = fields.Get(f, "base_address");
  if (!base) return FailAt(f, fields.span(), Kind::kMissingDsdField, {kind, "base_address"});
  if (s.kind(base->type) != types::Kind::kPointer) {
    return FailAt(f, fields.span(), Kind::kExpectedKind,
                  {"base_address", "a pointer", f.sema.TypeText(base->type)});
  }
  const std::optional<Operand> offset = fields.Get(f, "offset");
  if (!offset) return *base;
  // A tensor access has found out how wide its offset is.
  const TypeId type = fields.is_access() ? offset->type : types::kI16Type;
  const Operand count = Coerce(f, Single(f, *offset), type, fields.span());
  if (count.is_poison()) return count;
  return AdvancePointer(f, *base, count, ElementBytes(s, base->type), fields.span());
}

Operand Count(Frame& f, const Fields& fields, std::string_view name, TypeId type,
              int64_t otherwise) {
  const std::optional<Operand> o = fields.Get(f, name);
  if (!o) return Operand::Const(Value::Immediate(type, static_cast<uint64_t>(otherwise)));
  return Coerce(f, Single(f, *o), type, fields.span());
}

// A DSD operand with these parts: known ones in a constant, others stored over a copy of it.
Operand Build(Frame& f, TypeId type, DsdData data, const Operand& base, const Operand& extent,
              const Operand& stride, source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (base.is_const()) data.base = Use(f, base);
  if (extent.is_const()) data.extent[0] = static_cast<uint16_t>(Use(f, extent).bits());
  if (stride.is_const()) data.stride[0] = static_cast<int16_t>(Use(f, stride).bits());
  const bool known = base.is_const() && extent.is_const() && stride.is_const();
  if (!base.is_const()) data.base = Value::Immediate(base.type, 0);
  const Operand constant = Operand::Const(Value::Dsd(type, data));
  if (known) return constant;
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"every field of this DSD"});
  ir::IrBuilder& b = *f.builder;
  const ir::ValueId memory =
      b.Alloca(static_cast<uint32_t>(types::SizeOf(s, type)), types::AlignOf(s, type));
  StoreTo(f, memory, 0, constant, span);
  if (!base.is_const()) b.Store(ToScalar(f, base, span), memory, isa::kDsdBaseOffset);
  if (!extent.is_const()) b.Store(ToScalar(f, extent, span), memory, isa::kDsdExtentOffset);
  if (!stride.is_const()) {
    b.Store(b.IntCast(16, ToScalar(f, stride, span), true), memory, isa::kDsdStrideOffset);
  }
  return Operand::StableMemory(type, memory);
}

bool ReadIndexOffset(Frame& f, const Fields& fields, DsdData* data) {
  const std::optional<Operand> o =
      FieldOf(f, fields.whole(), "wavelet_index_offset", fields.span());
  if (!o) return true;
  const std::optional<Value> v = KnownValue(f, *o, fields.span(), "wavelet_index_offset");
  if (!v) return false;
  data->wavelet_index_offset = v->AsBool();
  return true;
}

// The step of a tensor access fits a mem1d_dsd. False if reported.
bool CheckStep(Frame& f, const Fields& fields) {
  if (!fields.is_access()) return true;
  const Operand stride = Single(f, *fields.Get(f, "stride"));
  if (!stride.is_const() || stride.type != types::kI16Type) return true;
  const int64_t step = Use(f, stride).int64();
  if (step >= INT8_MIN && step <= INT8_MAX) return true;
  const Operand extent = Single(f, *fields.Get(f, "extent"));
  FailAt(f, fields.tensor_span(), Kind::kMem1dStep,
         {step, "{" + std::to_string(Use(f, extent).int64()) + ", 1}"});
  return false;
}

Operand Mem1d(Frame& f, const BuiltinCall& call) {
  Fields fields;
  if (!fields.Read(f, call, "mem1d_dsd")) return Operand::Poison();
  DsdData data;
  if (!ReadIndexOffset(f, fields, &data)) return Operand::Poison();
  if (!fields.Get(f, "extent")) {
    return FailAt(f, fields.span(), Kind::kMissingDsdField, {"mem1d_dsd", "extent"});
  }
  const Operand base = BaseAddress(f, fields, "mem1d_dsd");
  const Operand extent = Count(f, fields, "extent", types::kU16Type, 0);
  if (!CheckStep(f, fields)) return Operand::Poison();
  const Operand stride = Count(f, fields, "stride", types::kI8Type, 1);
  if (base.is_poison() || extent.is_poison() || stride.is_poison()) return Operand::Poison();
  return Build(f, types::kMem1dDsdType, data, base, extent, stride, fields.span());
}

// Known numbers of one field, at most four.
std::optional<std::vector<int64_t>> Numbers(Frame& f, const Fields& fields, std::string_view name,
                                            TypeId type) {
  std::vector<int64_t> numbers;
  const std::optional<Operand> o = fields.Get(f, name);
  if (!o) return numbers;
  for (const Operand& part : List(f, *o)) {
    const Operand number = Coerce(f, part, type, fields.span());
    const std::optional<Value> v = KnownValue(f, number, fields.span(), name);
    if (!v) return std::nullopt;
    numbers.push_back(v->int64());
  }
  if (numbers.empty() || numbers.size() > 4) {
    FailAt(f, fields.span(), Kind::kOutOfRange, {"the number of dimensions", 1, 4, numbers.size()});
    return std::nullopt;
  }
  return numbers;
}

Operand Mem4d(Frame& f, const BuiltinCall& call) {
  Fields fields;
  if (!fields.Read(f, call, "mem4d_dsd")) return Operand::Poison();
  DsdData data;
  if (!ReadIndexOffset(f, fields, &data)) return Operand::Poison();
  const auto extents = Numbers(f, fields, "extent", types::kU16Type);
  const auto strides = Numbers(f, fields, "stride", types::kI16Type);
  if (!extents || !strides) return Operand::Poison();
  if (extents->empty()) {
    return FailAt(f, fields.span(), Kind::kMissingDsdField, {"mem4d_dsd", "extent"});
  }
  if (!strides->empty() && strides->size() != extents->size()) {
    return FailAt(f, fields.span(), Kind::kStrideAndExtent);
  }
  data.rank = static_cast<uint8_t>(extents->size());
  for (size_t n = 0; n < extents->size(); ++n) {
    data.extent[n] = static_cast<uint16_t>((*extents)[n]);
    data.stride[n] = strides->empty() ? int16_t{1} : static_cast<int16_t>((*strides)[n]);
  }
  const Operand base = BaseAddress(f, fields, "mem4d_dsd");
  if (base.is_poison()) return base;
  const Operand extent = Operand::Const(Value::Immediate(types::kU16Type, data.extent[0]));
  const Operand stride = Operand::Const(
      Value::Immediate(types::kI16Type, static_cast<uint64_t>(int64_t{data.stride[0]})));
  return Build(f, types::kMem4dDsdType, data, base, extent, stride, fields.span());
}

}  // namespace

Operand AdvancePointer(Frame& f, const Operand& pointer, const Operand& count,
                       uint32_t element_bytes, source::Span span) {
  if (pointer.is_const() && count.is_const()) {
    const Value& p = Use(f, pointer);
    const int64_t bytes = Use(f, count).int64() * element_bytes;
    if (bytes == 0) return pointer;
    if (p.form() == types::Form::kSymbol) {
      return Operand::Const(
          Value::Symbol(p.type(), p.symbol(), p.byte_offset() + static_cast<int32_t>(bytes)));
    }
    if (p.form() == types::Form::kImmediate) {
      return Operand::Const(Value::Immediate(
          p.type(), static_cast<uint16_t>(p.bits() + static_cast<uint64_t>(bytes))));
    }
    return FailAt(f, span, Kind::kNotSupportedYet, {"a DSD over a compile-time variable"});
  }
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"the base address of this DSD"});
  return Operand::Runtime(
      pointer.type, f.builder->ElementPtr(ToScalar(f, pointer, span), ToScalar(f, count, span),
                                          true, element_bytes));
}

Operand Builtin_get_dsd(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> type = TypeArg(f, call, 0);
  if (!type) return Operand::Poison();
  switch (f.sema.types.kind(*type)) {
    case types::Kind::kMem1dDsd:
      return Mem1d(f, call);
    case types::Kind::kMem4dDsd:
      return Mem4d(f, call);
    case types::Kind::kCircbufDsd:
      return CircularDsd(f, call);
    case types::Kind::kFabinDsd:
    case types::Kind::kFaboutDsd:
      return FabricDsd(f, call, *type);
    default:
      return Fail(
          f, call.args[0], Kind::kExpectedKind,
          {"the kind of a DSD", "mem1d_dsd, mem4d_dsd, circbuf_dsd, fabin_dsd or fabout_dsd",
           f.sema.TypeText(*type)});
  }
}

}  // namespace csl::sema
