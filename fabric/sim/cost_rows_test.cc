// SPDX-License-Identifier: Apache-2.0
// Rows of the cost tables, in cycles of whole programs, on the engine and on the reference: every
// opcode, and what no other test takes the time of (fabric/isa/cost_tests.txt).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "fabric/isa/instruction.h"
#include "fabric/isa/text.h"
#include "fabric/isa/vector_op.h"
#include "fabric/sim/simulator.h"
#include "fabric/testing/artifact_builder.h"

namespace csl::fabric {
namespace {

using isa::Arch;
using isa::Descriptor;
using isa::DsrFile;
using isa::Opcode;
using testing::ArtifactBuilder;

constexpr uint16_t kStamps = 0x700;
constexpr uint16_t kDescriptor = 0x600;
constexpr uint16_t kWideDescriptor = 0x620;

// What the registers of a program hold when the part of it begins that is timed.
constexpr const char* kRegisters =
    "  ldi r0, 1\n  ldi r1, 1\n  ldi r2, 2\n  ldi r3, 3\n  ldi r4, 2048\n  ldi r6, 0\n"
    "  ldi r7, 1536\n  ldi r8, 1568\n  ldi r9, 17\n  ldi r10, 2\n  ldi r11, 0\n  ldi r12, 2304\n"
    "  ldi r13, 31298\n";

// Instructions that need more than any registers.
const std::map<Opcode, const char*> kTexts = {
    {Opcode::kCall, "call r26, f0"},
    {Opcode::kCalli, "calli r26, r6"},
    {Opcode::kCopy, "copy r4, r12, 8"},
    {Opcode::kZero, "zero r4, 8"},
    {Opcode::kDsrLoad, "dsr.load dest.1, [r7 + 0], 0"},
    {Opcode::kDsrLoadx, "dsr.loadx dest.1, r8, 0, 0x0fff"},
    {Opcode::kDsrAsync, "dsr.async dest.0, _, _, 0x0001"},
    {Opcode::kDsrIndex, "dsr.index r0, dest.0"},
    {Opcode::kDsrBase, "dsr.base r4, dest.0"},
    {Opcode::kDsrLen, "dsr.len r0, dest.0"},
    {Opcode::kDsrGetH, "dsr.get.h r0, src1.0"},
    {Opcode::kDsrGetW, "dsr.get.w r0, src1.0"},
    {Opcode::kDsrPutH, "dsr.put.h r0, dest.0"},
    {Opcode::kDsrPutW, "dsr.put.w r0, dest.0"},
    {Opcode::kFifoRlen, "fifo.rlen r11, r10"},
    {Opcode::kFifoWlen, "fifo.wlen r11, r10"},
    {Opcode::kActivate, "activate r9"},
    {Opcode::kActivatei, "activatei 17"},
    {Opcode::kBlock, "block r9"},
    {Opcode::kBlocki, "blocki 17"},
    {Opcode::kUnblock, "unblock r9"},
    {Opcode::kUnblocki, "unblocki 17"},
    {Opcode::kQueueBlock, "queue.block r10"},
    {Opcode::kQueueUnblock, "queue.unblock r10"},
    {Opcode::kUtBlock, "ut.block r10"},
    {Opcode::kUtUnblock, "ut.unblock r10"},
    {Opcode::kQueueFlush, "queue.flush r10"},
    {Opcode::kTscRead, "tsc.read r4"},
    {Opcode::kPerfRead, "perf.read r4, r11"},
    {Opcode::kCfgRead, "cfg.read r0, r13"},
    {Opcode::kCfgReadu, "cfg.readu r0, r13"},
    {Opcode::kCfgWrite, "cfg.write r13, r0"},
    {Opcode::kCfgWriteu, "cfg.writeu r13, r0"},
    {Opcode::kLog, "log r4, r11"},
    {Opcode::kLogValue, "log.value r0, r11"},
};
// These end the program (ret: is timed with call), or wait for wavelets.
const std::set<Opcode> kNotAlone = {Opcode::kIllegal, Opcode::kTrap, Opcode::kRet, Opcode::kVDfilt};

std::string VectorText(Opcode opcode) {
  const isa::VectorOpInfo& info = isa::VectorInfo(opcode);
  isa::Instruction i = isa::Instruction::Fields(opcode, 0, 0, 0, 0, 0);
  if (info.num_sources == 1) i.b = isa::kNoRegister;
  if (info.has_scalar) i.d = 1;
  return isa::Disassemble(i);
}

std::string PlainText(Opcode opcode) {
  const isa::OpcodeInfo& info = isa::Info(opcode);
  if (info.has(isa::kReadsMemory) || info.has(isa::kWritesMemory)) {
    return fmt::format("{} r0, [r4 + 0]", info.mnemonic);
  }
  static const std::map<char, const char*> kOperands = {
      {'a', "r0"}, {'b', "r1"}, {'c', "r2"}, {'d', "r3"}, {'i', "5"},  {'e', "3"},
      {'s', "1"},  {'t', "1"},  {'J', "@l"}, {'j', "@l"}, {'k', "@l"}, {'f', "0x3f800000"}};
  std::string text = std::string(info.mnemonic) + " ";
  for (const char letter : isa::Pattern(info.format)) {
    const auto operand = kOperands.find(letter);
    text += operand == kOperands.end() ? std::string(1, letter) : operand->second;
  }
  return text;
}

std::string TextOf(Opcode opcode) {
  if (const auto text = kTexts.find(opcode); text != kTexts.end()) return text->second;
  return isa::Info(opcode).has(isa::kVectorOp) ? VectorText(opcode) : PlainText(opcode);
}

using Param = std::tuple<EngineKind, Arch>;

class CostRows : public ::testing::TestWithParam<Param> {
 protected:
  EngineKind engine() const { return std::get<0>(GetParam()); }
  Arch arch() const { return std::get<1>(GetParam()); }
  bool wse2() const { return arch() == Arch::kWse2; }
  int CyclesOf(Opcode opcode) const { return isa::Cost(opcode, arch()).cycles; }

  std::unique_ptr<Simulator> Make(const ArtifactBuilder& builder) const {
    SimulatorOptions options;
    options.engine = engine();
    options.num_threads = 1;
    auto simulator = Simulator::Create(builder.Build(), options);
    EXPECT_TRUE(simulator.ok()) << simulator.status().message();
    return *std::move(simulator);
  }

  ArtifactBuilder Builder() const {
    ArtifactBuilder b(arch(), 1, 1);
    b.Function("f", "  ret\n").Task(17, "f").InputQueue(2, 4);
    b.OutputQueue(3, wse2() ? isa::kNoColor : 5);
    b.image().configuration.fifos = {{.id = 0, .base = 0x5000, .capacity = 4, .element_bytes = 4}};
    const Descriptor narrow = Descriptor::Mem1d(0x800, 1);
    Descriptor wide = narrow;
    wide.header.kind = isa::DsdKind::kMem4d;
    wide.header.dimensions = 2;
    AddWords(&b, "narrow", kDescriptor, narrow);
    AddWords(&b, "wide", kWideDescriptor, wide);
    // Single elements whose addresses do not meet in a bank.
    b.Dsr(DsrFile::kDest, 0, narrow).Dsr(DsrFile::kDest, 1, narrow);
    b.Dsr(DsrFile::kSrc0, 0, Descriptor::Mem1d(0x900, 1));
    b.Dsr(DsrFile::kSrc1, 0, Descriptor::Mem1d(0xa04, 1));
    return b;
  }
  static void AddWords(ArtifactBuilder* b, const char* name, uint16_t address,
                       const Descriptor& descriptor) {
    const std::vector<uint8_t> bytes = descriptor.Encode();
    std::vector<uint16_t> words;
    for (size_t i = 0; i < bytes.size(); i += 2) {
      words.push_back(static_cast<uint16_t>(bytes[i] | bytes[i + 1] << 8));
    }
    b->Words(name, address, words);
  }

  // From one time stamp to the next, `text` between them.
  int64_t Interval(ArtifactBuilder b, const std::string& text) const {
    b.Function("main",
               fmt::format("  tsc.enable\n{}  ldi r20, {}\n  tsc.read r20\n{}l:\n  ldi r20, {}\n"
                           "  tsc.read r20\n  ret\n",
                           kRegisters, kStamps, text, kStamps + 8),
               16);
    b.Task(16, "main", true);
    auto simulator = Make(b);
    EXPECT_EQ(simulator->Drain().ToString(), "ok") << text;
    const auto stamp = [&](uint32_t address) {
      const auto bytes = simulator->ReadMemory(4, 1, address, 2);
      return bytes.ok() ? (*bytes)[0] | (*bytes)[1] << 8 : -1;
    };
    return stamp(kStamps + 8) - stamp(kStamps);
  }
  int64_t Elapsed(const ArtifactBuilder& b, const std::string& text) const {
    return Interval(b, "  " + text + "\n") - Interval(b, "");
  }
  int64_t Elapsed(const std::string& text) const { return Elapsed(Builder(), text); }

  // Of a program that does nothing else, until it is quiet.
  int64_t Total(const std::string& text) const {
    ArtifactBuilder b = Builder();
    b.Function("main", text + "  ret\n").Task(16, "main", true);
    auto simulator = Make(b);
    EXPECT_TRUE(simulator->Drain().ok());
    return simulator->cycle();
  }
};

INSTANTIATE_TEST_SUITE_P(Machines, CostRows,
                         ::testing::Combine(::testing::Values(EngineKind::kSharded,
                                                              EngineKind::kReference),
                                            ::testing::Values(Arch::kWse2, Arch::kWse3)),
                         [](const auto& info) {
                           const bool sharded = std::get<0>(info.param) == EngineKind::kSharded;
                           return std::string(sharded ? "Engine" : "Reference") +
                                  std::string(isa::ArchName(std::get<1>(info.param)));
                         });

TEST_P(CostRows, EveryOpcodeTakesItsCycles) {
  for (int number = 0; number < isa::kNumOpcodes; ++number) {
    const auto opcode = static_cast<Opcode>(number);
    if (kNotAlone.contains(opcode)) continue;
    const isa::OpcodeInfo& info = isa::Info(opcode);
    const std::string text = TextOf(opcode);
    // The clock that is turned off shows nothing.
    const bool stops = opcode == Opcode::kTscDisable || opcode == Opcode::kTscReset;
    const int64_t got = stops ? Total("  " + text + "\n") - Total("") : Elapsed(text);
    int64_t expected = CyclesOf(opcode);
    if (info.has(isa::kVectorOp)) expected += 1;  // one group
    if (info.has(isa::kCalls)) expected += CyclesOf(Opcode::kRet);
    if (opcode == Opcode::kCopy || opcode == Opcode::kZero) expected += 2;  // 8 bytes
    if (info.has(isa::kBranch) && got != expected) expected += 2;           // taken
    EXPECT_EQ(got, expected) << text;
  }
}

TEST_P(CostRows, CopyAndZeroTakeACycleForFourBytes) {
  EXPECT_EQ(Elapsed("copy r4, r12, 41") - Elapsed("copy r4, r12, 1"), 11 - 1);
  EXPECT_EQ(Elapsed("zero r4, 40") - Elapsed("zero r4, 4"), 10 - 1);
}

TEST_P(CostRows, ScalarSourceSavesACycleOnWse2) {
  EXPECT_EQ(Elapsed("v.fadds dest.0, src0.0, src1.0") - Elapsed("v.fadds dest.0, r0, src1.0"),
            wse2() ? 1 : 0);
}

TEST_P(CostRows, SendFromMemorySavesACycleOnWse3) {
  ArtifactBuilder b = Builder();
  b.Dsr(DsrFile::kDest, 2, Descriptor::Fabout(3, 5, 1));
  const int64_t within_memory = Elapsed("v.fmovs dest.0, src1.0");
  EXPECT_EQ(Elapsed(b, "v.fmovs dest.2, src1.0"), within_memory - (wse2() ? 0 : 1));
}

TEST_P(CostRows, AsynchronousOperationTakesItsThreadOneCycle) {
  ArtifactBuilder b = Builder();
  Descriptor out = Descriptor::Fabout(3, 5, 1);
  out.async.is_async = true;
  b.Dsr(DsrFile::kDest, 2, out);
  EXPECT_EQ(Elapsed(b, "v.fmovs dest.2, src1.0"), 1);
}

// A color with a task and no input queue: what a program can send itself before it waits.
TEST_P(CostRows, ImplicitBufferHoldsTwoWords) {
  if (!wse2()) GTEST_SKIP() << "WSE-2 alone has them";
  ArtifactBuilder b(arch(), 1, 1);
  // Sends a word every few cycles until OUTPUT_QUEUE_STATUS calls the queue full.
  b.Function("main",
             "  ldi r1, 0\n  ldi r13, 31303\nl:\n  dsr.put.w r0, dest.0\n  addi.u16 r1, r1, 1\n"
             "  ldi r5, 0\nd:\n  loopi.lt.i16 r5, 20, 1, @d\n  cfg.read r6, r13\n"
             "  andi.u16 r6, r6, 1024\n  bf r6, @l\n  st.h r1, [1792]\n  ret\n");
  b.Function("never", "  ret\n");
  b.Task(16, "main", true).DataTask(4, "never", 32).Blocked({4}).OutputQueue(2);
  b.Dsr(DsrFile::kDest, 0, Descriptor::Fabout(2, 4, isa::kEndlessExtent));
  b.Route(0, 0, 1, 1, 4, image::kRamp, image::kRamp);
  auto simulator = Make(b);
  ASSERT_TRUE(simulator->Drain().ok());
  // Six in the output queue, two in the router's ring, two in the buffer.
  EXPECT_EQ((*simulator->ReadMemory(4, 1, kStamps, 2))[0], 6 + 2 + 2);
}

// A launch waits in the PE while a copy's words are stored, eight cycles and one a word.
TEST_P(CostRows, CopyKeepsThePeForEightCyclesAndOneAWord) {
  ArtifactBuilder b(arch(), 1, 1);
  b.Function("main", "  unblock_cmd_stream\n  ret\n").ExportFunction(1, "main");
  b.Words("x", 0x1000, std::vector<uint16_t>(1200)).ExportPointer(2, "x", 0x1000, 0x100);
  for (const int words : {500, 600}) {
    auto simulator = Make(b);
    CopyCommand copy;
    copy.export_id = 2;
    copy.elements_per_pe = words;
    copy.data.resize(static_cast<size_t>(words));
    const auto copied = simulator->Submit(std::move(copy));
    const auto launched = simulator->Submit(LaunchCommand{1, {}});
    ASSERT_TRUE(copied.ok() && launched.ok());
    ASSERT_TRUE(simulator->Wait(*copied).ok());
    const int64_t picked = simulator->cycle();
    ASSERT_TRUE(simulator->Wait(*launched).ok());
    EXPECT_EQ(simulator->cycle() - picked, 8 + words + 2);
  }
}

}  // namespace
}  // namespace csl::fabric
