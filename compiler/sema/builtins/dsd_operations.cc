// SPDX-License-Identifier: Apache-2.0
// All builtins that are vector operations: operands are matched with the forms of the table.
#include <algorithm>

#include "base/check.h"
#include "compiler/sema/async_config.h"
#include "compiler/sema/dsd.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/operand_places.h"
#include "compiler/sema/reserved.h"
#include "compiler/types/dsd_value.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

enum class Element : uint8_t { kNone, kI16, kI32, kF16, kF32 };

struct Row {
  std::string_view name;
  ir::DsdOp op;
  std::string_view forms;
};
constexpr Row kRows[] = {
#define DSD_OPERATION(name, op, forms) {#name, ir::DsdOp::op, forms},
#include "compiler/sema/dsd_operations.def"
};

struct Elements {
  std::string_view name;
  int sources, scalar;
  Element dest, src0, src1;
};
constexpr Elements kElements[] = {
#define VECTOR_OP(opcode, name, sources, scalar, dest, src0, src1, wse2, wse3, source) \
  {name, sources, scalar, Element::dest, Element::src0, Element::src1},
#include "fabric/isa/vector_ops.def"
#undef VECTOR_OP
};

const Row& RowOf(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row;
  }
  CHECK(false) << "no vector operation " << name;
  return kRows[0];
}

const Elements& ElementsOf(std::string_view name) {
  for (const Elements& elements : kElements) {
    if (elements.name == name) return elements;
  }
  CHECK(false) << "no element types of " << name;
  return kElements[0];
}

bool IsVector(const types::TypeStore& s, TypeId t) {
  return types::IsDsd(s, t) || types::IsDsr(s, t);
}

// The letter of an argument; 0 if it can be none.
char Letter(const types::TypeStore& s, const Operand& o, bool is_first) {
  if (!o.type.valid()) return 0;
  if (IsVector(s, o.type)) return is_first ? 'D' : 'S';
  if (is_first && s.kind(o.type) == types::Kind::kPointer) return 'P';
  return is_first ? 0 : 'v';
}

bool HasForm(std::string_view forms, std::string_view form) {
  while (!forms.empty()) {
    const size_t end = std::min(forms.find(' '), forms.size());
    if (forms.substr(0, end) == form) return true;
    forms.remove_prefix(std::min(end + 1, forms.size()));
  }
  return false;
}

// The scalar in the element type; both signs of an integer are fine.
Operand ScalarArg(Frame& f, const Operand& o, Element element, source::Span span) {
  types::TypeStore& s = f.sema.types;
  const bool is_unsigned = types::IsInt(s, o.type) && !s.int_is_signed(o.type);
  const bool is_large =
      o.is_const() && types::IsAnyInt(s, o.type) &&
      !types::ToBigInt(s, Use(f, o)).FitsInt(true, element == Element::kI16 ? 16 : 32);
  TypeId type = types::kF32Type;
  if (element == Element::kF16) type = s.fp16();
  if (element == Element::kI16) {
    type = is_unsigned || is_large ? types::kU16Type : types::kI16Type;
  }
  if (element == Element::kI32) {
    type = is_unsigned || is_large ? types::kU32Type : types::kI32Type;
  }
  return Coerce(f, o, type, span);
}

// A FIFO's descriptor names it by its number; one in registers that the program chose is there.
std::optional<ir::DsdArg> FifoArg(Frame& f, const Operand& o, bool is_dest, source::Span span) {
  const std::optional<Value> fifo = KnownValue(f, o, span, "a FIFO");
  if (!fifo) return std::nullopt;
  const int8_t dsr = f.sema.config.fifos[fifo->dsd().fifo].dsr;
  if (dsr >= 0) {
    const ir::DsrFile file = is_dest ? ir::DsrFile::kDest : ir::DsrFile::kSrc1;
    return ir::DsdArg::Dsr({file, static_cast<uint8_t>(dsr)});
  }
  const types::SymbolId symbol = f.sema.FifoSymbol(fifo->dsd().fifo);
  return ir::DsdArg::Dsd(f.builder->GlobalAddress(f.sema.global(symbol)));
}

// A DSR by its number, a DSD by its address.
std::optional<ir::DsdArg> VectorArg(Frame& f, const Operand& o, bool is_dest, source::Span span) {
  types::TypeStore& s = f.sema.types;
  if (types::IsDsd(s, o.type)) {
    if (s.kind(o.type) == types::Kind::kCircbufDsd) {
      FailAt(f, span, Kind::kCircbufOperand);
      return std::nullopt;
    }
    if (s.kind(o.type) == types::Kind::kFifoDsd) return FifoArg(f, o, is_dest, span);
    const bool is_known = o.is_const() && types::IsFabricDsd(s, o.type);
    const uint16_t color = is_known ? Use(f, o).dsd().color : types::DsdData::kNoId;
    if (color != types::DsdData::kNoId && !CheckRoutable(f, color, span)) return std::nullopt;
    const ir::ValueId address = ToMemory(f, o, span);
    return types::IsFabricDsd(s, o.type) ? ir::DsdArg::FabricDsd(address)
                                         : ir::DsdArg::Dsd(address);
  }
  const std::optional<ir::DsrRef> dsr = DsrOf(f, o, is_dest, span);
  if (!dsr) return std::nullopt;
  return ir::DsdArg::Dsr(*dsr);
}

// A fabout_dsd that leaves the choice of a queue to the compiler.
bool IsWithoutQueue(Frame& f, const Operand& o) {
  if (!o.is_const() || o.type != types::kFaboutDsdType) return false;
  const types::DsdData dsd = Use(f, o).dsd();
  return dsd.queue == types::DsdData::kNoId || dsd.queue_is_chosen;
}

void WarnIfIndexMissing(Frame& f, const BuiltinCall& call, const std::vector<Operand>& operands,
                        const ir::DsdArgs& args) {
  if (args.index.valid()) return;
  for (size_t n = 0; n < operands.size(); ++n) {
    const Operand& o = operands[n];
    if (!o.is_const() || o.value.form() != types::Form::kDsd) continue;
    if (!Use(f, o).dsd().wavelet_index_offset) continue;
    f.sema.Report(&f, f.span(call.args[n]), Kind::kIndexMissing);
  }
}

std::string Describe(Analyzer& a, const std::vector<Operand>& operands) {
  std::string text = "operands of types";
  for (size_t n = 0; n < operands.size(); ++n) {
    text += (n == 0 ? " " : ", ") + a.TypeText(operands[n].type);
  }
  return text;
}

// The type of a scalar, which by its place would be `of_place`. Of @faddhs a scalar is the 16-bit
// operand, except for the initial value of a sum.
Element ScalarElement(ir::DsdOp op, std::string_view form, Element of_place) {
  if (op != ir::DsdOp::kFaddhs) return of_place;
  return form[0] == 'P' ? Element::kF32 : Element::kF16;
}

bool PointsTo(const types::TypeStore& s, TypeId pointee, Element element) {
  switch (element) {
    case Element::kNone:
      return false;
    case Element::kI16:
    case Element::kI32:
      return types::IsInt(s, pointee) &&
             s.int_bits(pointee) == (element == Element::kI16 ? 16u : 32u);
    case Element::kF16:
      return pointee == s.fp16();
    case Element::kF32:
      return pointee == types::kF32Type;
  }
  return false;
}

// A pointer as destination needs a variable of the type of the results.
bool CheckPointer(Frame& f, const BuiltinCall& call, const Operand& pointer, Element element) {
  static constexpr std::string_view kNeeded[] = {"", "i16 or u16", "i32 or u32",
                                                 "the 16-bit float type", "f32"};
  const types::TypeStore& s = f.sema.types;
  const std::string type = f.sema.TypeText(pointer.type) + " as its destination: ";
  if (s.pointer_is_const(pointer.type)) {
    Fail(f, call.args[0], Kind::kDsdOperands,
         {BuiltinName(call.kind), type + "the variable is constant"});
    return false;
  }
  if (PointsTo(s, s.pointee(pointer.type), element)) return true;
  Fail(f, call.args[0], Kind::kDsdOperands,
       {BuiltinName(call.kind),
        type + "it must point to " + std::string(kNeeded[static_cast<size_t>(element)])});
  return false;
}

Operand VectorOperation(Frame& f, const BuiltinCall& call) {
  const std::string_view name = BuiltinName(call.kind);
  const Row& row = RowOf(name);
  const Elements& elements = ElementsOf(name);
  types::TypeStore& s = f.sema.types;
  std::vector<Operand> operands;
  std::string form;
  const size_t count = row.forms.substr(0, row.forms.find(' ')).size();
  for (size_t n = 0; n < count; ++n) {
    operands.push_back(Arg(f, call, n));
    if (operands[n].is_poison()) return operands[n];
    form += Letter(s, operands[n], n == 0);
  }
  if (!HasForm(row.forms, form)) {
    return Fail(f, call.i, Kind::kDsdOperands, {name, Describe(f.sema, operands)});
  }
  if (!CheckOperandPlaces(f, call, operands, elements.sources)) return Operand::Poison();
  if (form[0] == 'P' && !CheckPointer(f, call, operands[0], elements.dest)) {
    return Operand::Poison();
  }
  ir::DsdArgs args;
  args.op = row.op;
  if (call.args.size() > count && !ReadAsyncConfig(f, call, count, operands, &args)) {
    return Operand::Poison();
  }
  if (args.is_async && IsWithoutQueue(f, operands[0])) {
    return Fail(f, call.args[0], Kind::kAsyncWithoutQueue);
  }
  WarnIfIndexMissing(f, call, operands, args);
  // Where operand n goes: single-source operations have their source in src1.
  ir::DsdArg* const two[] = {&args.dest, &args.src0, &args.src1, &args.scalar};
  ir::DsdArg* const one[] = {&args.dest, &args.src1, &args.scalar};
  const Element two_types[] = {elements.dest, elements.src0, elements.src1, elements.src1};
  const Element one_types[] = {elements.dest, elements.src1, elements.src1};
  for (size_t n = 0; n < count; ++n) {
    const source::Span span = f.span(call.args[n]);
    ir::DsdArg& to = elements.sources == 2 ? *two[n] : *one[n];
    const Element element = elements.sources == 2 ? two_types[n] : one_types[n];
    if (form[n] == 'v') {
      const Operand v = ScalarArg(f, operands[n], ScalarElement(row.op, form, element), span);
      if (v.is_poison()) return v;
      to = ir::DsdArg::Scalar(ToScalar(f, v, span));
    } else if (form[n] == 'P') {
      to = ir::DsdArg::ScalarPointer(ToScalar(f, operands[n], span));
    } else {
      const std::optional<ir::DsdArg> v = VectorArg(f, operands[n], n == 0, span);
      if (!v) return Operand::Poison();
      const bool is_first_of_two = &to == &args.src0;
      if (is_first_of_two && v->kind == ir::DsdOperandKind::kDsr &&
          v->dsr.file != ir::DsrFile::kSrc0) {
        return Fail(f, call.args[n], Kind::kExpectedKind,
                    {"the first of two sources", "a dsr_src0", f.sema.TypeText(operands[n].type)});
      }
      to = *v;
    }
  }
  return Operand::Runtime(types::kBoolType, f.builder->DsdOperation(args));
}

}  // namespace

#define DSD_OPERATION(name, op, forms) \
  Operand Builtin_##name(Frame& f, const BuiltinCall& call) { return VectorOperation(f, call); }
#include "compiler/sema/dsd_operations.def"

}  // namespace csl::sema
