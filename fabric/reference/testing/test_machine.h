// SPDX-License-Identifier: Apache-2.0
// A machine that a test steps, cycle by cycle, and looks into.
#ifndef FABRIC_REFERENCE_TESTING_TEST_MACHINE_H_
#define FABRIC_REFERENCE_TESTING_TEST_MACHINE_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "fabric/reference/machine.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric::reference {

class TestMachine {
 public:
  explicit TestMachine(const testing::ArtifactBuilder& builder) : machine_(builder.Build()) {}

  Machine& machine() { return machine_; }
  Ce& ce(uint32_t pe = 0) { return machine_.ce(pe); }
  ColorState& color(uint32_t pe, int color) {
    return machine_.router(pe).colors[static_cast<size_t>(color)];
  }
  int64_t now() const { return now_; }

  // Steps until `condition` holds behind a step; returns the cycle of that step, -1 if `bound`
  // cycles did not do.
  int64_t RunUntil(const std::function<bool()>& condition, int64_t bound = 5000) {
    for (const int64_t end = now_ + bound; now_ < end;) {
      machine_.Step(now_++);
      if (condition()) return now_ - 1;
    }
    return -1;
  }
  // Until nothing can happen any more.
  void RunToRest(int64_t bound = 20000) {
    for (const int64_t end = now_ + bound; now_ < end && machine_.CanDoSomething(now_);) {
      machine_.Step(now_++);
    }
  }
  void Step() { machine_.Step(now_++); }

  uint32_t Word(uint32_t pe, uint32_t address, int bytes = 2) {
    uint32_t value = 0;
    (void)ce(pe).Load(address, bytes, &value);
    return value;
  }
  std::vector<uint32_t> Words(uint32_t pe, uint32_t address, int count, int bytes = 2) {
    std::vector<uint32_t> words;
    for (int i = 0; i < count; ++i) {
      words.push_back(Word(pe, address + static_cast<uint32_t>(i * bytes), bytes));
    }
    return words;
  }

 private:
  Machine machine_;
  int64_t now_ = 0;
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_TESTING_TEST_MACHINE_H_
