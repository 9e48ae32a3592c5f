// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/verify_types.h"

#include "compiler/ir/ops.h"

namespace csl::ir {
namespace {

class TypeRules {
 public:
  TypeRules(const Module& module, const Function& f, ValueId id)
      : module_(module), f_(f), v_(f.value(id)), operands_(f.operands(id)) {}

  const char* Broken() const;

 private:
  Type TypeOf(size_t i) const { return f_.value(operands_[i]).type; }
  const char* Arithmetic() const;
  const char* Conversion() const;
  const char* Memory() const;
  const char* CallArgs(const Function& callee, size_t first) const;
  const char* Machine() const;

  const Module& module_;
  const Function& f_;
  const Instruction& v_;
  std::span<const ValueId> operands_;
};

const char* TypeRules::Arithmetic() const {
  const bool is_shift = v_.op == Op::kShl || v_.op == Op::kAShr || v_.op == Op::kLShr;
  const bool is_float = (v_.op >= Op::kFAdd && v_.op <= Op::kFNeg) || v_.op >= Op::kFEq;
  if (is_float != TypeOf(0).is_float()) return "kind of its operands";
  const bool any_word =
      v_.op == Op::kEq || v_.op == Op::kNe || v_.op == Op::kULt || v_.op == Op::kULe;
  if (!is_float && !TypeOf(0).is_int() && !any_word) return "operands are not integers";
  if (is_shift && !TypeOf(1).is_int()) return "shift count is not an integer";
  if (!is_shift && operands_.size() > 1 && TypeOf(0) != TypeOf(1)) return "operands differ in type";
  const bool is_high = v_.op == Op::kUMulH || v_.op == Op::kSMulH;
  if (is_high && !TypeOf(0).is_int(32)) return "operands are not i32";
  return nullptr;
}

const char* TypeRules::Conversion() const {
  const Type from = TypeOf(0);
  const Type to = v_.type;
  switch (v_.op) {
    case Op::kTrunc:
      return from.is_int() && to.is_int() && to.bits < from.bits ? nullptr : "not to fewer bits";
    case Op::kZExt:
    case Op::kSExt:
      return from.is_int() && to.is_int() && to.bits > from.bits ? nullptr : "not to more bits";
    case Op::kBitcast:
      return BitWidth(from) == BitWidth(to) && !to.is_void() ? nullptr : "widths differ";
    case Op::kFpExt:
      return from == kF16Type && to == kF32Type ? nullptr : "not f16 to f32";
    case Op::kFpTrunc:
      return from == kF32Type && to == kF16Type ? nullptr : "not f32 to f16";
    case Op::kSIToFp:
    case Op::kUIToFp:
      return from.is_int() && to.is_float() ? nullptr : "not integer to float";
    default:
      return from.is_float() && to.is_int() ? nullptr : "not float to integer";
  }
}

const char* TypeRules::Memory() const {
  const size_t base = v_.op == Op::kStore ? 1 : 0;
  if (operands_.size() != base + 1 && operands_.size() != base + 2) return "operand count";
  if (!TypeOf(base).is_pointer()) return "address is not a pointer";
  if (operands_.size() == base + 2 && !TypeOf(base + 1).is_int(16)) return "index is not i16";
  if (v_.aux > 7) return "scale of the index";
  if (v_.op == Op::kLoad && v_.type.is_void()) return "loads nothing";
  return nullptr;
}

const char* TypeRules::CallArgs(const Function& callee, size_t first) const {
  if (operands_.size() - first != callee.params.size()) return "argument count";
  for (size_t i = 0; i < callee.params.size(); ++i) {
    if (TypeOf(first + i) != callee.value(callee.params[i]).type) return "argument type";
  }
  return v_.type == callee.result ? nullptr : "result type of the callee";
}

const char* TypeRules::Machine() const {
  if (v_.op == Op::kDsrLoad) return TypeOf(0).is_pointer() ? nullptr : "address is not a pointer";
  if (v_.op == Op::kDsrOp) {
    const DsrOpRow& row = RowOf(static_cast<DsrOp>(v_.aux));
    if (operands_.size() > static_cast<size_t>(row.operands)) return "operand count";
    return row.has_result != v_.type.is_void() ? nullptr : "result type";
  }
  if (v_.op == Op::kSys) {
    const SysOpRow& row = RowOf(static_cast<SysOp>(v_.imm));
    if (operands_.size() != static_cast<size_t>(row.operands)) return "operand count";
    return row.has_result != v_.type.is_void() ? nullptr : "result type";
  }
  if (v_.imm < 0 || static_cast<size_t>(v_.imm) >= f_.dsd_ops.size())
    return "no such dsd_op record";
  const DsdOpInfo& info = f_.dsd_ops[static_cast<size_t>(v_.imm)];
  size_t count = 0;
  for (const DsdOperand& operand : info.operands) {
    if (!operand.has_value()) continue;
    if (count >= operands_.size()) return "operand count";
    const bool is_address = operand.kind != DsdOperandKind::kScalar;
    if (is_address && !TypeOf(count).is_pointer()) return "address is not a pointer";
    ++count;
  }
  count += info.completion != DsdAction::kNone ? 1 : 0;
  count +=
      info.on_control == DsdAction::kActivate || info.on_control == DsdAction::kUnblock ? 1 : 0;
  count += info.has_index ? 1 : 0;
  return count == operands_.size() ? nullptr : "operand count";
}

const char* TypeRules::Broken() const {
  switch (RowOf(v_.op).result) {
    case ResultRule::kNone:
      if (!v_.type.is_void()) return "has a result";
      break;
    case ResultRule::kSame:
      if (operands_.empty() || v_.type != TypeOf(0)) return "result is not of the operand's type";
      break;
    case ResultRule::kBool:
      if (v_.type != kBoolType) return "result is not i1";
      break;
    case ResultRule::kPointer:
      if (!v_.type.is_pointer()) return "result is not ptr";
      break;
    case ResultRule::kTyped:
      break;
  }
  if (v_.op >= Op::kAdd && v_.op <= Op::kFLe) return Arithmetic();
  if (v_.op >= Op::kTrunc && v_.op <= Op::kFpToUI) return Conversion();
  switch (v_.op) {
    case Op::kSelect:
      if (TypeOf(0) != kBoolType) return "condition is not i1";
      return TypeOf(1) == v_.type && TypeOf(2) == v_.type ? nullptr : "sides differ in type";
    case Op::kLoad:
    case Op::kStore:
      return Memory();
    case Op::kPtrAdd:
      return TypeOf(0).is_pointer() && TypeOf(1).is_int(16) ? nullptr : "not pointer and i16";
    case Op::kCopy:
      return TypeOf(0).is_pointer() && TypeOf(1).is_pointer() ? nullptr : "no pointers";
    case Op::kZero:
      return TypeOf(0).is_pointer() ? nullptr : "no pointer";
    case Op::kCall:
      if (v_.symbol >= module_.functions.size()) return "callee does not exist";
      return CallArgs(module_.functions[v_.symbol], 0);
    case Op::kCallIndirect:
      return !operands_.empty() && TypeOf(0) == kFunctionType ? nullptr : "callee is not a func";
    case Op::kDsdOp:
    case Op::kDsrLoad:
    case Op::kDsrOp:
    case Op::kSys:
      return Machine();
    case Op::kCondBr:
      if (operands_.size() < 1u + v_.aux) return "argument count";
      return TypeOf(0) == kBoolType ? nullptr : "condition is not i1";
    case Op::kRet:
      if (f_.result.is_void()) return operands_.empty() ? nullptr : "returns a value";
      return operands_.size() == 1 && TypeOf(0) == f_.result ? nullptr : "type of the result";
    default:
      return nullptr;
  }
}

}  // namespace

const char* BrokenTypeRule(const Module& module, const Function& function, ValueId id) {
  return TypeRules(module, function, id).Broken();
}

}  // namespace csl::ir
