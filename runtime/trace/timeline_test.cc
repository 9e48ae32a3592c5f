// SPDX-License-Identifier: Apache-2.0
#include "runtime/trace/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/testing/test_program.h"

namespace csl::runtime {
namespace {

using fabric::Event;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class TimelineTest : public ::testing::Test {
 protected:
  void Start(uint64_t max_bytes) {
    timeline_ = std::make_unique<Timeline>(&program_, max_bytes,
                                           [this](const std::string& text) { text_ += text; });
  }
  void Take(int64_t cycle, Event event) {
    fabric::LogRecord record;
    record.cycle = cycle;
    record.event = event;
    record.event.x = 5;
    record.event.y = 2;
    timeline_->Take(record);
  }
  static Event Of(Event::Kind kind, uint32_t number = 0) {
    Event event;
    event.kind = kind;
    event.number = number;
    event.task = 22;
    event.cycles = 1;
    return event;
  }

  const ProgramText program_{MakeTestProgram().artifact};
  std::string text_;
  std::unique_ptr<Timeline> timeline_;
};

TEST_F(TimelineTest, GroupsOfAnOperationAreOneSlice) {
  Start(1 << 20);
  for (int64_t cycle = 10; cycle < 14; ++cycle) Take(cycle, Of(Event::Kind::kExecute, 3));
  Take(16, Of(Event::Kind::kExecute, 4));
  timeline_->Finish(20);
  EXPECT_THAT(text_, HasSubstr(R"("tid":2,"ts":10,"dur":4,"cat":"instruction")"));
  EXPECT_THAT(text_, HasSubstr(R"("tid":2,"ts":16,"dur":1,"cat":"instruction")"));
  EXPECT_THAT(text_, HasSubstr(R"("args":{"name":"P5.2"})"));
  EXPECT_THAT(text_, EndsWith("\n]\n"));
}

TEST_F(TimelineTest, AStallLastsUntilTheOperationContinues) {
  Start(1 << 20);
  Take(10, Of(Event::Kind::kStall, 3));
  Take(25, Of(Event::Kind::kExecute, 3));
  Take(26, Of(Event::Kind::kStall, 3));
  timeline_->Finish(40);
  EXPECT_THAT(text_, HasSubstr(R"("ts":10,"dur":15,"cat":"stall","name":"waits for wavelets, )"));
  EXPECT_THAT(text_, HasSubstr(R"("ts":26,"dur":14,"cat":"stall")"));
}

TEST_F(TimelineTest, TasksAndWavelets) {
  Start(1 << 20);
  Take(5, Of(Event::Kind::kTaskStart));
  Event route = Of(Event::Kind::kRoute);
  route.side = 4;
  route.outputs = 1 << 1;
  route.links = route.outputs;
  route.ident = 9;
  Take(6, route);
  Take(9, Of(Event::Kind::kTaskEnd));
  timeline_->Finish(9);
  EXPECT_THAT(text_, HasSubstr(R"("tid":1,"ts":5,"dur":4,"cat":"task")"));
  EXPECT_THAT(text_, HasSubstr(R"("ts":6,"dur":1,"cat":"wavelet","name":"R>E")"));
  EXPECT_THAT(text_, HasSubstr(R"({"ph":"s",)"));
}

TEST_F(TimelineTest, IsBounded) {
  Start(2000);
  for (int64_t cycle = 0; cycle < 1000; ++cycle) {
    Take(3 * cycle, Of(Event::Kind::kExecute, static_cast<uint32_t>(cycle)));
  }
  timeline_->Finish(3000);
  EXPECT_GT(timeline_->cut_at(), 0);
  EXPECT_LT(text_.size(), 3000u);
  EXPECT_THAT(text_, HasSubstr("left out from here on"));
  EXPECT_THAT(text_, EndsWith("\n]\n"));
}

TEST_F(TimelineTest, Empty) {
  Start(1000);
  timeline_->Finish(0);
  EXPECT_EQ(text_, "[\n]\n");
  EXPECT_EQ(timeline_->cut_at(), -1);
}

}  // namespace
}  // namespace csl::runtime
