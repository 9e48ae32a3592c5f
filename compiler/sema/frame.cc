// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/frame.h"

#include "compiler/sema/analyzer.h"

namespace csl::sema {

Frame::Frame(Analyzer& analyzer, Instance& inst, uint32_t decl_index)
    : sema(analyzer),
      instance(inst),
      file(*inst.file),
      decl(inst.file->decls[decl_index]),
      decl_index(decl_index),
      first(decl.all.first),
      results(decl.all.end - decl.all.first),
      slots(decl.num_slots) {}

const Operand& Frame::OptionalResult(uint32_t i) const {
  static const Operand kAbsent{};
  return i == lower::kNone ? kAbsent : results[i - first];
}

Target* Frame::FindTarget(uint32_t instruction) {
  for (size_t n = targets.size(); n > 0; --n) {
    if (targets[n - 1]->instruction == instruction) return targets[n - 1].get();
  }
  return nullptr;
}

Flow Frame::Set(uint32_t i, Operand o) {
  const bool poison = o.is_poison();
  results[i - first] = std::move(o);
  if (!poison) return Flow::kNext;
  if (failure == Failure::kNone) failure = Failure::kReported;
  // Run-time code goes on behind an error, to find more; executing with it would mislead.
  return is_comptime ? Flow::kError : Flow::kNext;
}

}  // namespace csl::sema
