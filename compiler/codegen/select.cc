// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/select.h"

#include <fmt/format.h>

#include "compiler/codegen/opcode_tables.h"
#include "compiler/ir/ops.h"
#include "fabric/isa/vector_cost.h"

namespace csl::codegen {

Selector::Selector(const ir::Function& function, ir::Location* where)
    : f_(function),
      where_(where),
      dominance_(function),
      loops_(function, dominance_),
      extensions_(function),
      uses_(function.num_values()),
      reg_of_(function.num_values(), kNoReg),
      alloca_offset_(function.num_values()) {}

Status Selector::Unsupported(ir::ValueId id, std::string_view what) const {
  if (where_ != nullptr) *where_ = f_.value(id).location;
  return Unimplemented(std::string(what));
}

void Selector::CountUses() {
  for (ir::BlockId block : f_.order) {
    for (ir::ValueId id : f_.block(block).instructions) {
      for (ir::ValueId used : f_.operands(id)) ++uses_[used.index];
    }
  }
}

void Selector::PlaceAllocas() {
  for (ir::ValueId id : f_.block(f_.order.front()).instructions) {
    const ir::Instruction& v = f_.value(id);
    if (v.op != Op::kAlloca) continue;
    // As of globals.
    const bool is_vector = v.imm >= int64_t{isa::kVectorAlignment};
    const uint32_t align = std::max<uint32_t>(v.aux, is_vector ? isa::kVectorAlignment : 2);
    out_.frame_bytes = (out_.frame_bytes + align - 1) / align * align;
    alloca_offset_[id.index] = out_.frame_bytes;
    out_.slots.push_back({id, out_.frame_bytes});
    out_.frame_bytes += static_cast<uint32_t>(v.imm);
  }
  out_.frame_bytes = (out_.frame_bytes + 3) / 4 * 4;
}

void Selector::MakeParams() {
  for (ir::ValueId param : f_.params) {
    if (uses_[param.index] > 0) reg_of_[param.index] = out_.NewReg();
    out_.params.push_back(reg_of_[param.index]);
  }
  for (ir::BlockId block : f_.order) {
    for (ir::ValueId param : f_.block(block).params) reg_of_[param.index] = out_.NewReg();
  }
}

StatusOr<MachineFunction> Selector::Run() {
  out_.source = &f_;
  CountUses();
  PlaceAllocas();
  MakeParams();
  out_.blocks.reserve(f_.order.size());
  out_.block_index.assign(f_.num_blocks(), 0xffffffff);
  for (ir::BlockId block : f_.order) {
    if (!dominance_.IsReachable(block)) continue;
    out_.block_index[block.index] = static_cast<uint32_t>(out_.blocks.size());
    out_.blocks.push_back({block, {}, {}, loops_.DepthOf(block)});
  }
  // Definitions before uses: reverse postorder; the layout order stays as it is.
  for (ir::BlockId block : dominance_.reverse_postorder()) RETURN_IF_ERROR(SelectBlock(block));
  for (MachineBlock& block : out_.blocks) {
    auto& all = block.instructions;
    auto end = all.end();
    while (end != all.begin() &&
           (IsBranch(*(end - 1)) || (end - 1)->kind == MachineInstruction::Kind::kReturn)) {
      --end;
    }
    if (end != all.begin() && (end - 1)->kind == MachineInstruction::Kind::kMoves) --end;
    all.insert(end, block.late.begin(), block.late.end());
    block.late.clear();
  }
  return std::move(out_);
}

Status Selector::SelectBlock(ir::BlockId block) {
  const uint32_t index = out_.block_index[block.index];
  block_ = &out_.blocks[index];
  const ir::BlockId next =
      index + 1 < out_.blocks.size() ? out_.blocks[index + 1].id : ir::BlockId();
  for (ir::ValueId id : f_.block(block).instructions) {
    location_ = f_.value(id).location;
    if (ir::EndsBlock(f_.value(id).op)) {
      SelectEnd(id, next);
    } else {
      RETURN_IF_ERROR(Select(id));
    }
  }
  return OkStatus();
}

Status Selector::Select(ir::ValueId id) {
  const Op op = f_.value(id).op;
  // A pure value nobody uses, or one its only user computes itself.
  if (uses_[id.index] == 0 && (ir::IsPure(op) || op == Op::kLoad)) return OkStatus();
  if (op >= Op::kAdd && op <= Op::kXor) return SelectBinary(id);
  if (op >= Op::kFAdd && op <= Op::kFNeg) return SelectFloat(id), OkStatus();
  if (ir::IsCompare(op)) return SelectCompare(id);
  if (op >= Op::kTrunc && op <= Op::kFpToUI) return SelectConversion(id);
  switch (op) {
    case Op::kSelect: {
      const auto operands = f_.operands(id);
      const Reg condition = RegOf(operands[0]);
      const Reg if_true = RegOf(operands[1]);
      const Reg if_false = RegOf(operands[2]);
      EmitDef(Opcode::kSel, Define(id), condition, if_true, if_false);
      return OkStatus();
    }
    case Op::kAlloca:
      return OkStatus();
    case Op::kLoad:
      return SelectLoad(id), OkStatus();
    case Op::kStore:
      return SelectStore(id), OkStatus();
    case Op::kPtrAdd:
      return SelectPtrAdd(id), OkStatus();
    case Op::kCopy:
    case Op::kZero:
      return SelectCopy(id), OkStatus();
    case Op::kCall:
    case Op::kCallIndirect:
      return SelectCall(id), OkStatus();
    case Op::kDsdOp:
      return SelectDsdOp(id);
    case Op::kDsrLoad:
      return SelectDsrLoad(id), OkStatus();
    case Op::kDsrOp:
      return SelectDsrOp(id), OkStatus();
    case Op::kSys:
      return SelectSys(id);
    default:
      return Unsupported(id, ir::TextOf(op));
  }
}

void Selector::SelectEnd(ir::ValueId id, ir::BlockId next) {
  const ir::Instruction& v = f_.value(id);
  switch (v.op) {
    case Op::kBr: {
      const auto& params = f_.block(v.targets[0]).params;
      MachineInstruction moves;
      moves.kind = MachineInstruction::Kind::kMoves;
      moves.location = location_;
      for (size_t i = 0; i < params.size(); ++i) {
        const ir::ValueId arg = f_.operand(id, i);
        if (f_.value(arg).op == Op::kUndef) continue;
        const Source source = SourceOf(arg);
        if (source.reg != reg_of_[params[i].index] || source.reg == kNoReg) {
          moves.moves.push_back({reg_of_[params[i].index], source});
        }
      }
      if (!moves.moves.empty()) block_->instructions.push_back(std::move(moves));
      if (v.targets[0] != next) Emit(Opcode::kJmp).target = v.targets[0];
      return;
    }
    case Op::kCondBr:
      return SelectBranch(id, next);
    case Op::kRet: {
      MachineInstruction ret;
      ret.kind = MachineInstruction::Kind::kReturn;
      ret.op = Opcode::kRet;
      ret.location = location_;
      if (v.num_operands > 0 && f_.value(f_.operand(id, 0)).op != Op::kUndef) {
        ret.moves.push_back({kNoReg, SourceOf(f_.operand(id, 0))});
      }
      block_->instructions.push_back(std::move(ret));
      return;
    }
    case Op::kTrap:
      Emit(Opcode::kTrap).imm = static_cast<int32_t>(v.imm);
      return;
    default:
      Emit(Opcode::kTrap).imm = static_cast<int32_t>(isa::TrapCode::kUnreachable);
      return;
  }
}

bool Selector::IsConstant(ir::ValueId id) const {
  const Op op = f_.value(id).op;
  return op == Op::kConst || op == Op::kUndef || op == Op::kGlobalAddr || op == Op::kFuncAddr;
}

// As it stands in a register: 16-bit integers in the form that was chosen for the value.
int32_t Selector::ImmediateOf(ir::ValueId id) const {
  const ir::Instruction& v = f_.value(id);
  if (v.op != Op::kConst) return static_cast<int32_t>(v.imm);
  if (v.type.is_int(16)) {
    return extensions_.UseUnsigned(id) ? static_cast<int32_t>(v.imm)
                                       : static_cast<int32_t>(f_.signed_bits(id));
  }
  return static_cast<int32_t>(static_cast<uint32_t>(v.imm));
}

Source Selector::SourceOf(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  if (!IsConstant(id)) return {RegOf(id), 0, {}};
  Source source;
  source.imm = v.op == Op::kUndef ? 0 : ImmediateOf(id);
  if (v.op == Op::kGlobalAddr) source.symbol = {SymbolRef::Kind::kGlobal, v.symbol};
  if (v.op == Op::kFuncAddr) source.symbol = {SymbolRef::Kind::kFunction, v.symbol};
  return source;
}

// In a loop a constant is loaded once, in the block before the outermost loop.
Reg Selector::LoadConstant(const Source& source, Opcode op) {
  ir::BlockId place = block_->id;
  while (loops_.DepthOf(place) > 0) place = dominance_.ImmediateDominator(place);
  auto [it, is_new] = constants_.try_emplace(
      {place.index, op, source.imm, static_cast<uint8_t>(source.symbol.kind), source.symbol.id},
      kNoReg);
  if (!is_new) return it->second;
  it->second = out_.NewReg();
  MachineInstruction load;
  load.op = op;
  load.role[0] = Role::kDef;
  load.field[0] = it->second;
  load.imm = source.imm;
  load.symbol = source.symbol;
  load.location = location_;
  MachineBlock& block = out_.blocks[out_.block_index[place.index]];
  (place == block_->id ? block.instructions : block.late).push_back(load);
  return it->second;
}

Reg Selector::RegOf(ir::ValueId id) {
  const ir::Instruction& v = f_.value(id);
  if (v.op == Op::kAlloca) {
    Source offset;
    offset.imm = static_cast<int32_t>(alloca_offset_[id.index]);
    return LoadConstant(offset, Opcode::kFrame);
  }
  if (IsConstant(id)) {
    return LoadConstant(SourceOf(id), v.type == ir::kF32Type ? Opcode::kLdf : Opcode::kLdi);
  }
  CHECK(reg_of_[id.index] != kNoReg) << "value without a register: " << ir::TextOf(v.op);
  return reg_of_[id.index];
}

Reg Selector::Define(ir::ValueId id) { return reg_of_[id.index] = out_.NewReg(); }

void Selector::Alias(ir::ValueId id, ir::ValueId same) { reg_of_[id.index] = RegOf(same); }

MachineInstruction& Selector::Emit(Opcode op) {
  MachineInstruction& instruction = block_->instructions.emplace_back();
  instruction.op = op;
  instruction.location = location_;
  return instruction;
}

MachineInstruction& Selector::EmitUse(Opcode op, Reg a, Reg b, Reg c, Reg d) {
  MachineInstruction& instruction = Emit(op);
  const std::array<Reg, 4> regs = {a, b, c, d};
  for (size_t i = 0; i < 4; ++i) {
    if (regs[i] == kNoReg) continue;
    instruction.role[i] = Role::kUse;
    instruction.field[i] = regs[i];
  }
  return instruction;
}

MachineInstruction& Selector::EmitDef(Opcode op, Reg a, Reg b, Reg c, Reg d) {
  MachineInstruction& instruction = EmitUse(op, a, b, c, d);
  instruction.role[0] = Role::kDef;
  return instruction;
}

}  // namespace csl::codegen
