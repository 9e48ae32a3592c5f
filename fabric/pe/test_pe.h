// SPDX-License-Identifier: Apache-2.0
// One PE outside of any engine, for tests of instructions and of the PE's life.
#ifndef FABRIC_PE_TEST_PE_H_
#define FABRIC_PE_TEST_PE_H_

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "fabric/pe/channels.h"
#include "fabric/pe/core.h"
#include "fabric/pe/interpreter.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric::pe {

class TestPe {
 public:
  explicit TestPe(testing::ArtifactBuilder& builder) {
    const image::Artifact artifact = builder.Build();
    auto program = LoadProgram(artifact.images[0]);
    CHECK(program.ok()) << program.status().message();
    machine_.arch = artifact.manifest.arch;
    machine_.width = 1;
    machine_.height = 1;
    machine_.programs.push_back(std::move(program).value());
    machine_.program_of_pe = {0};
    machine_.command_lookup = [](const void* owner, uint32_t number) -> const HostCommand& {
      return (*static_cast<const std::vector<HostCommand>*>(owner))[number];
    };
    machine_.command_owner = &commands_;
    context_.machine = &machine_;
    router::ShardPlace place;
    place.arch = machine_.arch;
    router_ = std::make_unique<router::RouterShard>(place);
    ConfigureRouter(*machine_.programs[0], 0, *router_);
    context_.router = router_.get();
    InitPe(pe_, context_, 0);
  }
  TestPe(const TestPe&) = delete;
  TestPe& operator=(const TestPe&) = delete;

  PeState& pe() { return pe_; }
  RunContext& context() { return context_; }
  Machine& machine() { return machine_; }
  std::vector<HostCommand>& commands() { return commands_; }
  uint32_t& reg(int number) { return pe_.thread.regs[static_cast<size_t>(number)]; }

  // Runs function 0 from cycle 0 to its end; returns the cycles it took, or -1 after a fault.
  int64_t Call(const std::vector<uint32_t>& args = {}) {
    Fault fault = EnterTask(pe_, 0, 0, args.data(), args.size());
    if (!fault.ok()) {
      pe_.fault = fault;
      return -1;
    }
    const Stop stop = RunAhead(pe_, context_, kNever, kNever, kNever);
    CHECK(stop == Stop::kReturn || stop == Stop::kFault) << "stopped";
    return stop == Stop::kReturn ? NextIssueCycle(pe_) : -1;
  }

  template <typename T>
  std::vector<T> Read(uint32_t address, size_t count) {
    std::vector<T> values(count);
    std::vector<uint8_t> bytes(count * sizeof(T));
    CHECK(pe_.memory.Read(address, bytes)) << address;
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  // Advances as an engine would until nothing is left to do; returns the last cycle looked at.
  int64_t RunToRest(bool may_run_ahead = true) {
    context_.may_run_ahead = may_run_ahead;
    int64_t last = 0;
    for (int64_t next = NextCycle(-1); next != kNever; next = NextCycle(last)) {
      last = next;
      Advance(pe_, context_, next);
    }
    return last;
  }
  int64_t NextCycle(int64_t now) { return NextEventCycle(pe_, context_, now); }

 private:
  Machine machine_;
  std::unique_ptr<router::RouterShard> router_;
  RunContext context_;
  std::vector<HostCommand> commands_;
  PeState pe_;
};

}  // namespace csl::fabric::pe

#endif  // FABRIC_PE_TEST_PE_H_
