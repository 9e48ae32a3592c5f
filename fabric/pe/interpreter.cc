// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/interpreter.h"

#include <algorithm>

#include "fabric/pe/fabric_operation.h"
#include "fabric/pe/ops/branch.h"
#include "fabric/pe/ops/compare.h"
#include "fabric/pe/ops/float.h"
#include "fabric/pe/ops/integer.h"
#include "fabric/pe/ops/load_store.h"
#include "fabric/pe/ops/move.h"
#include "fabric/pe/ops/system_ops.h"
#include "fabric/pe/program.h"
#include "fabric/pe/single_step.h"
#include "fabric/pe/system.h"

namespace csl::fabric::pe {
namespace {

using isa::Opcode;
using ops::Kind;
using ops::Op;

constexpr Kind KindOf(Opcode opcode) {
  switch (opcode) {
#define OPCODE(name, mnemonic, format, c2, c3, flags, size, source) \
  case Opcode::name:                                                \
    return Op<Opcode::name>::kKind;
#include "fabric/isa/opcodes.def"
#undef OPCODE
    default:
      return Kind::kNotSupported;
  }
}

// Has a case of its own in the switch. The others share one: fewer cases make a denser switch.
constexpr bool HasOwnCase(Opcode opcode) {
  switch (KindOf(opcode)) {
    case Kind::kScalar:
    case Kind::kHalf:
    case Kind::kMemory:
    case Kind::kBranch:
    case Kind::kHalfBranch:
      return true;
    case Kind::kControl:
      return opcode == Opcode::kCall || opcode == Opcode::kCalli || opcode == Opcode::kRet ||
             opcode == Opcode::kFrame;
    default:
      return false;
  }
}

// Forms: opcodes, then kOther, then the loads and stores by address mode.
constexpr uint16_t kOther = isa::kNumOpcodes;
constexpr uint16_t kFirstMemoryForm = kOther + 1;
constexpr uint16_t kNumMemoryOps =
    static_cast<uint16_t>(Opcode::kStW) - static_cast<uint16_t>(Opcode::kLdI8) + 1;
constexpr uint16_t MemoryForm(Opcode opcode, ops::AddressMode mode) {
  return static_cast<uint16_t>(kFirstMemoryForm + static_cast<int>(mode) * kNumMemoryOps +
                               static_cast<int>(opcode) - static_cast<int>(Opcode::kLdI8));
}

// What the loop keeps in machine registers. Functions that are not inlined never see it: they work
// on the Thread, which Save and Load bring up to date.
struct Hot {
  const Inst* ip = nullptr;
  uint32_t* r = nullptr;
  int64_t clock = 0;   // Thread::clock_base
  uint64_t count = 0;  // instructions executed = count + position
};

enum class Flow : uint8_t { kNext, kTaken, kLimit, kShared, kWaits, kStarted, kReturn, kFault };

// Everything the handlers need besides Hot.
struct Env {
  PeState& pe;
  RunContext& context;
  const Code& code;
  int64_t now;
  int64_t cut;  // nothing of this cycle or a later one may happen
  bool beside;  // microthreads are active: stop before what they could see, or show

  const Inst* base() const { return code.insts.data(); }
  // Where the thread stands, with the operands of the PE's variant.
  Inst Current() const {
    const uint32_t position = pe.thread.position;
    const Inst& inst = code.insts[position];
    return inst.form == kPatchedForm ? PatchedInst(code, pe.variant, position) : inst;
  }
  uint32_t PositionOf(const Inst* ip) const { return static_cast<uint32_t>(ip - base()); }
};

[[gnu::always_inline]] inline void Save(const Hot& h, const Env& env) {
  Thread& thread = env.pe.thread;
  thread.position = env.PositionOf(h.ip);
  thread.clock_base = h.clock;
  thread.instructions = h.count + thread.position;
}

[[gnu::always_inline]] inline Hot Load(const Env& env) {
  Thread& thread = env.pe.thread;
  return {env.base() + thread.position, thread.regs.data() + thread.window, thread.clock_base,
          thread.instructions - thread.position};
}

// An instruction, which has changed nothing, faults when fabric time gets there: until then the
// output queues and the microthreads of the PE continue.
[[gnu::noinline, gnu::cold]] Flow Raise(const Env& env, Fault fault) {
  if (NextIssueCycle(env.pe) > env.now) return Flow::kShared;
  env.pe.fault = fault;
  env.pe.fault_position = env.pe.thread.position;
  return Flow::kFault;
}

// Room for a function's registers; they start as zero.
[[gnu::noinline]] Fault GrowRegisters(Thread& thread, uint32_t needed) {
  if (needed > kMaxRegisterFile) return {FaultKind::kRegisterOverflow, needed};
  thread.regs.resize(std::max<size_t>({needed, thread.regs.size() * 2, 64}));
  return {};
}

// Makes room for `function` with its registers at `window` and its frame below the current one.
Fault PushFrame(Thread& thread, const Program& program, const Function& function, uint32_t window) {
  const uint32_t needed = window + function.num_regs;
  if (__builtin_expect(needed > thread.regs.size(), 0)) {
    Fault fault = GrowRegisters(thread, needed);
    if (!fault.ok()) return fault;
  }
  const uint32_t lowest = uint32_t{program.image.stack_top} - program.image.stack_bytes;
  if (__builtin_expect(thread.stack_pointer < lowest + function.frame_bytes, 0)) {
    return {FaultKind::kStackOverflow, (thread.stack_pointer - function.frame_bytes) & 0xffff};
  }
  thread.stack_pointer -= function.frame_bytes;
  thread.window = window;
  return {};
}

// Continues at `target`, the present instruction executed: time and count are kept relative to
// positions.
void GoTo(Thread& thread, const Code& code, uint32_t target) {
  thread.clock_base +=
      int64_t{code.prefix_cycles[thread.position + 1]} - code.prefix_cycles[target];
  thread.instructions += 1;
  thread.position = target;
}

[[gnu::noinline]] Flow Call(const Env& env, uint32_t index) {
  Thread& thread = env.pe.thread;
  if (index >= env.code.functions.size()) return Raise(env, {FaultKind::kBadFunction, index});
  if (thread.frames.size() >= kMaxCallDepth) {
    return Raise(env, {FaultKind::kCallOverflow, kMaxCallDepth});
  }
  const Function& function = env.code.functions[index];
  const Frame frame{thread.position + 1, thread.window, thread.stack_pointer};
  const uint32_t window = thread.window + env.code.insts[thread.position].a;
  Fault fault = PushFrame(thread, *env.pe.program, function, window);
  if (!fault.ok()) return Raise(env, fault);
  thread.frames.push_back(frame);
  GoTo(thread, env.code, function.entry);
  return Flow::kTaken;
}

[[gnu::noinline]] Flow Return(const Env& env) {
  Thread& thread = env.pe.thread;
  if (thread.frames.empty()) {
    GoTo(thread, env.code, thread.position + 1);
    return Flow::kReturn;
  }
  const Frame frame = thread.frames.back();
  thread.frames.pop_back();
  thread.window = frame.window;
  thread.stack_pointer = frame.stack_pointer;
  GoTo(thread, env.code, frame.return_position);
  return Flow::kTaken;
}

// Hands an operation over to fabric time: to its microthread, or as what the main thread waits for.
Flow StartInFabricTime(const Env& env, const VectorRun& run, int64_t issue) {
  Thread& thread = env.pe.thread;
  const isa::Arch arch = env.pe.program->arch;
  int32_t cycles = run.startup_cycles;
  DropSpent(env.pe, env.context, run, issue);
  if (run.is_async) {
    Fault fault = StartMicrothread(env.pe, env.context, run, issue);
    if (!fault.ok()) return Raise(env, fault);
    thread.vector_ok = true;
    cycles = isa::MachineCostsOf(arch).async_issue_cycles;
  } else {
    env.pe.main_run = env.context.runs.Take(env.pe, run);
    cycles = static_cast<int32_t>(run.ElementOffset(run.done));
    env.pe.main_run->ready_from = issue + cycles;
    env.context.NoteUntil(issue + cycles);
  }
  thread.clock_base += cycles - isa::Cost(run.opcode, arch).cycles;
  GoTo(thread, env.code, thread.position + 1);
  return Flow::kStarted;
}

[[gnu::noinline]] Flow RunVector(const Env& env, bool step) {
  Thread& thread = env.pe.thread;
  VectorRun& run = env.context.scratch;
  const uint32_t* r = thread.regs.data() + thread.window;
  const int64_t issue = NextIssueCycle(env.pe);
  const Inst& inst = env.code.insts[thread.position];
  if (issue > env.now && TouchesQueues(env.pe, inst)) return Flow::kShared;
  Fault fault = StartVector(env.pe, inst, r, &run);
  if (!fault.ok()) return Raise(env, fault);
  if (env.beside && !run.in_fabric_time) {
    step = !RunsBesideMicrothreads(env.pe, run);
    if (step && issue > env.now) return Flow::kShared;
  }
  if (run.in_fabric_time || step) return StartInFabricTime(env, run, issue);
  fault = RunElements(env.pe, &run, ElementsBefore(run, issue + run.startup_cycles, env.cut));
  if (!fault.ok() && issue + run.ElementOffset(run.done) <= env.now) {
    thread.clock_base += run.ElementOffset(run.done);
    return Raise(env, fault);
  }
  // An earlier fault is found again when fabric time gets there.
  if (!fault.ok() || run.done < run.length) return StartInFabricTime(env, run, issue);
  FinishVector(env.pe, run);
  thread.clock_base += run.TotalCycles() - isa::Cost(run.opcode, env.pe.program->arch).cycles;
  thread.vector_elements += run.length;
  thread.vector_ok = true;
  GoTo(thread, env.code, thread.position + 1);
  return Flow::kTaken;
}

[[gnu::noinline]] Flow RunSystem(const Env& env) {
  Thread& thread = env.pe.thread;
  const Inst inst = env.Current();
  const int64_t time = NextIssueCycle(env.pe);
  if (env.beside && time > env.now) return Flow::kShared;
  if (ops::NeedsFabricTime(inst.opcode()) && time > env.now) return Flow::kShared;
  if (IsSingleStep(inst.opcode()) && StepsFabric(env.pe, inst)) {
    if (time > env.now) return Flow::kShared;
    if (!FabricStepIsReady(env.pe, env.context, inst, time)) return Flow::kWaits;
  }
  int64_t extra = 0;
  uint32_t* r = thread.regs.data() + thread.window;
  Fault fault = ExecuteSystem(env.pe, env.context, inst, r, time, &extra);
  if (!fault.ok()) return Raise(env, fault);
  thread.clock_base += extra;
  GoTo(thread, env.code, thread.position + 1);
  // The host may no longer wait for this PE: how far it may run ahead has to be looked at anew.
  return inst.opcode() == Opcode::kUnblockCmdStream ? Flow::kShared : Flow::kTaken;
}

// Instructions that have no case of their own in the switch.
[[gnu::noinline]] Flow RunOther(const Env& env, bool step) {
  const Inst inst = env.Current();
  if (inst.opcode() == Opcode::kTrap) {
    return Raise(env, {FaultKind::kTrap, static_cast<uint32_t>(inst.imm())});
  }
  switch (KindOf(inst.opcode())) {
    case Kind::kVector:
      return RunVector(env, step);
    case Kind::kSystem:
      return RunSystem(env);
    case Kind::kControl:
      return Raise(env, {FaultKind::kIllegalInstruction, inst.op});
    default:
      return Raise(env, {FaultKind::kNotSupported, inst.op});
  }
}

// One instruction of a kind that variants may patch, with operands from elsewhere than the code.
template <Opcode op>
Flow ExecutePatched(const Env& env, bool step, const Inst& inst) {
  constexpr Kind kind = Op<op>::kKind;
  Thread& thread = env.pe.thread;
  uint32_t* r = thread.regs.data() + thread.window;
  if constexpr (kind == Kind::kScalar) {
    Op<op>::Run(r, inst);
  } else if constexpr (kind == Kind::kHalf) {
    isa::arith::WithFp16(env.pe.program->half,
                         [&](auto half) { Op<op>::template Run<decltype(half)>(r, inst); });
  } else if constexpr (kind == Kind::kMemory) {
    if (!Op<op>::template Run<ops::AddressMode::kAny>(env.pe.memory, r, inst)) {
      return RunSystem(env);
    }
  } else if constexpr (op == Opcode::kFrame) {
    r[inst.a] = (thread.stack_pointer + static_cast<uint32_t>(inst.imm())) & 0xffff;
  } else {
    return RunOther(env, step);
  }
  GoTo(thread, env.code, thread.position + 1);
  return Flow::kNext;
}

[[gnu::noinline]] Flow RunPatched(const Env& env, bool step) {
  if (env.beside && NextIssueCycle(env.pe) > env.now) return Flow::kShared;
  const Inst inst = env.Current();
  switch (inst.opcode()) {
#define OPCODE(name, mnemonic, format, c2, c3, flags, size, source) \
  case Opcode::name:                                                \
    return ExecutePatched<Opcode::name>(env, step, inst);
#include "fabric/isa/opcodes.def"
#undef OPCODE
  }
  __builtin_unreachable();  // images with other opcodes are not loaded
}

[[gnu::always_inline]] inline Flow Jump(Hot& h, bool taken) {
  if (!taken) {
    ++h.ip;
    return Flow::kNext;
  }
  const Inst& inst = *h.ip;
  h.clock += inst.delta;
  h.count += static_cast<uint64_t>(int64_t{1} - inst.jump);
  h.ip += inst.jump;
  return Flow::kTaken;
}

template <Opcode op, ops::AddressMode mode, bool kBeside>
[[gnu::always_inline]] inline Flow AccessMemory(Hot& h, const Env& env) {
  if constexpr (kBeside) {
    if (h.clock + env.code.prefix_cycles[env.PositionOf(h.ip)] > env.now &&
        SharesMemory(env.pe, ops::Address(h.r, *h.ip))) {
      return Flow::kShared;
    }
  }
  if (!Op<op>::template Run<mode>(env.pe.memory, h.r, *h.ip)) {
    Save(h, env);
    const Flow flow = RunSystem(env);
    h = Load(env);
    return flow;
  }
  ++h.ip;
  return Flow::kNext;
}

template <Opcode op, bool kBeside>
[[gnu::always_inline]] inline Flow Execute(Hot& h, const Env& env) {
  constexpr Kind kind = Op<op>::kKind;
  if constexpr (kind == Kind::kScalar) {
    Op<op>::Run(h.r, *h.ip);
    ++h.ip;
    return Flow::kNext;
  } else if constexpr (kind == Kind::kHalf) {
    isa::arith::WithFp16(env.pe.program->half, [r = h.r, ip = h.ip](auto half) {
      Op<op>::template Run<decltype(half)>(r, *ip);
    });
    ++h.ip;
    return Flow::kNext;
  } else if constexpr (kind == Kind::kMemory) {
    return AccessMemory<op, ops::AddressMode::kAny, kBeside>(h, env);
  } else if constexpr (kind == Kind::kBranch) {
    return Jump(h, Op<op>::Taken(h.r, *h.ip));
  } else if constexpr (kind == Kind::kHalfBranch) {
    return Jump(h, isa::arith::WithFp16(env.pe.program->half, [r = h.r, ip = h.ip](auto half) {
                  return Op<op>::template Taken<decltype(half)>(r, *ip);
                }));
  } else if constexpr (op == Opcode::kFrame) {
    h.r[h.ip->a] = (env.pe.thread.stack_pointer + static_cast<uint32_t>(h.ip->imm())) & 0xffff;
    ++h.ip;
    return Flow::kNext;
  } else if constexpr (HasOwnCase(op)) {
    Flow flow;
    Save(h, env);
    if constexpr (op == Opcode::kRet) {
      flow = Return(env);
    } else {
      flow = Call(env,
                  op == Opcode::kCall ? static_cast<uint32_t>(h.ip->jump) : h.r[h.ip->b] & 0xffff);
    }
    h = Load(env);
    return flow;
  } else {
    __builtin_unreachable();  // FormOf sends it to kOther
  }
}

enum class Mode { kAhead, kBeside, kStep };

// kToCut: looks at the clock before each instruction, not only after jumps.
template <Mode run_mode, bool kToCut = false>
Stop Run(PeState& pe, RunContext& context, int64_t now, int64_t limit, int64_t cut) {
  constexpr bool kStep = run_mode == Mode::kStep;
  constexpr bool kBeside = run_mode == Mode::kBeside;
  const Env env{pe, context, pe.program->code, now, cut, kBeside};
  Hot h = Load(env);
  Flow flow = Flow::kNext;
  do {
    if constexpr (kToCut) {
      flow = Flow::kLimit;
      if (h.clock + env.code.prefix_cycles[env.PositionOf(h.ip)] >= cut) break;
    }
    switch (h.ip->form) {
#define OPCODE(name, mnemonic, format, c2, c3, flags, size, source) \
  case static_cast<uint16_t>(Opcode::name):                         \
    flow = Execute<Opcode::name, kBeside>(h, env);                  \
    break;
#include "fabric/isa/opcodes.def"
#undef OPCODE
      case kOther:
        Save(h, env);
        flow = RunOther(env, kStep || kBeside);
        h = Load(env);
        break;
      case kPatchedForm:
        Save(h, env);
        flow = RunPatched(env, kStep || kBeside);
        h = Load(env);
        break;
#define CSL_MEMORY_CASE(op, mode)                                             \
  case MemoryForm(Opcode::op, ops::AddressMode::mode):                        \
    flow = AccessMemory<Opcode::op, ops::AddressMode::mode, kBeside>(h, env); \
    break;
#define CSL_MEMORY_CASES(op)      \
  CSL_MEMORY_CASE(op, kBase)      \
  CSL_MEMORY_CASE(op, kBaseIndex) \
  CSL_MEMORY_CASE(op, kIndex)
        CSL_MEMORY_CASES(kLdI8)
        CSL_MEMORY_CASES(kLdU8)
        CSL_MEMORY_CASES(kLdI16)
        CSL_MEMORY_CASES(kLdU16)
        CSL_MEMORY_CASES(kLdW)
        CSL_MEMORY_CASES(kStB)
        CSL_MEMORY_CASES(kStH)
        CSL_MEMORY_CASES(kStW)
#undef CSL_MEMORY_CASES
#undef CSL_MEMORY_CASE
      default:
        __builtin_unreachable();  // FormOf knows no others
    }
    if (flow == Flow::kTaken) flow = h.clock >= limit ? Flow::kLimit : Flow::kNext;
  } while (!kStep && flow == Flow::kNext);
  Save(h, env);
  switch (flow) {
    case Flow::kShared:
      return Stop::kShared;
    case Flow::kWaits:
      return Stop::kWaits;
    case Flow::kStarted:
      return Stop::kStarted;
    case Flow::kReturn:
      return Stop::kReturn;
    case Flow::kFault:
      return Stop::kFault;
    default:
      return Stop::kLimit;
  }
}

}  // namespace

int64_t NextIssueCycle(const PeState& pe) {
  return pe.thread.clock_base + pe.program->code.prefix_cycles[pe.thread.position];
}

Stop RunAhead(PeState& pe, RunContext& context, int64_t now, int64_t limit, int64_t cut) {
  // No instruction between two jumps issues so much later than the clock's base.
  const int64_t unchecked = cut - pe.program->code.prefix_cycles.back();
  const bool beside = pe.microthreads_active != 0;
  if (pe.thread.clock_base < unchecked) {
    const int64_t first = std::min(limit, unchecked);
    const Stop stop = beside ? Run<Mode::kBeside>(pe, context, now, first, cut)
                             : Run<Mode::kAhead>(pe, context, now, first, cut);
    if (stop != Stop::kLimit || pe.thread.clock_base < unchecked) return stop;
  }
  return beside ? Run<Mode::kBeside, true>(pe, context, now, limit, cut)
                : Run<Mode::kAhead, true>(pe, context, now, limit, cut);
}

Stop RunOne(PeState& pe, RunContext& context, int64_t now) {
  return Run<Mode::kStep>(pe, context, now, kNever, kNever);
}

Fault EnterTask(PeState& pe, uint32_t index, int64_t start, const uint32_t* args, size_t num_args) {
  Thread& thread = pe.thread;
  const Function& function = pe.program->code.functions[index];
  thread.function = index;
  thread.position = function.entry;
  thread.frames.clear();
  thread.stack_pointer = pe.program->image.stack_top;
  Fault fault = PushFrame(thread, *pe.program, function, 0);
  if (!fault.ok()) return fault;
  if (num_args > thread.regs.size()) thread.regs.resize(num_args);
  std::copy(args, args + num_args, thread.regs.begin());
  thread.clock_base = start - pe.program->code.prefix_cycles[function.entry];
  thread.instructions = 0;
  thread.vector_elements = 0;
  return {};
}

uint16_t FormOf(const Inst& inst) {
  const Opcode opcode = inst.opcode();
  if (!HasOwnCase(opcode)) return kOther;
  if (KindOf(opcode) == Kind::kMemory) {
    const ops::AddressMode mode = ops::AddressModeOf(inst);
    if (mode != ops::AddressMode::kAny) return MemoryForm(opcode, mode);
  }
  return inst.op;
}

bool IsSupported(isa::Opcode opcode) { return KindOf(opcode) != Kind::kNotSupported; }

}  // namespace csl::fabric::pe
