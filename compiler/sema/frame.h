// SPDX-License-Identifier: Apache-2.0
// Frame: the evaluation of one declaration's instructions: a function body, an initialiser, a
// block.
//
// A comptime frame executes; a run-time frame emits IR for what is not comptime-known. `comptime`
// inside run-time code switches the mode of the same frame, since slots are shared.
#ifndef COMPILER_SEMA_FRAME_H_
#define COMPILER_SEMA_FRAME_H_

#include <memory>
#include <span>
#include <vector>

#include "compiler/ir/builder.h"
#include "compiler/sema/instance.h"
#include "compiler/sema/operand.h"

namespace csl::sema {

class Analyzer;
struct FunctionInstance;

using lower::InstId;
using lower::LocalId;
namespace untyped = lower::untyped;

// How a body, or an instruction of it, ended.
enum class Flow : uint8_t {
  kNext,      // continues behind it
  kYield,     // `yield`: Frame::yielded
  kBreak,     // comptime: to Frame::jump_target, value in Frame::yielded
  kContinue,  // comptime: to Frame::jump_target
  kReturn,    // comptime: value in Frame::yielded
  kEnded,     // run-time: every path has jumped away, nothing may be emitted
  kError,     // reported (or silent on purpose): unwind
};

// Why a body could not be evaluated, for callers that try.
enum class Failure : uint8_t { kNone, kReported, kGeneric };

enum class SlotKind : uint8_t {
  kUnset,
  kGeneric,  // a parameter whose value is not known while a generic signature is looked at
  kBound,    // constant or parameter: `bound`
  kCell,     // comptime variable
  kAlloca,   // run-time variable
};

struct Slot {
  SlotKind kind = SlotKind::kUnset;
  bool is_const = false;
  bool is_comptime_var = false;  // kCell: declared `comptime var`
  uint16_t depth = 0;            // Frame::control_depth at the declaration
  types::TypeId type;
  types::CellId cell;
  ir::ValueId address;
  Operand bound;
};

// One run-time edge that brings a value to where a body ends.
struct Incoming {
  ir::BlockId from;  // not terminated yet
  Operand value;
  source::Span span;
};

// What break, continue and return go to in run-time code.
struct Target {
  InstId instruction;  // Block, While or For; none: return from an inline call
  std::vector<Incoming> breaks;
  ir::BlockId exit;  // loops: made when first needed
  ir::BlockId next;  // loops: where continue goes, made when first needed
  bool is_loop = false;
};

// The arrays of frames that have ended, for the next ones. Results stay as they are: an instruction
// sets its own before others look at it.
class FrameStorage {
 public:
  std::vector<Operand> TakeResults(size_t size) { return Take(results_, size); }
  std::vector<Slot> TakeSlots(size_t size) { return Take(slots_, size); }
  void GiveBack(std::vector<Operand> results, std::vector<Slot> slots) {
    slots.clear();
    results_.push_back(std::move(results));
    slots_.push_back(std::move(slots));
  }

 private:
  template <typename T>
  static std::vector<T> Take(std::vector<std::vector<T>>& from, size_t size) {
    std::vector<T> out;
    if (!from.empty()) {
      out = std::move(from.back());
      from.pop_back();
    }
    out.resize(size);
    return out;
  }

  std::vector<std::vector<Operand>> results_;
  std::vector<std::vector<Slot>> slots_;
};

struct Frame {
  Frame(Analyzer& analyzer, Instance& inst, uint32_t decl_index);
  ~Frame();
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  Analyzer& sema;
  Instance& instance;
  const lower::Untyped& file;
  const lower::Decl& decl;
  uint32_t decl_index;
  InstId first;                  // instruction of results[0]
  std::vector<Operand> results;  // by instruction
  std::vector<Slot> slots;       // by local
  bool is_comptime = true;
  bool is_tolerant = false;  // what FailsAlone() does not end the block: its users fail in turn
  ir::IrBuilder* builder = nullptr;           // run-time frames, also while in comptime mode
  const FunctionInstance* emitted = nullptr;  // run-time functions that are not inlined
  Frame* caller = nullptr;
  uint32_t depth = 1;           // of calls, this one included
  source::Span call_site;       // in the caller
  types::TypeId return_type;    // invalid: not known yet
  ir::ValueId result_address;   // run-time functions that return an aggregate: where to
  bool is_inline_call = false;  // run-time: `return` goes to targets.front()
  std::vector<std::unique_ptr<Target>> targets;
  uint32_t control_depth = 0;  // run-time conditions and loops around this point

  // Results of control flow.
  Operand yielded;
  InstId jump_target;
  Failure failure = Failure::kNone;

  template <typename T>
  std::span<const T> List(lower::ListOf<T> list) const {
    return file.insts.List(list);
  }
  source::Span span(InstId i) const { return file.insts.span(i); }
  Operand& result(InstId i) { return results[i.index - first.index]; }
  const Operand& result(InstId i) const { return results[i.index - first.index]; }
  // The result of an operand that may be absent.
  const Operand& OptionalResult(InstId i) const;
  Slot& slot(LocalId local) { return slots[local.index]; }
  const Slot& slot(LocalId local) const { return slots[local.index]; }
  bool emits() const { return !is_comptime; }
  Target* FindTarget(InstId instruction);

  // Stores a result; an erroneous one unwinds a comptime frame.
  Flow Set(InstId i, Operand o) {
    const bool poison = o.is_poison();
    result(i) = std::move(o);
    return poison ? AfterPoison(i) : Flow::kNext;
  }

 private:
  Flow AfterPoison(InstId i);
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_FRAME_H_
