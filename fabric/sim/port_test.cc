// SPDX-License-Identifier: Apache-2.0
// Ports between the host and single routers, by the engine and by the reference: words, order,
// cycles, and what is refused in the same words.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "fabric/sim/simulator.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric {
namespace {

using testing::ArtifactBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Three PEs in a row that run nothing. Color 1 goes east from port 0 to port 1, color 2 west from
// port 2 to port 3; ports 1 and 2 stand at one PE.
image::Artifact Row(isa::Arch arch) {
  ArtifactBuilder b(arch, 3, 1);
  b.Function("idle", "  ret\n");
  b.Route(0, 0, 1, 1, 1, image::kHost, image::kEast);
  b.Route(1, 0, 1, 1, 1, image::kWest, image::kEast);
  b.Route(2, 0, 1, 1, 1, image::kWest, image::kHost);
  b.Route(2, 0, 1, 1, 2, image::kHost, image::kWest);
  b.Route(1, 0, 1, 1, 2, image::kEast, image::kWest);
  b.Route(0, 0, 1, 1, 2, image::kEast, image::kHost);
  b.manifest().ports = {{"east_in", true, 0, 0, 1},
                        {"east_out", false, 2, 0, 1},
                        {"west_in", true, 2, 0, 2},
                        {"west_out", false, 0, 0, 2}};
  return b.Build();
}

PortCommand Everything(uint32_t port, std::vector<uint32_t>* words) {
  PortCommand command;
  command.port = port;
  command.sink = [words](std::span<const uint32_t> some) {
    words->insert(words->end(), some.begin(), some.end());
  };
  return command;
}

struct Setting {
  isa::Arch arch;
  EngineKind engine;
  int threads = 1;
};

class Ports : public ::testing::TestWithParam<Setting> {
 protected:
  void SetUp() override {
    SimulatorOptions options;
    options.engine = GetParam().engine;
    options.num_threads = GetParam().threads;
    options.num_shards = GetParam().threads;
    options.more_threads_than_cores = true;
    options.parallel_threshold_ns = 0;
    options.log_sink = [this](const LogRecord& record) { log_ += record.ToString() + "\n"; };
    auto sim = Simulator::Create(Row(GetParam().arch), options);
    ASSERT_TRUE(sim.ok()) << sim.status().message();
    sim_ = std::move(sim).value();
  }

  CommandId Send(uint32_t port, std::vector<uint32_t> words) {
    PortCommand command;
    command.port = port;
    command.data = std::move(words);
    const auto id = sim_->Submit(std::move(command));
    EXPECT_TRUE(id.ok()) << id.status().message();
    return *id;
  }
  CommandId Receive(uint32_t port, std::vector<uint32_t>* words) {
    PortCommand command;
    command.port = port;
    command.destination = *words;
    const auto id = sim_->Submit(std::move(command));
    EXPECT_TRUE(id.ok()) << id.status().message();
    return *id;
  }

  CommandId ReceiveAll(uint32_t port, std::vector<uint32_t>* words) {
    const auto id = sim_->Submit(Everything(port, words));
    EXPECT_TRUE(id.ok()) << id.status().message();
    return *id;
  }

  std::unique_ptr<Simulator> sim_;
  std::string log_;
};

TEST_P(Ports, PassWordsInOrder) {
  std::vector<uint32_t> got(5);
  Send(0, {1, 2, 3});
  Send(0, {4, 5});
  const CommandId id = Receive(1, &got);
  ASSERT_TRUE(sim_->Wait(id).ok());
  EXPECT_THAT(got, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(sim_->Stats().host_words_h2d, 5);
  EXPECT_EQ(sim_->Stats().host_words_d2h, 5);
}

TEST_P(Ports, WordsMayStayWhereTheyLie) {
  const std::vector<uint32_t> words = {7, 8, 9};
  std::vector<uint32_t> got(3);
  PortCommand command;
  command.source = words;
  ASSERT_TRUE(sim_->Submit(command).ok());
  ASSERT_TRUE(sim_->Wait(Receive(1, &got)).ok());
  EXPECT_EQ(got, words);
  command.port = 1;
  EXPECT_EQ(sim_->Submit(command).status().message(), "port 'east_out' goes from the device");
}

TEST_P(Ports, AReceiveMayWaitForASendBehindIt) {
  std::vector<uint32_t> east(40), west(40);
  std::vector<uint32_t> words(40);
  std::iota(words.begin(), words.end(), 100);
  const CommandId first = Receive(1, &east);
  const CommandId second = Receive(3, &west);
  Send(2, words);
  Send(0, words);
  ASSERT_TRUE(sim_->Wait(second).ok());
  ASSERT_TRUE(sim_->Wait(first).ok());
  EXPECT_EQ(east, words);
  EXPECT_EQ(west, words);
  EXPECT_TRUE(sim_->Drain().ok());
  EXPECT_EQ(sim_->Stats().host_commands, 4);
}

TEST_P(Ports, APollOfAReceiveThatWaitsDoesNotEndTheRun) {
  std::vector<uint32_t> got(3);
  const CommandId id = Receive(1, &got);
  for (int i = 0; i < 5; ++i) {
    const StatusOr<bool> done = sim_->Poll(id);
    ASSERT_TRUE(done.ok()) << done.status().message();
    EXPECT_FALSE(*done);
  }
  EXPECT_EQ(sim_->cycle(), 5 * kDefaultPollSliceCycles);
  Send(0, {1, 2, 3});
  ASSERT_TRUE(sim_->Wait(id).ok());
  EXPECT_THAT(got, ElementsAre(1, 2, 3));
  EXPECT_GT(sim_->cycle(), 5 * kDefaultPollSliceCycles);
}

TEST_P(Ports, AHostThatOnlyPollsIsToldThatItIsStuck) {
  std::vector<uint32_t> got(3);
  const CommandId id = Receive(1, &got);
  int polls = 0;
  StatusOr<bool> done = false;
  while (done.ok() && polls <= kMaxQuietPolls) {
    done = sim_->Poll(id);
    ++polls;
  }
  EXPECT_EQ(polls, kMaxQuietPolls + 1);
  EXPECT_EQ(done.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(done.status().message(), HasSubstr("receive of port 'east_out'"));
}

TEST_P(Ports, SendsWithoutATakerFillTheRingsAndStop) {
  const CommandId id = Send(0, std::vector<uint32_t>(100, 7));
  const Status status = sim_->Wait(id);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              HasSubstr("command 0 send of port 'east_in' (100 wavelets of color 1 at PE 0, 0)"));
}

TEST_P(Ports, DrainFinishesCommandsOfAllPorts) {
  std::vector<uint32_t> east(3), west(3);
  Receive(3, &west);
  Receive(1, &east);
  Send(0, {1, 2, 3});
  Send(2, {4, 5, 6});
  ASSERT_TRUE(sim_->Drain().ok());
  EXPECT_THAT(east, ElementsAre(1, 2, 3));
  EXPECT_THAT(west, ElementsAre(4, 5, 6));
}

TEST_P(Ports, AReceiveWithoutAnEndIsDoneWhenTheFabricRests) {
  std::vector<uint32_t> got;
  const CommandId id = ReceiveAll(1, &got);
  Send(0, {1, 2, 3});
  Send(0, {4, 5});
  ASSERT_TRUE(sim_->Wait(id).ok());
  EXPECT_TRUE(sim_->IsDone(id));
  EXPECT_THAT(got, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(sim_->Stats().host_words_d2h, 5);
}

TEST_P(Ports, AReceiveWithoutAnEndStaysOpenWhileOthersAreWaitedFor) {
  std::vector<uint32_t> got;
  const CommandId all = ReceiveAll(1, &got);
  for (uint32_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(sim_->Wait(Send(0, {i, i + 10})).ok());
    EXPECT_FALSE(sim_->IsDone(all));
  }
  ASSERT_TRUE(sim_->Drain().ok());
  EXPECT_TRUE(sim_->IsDone(all));
  EXPECT_THAT(got, ElementsAre(0, 10, 1, 11, 2, 12));
  EXPECT_EQ(sim_->Stats().host_commands, 4);
}

TEST_P(Ports, AReceiveWithoutAnEndMayGetNothing) {
  std::vector<uint32_t> got;
  const CommandId id = ReceiveAll(1, &got);
  const StatusOr<bool> done = sim_->Poll(id);
  ASSERT_TRUE(done.ok()) << done.status().message();
  EXPECT_TRUE(*done);
  EXPECT_TRUE(got.empty());
}

TEST_P(Ports, CommandsBehindAReceiveWithoutAnEndWaitUntilTheFabricRests) {
  std::vector<uint32_t> first, second(2), third;
  ReceiveAll(1, &first);
  const CommandId behind = Receive(1, &second);
  ReceiveAll(1, &third);
  Send(0, {1, 2, 3});
  const Status stuck = sim_->Wait(behind);
  EXPECT_EQ(stuck.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(stuck.message(), HasSubstr("receive of port 'east_out' (2 wavelets"));
  EXPECT_THAT(first, ElementsAre(1, 2, 3));
  EXPECT_THAT(third, ElementsAre());
}

TEST_P(Ports, AReceiveBehindOneWithoutAnEndGetsWhatComesLater) {
  std::vector<uint32_t> first, second(2);
  const CommandId all = ReceiveAll(1, &first);
  Send(0, {1, 2, 3});
  ASSERT_TRUE(sim_->Wait(all).ok());
  const CommandId two = Receive(1, &second);
  Send(0, {4, 5});
  ASSERT_TRUE(sim_->Wait(two).ok());
  EXPECT_THAT(first, ElementsAre(1, 2, 3));
  EXPECT_THAT(second, ElementsAre(4, 5));
}

TEST_P(Ports, NothingLeavesAfterTheEndOfAReceiveWithoutOne) {
  std::vector<uint32_t> first, second(2);
  ASSERT_TRUE(sim_->Wait(ReceiveAll(1, &first)).ok());
  ASSERT_TRUE(sim_->Wait(Send(0, {4, 5})).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(sim_->Wait(Send(2, {1})).ok());
  ASSERT_TRUE(sim_->Wait(Receive(1, &second)).ok());
  EXPECT_TRUE(first.empty());
  EXPECT_THAT(second, ElementsAre(4, 5));
}

TEST_P(Ports, AStuckProgramIsToldThoughAReceiveWithoutAnEndIsOpen) {
  std::vector<uint32_t> got, none(3);
  ReceiveAll(1, &got);
  const CommandId id = Receive(3, &none);
  Send(0, {1, 2, 3});
  const Status stuck = sim_->Wait(id);
  EXPECT_EQ(stuck.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(stuck.message(), HasSubstr("receive of port 'west_out' (3 wavelets"));
  EXPECT_THAT(got, ElementsAre(1, 2, 3));  // nothing is lost that came
}

TEST_P(Ports, RefusesWhatNoPortTakes) {
  std::vector<uint32_t> words(1);
  const auto message = [&](uint32_t port, bool in) {
    PortCommand command;
    command.port = port;
    if (in) {
      command.data = words;
    } else {
      command.destination = words;
    }
    return sim_->Submit(std::move(command)).status().message();
  };
  EXPECT_EQ(message(4, true), "port 4: the program has 4 ports");
  EXPECT_EQ(message(1, true), "port 'east_out' goes from the device");
  EXPECT_EQ(message(0, false), "port 'east_in' goes to the device");
  const auto refusal = [&](PortCommand command) {
    return sim_->Submit(std::move(command)).status().message();
  };
  EXPECT_EQ(refusal(Everything(0, &words)), "port 'east_in' goes to the device");
  PortCommand both = Everything(1, &words);
  both.destination = words;
  EXPECT_EQ(refusal(std::move(both)), "port 'east_out': both a destination and a sink");
  words.clear();
  EXPECT_EQ(message(0, true), "port 'east_in': 0 words; 1 to 268435456 are possible");
}

// Log lines carry the cycles of every command. `run` uses the ports of a row of PEs, and may add
// lines to the log that its engine writes.
void ExpectEqualLogs(const std::function<void(Simulator& sim, std::string& log)>& run,
                     const std::string& has) {
  for (const isa::Arch arch : {isa::Arch::kWse2, isa::Arch::kWse3}) {
    std::vector<std::string> logs;
    for (const Setting setting :
         {Setting{arch, EngineKind::kReference}, Setting{arch, EngineKind::kSharded},
          Setting{arch, EngineKind::kSharded, 2}}) {
      SimulatorOptions options;
      options.engine = setting.engine;
      options.num_threads = options.num_shards = setting.threads;
      options.more_threads_than_cores = true;
      options.parallel_threshold_ns = 0;
      std::string& log = logs.emplace_back();
      options.log_sink = [&log](const LogRecord& record) { log += record.ToString() + "\n"; };
      auto sim = Simulator::Create(Row(arch), options);
      ASSERT_TRUE(sim.ok());
      run(**sim, log);
    }
    EXPECT_EQ(logs[0], logs[1]);
    EXPECT_EQ(logs[1], logs[2]);
    EXPECT_THAT(logs[0], HasSubstr(has));
  }
}

TEST(PortsTogether, AllEnginesAgreeOnEveryCycle) {
  const auto run = [](Simulator& sim, std::string& log) {
    std::vector<uint32_t> out[4];
    for (size_t i = 0; i < 4; ++i) {
      PortCommand receive;
      receive.port = i % 2 == 0 ? 1 : 3;
      out[i].resize(7 + 5 * i);
      receive.destination = out[i];
      ASSERT_TRUE(sim.Submit(std::move(receive)).ok());
      PortCommand send;
      send.port = i % 2 == 0 ? 0 : 2;
      send.data.resize(7 + 5 * i, static_cast<uint32_t>(i));
      ASSERT_TRUE(sim.Submit(std::move(send)).ok());
    }
    ASSERT_TRUE(sim.Wait(CommandId(3)).ok());
    log += std::to_string(sim.cycle()) + "\n";
    ASSERT_TRUE(sim.Poll(CommandId(6)).ok());
    log += std::to_string(sim.cycle()) + "\n";
    ASSERT_TRUE(sim.Drain().ok());
    log += std::to_string(sim.cycle()) + "\n";
  };
  ExpectEqualLogs(run, "send of port 'east_in'");
}

TEST(PortsTogether, AllEnginesAgreeOnReceivesWithoutAnEnd) {
  const auto run = [](Simulator& sim, std::string& log) {
    std::vector<uint32_t> east, west, later;
    const auto note = [&] {
      log += fmt::format("{}: {} {} {}\n", sim.cycle(), east.size(), west.size(), later.size());
    };
    const auto send = [&](uint32_t port, size_t words) {
      PortCommand command;
      command.port = port;
      command.data.resize(words, 7);
      return *sim.Submit(std::move(command));
    };
    const CommandId first = *sim.Submit(Everything(1, &east));
    ASSERT_TRUE(sim.Submit(Everything(3, &west)).ok());
    const CommandId long_one = send(0, 2000);
    ASSERT_TRUE(sim.Poll(long_one).ok());
    note();
    ASSERT_TRUE(sim.Poll(first).ok());
    note();
    send(2, 11);
    ASSERT_TRUE(sim.Wait(first).ok());
    note();
    ASSERT_TRUE(sim.Submit(Everything(1, &later)).ok());
    send(0, 3);
    ASSERT_TRUE(sim.Drain().ok());
    note();
    log += fmt::format("{}\n", sim.Stats().host_words_d2h);
    EXPECT_EQ(east.size(), 2000);
    EXPECT_EQ(west.size(), 11);
    EXPECT_EQ(later.size(), 3);
  };
  ExpectEqualLogs(run, "receive of port 'east_out' (all wavelets");
}

INSTANTIATE_TEST_SUITE_P(All, Ports,
                         ::testing::Values(Setting{isa::Arch::kWse2, EngineKind::kSharded},
                                           Setting{isa::Arch::kWse3, EngineKind::kSharded},
                                           Setting{isa::Arch::kWse3, EngineKind::kSharded, 3},
                                           Setting{isa::Arch::kWse2, EngineKind::kReference},
                                           Setting{isa::Arch::kWse3, EngineKind::kReference}));

}  // namespace
}  // namespace csl::fabric
