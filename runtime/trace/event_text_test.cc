// SPDX-License-Identifier: Apache-2.0
// Lines of sim.log, held against the patterns that scripts look for.
#include "runtime/trace/event_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "runtime/testing/test_program.h"

namespace csl::runtime {
namespace {

using fabric::Event;
using ::testing::HasSubstr;
using ::testing::StartsWith;

fabric::LogRecord Record(int64_t cycle, Event::Kind kind) {
  fabric::LogRecord record;
  record.cycle = cycle;
  record.event.kind = kind;
  record.event.x = 4;
  record.event.y = 1;
  return record;
}

fabric::LogRecord Wavelet(Event::Kind kind) {
  fabric::LogRecord record = Record(53, kind);
  record.event.color = 7;
  record.event.side = 4;
  record.event.flags = Event::kControl;
  record.event.payload = 0x015f4100;
  record.event.ident = 0x2a;
  return record;
}

class EventText : public ::testing::Test {
 protected:
  std::string Log(const fabric::LogRecord& record) const { return LogLine(record, program_); }
  std::string Json(const fabric::LogRecord& record) const { return JsonLine(record, program_); }

  // An instruction of the program that has operands.
  uint32_t Position(std::string_view mnemonic) const {
    const image::ProgramImage& image = *program_.ImageAt(4, 1);
    for (uint32_t i = 0; i < image.code.size(); ++i) {
      if (program_.Mnemonic(4, 1, i) == mnemonic) return i;
    }
    ADD_FAILURE() << "no " << mnemonic;
    return 0;
  }

  const ProgramText program_{MakeTestProgram().artifact};
};

TEST_F(EventText, Landing) {
  const std::string line = Log(Wavelet(Event::Kind::kLanding));
  EXPECT_EQ(line,
            "@53 P4.1 (hwtile) landing C7 from link R, ctrl=1, idx=015F, data=4100 (fp16(2.5)), "
            "half=0, ident=0000002A, lf=0");
  EXPECT_TRUE(std::regex_search(
      line, std::regex(R"(^@(\d+) P(\d+)\.(\d+) \(\w+\) landing C(\d+) from link ([WESNR]),)")));
  EXPECT_EQ(Json(Wavelet(Event::Kind::kLanding)),
            R"({"cycle":53,"kind":"landing","x":4,"y":1,"color":7,"from":"R","control":true,)"
            R"("index":351,"data":16640,"half":false,"ident":42,"advance":false})");
}

TEST_F(EventText, Router) {
  fabric::LogRecord record = Wavelet(Event::Kind::kRoute);
  record.event.outputs = 1 << 1 | 1 << 2 | 1 << 4;  // east, south, ramp
  const std::string line = Log(record);
  EXPECT_EQ(line,
            "@53 P4.1 (hwtile) wavelet C7 ctrl=1, idx=015F, data=4100 (fp16(2.5)), half=0, "
            "ident=0000002A landing=R departing=/E  SR/, lf=0, to_ce_from_router");
  EXPECT_TRUE(std::regex_search(
      line, std::regex(R"(^@(\d+) P(\d+)\.(\d+) \(\w+\) wavelet C(\d+) ctrl=(\d), )"
                       R"(idx=([0-9a-fA-F]+), data=([0-9a-fA-F]+) \([^)]*\([^)]*\)\), half=(\d), )"
                       R"(ident=([0-9a-fA-F]+) landing=([RENWSD-]) departing=/(.{5})/)")));
  EXPECT_THAT(Json(record), HasSubstr(R"("kind":"router")"));
  EXPECT_THAT(Json(record), HasSubstr(R"("to":"ESR","no_ce":false})"));
}

TEST_F(EventText, Instruction) {
  fabric::LogRecord record = Record(3, Event::Kind::kIssue);
  record.event.task = 22;
  record.event.number = 33;
  record.event.position = Position("ADD_I32");
  const std::string line = Log(record);
  EXPECT_THAT(line, StartsWith("@3 P4.1: Id: 1, Instr: 33, Seq: 0, Pipe: 2, Msg: [IS OP] 0x0000"));
  EXPECT_THAT(line, HasSubstr(": T22      ADD_I32 "));
  // The patterns of public scripts.
  EXPECT_TRUE(std::regex_search(
      line, std::regex(R"(@(\d+)\s+P(\d+)\.(\d+):\s+Id:\s+(\d+),\s+Instr:\s+(\d+),\s+Seq:\s+(\d+),)"
                       R"(\s+Pipe:\s+(\d+),\s+Msg:\s+\[(\w+)\s+OP\]\s+0x(\w+):\s+T(\d+))"
                       R"((?:\.UT(\d+))?\s+(\w+)(?:\s+Dest:(\S+)\s+Src0:(\S+)\s+Src1:(\S+)\s+)"
                       R"(Src2:(\S+))?\s*\[([\s\w]*)\])")));
  EXPECT_TRUE(std::regex_search(
      line, std::regex(R"(@(\d+)\s+.*?Msg:\s+\[(?:IS|EX)\s+OP\].*?:\s+(T\d+)\s+)")));
  EXPECT_THAT(Json(record), HasSubstr(R"("opcode":"ADD_I32","line":")"));
  EXPECT_THAT(Json(record), HasSubstr(R"("task":22,"microthread":null,"number":33,)"));
}

TEST_F(EventText, MicrothreadExecutesAGroup) {
  fabric::LogRecord record = Record(70, Event::Kind::kExecute);
  record.event.task = 11;
  record.event.microthread = 3;
  record.event.sequence = 5;
  record.event.cycles = 1;
  const std::string line = Log(record);
  EXPECT_THAT(line, HasSubstr("Seq: 5, Pipe: 5, Msg: [EX OP] 0x000000: T11.UT3 "));
  EXPECT_THAT(Json(record), HasSubstr(R"("microthread":3,)"));
  EXPECT_THAT(Json(record), HasSubstr(R"("group":5,"cycles":1})"));
}

TEST_F(EventText, IdleAndStall) {
  EXPECT_EQ(Log(Record(9, Event::Kind::kIdle)),
            "@9 P4.1: Id: 0, Instr: 0, Seq: 0, Pipe: 5, Msg: [EX OP] IDLE");
  fabric::LogRecord record = Record(9, Event::Kind::kStall);
  record.event.color = 5;
  record.event.queue = 2;
  const std::string line = Log(record);
  EXPECT_TRUE(std::regex_search(
      line, std::regex(R"(^@(\d+) P(\d+)\.(\d+):.*Not enough wavelets \((\d+)/(\d+)\) (?:for )?)"
                       R"((SRC\d) with C(\d+), IN_Q\[(\d+)\], SIMD-(\d+))")))
      << line;
  EXPECT_THAT(Json(record), HasSubstr(R"("waits_for":"wavelets","queue":2,"color":5,"source":0})"));
  record.event.flags = Event::kWaitsForRoom;
  EXPECT_THAT(Log(record), HasSubstr("Msg: stall: no room in OUT_Q[2] with C5"));
}

TEST_F(EventText, TasksAndMessages) {
  fabric::LogRecord record = Record(9, Event::Kind::kTaskStart);
  record.event.task = 22;
  record.event.payload = ProgramText::kHostCopy;
  EXPECT_EQ(Log(record), "@9 P4.1 T22 start: copy of the host");
  fabric::LogRecord message;
  message.cycle = 5;
  message.level = fabric::LogLevel::kWarning;
  message.message = "a \"b\"\\\t";
  EXPECT_EQ(Log(message), "@5 WARNING: a \"b\"\\\t");
  EXPECT_EQ(Json(message),
            R"({"cycle":5,"kind":"message","level":"warning","text":"a \"b\"\\\u0009"})");
}

// Events may come from a CS system that is not ours.
TEST_F(EventText, PlacesThatAreNotInTheProgram) {
  for (const auto kind : {Event::Kind::kIssue, Event::Kind::kExecute, Event::Kind::kTaskStart}) {
    fabric::LogRecord record = Record(1, kind);
    record.event.position = record.event.payload = 1u << 30;
    EXPECT_THAT(Json(record), HasSubstr("?"));
    record.event.x = 60'000;
    EXPECT_THAT(Json(record), HasSubstr("?"));
    EXPECT_THAT(Log(record), StartsWith("@1 P60000.1"));
  }
}

}  // namespace
}  // namespace csl::runtime
