// SPDX-License-Identifier: Apache-2.0
// Reading access to the operation tables: text, operand counts, flags.
#ifndef COMPILER_IR_OPS_H_
#define COMPILER_IR_OPS_H_

#include <optional>
#include <string_view>

#include "compiler/ir/ir.h"

namespace csl::ir {

enum class ResultRule : uint8_t { kNone, kTyped, kSame, kBool, kPointer };

enum OpFlags : uint32_t {
  kPure = 1,
  kFree = 2,
  kCommutes = 4,
  kEnds = 8,
  kReads = 16,
  kWrites = 32,
  kFaults = 64,
};

inline constexpr int kAny = -1;

struct OpRow {
  std::string_view text;
  int operands;  // or kAny
  ResultRule result;
  uint32_t flags;
};

const OpRow& RowOf(Op op);
std::optional<Op> OpFromText(std::string_view text);
inline std::string_view TextOf(Op op) { return RowOf(op).text; }
inline bool Has(Op op, uint32_t flag) { return (RowOf(op).flags & flag) != 0; }
inline bool IsPure(Op op) { return Has(op, kPure); }
inline bool IsFree(Op op) { return Has(op, kFree); }
inline bool EndsBlock(Op op) { return Has(op, kEnds); }
inline bool IsCompare(Op op) { return op >= Op::kEq && op <= Op::kFLe; }
// Must stay where it is even if nobody uses its result.
inline bool HasEffect(Op op) { return !IsPure(op) && op != Op::kLoad && op != Op::kAlloca; }

struct DsdOpRow {
  std::string_view text;
  int sources;
  bool has_scalar;
};
const DsdOpRow& RowOf(DsdOp op);
std::optional<DsdOp> DsdOpFromText(std::string_view text);

struct SysOpRow {
  std::string_view text;
  int operands;
  bool has_result;
};
const SysOpRow& RowOf(SysOp op);
std::optional<SysOp> SysOpFromText(std::string_view text);

struct DsrOpRow {
  std::string_view text;
  int operands;
  bool has_result;
};
const DsrOpRow& RowOf(DsrOp op);
std::optional<DsrOp> DsrOpFromText(std::string_view text);

std::string_view TextOf(TrapCode code);
std::optional<TrapCode> TrapCodeFromText(std::string_view text);

}  // namespace csl::ir

#endif  // COMPILER_IR_OPS_H_
