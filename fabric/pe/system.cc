// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/system.h"

#include <algorithm>
#include <array>
#include <string>

#include "fabric/pe/channels.h"
#include "fabric/pe/config_words.h"
#include "fabric/pe/log_text.h"
#include "fabric/pe/ops/load_store.h"
#include "fabric/pe/ops/op.h"
#include "fabric/pe/single_step.h"

namespace csl::fabric::pe {
namespace {

using isa::Descriptor;
using isa::Opcode;

Fault BadAddress(uint32_t address) { return {FaultKind::kBadAddress, address}; }

// The Fibonacci register behind @random16: x^23 + x^18 + 1, 128 steps after each use.
uint16_t NextRandom(uint32_t* state) {
  const uint16_t value = static_cast<uint16_t>(*state);
  uint32_t s = *state & 0x7fffff;
  for (int i = 0; i < 128; ++i) s = (s << 1 | ((s >> 22 ^ s >> 17) & 1)) & 0x7fffff;
  *state = s;
  return value;
}

// Reads everything before it writes anything, so ranges may overlap.
Fault CopyBytes(PeState& pe, uint32_t to, uint32_t from, uint32_t count) {
  uint8_t bytes[kMemoryBytes];  // only `count` bytes of it are ever touched
  if (!pe.memory.Read(from, {bytes, count})) return BadAddress(from);
  if (!pe.memory.Write(to, {bytes, count})) return BadAddress(to);
  return {};
}

Fault ZeroBytes(PeState& pe, uint32_t to, uint32_t count) {
  static constexpr uint8_t kZeros[kMemoryBytes] = {};
  if (!pe.memory.Write(to, {kZeros, count})) return BadAddress(to);
  return {};
}

// Loads a descriptor of any kind; memory ones of one dimension, which loops load again and again,
// without a detour.
Fault LoadDescriptor(PeState& pe, uint32_t address, uint8_t flags, Descriptor* dsr) {
  uint64_t words;
  if (!pe.memory.Load<uint64_t>(address, &words)) return BadAddress(address);
  const auto header = isa::DsdHeader::Decode(static_cast<uint16_t>(words));
  if (header.kind == isa::DsdKind::kMem1d) {
    *dsr = Descriptor{};
    dsr->header = header;
    dsr->base = static_cast<uint16_t>(words >> 16);
    dsr->extent[0] = static_cast<uint16_t>(words >> 32);
    dsr->stride[0] = static_cast<int16_t>(words >> 48);
    dsr->load_flags = flags;
    return {};
  }
  uint8_t bytes[isa::kMaxDsdBytes];
  const uint32_t size = isa::DsdBytes(header.kind);
  if (!pe.memory.Read(address, {bytes, size})) return BadAddress(address);
  auto descriptor = Descriptor::Decode({bytes, size});
  if (!descriptor.ok()) {
    return {FaultKind::kBadDescriptor, static_cast<uint16_t>(words)};
  }
  *dsr = *std::move(descriptor);
  dsr->load_flags = flags;
  return {};
}

// What dsr.async leaves at its default stays as it was; registers of memory ignore it.
void SetAsync(Descriptor* dsr, const Inst& inst, const uint32_t* r) {
  if (!dsr->is_fabric()) return;
  const auto settings = isa::AsyncSettings::Decode(inst.e);
  isa::AsyncSettings& async = dsr->async;
  if (settings.is_async) async.is_async = true;
  if (settings.completion != isa::AsyncAction::kNone) {
    async.completion = settings.completion;
    dsr->completion_id = static_cast<uint16_t>(r[inst.c]);
  }
  if (settings.on_control != isa::AsyncAction::kNone) {
    async.on_control = settings.on_control;
    if (inst.d != isa::kNoRegister) dsr->on_control_id = static_cast<uint16_t>(r[inst.d]);
  }
  if (settings.priority != 0) async.priority = settings.priority;
  if (settings.microthread != 15) async.microthread = settings.microthread;
}

Fault ExecuteDsr(PeState& pe, RunContext& context, const Inst& inst, uint32_t* r, int64_t time) {
  switch (inst.opcode()) {
    case Opcode::kDsrLoad: {
      const uint32_t base = inst.c == isa::kNoRegister ? 0 : r[inst.c];
      return LoadDescriptor(pe, (base + inst.e) & 0xffff, inst.d, &Dsr(pe, inst.a, inst.b));
    }
    case Opcode::kDsrLoadx: {
      Descriptor& dsr = Dsr(pe, inst.a, inst.b);
      return LoadDescriptor(pe, r[inst.c] & 0xffff, static_cast<uint8_t>(inst.e >> 12), &dsr);
    }
    case Opcode::kDsrIndex: {
      Descriptor& dsr = Dsr(pe, inst.b, inst.c);
      if (!dsr.header.wavelet_index_offset) return {};
      dsr.index = static_cast<uint16_t>(r[inst.a]);
      if (dsr.is_memory()) dsr.base = static_cast<uint16_t>(dsr.base + 2 * dsr.index);
      return {};
    }
    case Opcode::kDsrAsync:
      SetAsync(&Dsr(pe, inst.a, inst.b), inst, r);
      return {};
    case Opcode::kDsrBase:
      Dsr(pe, inst.b, inst.c).base = static_cast<uint16_t>(r[inst.a]);
      return {};
    case Opcode::kDsrLen: {
      const Descriptor& dsr = Dsr(pe, inst.b, inst.c);
      if (dsr.kind() == isa::DsdKind::kNone) return {FaultKind::kBadDsr, inst.c};
      uint32_t length = dsr.Length();
      if (dsr.kind() == isa::DsdKind::kFifo && dsr.base < pe.fifos.size()) {
        const FifoState& fifo = pe.fifos[dsr.base];
        const bool is_dest = inst.b == static_cast<uint8_t>(isa::DsrFile::kDest);
        length = is_dest ? fifo.write_length : fifo.read_length;
      }
      r[inst.a] = length > dsr.stepped ? std::min<uint32_t>(length - dsr.stepped, 0xffff) : 0;
      return {};
    }
    case Opcode::kDsrGetH:
    case Opcode::kDsrGetW:
    case Opcode::kDsrPutH:
    case Opcode::kDsrPutW:
      return ExecuteSingleStep(pe, context, inst, r, time);
    default:
      return {FaultKind::kNotSupported, inst.op};
  }
}

// Activates, blocks or unblocks. The id is a register, or the immediate.
Fault ExecuteTask(PeState& pe, RunContext& context, const Inst& inst, const uint32_t* r) {
  const Opcode op = inst.opcode();
  const bool immediate =
      op == Opcode::kActivatei || op == Opcode::kBlocki || op == Opcode::kUnblocki;
  const uint32_t id = immediate ? static_cast<uint32_t>(inst.imm()) : r[inst.a] & 0xffff;
  if (id >= kNumTaskIds) return {FaultKind::kBadTask, id};
  const int task = static_cast<int>(id);
  switch (op) {
    case Opcode::kActivate:
    case Opcode::kActivatei:
      pe.tasks.Activate(task);
      break;
    case Opcode::kBlock:
    case Opcode::kBlocki:
      pe.tasks.Block(task);
      UpdateImplicitChannel(pe, context, task);
      break;
    default:
      UnblockTask(pe, context, task);
  }
  return {};
}

// What the performance counters count, from the start of the run.
std::array<int64_t, 2> PerformanceEvents(const PeState& pe) {
  return {pe.counters.instructions + static_cast<int64_t>(pe.thread.instructions),
          pe.counters.vector_elements + static_cast<int64_t>(pe.thread.vector_elements)};
}

// The id by which an input queue's wavelets are picked and blocked; -1: it has no color (WSE-2).
int IdOfQueue(const PeState& pe, int queue) {
  if (pe.program->arch == isa::Arch::kWse3) return queue;
  const Channel* channel = pe.FindChannel(queue);
  return channel == nullptr || channel->color >= 24 ? -1 : channel->task_id;
}

// Blocks and unblocks input queues and microthreads, waits for queues to be empty.
Fault ExecuteQueues(PeState& pe, RunContext& context, const Inst& inst, const uint32_t* r) {
  const uint32_t number = r[inst.a] & 0xffff;
  if (inst.opcode() == Opcode::kQueueBlock || inst.opcode() == Opcode::kQueueUnblock) {
    const int id = IdOfQueue(pe, static_cast<int>(number & 7));
    if (id < 0) return {FaultKind::kQueueNotBound, number & 7};
    if (inst.opcode() == Opcode::kQueueUnblock) {
      UnblockTask(pe, context, id);
    } else {
      pe.tasks.Block(id);
      UpdateImplicitChannel(pe, context, id);
    }
    return {};
  }
  const auto bit = static_cast<uint8_t>(1u << (number & 7));
  switch (inst.opcode()) {
    case Opcode::kUtBlock:
      pe.microthreads_blocked |= bit;
      break;
    case Opcode::kUtUnblock:
      pe.microthreads_blocked &= static_cast<uint8_t>(~bit);
      break;
    default:
      (number < isa::kFlushOutputQueue ? pe.Rare().input_flush_marks
                                       : pe.Rare().output_flush_marks) |= bit;
  }
  return {};
}

Fault ExecuteFifo(PeState& pe, const Inst& inst, const uint32_t* r) {
  const uint32_t id = r[inst.a] & 0xffff;
  if (id >= pe.fifos.size()) return {FaultKind::kNoFifo, id};
  FifoState& fifo = pe.fifos[id];
  (inst.opcode() == Opcode::kFifoRlen ? fifo.read_length : fifo.write_length) =
      static_cast<uint16_t>(r[inst.b]);
  return {};
}

// 48 bits as three words, lowest first.
Fault WriteCounter(PeState& pe, uint32_t address, int64_t value) {
  uint8_t bytes[6];
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
  return pe.memory.Write(address, bytes) ? Fault{} : BadAddress(address);
}

Fault ReadPerformance(PeState& pe, const Inst& inst, const uint32_t* r) {
  const int64_t value = ReadPerformanceCounter(pe, static_cast<int>(r[inst.b] & 1));
  return WriteCounter(pe, r[inst.a] & 0xffff, value);
}

Fault ExecuteClock(PeState& pe, const Inst& inst, const uint32_t* r, int64_t time) {
  TimeStampCounter& tsc = pe.tsc;
  switch (inst.opcode()) {
    case Opcode::kTscEnable:
    case Opcode::kTscDisable:
      EnableCounters(pe, inst.opcode() == Opcode::kTscEnable, time);
      return {};
    case Opcode::kTscReset:
      tsc.counted = 0;
      tsc.since = time;
      return {};
    case Opcode::kPerfRead:
      return ReadPerformance(pe, inst, r);
    default:
      return WriteCounter(pe, r[inst.a] & 0xffff, tsc.Read(time));
  }
}

Fault ExecuteLog(PeState& pe, RunContext& context, const Inst& inst, const uint32_t* r,
                 int64_t time) {
  if (inst.opcode() == Opcode::kLogValue) {
    const uint32_t format = r[inst.b] & 0xffff;
    if (format >= isa::kNumLogFormats) return {FaultKind::kBadLogFormat, format};
    AppendLogText(pe, context, time,
                  LogValueText(r[inst.a], static_cast<isa::LogFormat>(format),
                               pe.program->image.fp16_format));
    return {};
  }
  const uint32_t address = r[inst.a] & 0xffff;
  std::string text(r[inst.b] & 0xffff, '\0');
  if (!pe.memory.Read(address, {reinterpret_cast<uint8_t*>(text.data()), text.size()})) {
    return BadAddress(address);
  }
  AppendLogText(pe, context, time, text);
  return {};
}

Fault ExecuteCopy(PeState& pe, RunContext& context, const Inst& inst, const uint32_t* r,
                  int64_t* extra_cycles) {
  const auto count = static_cast<uint32_t>(inst.imm());
  const uint32_t to = r[inst.a] & 0xffff;
  const auto per_cycle = static_cast<uint32_t>(context.machine->costs().copy_bytes_per_cycle);
  if (count > kMemoryBytes) return BadAddress(to);
  *extra_cycles += (count + per_cycle - 1) / per_cycle;
  return inst.opcode() == Opcode::kCopy ? CopyBytes(pe, to, r[inst.b] & 0xffff, count)
                                        : ZeroBytes(pe, to, count);
}

Fault ExecuteConfig(PeState& pe, RunContext& context, const Inst& inst, uint32_t* r, int64_t time) {
  if (inst.opcode() == Opcode::kCfgWrite || inst.opcode() == Opcode::kCfgWriteu) {
    return WriteConfigWord(pe, context, static_cast<uint16_t>(r[inst.a]),
                           static_cast<uint16_t>(r[inst.b]), time);
  }
  uint16_t value = 0;
  const Fault fault = ReadConfigWord(pe, context, static_cast<uint16_t>(r[inst.b]), time, &value);
  r[inst.a] = value;
  return fault;
}

}  // namespace

Descriptor& Dsr(PeState& pe, int file, int number) {
  return pe.dsrs[pe.program->dsr_slot[static_cast<size_t>(file)][static_cast<size_t>(number)]];
}

void EnableCounters(PeState& pe, bool enable, int64_t time) {
  const std::array<int64_t, 2> events = PerformanceEvents(pe);
  for (size_t i = 0; i < events.size(); ++i) {
    if (pe.tsc.enabled) pe.perf.counted[i] += events[i] - pe.perf.since[i];
    pe.perf.since[i] = events[i];
  }
  pe.tsc.counted = pe.tsc.Read(time);
  pe.tsc.since = time;
  pe.tsc.enabled = enable;
}

int64_t ReadPerformanceCounter(const PeState& pe, int number) {
  const size_t n = static_cast<size_t>(number);
  int64_t value = pe.perf.counted[n];
  if (pe.tsc.enabled) value += PerformanceEvents(pe)[n] - pe.perf.since[n];
  return value;
}

void UnblockTask(PeState& pe, RunContext& context, int id) {
  pe.tasks.Unblock(id);
  UpdateImplicitChannel(pe, context, id);
}

void UnblockCommandStream(PeState& pe, RunContext& context, int64_t time) {
  if (!pe.command_stream_blocked) return;  // an unblock that nobody waits for is lost
  pe.command_stream_blocked = false;
  context.messages.push_back({time, pe.index, PeMessage::Kind::kCommandDone});
}

Fault ExecuteSystem(PeState& pe, RunContext& context, const Inst& inst, uint32_t* r, int64_t time,
                    int64_t* extra_cycles) {
  switch (inst.opcode()) {
    case Opcode::kVok:
      r[inst.a] = pe.thread.vector_ok ? 1 : 0;
      return {};
    case Opcode::kCopy:
    case Opcode::kZero:
      return ExecuteCopy(pe, context, inst, r, extra_cycles);
    case Opcode::kActivate:
    case Opcode::kActivatei:
    case Opcode::kBlock:
    case Opcode::kBlocki:
    case Opcode::kUnblock:
    case Opcode::kUnblocki:
      return ExecuteTask(pe, context, inst, r);
    case Opcode::kQueueBlock:
    case Opcode::kQueueUnblock:
    case Opcode::kUtBlock:
    case Opcode::kUtUnblock:
    case Opcode::kQueueFlush:
      return ExecuteQueues(pe, context, inst, r);
    case Opcode::kFifoRlen:
    case Opcode::kFifoWlen:
      return ExecuteFifo(pe, inst, r);
    case Opcode::kCfgRead:
    case Opcode::kCfgReadu:
    case Opcode::kCfgWrite:
    case Opcode::kCfgWriteu:
      return ExecuteConfig(pe, context, inst, r, time);
    case Opcode::kUnblockCmdStream:
      UnblockCommandStream(pe, context, time);
      return {};
    case Opcode::kTscEnable:
    case Opcode::kTscDisable:
    case Opcode::kTscReset:
    case Opcode::kTscRead:
    case Opcode::kPerfRead:
      return ExecuteClock(pe, inst, r, time);
    case Opcode::kLog:
    case Opcode::kLogValue:
      return ExecuteLog(pe, context, inst, r, time);
    case Opcode::kRand16:
      r[inst.a] = NextRandom(&pe.prng[pe.active_prng]);
      return {};
    case Opcode::kPrngSet:
      pe.active_prng = static_cast<uint8_t>((r[inst.a] & 0xffff) % kNumPrngs);
      return {};
    case Opcode::kPrngSeed:
      // A register of zeros would stay so.
      pe.prng.fill(r[inst.a] != 0 ? r[inst.a] : kPrngSeed);
      return {};
    case Opcode::kCoordX:
      r[inst.a] = pe.x;
      return {};
    case Opcode::kCoordY:
      r[inst.a] = pe.y;
      return {};
    default:
      if (!ops::IsAccess(inst.opcode())) return ExecuteDsr(pe, context, inst, r, time);
      return AccessPlacedWords(pe, context, inst.opcode(), ops::Address(r, inst), time, &r[inst.a]);
  }
}

}  // namespace csl::fabric::pe
