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
      results(analyzer.frame_storage.TakeResults(decl.all.size())),
      slots(analyzer.frame_storage.TakeSlots(decl.num_slots)) {}

Frame::~Frame() { sema.frame_storage.GiveBack(std::move(results), std::move(slots)); }

const Operand& Frame::OptionalResult(InstId i) const {
  static const Operand kAbsent{};
  return i.valid() ? result(i) : kAbsent;
}

Target* Frame::FindTarget(InstId instruction) {
  for (size_t n = targets.size(); n > 0; --n) {
    if (targets[n - 1]->instruction == instruction) return targets[n - 1].get();
  }
  return nullptr;
}

namespace {

// Whether what comes behind the instruction is still executed as the program says when it failed:
// its users fail in turn. Stores and decisions would leave something else behind.
bool FailsAlone(lower::Op op) {
  switch (op) {
    case lower::Op::kStore:
    case lower::Op::kStoreOp:
    case lower::Op::kIf:
    case lower::Op::kSwitch:
    case lower::Op::kWhile:
    case lower::Op::kFor:
    case lower::Op::kBlock:
    case lower::Op::kComptime:
    case lower::Op::kBoolAnd:
    case lower::Op::kBoolOr:
    case lower::Op::kYield:
    case lower::Op::kBreak:
    case lower::Op::kContinue:
    case lower::Op::kReturn:
    case lower::Op::kInvalid:
      return false;
    default:
      return true;
  }
}

// Nobody reads on; and a loop may give an error for each of a million tiles.
constexpr size_t kManyErrors = 100;

}  // namespace

Flow Frame::AfterPoison(InstId i) {
  if (failure == Failure::kNone) failure = Failure::kReported;
  // Run-time code continues behind an error, to find more; executing with it would mislead.
  if (!is_comptime) return Flow::kNext;
  const bool goes_on = is_tolerant && FailsAlone(file.insts.op(i)) &&
                       sema.context.diagnostics->num_errors() < kManyErrors;
  return goes_on ? Flow::kNext : Flow::kError;
}

}  // namespace csl::sema
