// SPDX-License-Identifier: Apache-2.0
// Elements of vector operations on memory against a plain loop over isa::ElementOpOf, on random
// shapes: overlapping operands, strides, pages, rings, four dimensions, ends of the memory.
#include <gtest/gtest.h>

#include <random>

#include "fabric/isa/element_op.h"
#include "fabric/pe/program.h"
#include "fabric/pe/state.h"
#include "fabric/pe/test_pe.h"

namespace csl::fabric::pe {
namespace {

using isa::arith::Fp16Format;
using Mode = VectorOperand::Mode;
using Random = std::mt19937;

uint32_t Below(Random& random, uint32_t n) { return static_cast<uint32_t>(random() % n); }

// What the operation does, in the most obvious way. Reads and writes `memory` (48 KB).
Fault Obvious(std::vector<uint8_t>& memory, isa::ElementOp op, uint16_t* carry, VectorRun* run,
              uint32_t end) {
  const auto read = [&](VectorOperand& operand, uint32_t bytes, uint32_t* value) {
    *value = operand.scalar;
    if (operand.mode != Mode::kMemory) return true;
    const uint32_t address = operand.cursor.at();
    if (address + bytes > kMemoryBytes) return false;
    *value = 0;
    std::memcpy(value, &memory[address], bytes);
    return true;
  };
  for (; run->done < end; ++run->done) {
    uint32_t a = 0;
    uint32_t b = 0;
    if (!read(run->src0, op.src0_bytes, &a)) {
      return {FaultKind::kBadAddress, run->src0.cursor.at()};
    }
    if (!read(run->src1, op.src1_bytes, &b)) {
      return {FaultKind::kBadAddress, run->src1.cursor.at()};
    }
    const uint32_t d = op.fn(a, b, run->scalar, carry);
    const uint32_t address = run->dest.cursor.at();
    if (address + op.dest_bytes > kMemoryBytes) return {FaultKind::kBadAddress, address};
    std::memcpy(&memory[address], &d, op.dest_bytes);
    if (run->is_running_scalar()) run->src0.scalar = d;
    for (VectorOperand* operand : {&run->dest, &run->src0, &run->src1}) operand->cursor.Next();
  }
  return {};
}

// Bit patterns that are numbers, zeros, infinities and NaN in the 16- and 32-bit formats.
uint32_t RandomBits(Random& random) {
  static constexpr uint32_t kSpecial[] = {0,          0x80008000, 0x7f807c00, 0x7fc07e00, 1,
                                          0xffffffff, 0x00800400, 0x3f803c00, 0x7f7f7bff};
  if (Below(random, 4) == 0) return kSpecial[Below(random, std::size(kSpecial))];
  return static_cast<uint32_t>(random());
}

// Around a few places, so that operands overlap, cross pages and leave the memory.
uint16_t RandomBase(Random& random) {
  static constexpr uint16_t kPlaces[] = {0, 0x400, 0x800, 0xff0, 0x2000, 0xbf00};
  const uint32_t base = kPlaces[Below(random, std::size(kPlaces))] + Below(random, 80);
  return static_cast<uint16_t>(Below(random, 8) == 0 ? base : base & ~1u);
}

isa::Descriptor RandomDescriptor(Random& random) {
  static constexpr int16_t kStrides[] = {1, 1, 1, 1, 0, 2, 3, -1, -2, 5, 127};
  const auto stride = [&] { return kStrides[Below(random, std::size(kStrides))]; };
  isa::Descriptor d = isa::Descriptor::Mem1d(RandomBase(random), 0, stride());
  const uint32_t kind = Below(random, 8);
  if (kind == 0) {
    d.header.kind = isa::DsdKind::kMem4d;
    d.header.dimensions = static_cast<uint8_t>(1 + Below(random, 4));
    for (size_t i = 0; i < 4; ++i) {
      d.extent[i] = static_cast<uint16_t>(1 + Below(random, 7));
      d.stride[i] = stride();
    }
  } else if (kind == 1) {
    d.header.kind = isa::DsdKind::kCircbuf;
    d.wrap_start = static_cast<uint16_t>(d.base & ~1u);
    d.wrap_end = static_cast<uint16_t>(d.wrap_start + 4 * Below(random, 20));
  }
  return d;
}

VectorOperand RandomOperand(Random& random, uint8_t element_bytes, bool is_dest) {
  VectorOperand operand;
  const uint32_t kind = Below(random, 6);
  if (kind == 0 && is_dest) {
    operand.mode = Mode::kPointer;
    operand.element_bytes = element_bytes;
    operand.cursor.address = RandomBase(random);
  } else if (kind == 0) {
    operand.mode = Mode::kScalar;
    operand.scalar = RandomBits(random);
  } else {
    operand.mode = Mode::kMemory;
    operand.element_bytes = element_bytes;
    operand.cursor = Cursor::Over(RandomDescriptor(random), element_bytes);
  }
  return operand;
}

VectorRun RandomRun(Random& random, isa::Opcode opcode, Fp16Format format, isa::ElementOp* op) {
  VectorRun run;
  run.opcode = opcode;
  const isa::VectorOpInfo& info = isa::VectorInfo(opcode);
  run.scalar = RandomBits(random);
  run.length = Below(random, 8) == 0 ? Below(random, 3000) : Below(random, 70);
  run.dest = RandomOperand(random, static_cast<uint8_t>(isa::ElementBytes(info.dest)), true);
  // The modes first, the sizes of faddhs depend on them.
  if (info.num_sources == 2) run.src0 = RandomOperand(random, 2, false);
  run.src1 = RandomOperand(random, 2, false);
  *op = isa::ElementOpOf(opcode, format, run.src1.mode == Mode::kScalar, run.is_running_scalar());
  const auto resize = [&](VectorOperand* operand, uint8_t bytes) {
    if (operand->mode != Mode::kMemory || bytes == operand->element_bytes) return;
    for (int32_t& step : operand->cursor.step) step *= 2;
    operand->element_bytes = bytes;
  };
  resize(&run.src0, op->src0_bytes);
  resize(&run.src1, op->src1_bytes);
  return run;
}

void ExpectSame(const VectorOperand& a, const VectorOperand& b, const char* what) {
  EXPECT_EQ(a.scalar, b.scalar) << what;
  EXPECT_EQ(a.cursor.at(), b.cursor.at()) << what;
  EXPECT_EQ(a.cursor.left, b.cursor.left) << what;
}

void Compare(TestPe& pe, std::vector<uint8_t>& memory, Random& random, isa::Opcode opcode,
             Fp16Format format) {
  isa::ElementOp op;
  VectorRun expected = RandomRun(random, opcode, format, &op);
  VectorRun run = expected;
  uint16_t carry = pe.pe().carry;
  const uint32_t ends[] = {Below(random, run.length + 1), run.length};
  for (const uint32_t end : ends) {
    const Fault wanted = Obvious(memory, op, &carry, &expected, end);
    const Fault got = RunElements(pe.pe(), &run, end);
    ASSERT_EQ(got.kind, wanted.kind);
    ASSERT_EQ(got.detail, wanted.detail);
    ASSERT_EQ(run.done, expected.done);
    ExpectSame(run.dest, expected.dest, "destination");
    ExpectSame(run.src0, expected.src0, "source 0");
    ExpectSame(run.src1, expected.src1, "source 1");
    ASSERT_EQ(pe.pe().carry, carry);
    if (!wanted.ok()) break;
  }
  ASSERT_EQ(pe.Read<uint8_t>(0, kMemoryBytes), memory);
}

testing::ArtifactBuilder Program(Fp16Format format) {
  testing::ArtifactBuilder b(isa::Arch::kWse2, 1, 1);
  Random random(1);
  // Every third page starts as the image's own.
  for (uint32_t page = 0; page < kNumPages; page += 3) {
    std::vector<uint16_t> words;
    for (uint32_t i = 0; i < kPageBytes / 2; ++i) {
      words.push_back(static_cast<uint16_t>(RandomBits(random)));
    }
    b.Words("page" + std::to_string(page), static_cast<uint16_t>(page * kPageBytes), words);
  }
  b.Function("f", "  ret\n");
  b.image().fp16_format = static_cast<decltype(b.image().fp16_format)>(format);
  b.manifest().fp16_format = b.image().fp16_format;
  return b;
}

void CompareAll(Fp16Format format, int rounds) {
  auto builder = Program(format);
  for (const isa::VectorOpInfo& info : isa::VectorOps()) {
    if (info.opcode == isa::Opcode::kVDfilt) continue;
    TestPe pe(builder);
    Random random(static_cast<uint32_t>(info.opcode));
    auto memory = pe.Read<uint8_t>(0, kMemoryBytes);
    for (int round = 0; round < rounds; ++round) {
      SCOPED_TRACE(std::string(info.name) + ", round " + std::to_string(round));
      Compare(pe, memory, random, info.opcode, format);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(VectorElements, AreThoseOfAPlainLoopInF16) { CompareAll(Fp16Format::kF16, 400); }
TEST(VectorElements, AreThoseOfAPlainLoopInBf16) { CompareAll(Fp16Format::kBf16, 150); }
TEST(VectorElements, AreThoseOfAPlainLoopInCb16) { CompareAll(Fp16Format::kCb16, 150); }

}  // namespace
}  // namespace csl::fabric::pe
