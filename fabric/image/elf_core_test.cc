// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/elf_core.h"

#include <gtest/gtest.h>

#include <cstring>

namespace csl::image {
namespace {

// Two PEs at (4, 1): zeros, and some bytes in the middle.
std::vector<uint8_t> TestCore() {
  CoreHeader header;
  header.program_digest = std::string(64, 'a');
  header.cycle = 1234;
  header.fabric = {9, 4};
  header.offset = {4, 1};
  header.rectangle = {2, 1};
  std::vector<uint8_t> bytes = EncodeCoreHeader(header);
  std::vector<uint8_t> memory(kCoreMemoryBytes);
  AppendCorePe(memory, false, &bytes);
  memory[1000] = 17;
  memory[3000] = 18;
  AppendCorePe(memory, false, &bytes);
  return bytes;
}

StatusOr<std::vector<uint8_t>> Convert(std::span<const uint8_t> core, size_t step) {
  std::vector<uint8_t> file;
  ElfCoreWriter writer(
      [&](std::span<const uint8_t> bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); });
  while (!core.empty()) {
    const size_t size = std::min(step, core.size());
    RETURN_IF_ERROR(writer.Add(core.first(size)));
    core = core.subspan(size);
  }
  ASSIGN_OR_RETURN(const std::vector<uint8_t> start, writer.Finish());
  std::copy(start.begin(), start.end(), file.begin());
  return file;
}

template <typename T>
T At(const std::vector<uint8_t>& file, uint64_t offset) {
  T value{};
  EXPECT_LE(offset + sizeof(T), file.size());
  std::memcpy(&value, file.data() + offset, sizeof(T));
  return value;
}

TEST(ElfCore, EachPeIsASegmentAtItsCoordinates) {
  const std::vector<uint8_t> file = Convert(TestCore(), 1 << 20).value();
  const auto header = At<Elf64_Ehdr>(file, 0);
  EXPECT_EQ(header.e_type, ET_CORE);
  ASSERT_EQ(header.e_phnum, 3);
  const auto note = At<Elf64_Phdr>(file, header.e_phoff);
  EXPECT_EQ(note.p_type, PT_NOTE);
  const std::string text(file.begin() + static_cast<ptrdiff_t>(note.p_offset),
                         file.begin() + static_cast<ptrdiff_t>(note.p_offset + note.p_filesz));
  EXPECT_NE(text.find("cycle 1234\n"), std::string::npos);
  const auto first = At<Elf64_Phdr>(file, header.e_phoff + sizeof(Elf64_Phdr));
  EXPECT_EQ(first.p_vaddr, (uint64_t{1} << 32) + (4 << 16));
  EXPECT_EQ(first.p_filesz, 0u);
  EXPECT_EQ(first.p_memsz, kCoreMemoryBytes);
  const auto second = At<Elf64_Phdr>(file, header.e_phoff + 2 * sizeof(Elf64_Phdr));
  EXPECT_EQ(second.p_vaddr, (uint64_t{1} << 32) + (5 << 16));
  EXPECT_EQ(second.p_filesz, 3072u);
  EXPECT_EQ(file[second.p_offset + 1000], 17);
  EXPECT_EQ(file[second.p_offset + 1001], 0);
  EXPECT_EQ(file[second.p_offset + 3000], 18);
}

TEST(ElfCore, PiecesOfAnySizeGiveTheSameFile) {
  const std::vector<uint8_t> expected = Convert(TestCore(), 1 << 20).value();
  for (const size_t step : {1, 7, 255, 4096}) {
    EXPECT_EQ(Convert(TestCore(), step).value(), expected) << step;
  }
}

TEST(ElfCore, WhatIsNotACoreIsRefused) {
  std::vector<uint8_t> core = TestCore();
  EXPECT_EQ(Convert(std::span(core).first(core.size() - 1), 100).status().code(),
            StatusCode::kDataLoss);
  EXPECT_EQ(Convert({}, 100).status().code(), StatusCode::kDataLoss);
  core[0] = 'x';
  EXPECT_EQ(Convert(core, 100).status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace csl::image
