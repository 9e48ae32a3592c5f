// SPDX-License-Identifier: Apache-2.0
// Tasks, queues, microthreads, time, configuration words, random numbers, log.
#include <fmt/format.h>

#include "fabric/isa/log_format.h"
#include "fabric/reference/config_words.h"
#include "fabric/reference/main_thread.h"

namespace csl::fabric::reference {
namespace {

using isa::Opcode;

Executed Failed(FaultKind kind, uint32_t detail) { return {false, 0, {kind, detail}}; }

// x^23 + x^18 + 1, 128 steps after each use.
uint16_t NextRandom(uint32_t* state) {
  const auto value = static_cast<uint16_t>(*state);
  for (int i = 0; i < 128; ++i) {
    *state = (*state << 1 | ((*state >> 22 ^ *state >> 17) & 1)) & 0x7fffff;
  }
  return value;
}

Executed ExecuteTaskBits(Ce& ce, const isa::Instruction& i) {
  const Opcode op = i.opcode();
  const bool immediate =
      op == Opcode::kActivatei || op == Opcode::kBlocki || op == Opcode::kUnblocki;
  const uint32_t id = immediate ? static_cast<uint32_t>(i.imm()) : ce.regs()[i.a] & 0xffff;
  if (id >= kNumTaskIds) return Failed(FaultKind::kBadTask, id);
  if (op == Opcode::kActivate || op == Opcode::kActivatei) {
    ce.Activate(static_cast<int>(id));
  } else if (op == Opcode::kBlock || op == Opcode::kBlocki) {
    ce.Block(static_cast<int>(id));
  } else {
    ce.Unblock(static_cast<int>(id));
  }
  return {};
}

// queue.block and queue.unblock: the task id of the queue's channel. queue.flush: 0 to 7 an input
// queue, 8 to 15 an output queue. Microthreads.
Executed ExecuteQueueOrThread(Ce& ce, const isa::Instruction& i) {
  const uint32_t r = ce.regs()[i.a] & 0xffff;
  const uint32_t number = r & 7;
  switch (i.opcode()) {
    case Opcode::kQueueFlush:
      (r < isa::kFlushOutputQueue ? ce.inputs[number].flush : ce.outputs[number].flush) = true;
      return {};
    case Opcode::kUtBlock:
      ce.blocked_microthreads |= static_cast<uint8_t>(1 << number);
      return {};
    case Opcode::kUtUnblock:
      ce.blocked_microthreads &= static_cast<uint8_t>(~(1 << number));
      return {};
    default:
      break;
  }
  const int id = ce.IdOfChannel(static_cast<int>(number));
  if (id < 0) return Failed(FaultKind::kQueueNotBound, number);
  if (i.opcode() == Opcode::kQueueBlock) {
    ce.Block(id);
  } else {
    ce.Unblock(id);
  }
  return {};
}

// 48 bits as three words, lowest first; nothing if they leave the memory.
Executed WriteCounter(Ce& ce, uint32_t address, int64_t value) {
  if (address + 6 > kMemoryBytes) return Failed(FaultKind::kBadAddress, address);
  for (uint32_t k = 0; k < 3; ++k) {
    (void)ce.Store(address + 2 * k, 2, static_cast<uint16_t>(value >> (16 * k)));
  }
  return {};
}

Executed ExecuteClock(Ce& ce, const isa::Instruction& i, int64_t t) {
  const uint32_t* r = ce.regs();
  switch (i.opcode()) {
    case Opcode::kTscEnable:
    case Opcode::kTscDisable:
      EnableCounters(ce, i.opcode() == Opcode::kTscEnable, t);
      return {};
    case Opcode::kTscReset:
      ce.clock_counted = 0;
      ce.clock_since = t;
      return {};
    case Opcode::kPerfRead:
      return WriteCounter(ce, r[i.a] & 0xffff, ReadCounter(ce, r[i.b] & 1));
    default:
      return WriteCounter(ce, r[i.a] & 0xffff, ReadClock(ce, t));
  }
}

Executed ExecuteLog(Ce& ce, const isa::Instruction& i, int64_t t) {
  const uint32_t* r = ce.regs();
  if (i.opcode() == Opcode::kLogValue) {
    const uint32_t format = r[i.b] & 0xffff;
    if (format >= isa::kNumLogFormats) return Failed(FaultKind::kBadLogFormat, format);
    AppendLog(ce, t, LogValueText(r[i.a], format, ce.program->image.fp16_format));
    return {};
  }
  const uint32_t address = r[i.a] & 0xffff;
  const uint32_t count = r[i.b] & 0xffff;
  if (address + count > kMemoryBytes) return Failed(FaultKind::kBadAddress, address);
  AppendLog(ce, t, std::string(ce.memory.begin() + address, ce.memory.begin() + address + count));
  return {};
}

Executed ExecuteConfig(Ce& ce, const isa::Instruction& i, int64_t t) {
  uint32_t* r = ce.regs();
  if (i.opcode() == Opcode::kCfgRead || i.opcode() == Opcode::kCfgReadu) {
    r[i.a] = ReadConfigWord(ce, static_cast<uint16_t>(r[i.b]), t);
    return {};
  }
  return {false, 0,
          WriteConfigWord(ce, static_cast<uint16_t>(r[i.a]), static_cast<uint16_t>(r[i.b]), t)};
}

Executed ExecuteRest(Ce& ce, const isa::Instruction& i, int64_t t) {
  uint32_t* r = ce.regs();
  switch (i.opcode()) {
    case Opcode::kVok:
      r[i.a] = ce.main.vector_ok ? 1 : 0;
      return {};
    case Opcode::kUnblockCmdStream:
      UnblockCommandStream(ce, t);
      return {};
    case Opcode::kRand16:
      r[i.a] = NextRandom(&ce.prng[ce.active_prng]);
      return {};
    case Opcode::kPrngSet:
      ce.active_prng = (r[i.a] & 0xffff) % kNumPrngs;
      return {};
    case Opcode::kPrngSeed:
      // A register of zeros would stay so.
      ce.prng.fill(r[i.a] != 0 ? r[i.a] : kPrngSeed);
      return {};
    case Opcode::kCoordX:
      r[i.a] = static_cast<uint32_t>(ce.x);
      return {};
    case Opcode::kCoordY:
      r[i.a] = static_cast<uint32_t>(ce.y);
      return {};
    default:
      return Failed(FaultKind::kNotSupported, i.op);
  }
}

}  // namespace

int64_t ReadClock(const Ce& ce, int64_t t) {
  return ce.clock_counted + (ce.clock_enabled ? t - ce.clock_since : 0);
}

int64_t ReadCounter(const Ce& ce, size_t n) {
  return ce.perf_counted[n] + (ce.clock_enabled ? ce.events[n] - ce.perf_since[n] : 0);
}

void EnableCounters(Ce& ce, bool enable, int64_t t) {
  for (size_t n = 0; n < 2; ++n) {
    ce.perf_counted[n] = ReadCounter(ce, n);
    ce.perf_since[n] = ce.events[n];
  }
  ce.clock_counted = ReadClock(ce, t);
  ce.clock_since = t;
  ce.clock_enabled = enable;
}

void UnblockCommandStream(Ce& ce, int64_t t) {
  if (!ce.command_stream_blocked) return;  // an unblock that nobody waits for is lost
  ce.command_stream_blocked = false;
  ce.shared->done.push_back({t, ce.index});
}

Executed ExecuteSystem(Ce& ce, const isa::Instruction& i, int64_t t) {
  const Opcode op = i.opcode();
  const auto between = [op](Opcode first, Opcode last) { return op >= first && op <= last; };
  if (op == Opcode::kFrame || between(Opcode::kLdI8, Opcode::kZero)) return ExecuteMemory(ce, i, t);
  if (between(Opcode::kDsrLoad, Opcode::kFifoWlen)) return ExecuteDsr(ce, i, t);
  if (between(Opcode::kActivate, Opcode::kUnblocki)) return ExecuteTaskBits(ce, i);
  if (between(Opcode::kQueueBlock, Opcode::kQueueFlush)) return ExecuteQueueOrThread(ce, i);
  if (between(Opcode::kTscEnable, Opcode::kPerfRead)) return ExecuteClock(ce, i, t);
  if (between(Opcode::kCfgRead, Opcode::kCfgWriteu)) return ExecuteConfig(ce, i, t);
  if (between(Opcode::kLog, Opcode::kLogValue)) return ExecuteLog(ce, i, t);
  return ExecuteRest(ce, i, t);
}

}  // namespace csl::fabric::reference
