// SPDX-License-Identifier: Apache-2.0
// Address arithmetic moves into loads and stores: [base + (index << scale) + offset]. Of a sum in
// the index, the part that an inner loop does not change goes to the base, so that it can leave the
// loop. All of it is exact modulo 2^16, as addresses are.
#include "compiler/ir/loops.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::Op;
using ir::ValueId;

constexpr int kMaxScale = 7;

struct Address {
  ValueId base;
  ValueId index;  // i16; may be invalid
  int scale = 0;
  int64_t offset = 0;
};

class Former {
 public:
  explicit Former(Function& function)
      : f_(function), dominance_(function), loops_(function, dominance_) {}

  bool Run();

 private:
  bool Form(ValueId id);
  bool TakeFromBase(Address& a);
  bool TakeFromIndex(Address& a);
  bool SplitIndex(Address& a, BlockId block);
  bool Varies(ValueId value, BlockId block) const;
  ValueId Make(Op op, ir::Type type, const std::vector<ValueId>& operands) {
    return Append(f_, block_, location_, op, type, operands, out_);
  }

  Function& f_;
  ir::Dominance dominance_;
  ir::LoopInfo loops_;
  std::vector<ValueId> out_;  // the block being rewritten, so far
  BlockId block_;
  ir::Location location_;
};

// base = ptr_add(p, x): x becomes offset or index.
bool Former::TakeFromBase(Address& a) {
  if (f_.value(a.base).op != Op::kPtrAdd) return false;
  const ValueId pointer = f_.operand(a.base, 0);
  const ValueId bytes = f_.operand(a.base, 1);
  if (f_.is_const(bytes)) {
    a.offset += f_.signed_bits(bytes);
    a.base = pointer;
    return true;
  }
  if (a.index.valid()) return false;
  a.index = bytes;
  a.scale = 0;
  a.base = pointer;
  return true;
}

// index = x << k, x * 2^k, x + c.
bool Former::TakeFromIndex(Address& a) {
  if (!a.index.valid()) return false;
  const Op op = f_.value(a.index).op;
  if (f_.is_const(a.index)) {
    a.offset += f_.signed_bits(a.index) << a.scale;
    a.index = ValueId();
    return true;
  }
  if (op != Op::kShl && op != Op::kAdd) return false;
  const ValueId left = f_.operand(a.index, 0);
  const ValueId right = f_.operand(a.index, 1);
  if (!f_.is_const(right)) return false;
  if (op == Op::kAdd) {
    a.offset += f_.signed_bits(right) << a.scale;
    a.index = left;
    return true;
  }
  const int64_t scale = a.scale + f_.value(right).imm;
  if (scale > kMaxScale) return false;
  a.scale = static_cast<int>(scale);
  a.index = left;
  return true;
}

// Whether the value may differ between iterations of the innermost loop around the block.
bool Former::Varies(ValueId value, BlockId block) const {
  const ir::Instruction& v = f_.value(value);
  if (ir::IsFree(v.op) && v.op != Op::kBlockParam) return false;
  const int loop = loops_.LoopOf(block);
  return loop >= 0 && loops_.Contains(loops_.loops()[static_cast<size_t>(loop)], v.block);
}

// index = x + y with x the same in all iterations: base += x << scale, index = y.
bool Former::SplitIndex(Address& a, BlockId block) {
  if (!a.index.valid() || f_.value(a.index).op != Op::kAdd || loops_.LoopOf(block) < 0)
    return false;
  ValueId fixed = f_.operand(a.index, 0);
  ValueId moving = f_.operand(a.index, 1);
  if (Varies(fixed, block)) std::swap(fixed, moving);
  if (Varies(fixed, block) || !Varies(moving, block) || Varies(a.base, block)) return false;
  const ir::Type i16 = ir::IntType(16);
  ValueId bytes = fixed;
  if (a.scale > 0)
    bytes = Make(Op::kShl, i16, {fixed, f_.Const(i16, static_cast<uint64_t>(a.scale))});
  a.base = Make(Op::kPtrAdd, ir::kPointerType, {a.base, bytes});
  a.index = moving;
  return true;
}

bool Former::Form(ValueId id) {
  const ir::Instruction v = f_.value(id);
  const size_t first = v.op == Op::kStore ? 1 : 0;
  const auto operands = f_.operands(id);
  Address a;
  a.base = operands[first];
  a.scale = v.aux;
  a.offset = v.imm;
  if (operands.size() > first + 1) a.index = operands[first + 1];
  const ValueId stored = first == 1 ? operands[0] : ValueId();
  bool changed = false;
  // Splitting comes last: it makes instructions.
  while (TakeFromBase(a) || TakeFromIndex(a) || SplitIndex(a, block_)) changed = true;
  if (!changed) return false;
  if (f_.value(a.base).op == Op::kGlobalAddr && a.offset != 0) {
    a.base = f_.GlobalAddr(ir::GlobalId(f_.value(a.base).symbol), f_.value(a.base).imm + a.offset);
    a.offset = 0;
  }
  std::vector<ValueId> rewritten;
  if (stored.valid()) rewritten.push_back(stored);
  rewritten.push_back(a.base);
  if (a.index.valid()) rewritten.push_back(a.index);
  f_.SetOperands(id, rewritten);
  f_.value(id).aux = static_cast<uint8_t>(a.index.valid() ? a.scale : 0);
  f_.value(id).imm = static_cast<int16_t>(a.offset);
  return true;
}

bool Former::Run() {
  bool changed = false;
  for (BlockId block : f_.order) {
    block_ = block;
    out_.clear();
    for (ValueId id : std::vector<ValueId>(f_.block(block).instructions)) {
      const Op op = f_.value(id).op;
      location_ = f_.value(id).location;
      if (op == Op::kLoad || op == Op::kStore) changed = Form(id) || changed;
      out_.push_back(id);
    }
    f_.block(block).instructions = out_;
  }
  return changed;
}

}  // namespace

bool FormAddresses(ir::Module&, Function& f) { return Former(f).Run(); }

}  // namespace csl::passes
