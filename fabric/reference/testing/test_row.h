// SPDX-License-Identifier: Apache-2.0
// Routers driven by hand: what each PE sends, and what reaches it. The CEs run no program.
#ifndef FABRIC_REFERENCE_TESTING_TEST_ROW_H_
#define FABRIC_REFERENCE_TESTING_TEST_ROW_H_

#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "fabric/reference/testing/test_machine.h"

namespace csl::fabric::reference {

inline constexpr uint8_t kW = image::kWest, kE = image::kEast, kS = image::kSouth,
                         kN = image::kNorth, kR = image::kRamp;

using Routes = std::vector<std::pair<int, int>>;  // rx, tx of each position, effective

inline image::ColorConfig Switched(const Routes& routes, image::PopMode pop = {}, bool ring = false,
                                   int current = 0) {
  image::ColorConfig config;
  config.num_positions = static_cast<uint8_t>(routes.size());
  for (size_t i = 0; i < routes.size(); ++i) {
    config.positions[i] = {static_cast<uint8_t>(routes[i].first),
                           static_cast<uint8_t>(routes[i].second)};
  }
  config.pop_mode = pop;
  config.ring_mode = ring;
  config.current_position = static_cast<uint8_t>(current);
  return config;
}

// WSE-2. Every PE's input queue 2 takes one color, filter enabled; what arrives is read at once.
class TestRow {
 public:
  static testing::ArtifactBuilder Builder(int width, int height, int color) {
    testing::ArtifactBuilder b(isa::Arch::kWse2, width, height);
    b.Function("nothing", "  ret\n").InputQueue(2, color, true).Blocked({color});
    return b;
  }
  TestRow(const testing::ArtifactBuilder& builder, int color)
      : machine_(builder), color_(color), received_(machine_.machine().num_pes()) {}

  void SendData(uint32_t pe, uint32_t payload, bool advance = false) {
    to_send_[pe].push_back({payload, false, advance});
  }
  void SendControl(uint32_t pe, uint32_t payload) {
    to_send_[pe].push_back({payload, true, false});
  }

  // Until nothing has moved for a while.
  void Run() {
    for (int64_t quiet = 0; quiet < 40; ++quiet) {
      if (Cycle()) quiet = 0;
    }
  }
  // What reached a PE since the last call: payloads.
  std::vector<uint32_t> Received(uint32_t pe) { return std::exchange(received_[pe], {}); }
  // Each position that the PE's switch was in, in order.
  std::vector<int> Positions(uint32_t pe) { return positions_[pe]; }
  int Position(uint32_t pe) { return machine_.color(pe, color_).current_position(); }
  TestMachine& machine() { return machine_; }

 private:
  bool Cycle() {
    bool busy = false;
    const int64_t t = machine_.now();
    for (auto& [pe, wavelets] : to_send_) {
      auto& queue = machine_.ce(pe).outputs[2].words;
      if (wavelets.empty() || !queue.HasRoom(t)) continue;
      queue.Push({wavelets.front(), static_cast<uint8_t>(color_)}, t + 2);
      wavelets.pop_front();
      busy = true;
    }
    machine_.Step();
    for (uint32_t pe = 0; pe < received_.size(); ++pe) {
      auto& channel = machine_.ce(pe).channels[2];
      while (channel.At(t) != nullptr) {
        received_[pe].push_back(channel.Pop(t).payload);
        busy = true;
      }
      auto& seen = positions_[pe];
      if (seen.empty() || seen.back() != Position(pe)) seen.push_back(Position(pe));
    }
    return busy;
  }

  TestMachine machine_;
  int color_;
  std::map<uint32_t, std::deque<Wavelet>> to_send_;
  std::vector<std::vector<uint32_t>> received_;
  std::map<uint32_t, std::vector<int>> positions_;
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_TESTING_TEST_ROW_H_
