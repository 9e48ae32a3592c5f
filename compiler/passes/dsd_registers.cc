// SPDX-License-Identifier: Apache-2.0
// Gives every DSD operand of a vector operation a DSR: a load from the DSD's address before the
// operation, and the register in its place. Registers that the program names itself are left alone.
// The site of an asynchronous operation owns its registers, which are in use while other code runs.
// A synchronous one owns registers, too, as long as real registers last, where a DSD is a constant,
// and in a loop, so that its loads may leave the loop (hoist_dsr_loads); the others share one
// number. Constants of a site that owns registers are in them when the program starts, and sites
// with the same constants alone share theirs. Of loops that neither hold each other nor call a
// function, the n-th sites share theirs. A site has one number in all files, as WSE-2 wants it of
// destinations and sources 0.
#include <algorithm>
#include <array>
#include <map>

#include "compiler/ir/dsr_load_flag.h"
#include "compiler/ir/loops.h"
#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/loop_edit.h"
#include "compiler/passes/memory_dsd.h"
#include "compiler/passes/passes.h"
#include "fabric/isa/descriptor.h"

namespace csl::passes {
namespace {

using ir::DsdOperandKind;
using ir::DsrFile;
using ir::Function;
using ir::Op;
using ir::ValueId;

constexpr int kRealRegisters = 16;
constexpr int kAllRegisters = 64;  // with the virtual ones

// By file: the global of a constant DSD, kNoConstant where there is none.
using Constants = std::array<uint32_t, 3>;
constexpr uint32_t kNoConstant = 0xffffffff;
constexpr Constants kNoConstants = {kNoConstant, kNoConstant, kNoConstant};

class RegisterChoice {
 public:
  explicit RegisterChoice(const ir::Module& module) {
    for (const Function& f : module.functions) {
      for (ir::BlockId block : f.order) {
        for (ValueId id : f.block(block).instructions) Note(f, id);
      }
    }
  }

  // Whether other code may run before the operation ends.
  bool MayRunBeside(const ir::DsdOpInfo& info) const {
    return info.is_async ||
           std::any_of(info.operands.begin(), info.operands.end(), [&](const ir::DsdOperand& o) {
             return o.kind == DsdOperandKind::kDsr && MayBeAsync(o.dsr);
           });
  }
  // 0: there is none left.
  uint8_t ForAsync() { return Take(kAllRegisters); }
  uint8_t Shared() {
    if (shared_ < 0) shared_ = Take(kAllRegisters);
    return static_cast<uint8_t>(shared_);
  }
  uint8_t ForLoop() { return Take(kRealRegisters); }
  // Of a site of an outermost loop without calls: its number among them.
  uint8_t ForLoopSite(size_t site) {
    while (of_loop_sites_.size() <= site) of_loop_sites_.push_back(Take(kRealRegisters));
    return of_loop_sites_[site];
  }
  // `constants`: what the site has in dest, src0 and src1. `alone`: it has no other DSD.
  uint8_t ForConstants(const Constants& constants, bool alone) {
    if (!alone) return Take(kRealRegisters);
    const auto [it, is_new] = of_constants_.try_emplace(constants, 0);
    if (is_new) it->second = Take(kRealRegisters);
    return it->second;
  }

 private:
  void Note(const Function& f, ValueId id) {
    const ir::Instruction& v = f.value(id);
    if (v.op == Op::kDsrLoad || v.op == Op::kDsrOp) {
      const ir::DsrRef dsr = ir::DsrRef::FromBits(v.imm);
      taken_ |= uint64_t{1} << dsr.number;
      const size_t file = static_cast<size_t>(dsr.file);
      loaded_[file] |= uint64_t{1} << dsr.number;
      const bool is_async =
          v.op == Op::kDsrOp && static_cast<ir::DsrOp>(v.aux) == ir::DsrOp::kAsync;
      if (is_async) async_[file] |= uint64_t{1} << dsr.number;
    }
    if (v.op != Op::kDsdOp) return;
    for (const ir::DsdOperand& operand : f.dsd_ops[static_cast<size_t>(v.imm)].operands) {
      if (operand.kind == DsdOperandKind::kDsr) taken_ |= uint64_t{1} << operand.dsr.number;
    }
  }
  // Whether operations on the register may run while other code does: some load makes it so, or it
  // is loaded before the start.
  bool MayBeAsync(ir::DsrRef dsr) const {
    const size_t file = static_cast<size_t>(dsr.file);
    return (async_[file] >> dsr.number & 1) != 0 || (loaded_[file] >> dsr.number & 1) == 0;
  }
  // From the highest real one down, since programs name low ones and memcpy has 0; then virtual
  // ones upward.
  uint8_t Take(int limit) {
    for (int number = kRealRegisters - 1; number > 0; --number) {
      if (TakeIfFree(number)) return static_cast<uint8_t>(number);
    }
    for (int number = kRealRegisters; number < limit; ++number) {
      if (TakeIfFree(number)) return static_cast<uint8_t>(number);
    }
    return 0;
  }
  bool TakeIfFree(int number) {
    if ((taken_ >> number & 1) != 0) return false;
    taken_ |= uint64_t{1} << number;
    return true;
  }

  uint64_t taken_ = 0;
  std::array<uint64_t, 3> loaded_ = {};  // explicit ones, by file
  std::array<uint64_t, 3> async_ = {};
  std::map<Constants, uint8_t> of_constants_;
  std::vector<uint8_t> of_loop_sites_;
  int shared_ = -1;  // the number of sites that own none
};

bool HasDsd(const ir::DsdOpInfo& info) {
  for (const ir::DsdOperand& operand : info.operands) {
    if (operand.kind == DsdOperandKind::kDsd) return true;
  }
  return false;
}

// Whether a register can hold the DSD from the start on: nothing writes the constant, and the
// operation leaves the register as it was. An index moves the base of memory DSDs made for it.
bool IsConstant(const ir::Module& module, const Function& f, ValueId address,
                const ir::DsdOpInfo& info) {
  const std::optional<isa::DsdHeader> header = ConstantDsdHeader(module, f, address);
  const ir::Instruction& v = f.value(address);
  if (!header || v.imm != 0) return false;
  if (header->kind == isa::DsdKind::kNone || header->kind > isa::DsdKind::kFifo ||
      header->kind == isa::DsdKind::kCircbuf) {
    return false;
  }
  if (module.globals[v.symbol].size_bytes != isa::DsdBytes(header->kind)) return false;
  return !(IsMemory(header->kind) && info.has_index && header->wavelet_index_offset);
}

// The DSDs of an operation that are constants, and whether it has no others.
struct SiteConstants {
  Constants globals = kNoConstants;
  bool any = false;
  bool all = true;
};

SiteConstants ConstantsOf(const ir::Module& module, const Function& f, ValueId id) {
  const ir::DsdOpInfo& info = f.dsd_ops[static_cast<size_t>(f.value(id).imm)];
  SiteConstants out;
  size_t next = 0;
  for (size_t i = 0; i < info.operands.size(); ++i) {
    const ir::DsdOperand& operand = info.operands[i];
    if (!operand.has_value()) continue;
    const ValueId value = f.operand(id, next++);
    if (operand.kind != DsdOperandKind::kDsd || i >= out.globals.size()) continue;
    const bool is_constant = IsConstant(module, f, value, info);
    if (is_constant) out.globals[i] = f.value(value).symbol;
    out.any = out.any || is_constant;
    out.all = out.all && is_constant;
  }
  return out;
}

// Appends the loads of one operation to `out`. `before_start`: its constants, whose registers are
// loaded before the start.
void LoadOperands(Function& f, ValueId id, uint8_t number, const Constants& before_start,
                  std::vector<ValueId>& out) {
  static constexpr DsrFile kFiles[] = {DsrFile::kDest, DsrFile::kSrc0, DsrFile::kSrc1};
  ir::DsdOpInfo& info = f.dsd_ops[static_cast<size_t>(f.value(id).imm)];
  const std::vector<ValueId> operands(f.operands(id).begin(), f.operands(id).end());
  std::vector<ValueId> kept;
  size_t next = 0;
  for (size_t i = 0; i < info.operands.size(); ++i) {
    ir::DsdOperand& operand = info.operands[i];
    if (!operand.has_value()) continue;
    const ValueId value = operands[next++];
    if (operand.kind != DsdOperandKind::kDsd || i >= std::size(kFiles)) {
      kept.push_back(value);
      continue;
    }
    operand = {DsdOperandKind::kDsr, {kFiles[i], number}, operand.is_fabric};
    ir::Instruction load;
    load.op = Op::kDsrLoad;
    const int64_t flags =
        before_start[i] != kNoConstant ? ir::kLoadBeforeStart : ir::kLoadForOperation;
    load.imm = operand.dsr.bits() | flags << 16;
    load.block = f.value(id).block;
    load.location = f.value(id).location;
    out.push_back(f.AddValue(load, std::array{value}));
  }
  kept.insert(kept.end(), operands.begin() + static_cast<std::ptrdiff_t>(next), operands.end());
  f.SetOperands(id, kept);
}

// In this order: what saves most gets the real registers.
enum class Sites : uint8_t { kAsync, kInLoops, kOther };

class Rewriter {
 public:
  Rewriter(const ir::Module& module, Function& function, RegisterChoice& choice)
      : module_(module),
        f_(function),
        choice_(choice),
        dominance_(function),
        loops_(function, dominance_) {}

  bool Run(Sites sites);

 private:
  Sites SitesOf(const ir::DsdOpInfo& info, ir::BlockId block) const {
    if (choice_.MayRunBeside(info)) return Sites::kAsync;
    return loops_.DepthOf(block) > 0 ? Sites::kInLoops : Sites::kOther;
  }
  uint8_t OwnNumber(const SiteConstants& constants, ir::BlockId block, Sites sites);
  uint8_t ForLoopAround(ir::BlockId block);

  const ir::Module& module_;
  Function& f_;
  RegisterChoice& choice_;
  ir::Dominance dominance_;
  ir::LoopInfo loops_;
  std::map<int, size_t> sites_in_;  // by outermost loop
};

uint8_t Rewriter::ForLoopAround(ir::BlockId block) {
  int outermost = loops_.LoopOf(block);
  const auto loop = [&]() -> const ir::Loop& {
    return loops_.loops()[static_cast<size_t>(outermost)];
  };
  while (loop().parent >= 0) outermost = loop().parent;
  return HasCall(f_, loop()) ? choice_.ForLoop() : choice_.ForLoopSite(sites_in_[outermost]++);
}

// 0: it shares the common number, if there is one.
uint8_t Rewriter::OwnNumber(const SiteConstants& constants, ir::BlockId block, Sites sites) {
  if (sites == Sites::kAsync) return choice_.ForAsync();
  choice_.Shared();  // before real registers run out
  if (constants.any) return choice_.ForConstants(constants.globals, constants.all);
  return sites == Sites::kInLoops ? ForLoopAround(block) : 0;
}

bool Rewriter::Run(Sites sites) {
  bool changed = false;
  for (ir::BlockId block : f_.order) {
    std::vector<ValueId> out;
    for (ValueId id : std::vector<ValueId>(f_.block(block).instructions)) {
      if (f_.value(id).op == Op::kDsdOp) {
        const ir::DsdOpInfo& info = f_.dsd_ops[static_cast<size_t>(f_.value(id).imm)];
        if (HasDsd(info) && SitesOf(info, block) == sites) {
          const SiteConstants constants = ConstantsOf(module_, f_, id);
          const uint8_t own = OwnNumber(constants, block, sites);
          const uint8_t number = own != 0 || sites == Sites::kAsync ? own : choice_.Shared();
          // Without a register the operation stays as it is: code generation refuses it.
          if (number != 0) {
            LoadOperands(f_, id, number, own != 0 ? constants.globals : kNoConstants, out);
          }
          changed = true;
        }
      }
      out.push_back(id);
    }
    f_.block(block).instructions = out;
  }
  return changed;
}

}  // namespace

// Registers are chosen for the whole program at once, at the first function that needs one.
bool DsdRegisters(ir::Module& module, Function& f) {
  if (std::none_of(f.dsd_ops.begin(), f.dsd_ops.end(), HasDsd)) return false;
  RegisterChoice choice(module);
  bool changed = false;
  for (Sites sites : {Sites::kAsync, Sites::kInLoops, Sites::kOther}) {
    for (Function& function : module.functions) {
      if (function.is_external || std::ranges::none_of(function.dsd_ops, HasDsd)) continue;
      changed = Rewriter(module, function, choice).Run(sites) || changed;
    }
  }
  return changed;
}

}  // namespace csl::passes
