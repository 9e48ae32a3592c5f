// SPDX-License-Identifier: Apache-2.0
// @zeros, @constants and questions about array types.
#include "compiler/sema/handler.h"
#include "compiler/types/coercion.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

std::optional<TypeId> ArrayTypeArg(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> t = TypeArg(f, call, 0);
  if (!t) return std::nullopt;
  if (f.sema.types.kind(*t) == types::Kind::kArray) return t;
  Fail(f, call.args[0], Kind::kExpectedKind,
       {std::string("the argument of @") + BuiltinName(call.kind), "an array type",
        f.sema.TypeText(*t)});
  return std::nullopt;
}

// for (i = 0; i != count; i += 1) array[i] = element.
void EmitFill(Frame& f, ir::ValueId array, const Operand& element, uint64_t count,
              source::Span span) {
  ir::IrBuilder& b = *f.builder;
  const auto size = static_cast<uint32_t>(types::SizeOf(f.sema.types, element.type));
  const ir::BlockId head = b.NewBlock({ir::IntType(16)});
  const ir::BlockId exit = b.NewBlock();
  const ir::ValueId start[] = {b.Int(16, 0)};
  b.Br(head, start);
  b.SetBlock(head);
  const ir::ValueId i = b.BlockParam(head, 0);
  StoreTo(f, b.ElementPtr(array, i, false, size), 0, element, span);
  const ir::ValueId next[] = {b.Binary(ir::Op::kAdd, i, b.Int(16, 1))};
  const ir::ValueId more = b.Binary(ir::Op::kULt, next[0], b.Int(16, count));
  b.CondBr(more, head, exit, next);
  b.SetBlock(exit);
}

}  // namespace

Operand Builtin_zeros(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> array = ArrayTypeArg(f, call);
  if (!array) return Operand::Poison();
  const TypeId element = f.sema.types.element(*array);
  if (element == types::kBoolType) {
    return FailOnForm(f, diagnostics::Form::kZerosOfBool, f.span(call.i));
  }
  if (!types::IsNumeric(f.sema.types, element)) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"the element type of @zeros", "a number", f.sema.TypeText(element)});
  }
  return Operand::Const(types::ZeroValue(f.sema.types, *array));
}

namespace {

// The value that fills the array. A whole number that is known fills floats, too: generators write
// @constants([4]f32, 0).
Operand FillArg(Frame& f, const BuiltinCall& call, TypeId element) {
  const Operand value = Arg(f, call, 1);
  const bool is_number = value.is_const() && value.type == types::kComptimeIntType &&
                         types::IsFixedFloat(f.sema.types, element);
  if (!is_number)
    return value.is_poison() ? value : Coerce(f, value, element, f.span(call.args[1]));
  const diagnostics::ProblemOr<types::Folded> cast =
      types::FoldAs(f.sema.types, element, Use(f, value));
  if (!cast.ok()) return FailWith(f, f.span(call.args[1]), cast.status());
  return Operand::Const(cast->value);
}

}  // namespace

Operand Builtin_constants(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const std::optional<TypeId> array = ArrayTypeArg(f, call);
  if (!array) return Operand::Poison();
  const Operand element = FillArg(f, call, s.element(*array));
  if (element.is_poison()) return element;
  const uint64_t count = s.element_count(*array);
  if (const std::optional<Value> known = AsKnown(f, element)) {
    return Operand::Const(Value::Filled(*array, count, *known));
  }
  const source::Span span = f.span(call.args[1]);
  if (!f.emits()) return FailAt(f, span, Kind::kNotComptime, {"the value of @constants"});
  constexpr uint64_t kMostElements = 0x8000;  // more than fit in PE memory
  if (count >= kMostElements) return NotSupported(f, call.i, "an array larger than PE memory");
  const ir::ValueId address =
      f.builder->Alloca(static_cast<uint32_t>(types::SizeOf(s, *array)), types::AlignOf(s, *array));
  if (count > 0) EmitFill(f, address, element, count, span);
  return Operand::Memory(*array, address);
}

Operand Builtin_dimensions(Frame& f, const BuiltinCall& call) {
  types::TypeStore& s = f.sema.types;
  const std::optional<TypeId> array = ArrayTypeArg(f, call);
  if (!array) return Operand::Poison();
  const std::span<const uint32_t> dims = s.dims(*array);
  const TypeId type = s.Array(static_cast<uint32_t>(dims.size()), types::kU32Type);
  std::vector<Value> values;
  for (uint32_t d : dims) values.push_back(Value::Immediate(types::kU32Type, d));
  return Operand::Const(Value::Aggregate(type, std::move(values)));
}

Operand Builtin_element_count(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> array = ArrayTypeArg(f, call);
  if (!array) return Operand::Poison();
  return Operand::Const(Value::Immediate(types::kU32Type, f.sema.types.element_count(*array)));
}

Operand Builtin_element_type(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> array = ArrayTypeArg(f, call);
  if (!array) return Operand::Poison();
  return Operand::Type(f.sema.types.element(*array));
}

Operand Builtin_rank(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> array = ArrayTypeArg(f, call);
  if (!array) return Operand::Poison();
  return Operand::Const(Value::Immediate(types::kU16Type, f.sema.types.dims(*array).size()));
}

}  // namespace csl::sema
