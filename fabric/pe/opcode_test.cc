// SPDX-License-Identifier: Apache-2.0
// Every scalar instruction, one row or more each. Registers before: r1, r2; after: r0. Expected
// values are worked out by hand, not by the code under test.
#include <gtest/gtest.h>

#include <set>

#include "fabric/isa/text.h"
#include "fabric/pe/test_pe.h"

namespace csl::fabric::pe {
namespace {

struct Row {
  const char* text;
  uint32_t r1;
  uint32_t r2;
  uint32_t r0;
};

constexpr uint32_t kOne = 0x3f800000;    // 1.0f
constexpr uint32_t kTwo = 0x40000000;    // 2.0f
constexpr uint32_t kThree = 0x40400000;  // 3.0f
constexpr uint32_t kHalf = 0x3f000000;   // 0.5f
constexpr uint32_t kNan = 0x7fc00000;
constexpr uint32_t kHalfOne = 0x3c00;  // 1.0 as a 16-bit float
constexpr uint32_t kHalfTwo = 0x4000;
constexpr uint32_t kHalfThree = 0x4200;

const Row kRows[] = {
    {"nop", 7, 8, 0},
    {"mov r0, r1", 0xdeadbeef, 0, 0xdeadbeef},
    {"ldi r0, -2", 0, 0, 0xfffffffe},
    {"sel r0, r1, r2, r1", 0x10000, 5, 5},
    {"sel r0, r1, r2, r1", 0, 5, 0},
    {"ext.i8 r0, r1", 0x180, 0, 0xffffff80},
    {"ext.u8 r0, r1", 0x180, 0, 0x80},
    {"ext.i16 r0, r1", 0x18000, 0, 0xffff8000},
    {"ext.u16 r0, r1", 0x18000, 0, 0x8000},
    // Wrapping, and operands read by their low half alone.
    {"add.i16 r0, r1, r2", 0x7fff, 1, 0xffff8000},
    {"add.i16 r0, r1, r2", 0xabcd0001, 0x12340001, 2},
    {"add.u16 r0, r1, r2", 0xffff, 2, 1},
    {"add.i32 r0, r1, r2", 0xffffffff, 2, 1},
    {"sub.i16 r0, r1, r2", 0x8000, 1, 0x7fff},
    {"sub.u16 r0, r1, r2", 0, 1, 0xffff},
    {"sub.i32 r0, r1, r2", 0, 1, 0xffffffff},
    {"and.i16 r0, r1, r2", 0xf0f0, 0xff00, 0xfffff000},
    {"and.u16 r0, r1, r2", 0xf0f0, 0xff00, 0xf000},
    {"and.i32 r0, r1, r2", 0xf0f0f0f0, 0xff00ff00, 0xf000f000},
    {"or.i16 r0, r1, r2", 0x8000, 1, 0xffff8001},
    {"or.u16 r0, r1, r2", 0x8000, 1, 0x8001},
    {"or.i32 r0, r1, r2", 0x80000000, 1, 0x80000001},
    {"xor.i16 r0, r1, r2", 0xffff, 0x7fff, 0xffff8000},
    {"xor.u16 r0, r1, r2", 0xffff, 0x7fff, 0x8000},
    {"xor.i32 r0, r1, r2", 0xffffffff, 1, 0xfffffffe},
    {"shl.i16 r0, r1, r2", 1, 15, 0xffff8000},
    {"shl.i16 r0, r1, r2", 1, 16, 0},
    {"shl.u16 r0, r1, r2", 1, 15, 0x8000},
    {"shl.i32 r0, r1, r2", 1, 31, 0x80000000},
    {"shl.i32 r0, r1, r2", 1, 0x10001, 2},
    {"shr.i16 r0, r1, r2", 0x8000, 3, 0xfffff000},
    {"shr.i16 r0, r1, r2", 0x8000, 99, 0xffffffff},
    {"shr.u16 r0, r1, r2", 0x8000, 3, 0x1000},
    {"shr.i32 r0, r1, r2", 0x80000000, 4, 0xf8000000},
    {"shr.u32 r0, r1, r2", 0x80000000, 4, 0x08000000},
    {"mul.i16 r0, r1, r2", 300, 300, 0x5f90},
    {"mul.u16 r0, r1, r2", 0xffff, 0xffff, 1},
    {"mul.i32 r0, r1, r2", 0x10001, 0x10001, 0x20001},
    {"mulh.i32 r0, r1, r2", 0xffffffff, 2, 0xffffffff},
    {"mulh.u32 r0, r1, r2", 0xffffffff, 2, 1},
    {"div.i16 r0, r1, r2", 0xfff9, 2, 0xfffffffd},
    {"div.i16 r0, r1, r2", 0x8000, 0xffff, 0xffff8000},
    {"div.i16 r0, r1, r2", 5, 0, 0xffffffff},
    {"div.u16 r0, r1, r2", 0xfff9, 2, 0x7ffc},
    {"div.u16 r0, r1, r2", 5, 0, 0xffff},
    {"div.i32 r0, r1, r2", 0xfffffff9, 2, 0xfffffffd},
    {"div.u32 r0, r1, r2", 0xfffffff9, 2, 0x7ffffffc},
    {"rem.i16 r0, r1, r2", 0xfff9, 2, 0xffffffff},
    {"rem.u16 r0, r1, r2", 7, 4, 3},
    {"rem.i32 r0, r1, r2", 0xfffffff9, 4, 0xfffffffd},
    {"rem.u32 r0, r1, r2", 9, 0, 9},
    {"neg.i16 r0, r1", 0x8000, 0, 0xffff8000},
    {"neg.i32 r0, r1", 1, 0, 0xffffffff},
    {"addi.i16 r0, r1, -1", 0x8000, 0, 0x7fff},
    {"addi.u16 r0, r1, -1", 0, 0, 0xffff},
    {"addi.i32 r0, r1, 100000", 1, 0, 100001},
    {"andi.i16 r0, r1, -4", 0x7fff, 0, 0x7ffc},
    {"andi.u16 r0, r1, 0xfffc", 0xffff, 0, 0xfffc},
    {"andi.i32 r0, r1, -256", 0x12345678, 0, 0x12345600},
    {"ori.i16 r0, r1, -1", 0, 0, 0xffffffff},
    {"ori.u16 r0, r1, 1", 0x8000, 0, 0x8001},
    {"ori.i32 r0, r1, 1", 0x80000000, 0, 0x80000001},
    {"xori.i16 r0, r1, -1", 0, 0, 0xffffffff},
    {"xori.u16 r0, r1, 1", 3, 0, 2},
    {"xori.i32 r0, r1, -1", 0xf, 0, 0xfffffff0},
    {"shli.i16 r0, r1, 8", 0xff, 0, 0xffffff00},
    {"shli.u16 r0, r1, 8", 0xff, 0, 0xff00},
    {"shli.i32 r0, r1, 8", 0xff, 0, 0xff00},
    {"shri.i16 r0, r1, 1", 0xffff, 0, 0xffffffff},
    {"shri.u16 r0, r1, 1", 0xffff, 0, 0x7fff},
    {"shri.i32 r0, r1, 1", 0x80000000, 0, 0xc0000000},
    {"shri.u32 r0, r1, 1", 0x80000000, 0, 0x40000000},
    {"muli.i16 r0, r1, -3", 5, 0, 0xfffffff1},
    {"muli.u16 r0, r1, 3", 0x8000, 0, 0x8000},
    {"muli.i32 r0, r1, 1000", 1000, 0, 1000000},
    // Comparisons: the same bits, seen with and without sign.
    {"eq.i16 r0, r1, r2", 0x10005, 5, 1},
    {"eq.i32 r0, r1, r2", 0x10005, 5, 0},
    {"ne.i16 r0, r1, r2", 0x10005, 5, 0},
    {"ne.i32 r0, r1, r2", 0x10005, 5, 1},
    {"lt.i16 r0, r1, r2", 0x8000, 1, 1},
    {"lt.u16 r0, r1, r2", 0x8000, 1, 0},
    {"lt.i32 r0, r1, r2", 0x80000000, 1, 1},
    {"lt.u32 r0, r1, r2", 0x80000000, 1, 0},
    {"le.i16 r0, r1, r2", 1, 1, 1},
    {"le.u16 r0, r1, r2", 2, 1, 0},
    {"le.i32 r0, r1, r2", 0xffffffff, 0, 1},
    {"le.u32 r0, r1, r2", 0xffffffff, 0, 0},
    {"eqi.i16 r0, r1, -1", 0xffff, 0, 1},
    {"eqi.i32 r0, r1, -1", 0xffff, 0, 0},
    {"nei.i16 r0, r1, 3", 3, 0, 0},
    {"nei.i32 r0, r1, 3", 4, 0, 1},
    {"lti.i16 r0, r1, 0", 0xffff, 0, 1},
    {"lti.u16 r0, r1, 1", 0xffff, 0, 0},
    {"lti.i32 r0, r1, -1", 0xfffffffe, 0, 1},
    {"lti.u32 r0, r1, 5", 4, 0, 1},
    {"lei.i16 r0, r1, 7", 7, 0, 1},
    {"lei.u16 r0, r1, 7", 8, 0, 0},
    {"lei.i32 r0, r1, 7", 7, 0, 1},
    {"lei.u32 r0, r1, 7", 8, 0, 0},
    {"gti.i16 r0, r1, -1", 0, 0, 1},
    {"gti.u16 r0, r1, 65535", 0, 0, 0},
    {"gti.i32 r0, r1, 0", 0x80000000, 0, 0},
    {"gti.u32 r0, r1, 0", 0x80000000, 0, 1},
    {"gei.i16 r0, r1, 0", 0x8000, 0, 0},
    {"gei.u16 r0, r1, 0", 0x8000, 0, 1},
    {"gei.i32 r0, r1, 0", 0x80000000, 0, 0},
    {"gei.u32 r0, r1, 0", 0, 0, 1},
    // Floats; the 16-bit format of this image is IEEE half.
    {"add.f32 r0, r1, r2", kOne, kTwo, kThree},
    {"sub.f32 r0, r1, r2", kThree, kTwo, kOne},
    {"mul.f32 r0, r1, r2", kTwo, kHalf, kOne},
    {"div.f32 r0, r1, r2", kOne, kTwo, kHalf},
    {"neg.f32 r0, r1", kOne, 0, 0xbf800000},
    {"eq.f32 r0, r1, r2", 0x80000000, 0, 1},
    {"eq.f32 r0, r1, r2", kNan, kNan, 0},
    {"ne.f32 r0, r1, r2", kNan, kNan, 1},
    {"lt.f32 r0, r1, r2", kOne, kTwo, 1},
    {"le.f32 r0, r1, r2", kTwo, kTwo, 1},
    {"add.f16 r0, r1, r2", 0x10000 | kHalfOne, kHalfTwo, kHalfThree},
    {"sub.f16 r0, r1, r2", kHalfThree, kHalfTwo, kHalfOne},
    {"mul.f16 r0, r1, r2", kHalfOne, kHalfThree, kHalfThree},
    {"div.f16 r0, r1, r2", kHalfTwo, kHalfTwo, kHalfOne},
    {"neg.f16 r0, r1", kHalfOne, 0, 0xbc00},
    {"eq.f16 r0, r1, r2", kHalfOne, kHalfOne, 1},
    {"ne.f16 r0, r1, r2", kHalfOne, kHalfOne, 0},
    {"lt.f16 r0, r1, r2", kHalfTwo, kHalfOne, 0},
    {"le.f16 r0, r1, r2", kHalfOne, kHalfOne, 1},
    // cvt.TO.FROM: toward zero, saturating, NaN gives 0.
    {"cvt.i16.f32 r0, r1", 0xc0700000, 0, 0xfffffffd},  // -3.75
    {"cvt.u16.f32 r0, r1", 0x47c35000, 0, 0xffff},      // 100000
    {"cvt.i32.f32 r0, r1", 0x4f000000, 0, 0x7fffffff},  // 2^31
    {"cvt.u32.f32 r0, r1", kNan, 0, 0},
    {"cvt.f32.i16 r0, r1", 0xffff, 0, 0xbf800000},
    {"cvt.f32.u16 r0, r1", 0xffff, 0, 0x477fff00},
    {"cvt.f32.i32 r0, r1", 0xffffffff, 0, 0xbf800000},
    {"cvt.f32.u32 r0, r1", 0x80000000, 0, 0x4f000000},
    {"cvt.i16.f16 r0, r1", 0xc200, 0, 0xfffffffd},  // -3.0
    {"cvt.u16.f16 r0, r1", kHalfThree, 0, 3},
    {"cvt.i32.f16 r0, r1", 0xc200, 0, 0xfffffffd},
    {"cvt.u32.f16 r0, r1", kHalfThree, 0, 3},
    {"cvt.f16.i16 r0, r1", 0xfffd, 0, 0xc200},
    {"cvt.f16.u16 r0, r1", 3, 0, kHalfThree},
    {"cvt.f16.i32 r0, r1", 3, 0, kHalfThree},
    {"cvt.f16.u32 r0, r1", 0xffffffff, 0, 0x7c00},
    {"cvt.f32.f16 r0, r1", kHalfThree, 0, kThree},
    {"cvt.f16.f32 r0, r1", kThree, 0, kHalfThree},
};

// Branches: 1 if taken. r1 and r2 as above; loops add 1 or -1 to r1 first.
const Row kBranchRows[] = {
    {"jmp @t", 0, 0, 1},
    {"bt r1, @t", 0x10000, 0, 1},
    {"bt r1, @t", 0, 0, 0},
    {"bf r1, @t", 0, 0, 1},
    {"beq.i16 r1, r2, @t", 0x10001, 1, 1},
    {"beq.i32 r1, r2, @t", 0x10001, 1, 0},
    {"bne.i16 r1, r2, @t", 0x10001, 1, 0},
    {"bne.i32 r1, r2, @t", 0x10001, 1, 1},
    {"blt.i16 r1, r2, @t", 0xffff, 0, 1},
    {"blt.u16 r1, r2, @t", 0xffff, 0, 0},
    {"blt.i32 r1, r2, @t", 0xffffffff, 0, 1},
    {"blt.u32 r1, r2, @t", 0xffffffff, 0, 0},
    {"ble.i16 r1, r2, @t", 4, 4, 1},
    {"ble.u16 r1, r2, @t", 5, 4, 0},
    {"ble.i32 r1, r2, @t", 0xfffffff0, 4, 1},
    {"ble.u32 r1, r2, @t", 0xfffffff0, 4, 0},
    {"beqi.i16 r1, -1, @t", 0xffff, 0, 1},
    {"beqi.i32 r1, -1, @t", 0xffffffff, 0, 1},
    {"bnei.i16 r1, -1, @t", 0xffff, 0, 0},
    {"bnei.i32 r1, -1, @t", 0xffff, 0, 1},
    {"blti.i16 r1, -1, @t", 0xfffe, 0, 1},
    {"blti.u16 r1, 5, @t", 0xfffe, 0, 0},
    {"blti.i32 r1, -1, @t", 0xfffffffe, 0, 1},
    {"blti.u32 r1, 5, @t", 4, 0, 1},
    {"blei.i16 r1, 5, @t", 5, 0, 1},
    {"blei.u16 r1, 5, @t", 6, 0, 0},
    {"blei.i32 r1, 5, @t", 5, 0, 1},
    {"blei.u32 r1, 5, @t", 0xffffffff, 0, 0},
    {"bgti.i16 r1, -2, @t", 0xffff, 0, 1},
    {"bgti.u16 r1, 5, @t", 5, 0, 0},
    {"bgti.i32 r1, -2, @t", 0xffffffff, 0, 1},
    {"bgti.u32 r1, 5, @t", 6, 0, 1},
    {"bgei.i16 r1, -2, @t", 0xfffd, 0, 0},
    {"bgei.u16 r1, 5, @t", 5, 0, 1},
    {"bgei.i32 r1, -2, @t", 0xfffffffd, 0, 0},
    {"bgei.u32 r1, 5, @t", 5, 0, 1},
    {"loop.lt.i16 r1, r2, 1, @t", 4, 6, 1},
    {"loop.lt.u16 r1, r2, 1, @t", 5, 6, 0},
    {"loop.lt.i32 r1, r2, -1, @t", 0, 0, 1},
    {"loop.lt.u32 r1, r2, -1, @t", 0, 5, 0},
    {"loop.gt.i16 r1, r2, -1, @t", 1, 0xffff, 1},
    {"loop.gt.u16 r1, r2, -1, @t", 1, 0, 0},
    {"loop.gt.i32 r1, r2, -1, @t", 2, 0, 1},
    {"loop.gt.u32 r1, r2, 1, @t", 0xffffffff, 0, 0},
    {"loop.ne.i16 r1, r2, 1, @t", 0xffff, 0, 0},
    {"loop.ne.u16 r1, r2, 1, @t", 1, 0, 1},
    {"loop.ne.i32 r1, r2, 1, @t", 0xffff, 0, 1},
    {"loop.ne.u32 r1, r2, 1, @t", 0xffffffff, 0, 0},
    {"loopi.lt.i16 r1, 6, 1, @t", 4, 0, 1},
    {"loopi.lt.u16 r1, 6, 1, @t", 5, 0, 0},
    {"loopi.lt.i32 r1, 0, -1, @t", 0, 0, 1},
    {"loopi.lt.u32 r1, 6, 1, @t", 5, 0, 0},
    {"loopi.gt.i16 r1, 0, -1, @t", 2, 0, 1},
    {"loopi.gt.u16 r1, 0, -1, @t", 1, 0, 0},
    {"loopi.gt.i32 r1, -1, -1, @t", 1, 0, 1},
    {"loopi.gt.u32 r1, 0, -1, @t", 1, 0, 0},
    {"loopi.ne.i16 r1, 0, 1, @t", 0xffff, 0, 0},
    {"loopi.ne.u16 r1, 0, 1, @t", 0, 0, 1},
    {"loopi.ne.i32 r1, 0, 1, @t", 0xffff, 0, 1},
    {"loopi.ne.u32 r1, 0, 1, @t", 0xffffffff, 0, 0},
    {"beq.f32 r1, r2, @t", kOne, kOne, 1},
    {"bne.f32 r1, r2, @t", kNan, kNan, 1},
    {"blt.f32 r1, r2, @t", kOne, kTwo, 1},
    {"ble.f32 r1, r2, @t", kNan, kTwo, 0},
    {"bnlt.f32 r1, r2, @t", kNan, kTwo, 1},
    {"bnle.f32 r1, r2, @t", kOne, kTwo, 0},
    {"beq.f16 r1, r2, @t", kHalfOne, kHalfTwo, 0},
    {"bne.f16 r1, r2, @t", kHalfOne, kHalfTwo, 1},
    {"blt.f16 r1, r2, @t", kHalfOne, kHalfTwo, 1},
    {"ble.f16 r1, r2, @t", kHalfTwo, kHalfTwo, 1},
    {"bnlt.f16 r1, r2, @t", kHalfOne, kHalfTwo, 0},
    {"bnle.f16 r1, r2, @t", kHalfThree, kHalfTwo, 1},
};

// Runs `text` on both architectures: r0 at the end and the cycles it took must be these; `cycles`
// sums up what the cost tables say.
template <typename Cycles>
void ExpectRow(const Row& row, const std::string& text, Cycles cycles) {
  for (const isa::Arch arch : {isa::Arch::kWse2, isa::Arch::kWse3}) {
    testing::ArtifactBuilder b(arch, 1, 1);
    b.Function("f", text);
    TestPe pe(b);
    EXPECT_EQ(pe.Call({0, row.r1, row.r2}), cycles(arch)) << row.text;
    EXPECT_EQ(pe.reg(0), row.r0) << row.text << " of " << row.r1 << ", " << row.r2;
  }
}

int CyclesOf(isa::Opcode opcode, isa::Arch arch) { return isa::Cost(opcode, arch).cycles; }

TEST(Opcode, ScalarRows) {
  for (const Row& row : kRows) {
    const std::string text = std::string("  ") + row.text + "\n  ret\n";
    const isa::Opcode opcode = isa::Assemble(row.text)->front().opcode();
    ExpectRow(row, text, [&](isa::Arch arch) {
      return CyclesOf(opcode, arch) + CyclesOf(isa::Opcode::kRet, arch);
    });
  }
}

TEST(Opcode, BranchRows) {
  for (const Row& row : kBranchRows) {
    const std::string text = std::string("  ") + row.text + "\n  ret\nt:\n  ldi r0, 1\n  ret\n";
    const isa::Opcode opcode = isa::Assemble(text)->front().opcode();
    ExpectRow(row, text, [&](isa::Arch arch) {
      const int taken =
          isa::MachineCostsOf(arch).taken_branch_cycles + CyclesOf(isa::Opcode::kLdi, arch);
      return CyclesOf(opcode, arch) + (row.r0 == 1 ? taken : 0) + CyclesOf(isa::Opcode::kRet, arch);
    });
  }
}

TEST(Opcode, EveryScalarInstructionHasARow) {
  std::set<isa::Opcode> seen = {isa::Opcode::kLdf};  // encodes as ldi does
  for (const Row& row : kRows) seen.insert(isa::Assemble(row.text)->front().opcode());
  for (const Row& row : kBranchRows) {
    seen.insert(isa::Assemble(std::string(row.text) + "\nt:\n  ret\n")->front().opcode());
  }
  for (int i = 0; i < isa::kNumOpcodes; ++i) {
    const auto opcode = static_cast<isa::Opcode>(i);
    const isa::OpcodeInfo& info = isa::Info(opcode);
    const bool is_scalar = (info.flags & ~(isa::kBranch | isa::kEndsBlock)) == 0;
    // Their own tests: what needs memory, other functions or the rest of the PE.
    static const std::set<isa::Opcode> kElsewhere = {
        isa::Opcode::kIllegal, isa::Opcode::kFrame,  isa::Opcode::kRet,     isa::Opcode::kTrap,
        isa::Opcode::kVok,     isa::Opcode::kRand16, isa::Opcode::kPrngSet, isa::Opcode::kPrngSeed,
        isa::Opcode::kCoordX,  isa::Opcode::kCoordY};
    if (!is_scalar || kElsewhere.contains(opcode)) continue;
    EXPECT_TRUE(seen.contains(opcode)) << info.mnemonic;
  }
}

}  // namespace
}  // namespace csl::fabric::pe
