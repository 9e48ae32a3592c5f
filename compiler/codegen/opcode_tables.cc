// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/opcode_tables.h"

#include <vector>

#include "base/check.h"

namespace csl::codegen {
namespace {

using isa::Opcode;
using enum isa::Opcode;

constexpr std::array<Opcode, 4> kNoForms = {kIllegal, kIllegal, kIllegal, kIllegal};

struct BinaryRow {
  ir::Op op;
  BinaryOpcodes opcodes;
};

constexpr BinaryRow kBinary[] = {
    {ir::Op::kAdd,
     {{kAddI16, kAddU16, kAddI32, kAddI32}, {kAddiI16, kAddiU16, kAddiI32, kAddiI32}}},
    {ir::Op::kSub, {{kSubI16, kSubU16, kSubI32, kSubI32}, kNoForms}},
    {ir::Op::kMul,
     {{kMulI16, kMulU16, kMulI32, kMulI32}, {kMuliI16, kMuliU16, kMuliI32, kMuliI32}}},
    {ir::Op::kUMulH, {{kIllegal, kIllegal, kMulhU32, kMulhU32}, kNoForms}},
    {ir::Op::kSMulH, {{kIllegal, kIllegal, kMulhI32, kMulhI32}, kNoForms}},
    {ir::Op::kAnd,
     {{kAndI16, kAndU16, kAndI32, kAndI32}, {kAndiI16, kAndiU16, kAndiI32, kAndiI32}}},
    {ir::Op::kOr, {{kOrI16, kOrU16, kOrI32, kOrI32}, {kOriI16, kOriU16, kOriI32, kOriI32}}},
    {ir::Op::kXor,
     {{kXorI16, kXorU16, kXorI32, kXorI32}, {kXoriI16, kXoriU16, kXoriI32, kXoriI32}}},
    {ir::Op::kShl,
     {{kShlI16, kShlU16, kShlI32, kShlI32}, {kShliI16, kShliU16, kShliI32, kShliI32}}},
    {ir::Op::kAShr,
     {{kShrI16, kShrI16, kShrI32, kShrI32}, {kShriI16, kShriI16, kShriI32, kShriI32}}},
    {ir::Op::kLShr,
     {{kShrU16, kShrU16, kShrU32, kShrU32}, {kShriU16, kShriU16, kShriU32, kShriU32}}},
    {ir::Op::kSDiv, {{kDivI16, kDivI16, kDivI32, kDivI32}, kNoForms}},
    {ir::Op::kUDiv, {{kDivU16, kDivU16, kDivU32, kDivU32}, kNoForms}},
    {ir::Op::kSRem, {{kRemI16, kRemI16, kRemI32, kRemI32}, kNoForms}},
    {ir::Op::kURem, {{kRemU16, kRemU16, kRemU32, kRemU32}, kNoForms}},
};

// By Relation, then IntClass.
using RelationTable = std::array<std::array<Opcode, 4>, 6>;

constexpr RelationTable kCompare = {{
    {kEqI16, kEqI16, kEqI32, kEqI32},
    {kNeI16, kNeI16, kNeI32, kNeI32},
    {kLtI16, kLtU16, kLtI32, kLtU32},
    {kLeI16, kLeU16, kLeI32, kLeU32},
    kNoForms,
    kNoForms,
}};
constexpr RelationTable kCompareImmediate = {{
    {kEqiI16, kEqiI16, kEqiI32, kEqiI32},
    {kNeiI16, kNeiI16, kNeiI32, kNeiI32},
    {kLtiI16, kLtiU16, kLtiI32, kLtiU32},
    {kLeiI16, kLeiU16, kLeiI32, kLeiU32},
    {kGtiI16, kGtiU16, kGtiI32, kGtiU32},
    {kGeiI16, kGeiU16, kGeiI32, kGeiU32},
}};
constexpr RelationTable kBranch = {{
    {kBeqI16, kBeqI16, kBeqI32, kBeqI32},
    {kBneI16, kBneI16, kBneI32, kBneI32},
    {kBltI16, kBltU16, kBltI32, kBltU32},
    {kBleI16, kBleU16, kBleI32, kBleU32},
    kNoForms,
    kNoForms,
}};
constexpr RelationTable kBranchImmediate = {{
    {kBeqiI16, kBeqiI16, kBeqiI32, kBeqiI32},
    {kBneiI16, kBneiI16, kBneiI32, kBneiI32},
    {kBltiI16, kBltiU16, kBltiI32, kBltiU32},
    {kBleiI16, kBleiU16, kBleiI32, kBleiU32},
    {kBgtiI16, kBgtiU16, kBgtiI32, kBgtiU32},
    {kBgeiI16, kBgeiU16, kBgeiI32, kBgeiU32},
}};

struct FloatRow {
  ir::Op op;
  Opcode half;
  Opcode single;
};
constexpr FloatRow kFloat[] = {
    {ir::Op::kFAdd, kAddF16, kAddF32}, {ir::Op::kFSub, kSubF16, kSubF32},
    {ir::Op::kFMul, kMulF16, kMulF32}, {ir::Op::kFDiv, kDivF16, kDivF32},
    {ir::Op::kFNeg, kNegF16, kNegF32}, {ir::Op::kFEq, kEqF16, kEqF32},
    {ir::Op::kFNe, kNeF16, kNeF32},    {ir::Op::kFLt, kLtF16, kLtF32},
    {ir::Op::kFLe, kLeF16, kLeF32},
};
struct FloatBranchRow {
  ir::Op op;
  Opcode half, single;                  // branch if true
  Opcode half_negated, single_negated;  // branch if false
};
constexpr FloatBranchRow kFloatBranch[] = {
    {ir::Op::kFEq, kBeqF16, kBeqF32, kBneF16, kBneF32},
    {ir::Op::kFNe, kBneF16, kBneF32, kBeqF16, kBeqF32},
    {ir::Op::kFLt, kBltF16, kBltF32, kBnltF16, kBnltF32},
    {ir::Op::kFLe, kBleF16, kBleF32, kBnleF16, kBnleF32},
};

struct ConversionRow {
  ir::Op op;
  Opcode half16, half32, single16, single32;
};
constexpr ConversionRow kConversion[] = {
    // opcodes name the result first
    {ir::Op::kFpToSI, kCvtI16F16, kCvtI32F16, kCvtI16F32, kCvtI32F32},
    {ir::Op::kFpToUI, kCvtU16F16, kCvtU32F16, kCvtU16F32, kCvtU32F32},
    {ir::Op::kSIToFp, kCvtF16I16, kCvtF16I32, kCvtF32I16, kCvtF32I32},
    {ir::Op::kUIToFp, kCvtF16U16, kCvtF16U32, kCvtF32U16, kCvtF32U32},
};

struct LoopRow {
  Opcode add;
  Opcode branch;
  Opcode loop;
};
constexpr LoopRow kLoops[] = {
    {kAddiI16, kBltI16, kLoopLtI16},   {kAddiU16, kBltU16, kLoopLtU16},
    {kAddiI32, kBltI32, kLoopLtI32},   {kAddiI32, kBltU32, kLoopLtU32},
    {kAddiI16, kBneI16, kLoopNeI16},   {kAddiU16, kBneI16, kLoopNeU16},
    {kAddiI32, kBneI32, kLoopNeI32},   {kAddiI16, kBltiI16, kLoopiLtI16},
    {kAddiU16, kBltiU16, kLoopiLtU16}, {kAddiI32, kBltiI32, kLoopiLtI32},
    {kAddiI32, kBltiU32, kLoopiLtU32}, {kAddiI16, kBgtiI16, kLoopiGtI16},
    {kAddiU16, kBgtiU16, kLoopiGtU16}, {kAddiI32, kBgtiI32, kLoopiGtI32},
    {kAddiI32, kBgtiU32, kLoopiGtU32}, {kAddiI16, kBneiI16, kLoopiNeI16},
    {kAddiU16, kBneiI16, kLoopiNeU16}, {kAddiI32, kBneiI32, kLoopiNeI32},
};

template <typename Row, size_t N>
const Row& Find(const Row (&rows)[N], ir::Op op) {
  for (const Row& row : rows) {
    if (row.op == op) return row;
  }
  CHECK(false) << "no opcode for IR operation " << static_cast<int>(op);
  __builtin_unreachable();
}

}  // namespace

const BinaryOpcodes* BinaryOpcodesOf(ir::Op op) {
  for (const BinaryRow& row : kBinary) {
    if (row.op == op) return &row.opcodes;
  }
  return nullptr;
}

Relation Negated(Relation relation) {
  using enum Relation;
  static constexpr Relation kTable[] = {kNe, kEq, kGe, kGt, kLe, kLt};
  return kTable[static_cast<size_t>(relation)];
}

Relation Swapped(Relation relation) {
  using enum Relation;
  static constexpr Relation kTable[] = {kEq, kNe, kGt, kGe, kLt, kLe};
  return kTable[static_cast<size_t>(relation)];
}

Opcode CompareOpcode(Relation relation, IntClass type) {
  return kCompare[static_cast<size_t>(relation)][static_cast<size_t>(type)];
}
Opcode CompareImmediateOpcode(Relation relation, IntClass type) {
  return kCompareImmediate[static_cast<size_t>(relation)][static_cast<size_t>(type)];
}
Opcode BranchOpcode(Relation relation, IntClass type) {
  return kBranch[static_cast<size_t>(relation)][static_cast<size_t>(type)];
}
Opcode BranchImmediateOpcode(Relation relation, IntClass type) {
  return kBranchImmediate[static_cast<size_t>(relation)][static_cast<size_t>(type)];
}

Opcode FloatOpcode(ir::Op op, bool is_half) {
  const FloatRow& row = Find(kFloat, op);
  return is_half ? row.half : row.single;
}

Opcode FloatBranchOpcode(ir::Op op, bool is_half, bool negated) {
  const FloatBranchRow& row = Find(kFloatBranch, op);
  if (negated) return is_half ? row.half_negated : row.single_negated;
  return is_half ? row.half : row.single;
}

Opcode FloatConversion(ir::Op op, bool is_half, bool is_wide) {
  const ConversionRow& row = Find(kConversion, op);
  if (is_half) return is_wide ? row.half32 : row.half16;
  return is_wide ? row.single32 : row.single16;
}

Opcode VectorOpcode(ir::DsdOp op) {
  // Names agree by construction: "v." and the name of the CSL builtin.
  static const auto table = [] {
    std::vector<Opcode> out;
#define DSD_OP(name, text, sources, scalar) \
  out.push_back(isa::FindOpcode("v." text).value_or(kIllegal));
#include "compiler/ir/dsd_ops.def"
#undef DSD_OP
    return out;
  }();
  return table[static_cast<size_t>(op)];
}

Opcode LoopOpcode(Opcode add, Opcode branch) {
  for (const LoopRow& row : kLoops) {
    if (row.add == add && row.branch == branch) return row.loop;
  }
  return kIllegal;
}

}  // namespace csl::codegen
