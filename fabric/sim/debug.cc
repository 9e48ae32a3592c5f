// SPDX-License-Identifier: Apache-2.0
// What debuggers and the states of core files need.
#include <algorithm>
#include <string>

#include "fabric/image/core_file.h"
#include "fabric/pe/core.h"
#include "fabric/pe/interpreter.h"
#include "fabric/pe/state_json.h"
#include "fabric/sim/fabric_simulator.h"

namespace csl::fabric {
namespace {

// A larger program's states would be larger than its memory.
constexpr uint32_t kMaxPesWithStates = 65'536;
constexpr size_t kStatesPieceBytes = size_t{1} << 20;

}  // namespace

DebugPe FabricSimulator::DebugPeOf(uint32_t index) const {
  DebugPe out;
  out.x = geometry_.offset_x + static_cast<int>(index % static_cast<uint32_t>(geometry_.width));
  out.y = geometry_.offset_y + static_cast<int>(index / static_cast<uint32_t>(geometry_.width));
  const pe::PeState* pe = engine_->FindPe(index);
  if (pe == nullptr || !pe::InTask(*pe)) return out;
  out.task = pe->thread.task_id;
  out.function = pe->thread.function;
  out.computes = pe->phase == pe::Phase::kRunning && pe->main_run == nullptr &&
                 pe->thread.function != pe::kHostCopy;
  if (!out.computes) return out;
  out.position = pe->thread.position;
  out.issue_cycle = pe::NextIssueCycle(*pe);
  return out;
}

Status FabricSimulator::ShowDebugger(int64_t cycle) {
  DebugView view;
  view.cycle = cycle;
  std::stable_sort(tap_.begin(), tap_.end(),
                   [](const trace::PeRecord& a, const trace::PeRecord& b) { return a.pe < b.pe; });
  int64_t last = trace::kNoPe;
  for (const trace::PeRecord& r : tap_) {
    if (r.pe != last) view.pes.push_back(DebugPeOf(static_cast<uint32_t>(r.pe)));
    last = r.pe;
    if (r.record.event.kind == Event::Kind::kTaskStart) view.pes.back().task_starts = true;
  }
  tap_.clear();
  return options_.debugger(*this, view);
}

StatusOr<std::vector<uint8_t>> FabricSimulator::PeekMemory(int fabric_x, int fabric_y,
                                                           uint32_t address,
                                                           uint32_t size_bytes) const {
  ASSIGN_OR_RETURN(const uint32_t index, PeAt(fabric_x, fabric_y));
  if (address > pe::kMemoryBytes || size_bytes > pe::kMemoryBytes - address) {
    return OutOfRange(std::to_string(size_bytes) + " bytes at " + std::to_string(address) +
                      " leave a PE's memory");
  }
  std::vector<uint8_t> bytes(size_bytes);
  CopyMemory(index, address, bytes);
  return bytes;
}

StatusOr<std::string> FabricSimulator::StateJson(int fabric_x, int fabric_y) const {
  ASSIGN_OR_RETURN(const uint32_t index, PeAt(fabric_x, fabric_y));
  const pe::PeState* pe = engine_->FindPe(index);
  return pe == nullptr ? std::string() : pe::StateToJson(*pe);
}

void FabricSimulator::WriteStates(const std::function<void(std::span<const uint8_t>)>& sink) const {
  if (geometry_.num_pes() > kMaxPesWithStates) return;
  std::vector<uint8_t> piece;
  for (uint32_t index = 0; index < geometry_.num_pes(); ++index) {
    const pe::PeState* pe = engine_->FindPe(index);
    image::AppendCoreState(pe == nullptr ? std::string() : pe::StateToJson(*pe), &piece);
    if (piece.size() < kStatesPieceBytes) continue;
    sink(piece);
    piece.clear();
  }
  sink(piece);
}

}  // namespace csl::fabric
