// SPDX-License-Identifier: Apache-2.0
// `base.name`: fields of structs and unions, members of modules, values of enum types.
#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/library_forms.h"
#include "compiler/sema/suggest.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"
#include "compiler/types/union_members.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

Operand ModuleMember(Frame& f, const Value& module, std::string_view name, source::Span span) {
  Instance& m = f.sema.instance(module.instance());
  const auto found = m.file->by_name.find(name);
  if (found != m.file->by_name.end()) {
    ReportOldMember(f, m, name, span);
    Operand member = f.sema.DeclPlace(m.id, found->second.index, &f, span);
    if (name == "LAUNCH" && member.is_place() && member.place->base.is_const() &&
        member.type == types::kColorType) {
      f.sema.NoteForm(diagnostics::Form::kLaunch, span,
                      std::to_string(member.place->base.value.bits()));
    }
    return member;
  }
  std::vector<std::string_view> names;
  for (const auto& entry : m.file->by_name) names.push_back(entry.first);
  return FailAt(
      f, span, Kind::kNoMember,
      {f.sema.context.sources->file(m.file->file).stable_name, name, Suggestion(name, names)});
}

Operand EnumMember(Frame& f, TypeId type, std::string_view name, source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (s.kind(type) != types::Kind::kEnum) {
    return FailAt(f, span, Kind::kNoField, {"type " + f.sema.TypeText(type), name, ""});
  }
  std::vector<std::string_view> names;
  for (const types::EnumMember& member : s.members(type)) {
    if (member.name == name) {
      return Operand::Const(Value::Immediate(type, static_cast<uint64_t>(member.value)));
    }
    names.push_back(member.name);
  }
  return FailAt(f, span, Kind::kNoEnumMember,
                {f.sema.TypeText(type), name, Suggestion(name, names)});
}

std::optional<uint32_t> FindField(Frame& f, TypeId type, std::string_view name, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const types::Kind kind = s.kind(type);
  std::vector<std::string_view> names;
  if (kind == types::Kind::kStruct || kind == types::Kind::kUnion) {
    if (const std::optional<uint32_t> n = s.FindField(type, name)) return n;
    for (const types::Field& field : s.fields(type)) names.push_back(field.name);
  }
  FailAt(f, span, Kind::kNoField,
         {"a value of type " + f.sema.TypeText(type), name, Suggestion(name, names)});
  return std::nullopt;
}

// Field n of storage at run time.
void DescendInMemory(Frame& f, Place& p, uint32_t n) {
  types::TypeStore& s = f.sema.types;
  const TypeId outer = p.type;
  p.type = s.fields(outer)[n].type;
  if (s.packing(outer) != types::Packing::kPacked) {
    p.offset += static_cast<int32_t>(types::FieldOffset(s, outer, n));
    return;
  }
  if (!p.is_bits()) p.packed_in = outer;
  p.bit_offset += types::PackedFieldBit(s, outer, n);
}

Operand FieldOfValue(Frame& f, const Operand& v, uint32_t n, source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (v.kind == OperandKind::kMemory) {
    Place p;
    p.kind = PlaceKind::kDynamic;
    p.type = v.type;
    p.is_const = true;
    p.address = v.ir;
    DescendInMemory(f, p, n);
    return LoadPlace(f, Operand::Of(std::move(p)), span);
  }
  if (s.kind(v.type) == types::Kind::kUnion) {
    const diagnostics::ProblemOr<Value> member = types::UnionMember(s, Use(f, v), n);
    return member.ok() ? Operand::Const(*member) : FailWith(f, span, member.status());
  }
  return PartOf(f, v, n);
}

Operand FieldOfTemporary(Frame& f, const Place& p, uint32_t n, source::Span span) {
  Operand part = FieldOfValue(f, p.base, n, span);
  if (part.is_poison() || !part.is_const() || !p.instance.valid()) return part;
  Place inner = p;
  inner.type = part.type;
  inner.path.push_back(n);
  inner.base = std::move(part);
  return Operand::Of(std::move(inner));
}

}  // namespace

Operand MemberPlace(Frame& f, const Operand& base, std::string_view name, source::Span span) {
  const bool is_temporary = base.is_place() && base.place->kind == PlaceKind::kTemporary;
  const Operand& v = is_temporary ? base.place->base : base;
  if (v.is_const() && v.value.form() == types::Form::kModule) {
    return ModuleMember(f, Use(f, v), name, span);
  }
  if (v.is_const() && v.type == types::kTypeType) {
    return EnumMember(f, Use(f, v).AsType(), name, span);
  }
  if (base.is_place() && !is_temporary && base.type == types::kTypeType) {
    const Operand loaded = LoadPlace(f, base, span);
    return loaded.is_poison() ? loaded : EnumMember(f, Use(f, loaded).AsType(), name, span);
  }
  if (v.is_none() || v.kind == OperandKind::kQuote || !base.type.valid()) {
    return FailAt(f, span, Kind::kNoField, {"this expression", name, ""});
  }
  const std::optional<uint32_t> n = FindField(f, base.type, name, span);
  if (!n) return Operand::Poison();
  if (!base.is_place()) return FieldOfValue(f, base, *n, span);
  if (is_temporary) return FieldOfTemporary(f, *base.place, *n, span);
  Place p = *base.place;
  if (p.kind != PlaceKind::kCell) {
    DescendInMemory(f, p, *n);
    return Operand::Of(std::move(p));
  }
  p.type = f.sema.types.fields(p.type)[*n].type;
  p.holds_any_struct = false;
  p.path.push_back(*n);
  return Operand::Of(std::move(p));
}

Operand DerefPlace(Frame& f, const Operand& pointer, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const Operand v = ValueOf(f, pointer, span);
  if (v.is_poison()) return v;
  if (!v.type.valid() || s.kind(v.type) != types::Kind::kPointer) {
    return FailAt(f, span, Kind::kNotPointer, {f.sema.TypeText(v.type)});
  }
  Place p;
  p.type = s.pointee(v.type);
  p.is_const = s.pointer_is_const(v.type);
  // A function has no other value than its address.
  if (types::IsFnPointer(s, v.type) && !v.is_const()) return v;
  if (v.is_const()) {
    const Value& address = Use(f, v);
    switch (address.form()) {
      case types::Form::kSymbol:
        p.kind = PlaceKind::kStatic;
        p.symbol = address.symbol();
        p.offset = address.byte_offset();
        return Operand::Of(std::move(p));
      case types::Form::kCell:
        return CellPlace(f, address, 0, span);
      case types::Form::kFunction:
        return Operand::Const(address.WithType(p.type));
      default:
        break;
    }
    if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"what this pointer points at"});
  }
  p.kind = PlaceKind::kDynamic;
  p.address = ToScalar(f, v, span);
  return Operand::Of(std::move(p));
}

}  // namespace csl::sema
