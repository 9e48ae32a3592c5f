// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "compiler/codegen/opcode_tables.h"
#include "compiler/codegen/select.h"
#include "compiler/ir/ops.h"

namespace csl::codegen {
namespace {

using ir::Op;

bool IsSigned(Op op) {
  return op == Op::kSDiv || op == Op::kSRem || op == Op::kAShr || op == Op::kSLt || op == Op::kSLe;
}

Relation RelationOf(Op op) {
  switch (op) {
    case Op::kEq:
      return Relation::kEq;
    case Op::kNe:
      return Relation::kNe;
    case Op::kSLt:
    case Op::kULt:
      return Relation::kLt;
    default:
      return Relation::kLe;
  }
}

// Immediates of compare-and-branch have 16 bits: signed, or unsigned where the comparison is.
bool FitsBranch(int64_t value, IntClass type) {
  const bool is_unsigned = type == IntClass::kU16 || type == IntClass::kU32;
  return is_unsigned ? value >= 0 && value <= 0xffff : value >= -0x8000 && value <= 0x7fff;
}

// An integer comparison with the constant, if there is one, on the right.
struct Comparison {
  Relation relation;
  IntClass type;
  ir::ValueId left;
  ir::ValueId right;
  bool has_immediate = false;
  int64_t immediate = 0;
};

Comparison Analyze(const ir::Function& f, ir::ValueId id) {
  const Op op = f.value(id).op;
  Comparison c;
  c.relation = RelationOf(op);
  c.left = f.operand(id, 0);
  c.right = f.operand(id, 1);
  const bool is_wide = ir::BitWidth(f.value(c.left).type) == 32;
  const bool is_unsigned = op == Op::kULt || op == Op::kULe;
  c.type = is_wide ? (is_unsigned ? IntClass::kU32 : IntClass::kI32)
                   : (is_unsigned ? IntClass::kU16 : IntClass::kI16);
  if (f.is_const(c.left) && !f.is_const(c.right)) {
    std::swap(c.left, c.right);
    c.relation = Swapped(c.relation);
  }
  if (f.is_const(c.right)) {
    c.has_immediate = true;
    // A register holds a bit as 0 or 1.
    const bool is_bit = f.value(c.right).type.is_int(1);
    c.immediate = is_unsigned || is_bit ? f.value(c.right).imm : f.signed_bits(c.right);
  }
  return c;
}

}  // namespace

Status Selector::SelectBinary(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  const uint32_t bits = ir::BitWidth(v.type);
  Op op = v.op;
  if (bits == 1) {
    if (op == Op::kAdd || op == Op::kSub) op = Op::kXor;
    if (op == Op::kMul) op = Op::kAnd;
    if (op != Op::kXor && op != Op::kAnd && op != Op::kOr) {
      return Unsupported(id, fmt::format("{} of 1-bit integers", ir::TextOf(op)));
    }
  } else if (bits != 16 && bits != 32) {
    return Unsupported(id, fmt::format("{} of {}-bit integers", ir::TextOf(op), bits));
  }
  const bool is_unsigned = extensions_.UseUnsigned(id) || bits == 1;
  const IntClass type = bits == 32 ? (IsSigned(op) ? IntClass::kI32 : IntClass::kU32)
                                   : (is_unsigned ? IntClass::kU16 : IntClass::kI16);
  const BinaryOpcodes& opcodes = *BinaryOpcodesOf(op);
  ir::ValueId left = f_.operand(id, 0);
  ir::ValueId right = f_.operand(id, 1);
  if (f_.is_const(left) && ir::Has(op, ir::kCommutes)) std::swap(left, right);
  if (f_.is_const(right)) {
    Opcode immediate = opcodes.immediate[static_cast<size_t>(type)];
    int64_t value = f_.signed_bits(right);
    if (op == Op::kSub) {
      immediate = BinaryOpcodesOf(Op::kAdd)->immediate[static_cast<size_t>(type)];
      value = -value;
    }
    if (op == Op::kShl || op == Op::kAShr || op == Op::kLShr)
      value = std::min<int64_t>(f_.value(right).imm, 255);
    if (bits == 1) value = f_.value(right).imm;
    if (immediate != Opcode::kIllegal) {
      const Reg source = RegOf(left);
      EmitDef(immediate, Define(id), source).imm = static_cast<int32_t>(value);
      return OkStatus();
    }
  }
  const Reg a = RegOf(left);
  const Reg b = RegOf(right);
  EmitDef(opcodes.registers[static_cast<size_t>(type)], Define(id), a, b);
  return OkStatus();
}

void Selector::SelectFloat(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  const Opcode op = FloatOpcode(v.op, v.type == ir::kF16Type);
  const Reg a = RegOf(f_.operand(id, 0));
  const Reg b = v.num_operands > 1 ? RegOf(f_.operand(id, 1)) : kNoReg;
  EmitDef(op, Define(id), a, b);
}

// A comparison read only by branches is made by them.
Status Selector::SelectCompare(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  uint32_t branches = 0;
  const ir::ValueId end = f_.terminator(v.block);
  if (f_.value(end).op == Op::kCondBr && f_.operand(end, 0) == id) ++branches;
  if (branches == uses_[id.index]) return OkStatus();
  if (v.op >= Op::kFEq) {
    const Opcode op = FloatOpcode(v.op, TypeOf(f_.operand(id, 0)) == ir::kF16Type);
    const Reg a = RegOf(f_.operand(id, 0));
    const Reg b = RegOf(f_.operand(id, 1));
    EmitDef(op, Define(id), a, b);
    return OkStatus();
  }
  const uint32_t bits = ir::BitWidth(TypeOf(f_.operand(id, 0)));
  if (bits != 1 && bits != 16 && bits != 32) {
    return Unsupported(id, fmt::format("comparison of {}-bit integers", bits));
  }
  Comparison c = Analyze(f_, id);
  if (c.has_immediate) {
    const Reg a = RegOf(c.left);
    EmitDef(CompareImmediateOpcode(c.relation, c.type), Define(id), a).imm =
        static_cast<int32_t>(c.immediate);
    return OkStatus();
  }
  if (c.relation == Relation::kGt || c.relation == Relation::kGe) {
    std::swap(c.left, c.right);
    c.relation = Swapped(c.relation);
  }
  const Reg a = RegOf(c.left);
  const Reg b = RegOf(c.right);
  EmitDef(CompareOpcode(c.relation, c.type), Define(id), a, b);
  return OkStatus();
}

void Selector::SelectBranch(ir::ValueId id, ir::BlockId next) {
  const ir::Instruction& v = f_.value(id);
  const ir::ValueId condition = f_.operand(id, 0);
  // Branch to `target` if the condition is not `negated`; the other side is next, or a jump away.
  const bool negated = v.targets[0] == next;
  const ir::BlockId target = v.targets[negated ? 1 : 0];
  const ir::BlockId other = v.targets[negated ? 0 : 1];
  const ir::Instruction& compare = f_.value(condition);
  const bool is_fused = ir::IsCompare(compare.op) && reg_of_[condition.index] == kNoReg;
  if (!is_fused) {
    EmitUse(negated ? Opcode::kBf : Opcode::kBt, RegOf(condition)).target = target;
  } else if (compare.op >= Op::kFEq) {
    const bool is_half = TypeOf(f_.operand(condition, 0)) == ir::kF16Type;
    const Reg a = RegOf(f_.operand(condition, 0));
    const Reg b = RegOf(f_.operand(condition, 1));
    EmitUse(FloatBranchOpcode(compare.op, is_half, negated), a, b).target = target;
  } else {
    Comparison c = Analyze(f_, condition);
    if (negated) c.relation = Negated(c.relation);
    const Reg a = RegOf(c.left);
    if (c.has_immediate && FitsBranch(c.immediate, c.type)) {
      MachineInstruction& branch = EmitUse(BranchImmediateOpcode(c.relation, c.type), a);
      branch.imm = static_cast<int32_t>(c.immediate);
      branch.target = target;
    } else {
      const Reg b = RegOf(c.right);
      const bool swap = c.relation == Relation::kGt || c.relation == Relation::kGe;
      const Relation relation = swap ? Swapped(c.relation) : c.relation;
      EmitUse(BranchOpcode(relation, c.type), swap ? b : a, swap ? a : b).target = target;
    }
  }
  if (other != next) Emit(Opcode::kJmp).target = other;
}

Status Selector::SelectConversion(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  const ir::ValueId source = f_.operand(id, 0);
  const uint32_t from = ir::BitWidth(TypeOf(source));
  const uint32_t to = ir::BitWidth(v.type);
  auto is_legal = [](uint32_t bits) { return bits == 1 || bits == 8 || bits == 16 || bits == 32; };
  if (!is_legal(from) || !is_legal(to)) {
    return Unsupported(id, fmt::format("{} from {} to {} bits", ir::TextOf(v.op), from, to));
  }
  const bool from_load8 = from == 8 && f_.value(source).op == Op::kLoad;
  switch (v.op) {
    case Op::kBitcast:
      Alias(id, source);
      return OkStatus();
    case Op::kTrunc: {
      if (to != 1) return Alias(id, source), OkStatus();
      const Reg a = RegOf(source);
      EmitDef(Opcode::kAndiU16, Define(id), a).imm = 1;
      return OkStatus();
    }
    case Op::kZExt: {
      if (from == 1 || (from == 16 && extensions_.Of(source).is_zero) ||
          (from_load8 && extensions_.UseUnsigned(source))) {
        return Alias(id, source), OkStatus();
      }
      const Reg a = RegOf(source);
      EmitDef(from == 8 ? Opcode::kExtU8 : Opcode::kExtU16, Define(id), a);
      return OkStatus();
    }
    case Op::kSExt: {
      if ((from == 16 && extensions_.Of(source).is_sign) ||
          (from_load8 && !extensions_.UseUnsigned(source))) {
        return Alias(id, source), OkStatus();
      }
      const Reg a = RegOf(source);
      if (from == 1) {
        Source zero;
        EmitDef(Opcode::kSubI32, Define(id), LoadConstant(zero, Opcode::kLdi), a);
      } else {
        EmitDef(from == 8 ? Opcode::kExtI8 : Opcode::kExtI16, Define(id), a);
      }
      return OkStatus();
    }
    case Op::kFpExt:
    case Op::kFpTrunc: {
      const Reg a = RegOf(source);
      EmitDef(v.op == Op::kFpExt ? Opcode::kCvtF32F16 : Opcode::kCvtF16F32, Define(id), a);
      return OkStatus();
    }
    default: {
      const bool to_float = v.op == Op::kSIToFp || v.op == Op::kUIToFp;
      const uint32_t width = to_float ? from : to;
      if (width != 16 && width != 32) return Unsupported(id, "float conversion of this width");
      const bool is_half = (to_float ? v.type : TypeOf(source)) == ir::kF16Type;
      const Reg a = RegOf(source);
      EmitDef(FloatConversion(v.op, is_half, width == 32), Define(id), a);
      return OkStatus();
    }
  }
}

}  // namespace csl::codegen
