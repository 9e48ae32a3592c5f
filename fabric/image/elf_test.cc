// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>

#include "base/file.h"
#include "fabric/image/shared_queues.h"
#include "fabric/image/testing.h"
#include "fabric/isa/text.h"

namespace csl::image {
namespace {

using testing::SampleImage;

TEST(Elf, RoundTripOfEveryPart) {
  for (isa::Arch arch : {isa::Arch::kWse2, isa::Arch::kWse3}) {
    const ProgramImage image = SampleImage(arch);
    ASSERT_TRUE(image.Validate().ok()) << image.Validate().message();
    auto back = ReadElf(WriteElf(image));
    ASSERT_TRUE(back.ok()) << back.status().ToString();
    EXPECT_EQ(back->ToString(), image.ToString());
    EXPECT_EQ(*back, image);
  }
}

TEST(Elf, BytesAreDeterminedByTheValue) {
  EXPECT_EQ(WriteElf(SampleImage()), WriteElf(SampleImage()));
}

TEST(Elf, EmptyImage) {
  auto back = ReadElf(WriteElf(ProgramImage()));
  ASSERT_TRUE(back.ok()) << back.status().ToString();
  EXPECT_EQ(*back, ProgramImage());
}

std::string RunReadelf(const ProgramImage& image) {
  const std::string path = ::testing::TempDir() + "/image.elf";
  EXPECT_TRUE(WriteFileAtomic(path, std::span<const uint8_t>(WriteElf(image))).ok());
  FILE* pipe = ::popen(("readelf -W -h -S -s " + path + " 2>&1").c_str(), "r");
  std::string out;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) out.append(buffer, n);
  EXPECT_EQ(::pclose(pipe), 0) << out;
  return out;
}

TEST(Elf, ReadelfShowsSectionsAndSymbols) {
  const std::string out = RunReadelf(SampleImage());
  for (const char* wanted :
       {"ELF32", ".bss              NOBITS          00000000",
        ".data             PROGBITS        00000020", ".text             PROGBITS", ".symtab",
        "OBJECT  GLOBAL DEFAULT    1 y\n", "2 OBJECT  LOCAL  DEFAULT    2 y_ptr",
        "56 FUNC    GLOBAL DEFAULT    4 compute"}) {
    EXPECT_NE(out.find(wanted), std::string::npos) << wanted << "\n" << out;
  }
  EXPECT_EQ(out.find("Warning"), std::string::npos) << out;
  EXPECT_EQ(out.find("Error"), std::string::npos) << out;
}

// The worked example of docs/formats/image.md.
TEST(Elf, BytesAsDocumented) {
  ProgramImage image;
  image.name = "pe.csl";
  image.code = *isa::Assemble("ldi r0, 7\nst.h r0, [2]\nunblock_cmd_stream\nret\n");
  image.functions = {{"compute", "fn()void", 0, 4, 1, 0, 0}};
  image.sections = {{".bss", 0, 8, false, {}}, {".data", 8, 2, false, {0, 0}}};
  image.exports = {{0, ProgramExport::Kind::kVariable, 8}, {1, ProgramExport::Kind::kFunction, 0}};
  image.files = {"pe.csl"};
  image.lines = {{0, 0, 3, 8}, {2, 0, 3, 9}};
  const auto bytes = WriteElf(image);
  const auto at = [&](size_t offset, size_t size) {
    return std::vector<uint8_t>(bytes.begin() + offset, bytes.begin() + offset + size);
  };
  EXPECT_EQ(at(0x38, 16), (std::vector<uint8_t>{3, 0, 0, 0, 7, 0, 0, 0,  //
                                                0x90, 0, 0, 0xff, 0xff, 0, 2, 0}));
  EXPECT_EQ(at(0x58, 14),
            (std::vector<uint8_t>{6, 0, 0, 0, 'p', 'e', '.', 'c', 's', 'l', 0, 0xc0, 0, 0}));
  EXPECT_EQ(at(0xd0, 18),
            (std::vector<uint8_t>{2, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 1, 0, 0, 0, 1, 0, 0}));
}

TEST(Elf, OtherFilesAreRefusedByName) {
  auto bytes = WriteElf(SampleImage());
  bytes[18] = 62;  // e_machine: x86-64
  bytes[19] = 0;
  EXPECT_EQ(ReadElf(bytes).status().message(), "not a program image: ELF machine 0x003e");
  EXPECT_EQ(ReadElf(std::vector<uint8_t>{1, 2, 3}).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(ReadElf({}).status().code(), StatusCode::kDataLoss);
}

TEST(Elf, AnotherVersionAsksToCompileAgain) {
  auto bytes = WriteElf(SampleImage());
  bytes[38] = 99;  // upper half of e_flags
  EXPECT_NE(ReadElf(bytes).status().message().find("compile again"), std::string::npos);
}

TEST(Elf, EveryTruncationIsAnError) {
  const auto bytes = WriteElf(SampleImage());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ReadElf(std::span(bytes).first(size)).ok()) << size;
  }
}

TEST(ProgramImage, Lookups) {
  const ProgramImage image = SampleImage();
  EXPECT_EQ(image.FindSymbol("y_ptr")->value, 0x20);
  EXPECT_EQ(image.FindSymbol("z"), nullptr);
  EXPECT_EQ(image.FindExport(1)->kind, ProgramExport::Kind::kFunction);
  EXPECT_EQ(image.FindExport(2), nullptr);
  EXPECT_EQ(image.FunctionAt(8)->name, "twice");
  EXPECT_EQ(image.FunctionAt(9), nullptr);
  EXPECT_EQ(image.LocationText(3), "pe.csl:13:5");
  EXPECT_EQ(image.LocationText(0), "pe.csl:12:3");
  EXPECT_EQ(image.DataBytes(), 0x20u + 4 + 3);
}

TEST(ProgramImage, QueuesHaveSeveralColorsOnWse2Alone) {
  for (const isa::Arch arch : {isa::Arch::kWse2, isa::Arch::kWse3}) {
    ProgramImage image = SampleImage(arch);
    image.configuration.input_queues = {{.queue = 2, .color = 5}, {.queue = 2, .color = 3}};
    EXPECT_EQ(image.Validate().ok(), arch == isa::Arch::kWse2);
  }
}

TEST(ProgramImage, QueuesAndColorsInCommonAreShared) {
  const std::vector<InputQueue> queues = {{.queue = 1, .color = 7},
                                          {.queue = 2, .color = 5},
                                          {.queue = 2, .color = 3},
                                          {.queue = 4, .color = 3},
                                          {.queue = 6, .color = 8}};
  const SharedQueues shared = SharedQueuesOf(queues, isa::Arch::kWse2);
  EXPECT_EQ(shared.colors, 1u << 5 | 1u << 3);
  EXPECT_EQ(shared.colors_of[2], 1u << 5 | 1u << 3);
  EXPECT_EQ(shared.colors_of[4], 1u << 3);
  EXPECT_EQ(shared.first_color[2], 5);
  EXPECT_EQ(shared.first_queue[3], 2);
  EXPECT_FALSE(shared.has(queues[0]));
  EXPECT_FALSE(shared.has(queues[4]));
  EXPECT_EQ(SharedQueuesOf(queues, isa::Arch::kWse3).colors, 0u);
}

struct Damage {
  const char* name;
  void (*apply)(ProgramImage&);
};

class EveryDamage : public ::testing::TestWithParam<Damage> {};

TEST_P(EveryDamage, IsFoundByValidate) {
  ProgramImage image = SampleImage();
  GetParam().apply(image);
  const Status status = image.Validate();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss) << GetParam().name;
}

constexpr Damage kDamages[] = {
    {"UnknownOpcode", [](ProgramImage& i) { i.code[0].op = 0xffff; }},
    {"RegisterOutsideOfTheWindow", [](ProgramImage& i) { i.functions[1].num_registers = 0; }},
    {"BranchOutOfTheFunction", [](ProgramImage& i) { i.code[3].set_target(7); }},
    {"CallOfNoFunction", [](ProgramImage& i) { i.code[4].set_imm(2); }},
    {"RunsPastItsEnd", [](ProgramImage& i) { i.code.back() = i.code.front(); }},
    {"CodeInNoFunction", [](ProgramImage& i) { i.code.push_back(i.code.back()); }},
    {"FunctionsOverlap", [](ProgramImage& i) { i.functions[1].first_instruction = 6; }},
    {"FunctionPastTheCode", [](ProgramImage& i) { i.functions[1].num_instructions = 0xffffffff; }},
    {"SectionsOverlap", [](ProgramImage& i) { i.sections[1].address = 0x1f; }},
    {"SectionPastTheMemory", [](ProgramImage& i) { i.sections[2].address = 0xbffe; }},
    {"SectionInTheStack", [](ProgramImage& i) { i.stack_bytes = 0xbff0; }},
    {"SectionOfAnotherSize", [](ProgramImage& i) { i.sections[1].bytes.pop_back(); }},
    {"ReservedSectionName", [](ProgramImage& i) { i.sections[1].name = ".csl.config"; }},
    {"StackAboveTheMemory", [](ProgramImage& i) { i.stack_top = 0xc002; }},
    {"SymbolPastTheMemory", [](ProgramImage& i) { i.symbols[1].value = 0xbfff; }},
    {"SymbolOfNoFunction", [](ProgramImage& i) { i.symbols[3].value = 2; }},
    {"SymbolsOutOfOrder", [](ProgramImage& i) { std::swap(i.symbols[0], i.symbols[1]); }},
    {"ExportOfNoFunction", [](ProgramImage& i) { i.exports[1].value = 2; }},
    {"ExportsTwice", [](ProgramImage& i) { i.exports[1].id = 0; }},
    {"LineOfNoFile", [](ProgramImage& i) { i.lines[0].file = 1; }},
    {"LinesOutOfOrder", [](ProgramImage& i) { i.lines[1].instruction = 0; }},
    {"TaskOfNoFunction", [](ProgramImage& i) { i.configuration.tasks[0].function = 2; }},
    {"TaskIdTooLarge", [](ProgramImage& i) { i.configuration.tasks[2].id = 64; }},
    {"QueueTooLarge", [](ProgramImage& i) { i.configuration.output_queues[0].queue = 6; }},
    {"InputQueueTwice",
     [](ProgramImage& i) {
       i.configuration.input_queues.push_back(i.configuration.input_queues[0]);
     }},
    {"InputQueuesOutOfOrder",
     [](ProgramImage& i) { i.configuration.input_queues.push_back({.queue = 1, .color = 6}); }},
    {"ColorTooLarge", [](ProgramImage& i) { i.configuration.local_colors[0].color = 24; }},
    {"SwitchPosition",
     [](ProgramImage& i) { i.configuration.local_colors[0].config.current_position = 2; }},
    {"FifoPastTheMemory", [](ProgramImage& i) { i.configuration.fifos[0].base = 0xbff0; }},
    {"DsrTooLarge", [](ProgramImage& i) { i.configuration.dsrs[1].number = 64; }},
};

INSTANTIATE_TEST_SUITE_P(All, EveryDamage, ::testing::ValuesIn(kDamages),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace csl::image
