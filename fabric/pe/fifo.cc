// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/fifo.h"

#include "fabric/pe/program.h"

namespace csl::fabric::pe {
namespace {

const image::Fifo& ConfigurationOf(const PeState& pe, int id) {
  return pe.program->image.configuration.fifos[static_cast<size_t>(id)];
}
FifoState& StateOf(PeState& pe, int id) { return pe.fifos[static_cast<size_t>(id)]; }

uint32_t AddressOf(const image::Fifo& fifo, uint16_t position) {
  return uint32_t{fifo.base} + uint32_t{position} * fifo.element_bytes;
}
void Advance(const image::Fifo& fifo, uint16_t* position) {
  *position = static_cast<uint16_t>(*position + 1 == fifo.capacity ? 0 : *position + 1);
}
void ActivateTask(PeState& pe, uint8_t id, uint16_t* wanted, uint32_t there) {
  if (*wanted == 0 || there < *wanted) return;
  *wanted = 0;
  if (id != image::kNoTask) pe.tasks.Activate(id);
}

}  // namespace

bool FifoHas(const PeState& pe, int id, bool is_dest, uint32_t elements) {
  const FifoState& state = pe.fifos[static_cast<size_t>(id)];
  if (!is_dest) return state.count >= elements;
  return uint32_t{ConfigurationOf(pe, id).capacity} - state.count >= elements;
}

void MarkFifoWait(PeState& pe, int id, bool is_dest, uint32_t elements) {
  FifoState& state = StateOf(pe, id);
  uint16_t& wanted = is_dest ? state.wanted_room : state.wanted_elements;
  if (wanted == 0) wanted = static_cast<uint16_t>(elements);
}

image::FifoAction ActionOf(const PeState& pe, int id, bool is_dest) {
  const image::Fifo& fifo = ConfigurationOf(pe, id);
  return is_dest ? fifo.full_action : fifo.empty_action;
}

bool FifoStops(const PeState& pe, int id, bool is_dest, bool is_async) {
  switch (ActionOf(pe, id, is_dest)) {
    case image::FifoAction::kTestOrSuspend:
      return !is_async;
    case image::FifoAction::kSuspend:
      return false;
    case image::FifoAction::kTerminate:
    case image::FifoAction::kFault:
      break;
  }
  return true;
}

bool PushFifo(PeState& pe, int id, uint32_t value) {
  const image::Fifo& fifo = ConfigurationOf(pe, id);
  FifoState& state = StateOf(pe, id);
  const uint32_t address = AddressOf(fifo, state.write_position);
  const bool ok = fifo.element_bytes == 4
                      ? pe.memory.Store<uint32_t>(address, value)
                      : pe.memory.Store<uint16_t>(address, static_cast<uint16_t>(value));
  Advance(fifo, &state.write_position);
  ++state.count;
  ActivateTask(pe, fifo.activate_push, &state.wanted_elements, state.count);
  return ok;
}

bool PopFifo(PeState& pe, int id, uint32_t* value) {
  const image::Fifo& fifo = ConfigurationOf(pe, id);
  FifoState& state = StateOf(pe, id);
  const uint32_t address = AddressOf(fifo, state.read_position);
  bool ok;
  if (fifo.element_bytes == 4) {
    ok = pe.memory.Load<uint32_t>(address, value);
  } else {
    uint16_t half = 0;
    ok = pe.memory.Load<uint16_t>(address, &half);
    *value = half;
  }
  Advance(fifo, &state.read_position);
  --state.count;
  ActivateTask(pe, fifo.activate_pop, &state.wanted_room, fifo.capacity - state.count);
  return ok;
}

}  // namespace csl::fabric::pe
