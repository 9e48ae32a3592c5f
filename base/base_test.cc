// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/failure_point.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/json_text.h"
#include "base/status.h"
#include "base/strong_id.h"

namespace csl {
namespace {

StatusOr<int> Half(int value) {
  if (value % 2 != 0) return InvalidArgument("value " + std::to_string(value) + " is odd");
  return value / 2;
}

StatusOr<int> Quarter(int value) {
  ASSIGN_OR_RETURN(int half, Half(value));
  ASSIGN_OR_RETURN(half, Half(half));
  return half;
}

TEST(StatusTest, FailurePassesThroughAssignOrReturn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status(), InvalidArgument("value 3 is odd"));
  EXPECT_EQ(Quarter(6).status().ToString(), "invalid argument: value 3 is odd");
}

TEST(StatusTest, TheTableMapsEachCode) {
  EXPECT_EQ(StatusCodeToHttp(StatusCode::kNotFound), 404);
  EXPECT_EQ(StatusCodeToExitCode(StatusCode::kInvalidArgument), 2);
  EXPECT_EQ(StatusCodeToExitCode(StatusCode::kUnimplemented), 1);
}

TEST(CheckDeathTest, AFailedCheckNamesTheConditionAndTheReason) {
  EXPECT_DEATH(CHECK(1 > 2) << "because", "1 > 2 because");
}

TEST(BytesTest, ReadsBackWhatWasWrittenAndNothingMore) {
  ByteWriter writer;
  writer.Put<uint16_t>(0x1234);
  writer.PutString("pe");
  ByteReader reader(writer.bytes());
  EXPECT_EQ(*reader.Get<uint16_t>(), 0x1234);
  EXPECT_EQ(*reader.GetString(), "pe");
  EXPECT_EQ(reader.Get<uint8_t>().status().code(), StatusCode::kDataLoss);
}

TEST(FileTest, MissingFileIsNamed) {
  auto text = ReadTextFile("/nowhere/at/all.csl");
  EXPECT_EQ(text.status().code(), StatusCode::kNotFound);
  EXPECT_NE(text.status().message().find("/nowhere/at/all.csl"), std::string::npos);
}

TEST(FileTest, AWriteIsWholeAndLeavesNothingBeside) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "file_test";
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(WriteFileAtomic(folder / "a.txt", std::string_view("hello")).ok());
  EXPECT_EQ(*ReadTextFile(folder / "a.txt"), "hello");
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++entries;
  EXPECT_EQ(entries, 1);
  EXPECT_EQ(ReadTextFile(folder).status().code(), StatusCode::kInvalidArgument);
}

TEST(FailurePointTest, TheFormIsChecked) {
  EXPECT_EQ(ParseFailurePoint("after_insert:kill@3")->at_pass, 3);
  EXPECT_EQ(ParseFailurePoint("after_insert:delay=250")->delay_ms, 250);
  for (const char* wrong : {"", "kill", ":kill", "x:explode", "x:delay=", "x:kill@0"}) {
    EXPECT_EQ(ParseFailurePoint(wrong).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(ClockTest, AFakeClockStandsStill) {
  FakeClock clock(1000);
  clock.Advance(5);
  EXPECT_EQ(clock.NowMs(), 1005);
  EXPECT_GT(SystemClock().NowMs(), 1'600'000'000'000);
  EXPECT_GT(SystemClock().SteadyMs(), 1'600'000'000'000);
}

struct WidgetTag;
TEST(StrongIdTest, StoresByKind) {
  ValueStore<StrongId<WidgetTag>, int> store;
  const auto id = store.Add(7);
  EXPECT_EQ(store[id], 7);
  EXPECT_FALSE(StrongId<WidgetTag>().valid());
}

TEST(JsonTextTest, QuotesWhatJsonDoesNotTakeAsItIs) {
  EXPECT_EQ(JsonString(""), R"("")");
  EXPECT_EQ(JsonString("a \"b\" \\ c/d"), R"("a \"b\" \\ c/d")");
  EXPECT_EQ(JsonString("\n\x1f\x7f é"), "\"\\u000a\\u001f\x7f é\"");
}

TEST(FolderLockTest, HasOneHolderAndGoesWithIt) {
  const std::filesystem::path folder = ::testing::TempDir();
  constexpr std::chrono::milliseconds kNow{0};
  {
    const auto held = FolderLock::Take(folder, kNow);
    ASSERT_TRUE(held.ok());
    EXPECT_EQ(FolderLock::Take(folder, kNow).status().code(), StatusCode::kAlreadyExists);
  }
  EXPECT_TRUE(FolderLock::Take(folder, kNow).ok());
  EXPECT_EQ(FolderLock::Take(folder / "none", kNow).status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace csl
