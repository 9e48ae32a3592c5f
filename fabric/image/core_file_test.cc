// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/core_file.h"

#include <gtest/gtest.h>

#include <random>

namespace csl::image {
namespace {

CoreHeader TestHeader() {
  CoreHeader header;
  header.program_digest = std::string(64, 'a');
  header.cycle = 1234;
  header.fabric = {9, 4};
  header.offset = {4, 1};
  header.rectangle = {2, 1};
  return header;
}

std::vector<uint8_t> TestCore() {
  std::vector<uint8_t> bytes = EncodeCoreHeader(TestHeader());
  std::vector<uint8_t> memory(kCoreMemoryBytes);
  AppendCorePe(memory, false, &bytes);
  for (size_t i = 0; i < 600; ++i) memory[500 + i] = static_cast<uint8_t>(i | 1);
  memory[kCoreMemoryBytes - 1] = 7;
  AppendCorePe(memory, true, &bytes);
  return bytes;
}

TEST(CoreFile, WhatWasWrittenIsRead) {
  auto core = CoreFile::Parse(TestCore());
  ASSERT_TRUE(core.ok()) << core.status().message();
  EXPECT_EQ(core->header(), TestHeader());
  EXPECT_EQ(*core->Read(4, 1, 0, 1000), std::vector<uint8_t>(1000));
  const auto bytes = core->Read(5, 1, 500, 600);
  ASSERT_TRUE(bytes.ok());
  for (size_t i = 0; i < 600; ++i) EXPECT_EQ((*bytes)[i], static_cast<uint8_t>(i | 1));
  EXPECT_EQ(core->Read(5, 1, 498, 3).value(), (std::vector<uint8_t>{0, 0, 1}));
  EXPECT_EQ(core->Read(5, 1, kCoreMemoryBytes - 2, 2).value(), (std::vector<uint8_t>{0, 7}));
  EXPECT_FALSE(*core->InTask(4, 1));
  EXPECT_TRUE(*core->InTask(5, 1));
}

TEST(CoreFile, Report) {
  EXPECT_EQ(CoreReport(CoreFile::Parse(TestCore()).value()),
            "core file of program " + std::string(64, 'a') +
                "\ncycle 1234, fabric 9 x 4, program 2 x 1 at P4.1, without states\n"
                "P4.1: 0 bytes not zero\n"
                "P5.1: 1280 bytes not zero, in a task\n");
}

TEST(CoreFile, StatesFollow) {
  std::vector<uint8_t> bytes = TestCore();
  EXPECT_FALSE(CoreFile::Parse(bytes)->has_states());
  AppendCoreState("", &bytes);
  AppendCoreState(R"({"phase":"idle"})", &bytes);
  const CoreFile core = CoreFile::Parse(bytes).value();
  ASSERT_TRUE(core.has_states());
  EXPECT_EQ(*core.State(4, 1), "");
  EXPECT_EQ(*core.State(5, 1), R"({"phase":"idle"})");
  EXPECT_FALSE(core.State(6, 1).ok());
  bytes.pop_back();
  EXPECT_EQ(CoreFile::Parse(bytes).status().code(), StatusCode::kDataLoss);
  bytes = TestCore();
  bytes[4] = 1;
  EXPECT_TRUE(CoreFile::Parse(bytes).ok()) << "version 1";
  bytes[4] = 3;
  EXPECT_FALSE(CoreFile::Parse(bytes).ok());
}

TEST(CoreFile, BlocksOfZerosTakeNoRoom) {
  // Header, then 25 bytes a PE, and four blocks of the second one.
  EXPECT_EQ(TestCore().size(), EncodeCoreHeader(TestHeader()).size() + 2 * 25 + 5 * 256);
}

TEST(CoreFile, PlacesOutsideAreRefused) {
  const CoreFile core = CoreFile::Parse(TestCore()).value();
  EXPECT_EQ(core.Read(6, 1, 0, 1).status().message(),
            "the core has no PE at column 6, row 1: the program's PEs are columns 4 to 5, rows 1 "
            "to 1 of the fabric");
  EXPECT_EQ(core.Read(4, 1, kCoreMemoryBytes - 1, 2).status().code(), StatusCode::kOutOfRange);
}

TEST(CoreFile, DamagedBytesAreRefused) {
  EXPECT_EQ(CoreFile::Parse({'E', 'L', 'F', '!'}).status().message(), "not a core file");
  const std::vector<uint8_t> whole = TestCore();
  for (size_t size = 0; size < whole.size(); size += 13) {
    EXPECT_EQ(CoreFile::Parse({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)})
                  .status()
                  .code(),
              StatusCode::kDataLoss);
  }
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> bytes = whole;
    bytes[random() % 200] = static_cast<uint8_t>(random());
    auto core = CoreFile::Parse(std::move(bytes));
    if (core.ok()) (void)core->Read(5, 1, 0, kCoreMemoryBytes).ok();
  }
}

}  // namespace
}  // namespace csl::image
