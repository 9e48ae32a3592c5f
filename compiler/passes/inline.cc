// SPDX-License-Identifier: Apache-2.0
// Functions become part of their callers: small ones, since a call and a return cost more than they
// do, and those that only one place calls. Callees come before their callers, so that a chain of
// small functions collapses from its end; each caller is cleaned up before its own callers look at
// its size. A size is counted with the constant arguments of the call known. Functions that call
// themselves, directly or not, and those that ask not to be inlined stay. What nothing names any
// more loses its body.
#include <algorithm>

#include "compiler/ir/ops.h"
#include "compiler/passes/edit.h"
#include "compiler/passes/inline_call.h"
#include "compiler/passes/passes.h"

namespace csl::passes {
namespace {

using ir::BlockId;
using ir::Function;
using ir::FunctionId;
using ir::Op;
using ir::ValueId;

// A call moves its arguments, takes 4 cycles, and the return as many: this much is always worth it.
constexpr size_t kTinyInstructions = 5;
// What is this small is worth the copies as long as the program has room for them.
constexpr size_t kSmallInstructions = 20;
// A function this small is tried with the constant arguments of a call.
constexpr size_t kTrialInstructions = 100;
// Of functions with one caller.
constexpr size_t kMaxInstructions = 400;
// A caller that has grown to this many values takes in no more.
constexpr size_t kMaxCallerValues = 20000;
// Bytes of an instruction, and the share of a PE's memory that copies may fill up to.
constexpr size_t kInstructionBytes = 5;
constexpr size_t kRoomBytes = 36 * 1024;

bool IsCode(Op op) { return op != Op::kBr && op != Op::kRet && op != Op::kAlloca; }

size_t SizeOf(const Function& f) {
  size_t size = 0;
  for (BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) size += IsCode(f.value(id).op) ? 1 : 0;
  }
  return size;
}

// The size of the callee once it knows the constant arguments of the call.
size_t SizeWith(ir::Module& module, const Function& callee, const Function& caller, ValueId call) {
  const auto args = caller.operands(call);
  const auto is_known = [&](ValueId arg) { return caller.is_const(arg); };
  if (std::none_of(args.begin(), args.end(), is_known)) return SizeOf(callee);
  Function copy = callee;
  std::vector<std::pair<ValueId, ValueId>> known;
  for (size_t i = 0; i < copy.params.size(); ++i) {
    if (!is_known(args[i])) continue;
    const ir::Instruction& arg = caller.value(args[i]);
    const ValueId constant = copy.Const(arg.type, static_cast<uint64_t>(arg.imm));
    known.emplace_back(copy.params[i], constant);
  }
  Replacements replacements(copy);
  for (const auto& [param, constant] : known) replacements.Add(param, constant);
  replacements.Apply(copy);
  Fold(module, copy);
  SimplifyCfg(module, copy);
  DeadCode(module, copy);
  return SizeOf(copy);
}

// An asynchronous operation on DSDs owns data structure registers, and a copy would own others.
bool OwnsRegisters(const Function& f) {
  for (BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      if (f.value(id).op != Op::kDsdOp) continue;
      const ir::DsdOpInfo& info = f.dsd_ops[static_cast<size_t>(f.value(id).imm)];
      const bool has_dsd =
          std::any_of(info.operands.begin(), info.operands.end(),
                      [](const ir::DsdOperand& o) { return o.kind == ir::DsdOperandKind::kDsd; });
      if (info.is_async && has_dsd) return true;
    }
  }
  return false;
}

class Inliner {
 public:
  explicit Inliner(ir::Module& module) : module_(module), of_(module.functions.size()) {}

  bool Run() {
    CountNames();
    size_t bytes = 0;
    for (const ir::Global& global : module_.globals) bytes += global.size_bytes;
    for (const Function& f : module_.functions) bytes += kInstructionBytes * SizeOf(f);
    room_ = bytes < kRoomBytes ? (kRoomBytes - bytes) / kInstructionBytes : 0;
    for (uint32_t i = 0; i < module_.functions.size(); ++i) Visit(i);
    if (changed_) DropUnnamed();
    return changed_;
  }

 private:
  enum class Progress : uint8_t { kNew, kOpen, kDone };
  struct Facts {
    Progress progress = Progress::kNew;
    bool is_recursive = false;
    uint32_t calls = 0;   // that are left in the module
    uint32_t others = 0;  // of its address, by hardware or host
  };

  void CountNames();
  void Visit(uint32_t index);
  std::vector<uint32_t> CalleesOf(uint32_t index) const;
  bool MayInline(uint32_t caller, ValueId call);
  bool InlineInto(uint32_t caller);
  void DropUnnamed();

  ir::Module& module_;
  std::vector<Facts> of_;
  std::vector<uint32_t> open_;  // functions being visited, callers first
  size_t room_ = 0;             // in instructions
  bool changed_ = false;
};

void Inliner::CountNames() {
  for (Facts& facts : of_) facts.calls = facts.others = 0;
  for (uint32_t i = 0; i < of_.size(); ++i) {
    const Function& f = module_.functions[i];
    if (f.is_entry || f.linkage != ir::Linkage::kInternal) ++of_[i].others;
    for (BlockId block : f.order) {
      for (ValueId id : f.block(block).instructions) {
        if (f.value(id).op == Op::kCall) ++of_[f.value(id).symbol].calls;
        for (ValueId operand : f.operands(id)) {
          if (f.value(operand).op == Op::kFuncAddr) ++of_[f.value(operand).symbol].others;
        }
      }
    }
  }
  for (const ir::Global& global : module_.globals) {
    for (const ir::Relocation& r : global.relocations) {
      if (r.is_function) ++of_[r.symbol].others;
    }
  }
}

std::vector<uint32_t> Inliner::CalleesOf(uint32_t index) const {
  std::vector<uint32_t> out;
  const Function& f = module_.functions[index];
  for (BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      if (f.value(id).op == Op::kCall) out.push_back(f.value(id).symbol);
    }
  }
  return out;
}

void Inliner::Visit(uint32_t index) {
  if (of_[index].progress != Progress::kNew) return;
  of_[index].progress = Progress::kOpen;
  open_.push_back(index);
  for (uint32_t callee : CalleesOf(index)) {
    if (of_[callee].progress == Progress::kOpen) {
      // All on the way from the callee to here call each other.
      const auto first = std::find(open_.begin(), open_.end(), callee);
      for (auto it = first; it != open_.end(); ++it) of_[*it].is_recursive = true;
    }
    Visit(callee);
  }
  open_.pop_back();
  of_[index].progress = Progress::kDone;
  if (!InlineInto(index)) return;
  changed_ = true;
  Function& f = module_.functions[index];
  for (auto pass : {SimplifyCfg, BuildInPlace, ForwardCopies, Mem2Reg, Fold, SimplifyCfg,
                    CommonSubexpressions, DeadCode}) {
    pass(module_, f);
  }
}

bool Inliner::MayInline(uint32_t caller, ValueId call) {
  const Function& f = module_.functions[caller];
  const uint32_t index = f.value(call).symbol;
  const Function& callee = module_.functions[index];
  const Facts& facts = of_[index];
  if (callee.is_external || callee.is_noinline || callee.order.empty()) return false;
  if (index == caller || facts.is_recursive || facts.progress != Progress::kDone) return false;
  if (f.num_values() > kMaxCallerValues) return false;
  const size_t size = SizeOf(callee);
  if (facts.calls == 1 && facts.others == 0 && size <= kMaxInstructions) return true;
  if (OwnsRegisters(callee)) return false;
  const size_t with = size <= kTrialInstructions ? SizeWith(module_, callee, f, call) : size;
  if (with <= kTinyInstructions) return true;
  if (with > kSmallInstructions || with > room_) return false;
  room_ -= with;
  return true;
}

// Calls in what was copied are left alone: the callee had its chance at them.
bool Inliner::InlineInto(uint32_t caller) {
  Function& f = module_.functions[caller];
  std::vector<ValueId> calls;
  for (BlockId block : f.order) {
    for (ValueId id : f.block(block).instructions) {
      if (f.value(id).op == Op::kCall) calls.push_back(id);
    }
  }
  bool changed = false;
  for (ValueId call : calls) {
    if (!MayInline(caller, call)) continue;
    const auto at = std::find(f.order.begin(), f.order.end(), f.value(call).block);
    const auto& instructions = f.block(*at).instructions;
    const auto position = std::find(instructions.begin(), instructions.end(), call);
    const uint32_t callee = f.value(call).symbol;
    InlineCall(f, module_.functions[callee], static_cast<size_t>(at - f.order.begin()),
               static_cast<size_t>(position - instructions.begin()));
    // The last call that is left takes the body itself.
    --of_[callee].calls;
    for (uint32_t copied : CalleesOf(callee)) ++of_[copied].calls;
    changed = true;
  }
  return changed;
}

void Inliner::DropUnnamed() {
  for (bool again = true; again;) {
    again = false;
    CountNames();
    for (uint32_t i = 0; i < of_.size(); ++i) {
      Function& f = module_.functions[i];
      if (f.is_external || of_[i].calls + of_[i].others > 0) continue;
      f.is_external = true;
      f.order.clear();
      f.dsd_ops.clear();
      again = true;
    }
  }
}

}  // namespace

// The whole program at once, at the last function that has a body: what is dropped comes before.
bool Inline(ir::Module& module, Function& f) {
  const auto last = std::find_if(module.functions.rbegin(), module.functions.rend(),
                                 [](const Function& g) { return !g.is_external; });
  return &*last == &f && Inliner(module).Run();
}

}  // namespace csl::passes
