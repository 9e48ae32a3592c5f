// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/layout_blocks.h"

#include <algorithm>
#include <utility>

namespace csl::codegen {
namespace {

using isa::Opcode;
using enum isa::Opcode;

// A jump costs three cycles; a longer copy would cost more memory than that is worth.
constexpr size_t kMaxCopiedInstructions = 4;

// Opposites; the register forms of lt and le also swap their operands.
struct OppositeRow {
  Opcode a;
  Opcode b;
  bool swaps = false;
};
constexpr OppositeRow kOpposites[] = {
    {kBt, kBf},
    {kBeqI16, kBneI16},
    {kBeqI32, kBneI32},
    {kBltI16, kBleI16, true},
    {kBltU16, kBleU16, true},
    {kBltI32, kBleI32, true},
    {kBltU32, kBleU32, true},
    {kBeqiI16, kBneiI16},
    {kBeqiI32, kBneiI32},
    {kBltiI16, kBgeiI16},
    {kBltiU16, kBgeiU16},
    {kBltiI32, kBgeiI32},
    {kBltiU32, kBgeiU32},
    {kBleiI16, kBgtiI16},
    {kBleiU16, kBgtiU16},
    {kBleiI32, kBgtiI32},
    {kBleiU32, kBgtiU32},
    {kBeqF16, kBneF16},
    {kBeqF32, kBneF32},
    {kBltF16, kBnltF16},
    {kBltF32, kBnltF32},
    {kBleF16, kBnleF16},
    {kBleF32, kBnleF32},
};

MachineInstruction Jump(ir::BlockId target, ir::Location location) {
  MachineInstruction jump;
  jump.op = kJmp;
  jump.target = target;
  jump.location = location;
  return jump;
}

class BlockLayout {
 public:
  explicit BlockLayout(MachineFunction& function) : f_(function) {}

  void Run() {
    MakeJumpsExplicit();
    ThreadJumps();
    DropUnreached();
    CopyReturns();
    DropUnreached();
    UseFallThrough();
  }

 private:
  MachineBlock& BlockOf(ir::BlockId id) { return f_.blocks[f_.block_index[id.index]]; }
  void MakeJumpsExplicit();
  void ThreadJumps();
  ir::BlockId Final(ir::BlockId id);
  void DropUnreached();
  void CopyReturns();
  void UseFallThrough();

  MachineFunction& f_;
};

bool EndsControl(const MachineBlock& block) {
  if (block.instructions.empty()) return false;
  const Opcode op = block.instructions.back().op;
  return op == kJmp || op == kRet || op == kTrap;
}

void BlockLayout::MakeJumpsExplicit() {
  for (size_t i = 0; i + 1 < f_.blocks.size(); ++i) {
    MachineBlock& block = f_.blocks[i];
    if (EndsControl(block)) continue;
    const ir::Location location =
        block.instructions.empty() ? ir::Location() : block.instructions.back().location;
    block.instructions.push_back(Jump(f_.blocks[i + 1].id, location));
  }
}

// Where a jump to the block ends up.
ir::BlockId BlockLayout::Final(ir::BlockId id) {
  for (size_t hops = 0; hops < f_.blocks.size(); ++hops) {
    const auto& instructions = BlockOf(id).instructions;
    if (instructions.size() != 1 || instructions[0].op != kJmp) break;
    id = instructions[0].target;
  }
  return id;
}

void BlockLayout::ThreadJumps() {
  for (MachineBlock& block : f_.blocks) {
    for (MachineInstruction& instruction : block.instructions) {
      if (IsBranch(instruction)) instruction.target = Final(instruction.target);
    }
    auto& all = block.instructions;
    const size_t n = all.size();
    if (n >= 2 && IsBranch(all[n - 2]) && all[n - 2].target == all[n - 1].target) {
      all.erase(all.end() - 2);
    }
  }
}

void BlockLayout::DropUnreached() {
  std::vector<bool> reached(f_.blocks.size());
  std::vector<uint32_t> work = {0};
  reached[0] = true;
  while (!work.empty()) {
    const uint32_t index = work.back();
    work.pop_back();
    for (const MachineInstruction& instruction : f_.blocks[index].instructions) {
      if (!IsBranch(instruction)) continue;
      const uint32_t target = f_.block_index[instruction.target.index];
      if (!reached[target]) work.push_back(target);
      reached[target] = true;
    }
  }
  std::vector<MachineBlock> kept;
  for (size_t i = 0; i < f_.blocks.size(); ++i) {
    if (!reached[i]) continue;
    f_.block_index[f_.blocks[i].id.index] = static_cast<uint32_t>(kept.size());
    kept.push_back(std::move(f_.blocks[i]));
  }
  f_.blocks = std::move(kept);
}

// Whether the block is little more than the function's end.
bool IsShortReturn(const MachineBlock& block) {
  const auto& all = block.instructions;
  return all.size() <= kMaxCopiedInstructions && all.back().op == kRet &&
         std::none_of(all.begin(), all.end(), IsBranch);
}

// A jump to a short return becomes that return, unless it is the next block anyway. From the last
// block to the first, so that a chain of two becomes one.
void BlockLayout::CopyReturns() {
  for (size_t i = f_.blocks.size(); i-- > 0;) {
    auto& all = f_.blocks[i].instructions;
    if (all.empty() || all.back().op != kJmp) continue;
    const uint32_t target = f_.block_index[all.back().target.index];
    if (target == i || target == i + 1 || !IsShortReturn(f_.blocks[target])) continue;
    all.pop_back();
    const auto& end = f_.blocks[target].instructions;
    all.insert(all.end(), end.begin(), end.end());
  }
}

void BlockLayout::UseFallThrough() {
  for (size_t i = 0; i + 1 < f_.blocks.size(); ++i) {
    auto& all = f_.blocks[i].instructions;
    const ir::BlockId next = f_.blocks[i + 1].id;
    if (all.empty() || all.back().op != kJmp) continue;
    if (all.back().target == next) {
      all.pop_back();
    } else if (all.size() >= 2 && IsBranch(all[all.size() - 2]) &&
               all[all.size() - 2].target == next) {
      MachineInstruction& branch = all[all.size() - 2];
      InvertBranch(branch);
      branch.target = all.back().target;
      all.pop_back();
    }
  }
}

}  // namespace

void InvertBranch(MachineInstruction& branch) {
  for (const OppositeRow& row : kOpposites) {
    if (branch.op != row.a && branch.op != row.b) continue;
    branch.op = branch.op == row.a ? row.b : row.a;
    if (row.swaps) std::swap(branch.field[0], branch.field[1]);
    return;
  }
  CHECK(false) << "no opposite of " << isa::Info(branch.op).mnemonic;
}

void LayoutBlocks(MachineFunction& function) { BlockLayout(function).Run(); }

}  // namespace csl::codegen
