// SPDX-License-Identifier: Apache-2.0
// More values at once than there are registers: the code must still compute the same.
#include <gtest/gtest.h>

#include <map>

#include "compiler/codegen/codegen.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/verifier.h"
#include "fabric/isa/verify.h"

namespace csl::codegen {
namespace {

using isa::Opcode;

// Runs straight-line code of a few opcodes; memory is by address.
uint32_t Execute(const CodeFunction& f, std::map<uint16_t, uint32_t> memory) {
  constexpr uint16_t kFrameStart = 0x8000;
  std::vector<uint32_t> r(256);
  for (const isa::Instruction& i : f.instructions) {
    const auto address = [&] {
      return static_cast<uint16_t>((i.b == isa::kNoRegister ? 0 : r[i.b]) + i.e);
    };
    switch (i.opcode()) {
      case Opcode::kLdi:
        r[i.a] = static_cast<uint32_t>(i.imm());
        break;
      case Opcode::kMov:
        r[i.a] = r[i.b];
        break;
      case Opcode::kFrame:
        r[i.a] = kFrameStart + static_cast<uint32_t>(i.imm());
        break;
      case Opcode::kLdW:
        r[i.a] = memory[address()];
        break;
      case Opcode::kStW:
        memory[address()] = r[i.a];
        break;
      case Opcode::kAddiI32:
        r[i.a] = r[i.b] + static_cast<uint32_t>(i.imm());
        break;
      case Opcode::kAddI32:
        r[i.a] = r[i.b] + r[i.c];
        break;
      case Opcode::kMulI32:
        r[i.a] = r[i.b] * r[i.c];
        break;
      case Opcode::kRet:
        return r[0];
      default:
        ADD_FAILURE() << "unexpected opcode " << isa::Info(i.opcode()).mnemonic;
        return 0;
    }
  }
  ADD_FAILURE() << "no ret";
  return 0;
}

// Loads `count` words, then sums i * word from the last one to the first.
ir::Module ManyLiveValues(int count) {
  ir::Module m;
  const ir::FunctionId id = m.AddFunction("many");
  ir::Function& f = m.function(id);
  f.AddParam(ir::IntType(32));
  f.result = ir::IntType(32);
  ir::IrBuilder b(m, id);
  std::vector<ir::ValueId> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(b.Load(ir::IntType(32), b.NullPointer(static_cast<uint16_t>(4 * i))));
  }
  ir::ValueId sum = b.Binary(ir::Op::kAdd, b.Param(0), b.Int(32, 1));
  for (int i = count; i-- > 0;) {
    sum = b.Binary(ir::Op::kAdd, sum, b.Binary(ir::Op::kMul, values[static_cast<size_t>(i)], sum));
  }
  b.Ret(sum);
  return m;
}

void Check(int count) {
  const ir::Module m = ManyLiveValues(count);
  ASSERT_TRUE(ir::Verify(m).ok());
  auto code = Generate(m);
  ASSERT_TRUE(code.ok()) << code.status().ToString();
  const CodeFunction& f = code->functions[0];
  const isa::FunctionBounds bounds = {f.num_registers, static_cast<uint32_t>(f.instructions.size()),
                                      1};
  for (const isa::Instruction& i : f.instructions) {
    ASSERT_EQ(isa::CheckInstruction(i, bounds).ToString(), "ok");
  }
  std::map<uint16_t, uint32_t> memory;
  uint32_t expected = 1;  // the parameter is 0
  for (int i = 0; i < count; ++i)
    memory[static_cast<uint16_t>(4 * i)] = static_cast<uint32_t>(2 * (i % 7) + 2);
  for (int i = count; i-- > 0;) expected += memory[static_cast<uint16_t>(4 * i)] * expected;
  EXPECT_NE(expected, 0u);
  EXPECT_EQ(Execute(f, memory), expected);
}

TEST(SpillTest, FewValuesNeedNoFrame) {
  Check(100);
  EXPECT_EQ(Generate(ManyLiveValues(100))->functions[0].frame_bytes, 0u);
}

TEST(SpillTest, ManyValuesLiveInTheFrame) {
  Check(300);
  Check(2000);
  EXPECT_GT(Generate(ManyLiveValues(300))->functions[0].frame_bytes, 0u);
}

}  // namespace
}  // namespace csl::codegen
