// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/ops.h"

#include <iterator>

namespace csl::ir {
namespace {

constexpr OpRow kOpRows[] = {
#define IR_OP(name, text, operands, result, flags) {text, operands, ResultRule::result, flags},
#include "compiler/ir/ir_ops.def"
#undef IR_OP
};

constexpr DsdOpRow kDsdOpRows[] = {
#define DSD_OP(name, text, sources, scalar) {text, sources, scalar != 0},
#include "compiler/ir/dsd_ops.def"
#undef DSD_OP
};

constexpr SysOpRow kSysOpRows[] = {
#define SYS_OP(name, text, operands, has_result) {text, operands, has_result != 0},
#include "compiler/ir/sys_ops.def"
#undef SYS_OP
};

constexpr DsrOpRow kDsrOpRows[] = {
#define DSR_OP(name, text, operands, has_result) {text, operands, has_result != 0},
#include "compiler/ir/dsr_ops.def"
#undef DSR_OP
};

constexpr std::string_view kTrapTexts[] = {"assert", "unreachable", "divide_by_zero"};

std::string_view RowText(const OpRow& row) { return row.text; }
std::string_view RowText(const DsdOpRow& row) { return row.text; }
std::string_view RowText(const SysOpRow& row) { return row.text; }
std::string_view RowText(const DsrOpRow& row) { return row.text; }
std::string_view RowText(std::string_view text) { return text; }

template <typename E, typename Rows>
std::optional<E> Find(const Rows& rows, std::string_view text) {
  for (size_t i = 0; i < std::size(rows); ++i) {
    if (RowText(rows[i]) == text) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace

const OpRow& RowOf(Op op) { return kOpRows[static_cast<size_t>(op)]; }
std::optional<Op> OpFromText(std::string_view text) { return Find<Op>(kOpRows, text); }

const DsdOpRow& RowOf(DsdOp op) { return kDsdOpRows[static_cast<size_t>(op)]; }
std::optional<DsdOp> DsdOpFromText(std::string_view text) { return Find<DsdOp>(kDsdOpRows, text); }

const SysOpRow& RowOf(SysOp op) { return kSysOpRows[static_cast<size_t>(op)]; }
std::optional<SysOp> SysOpFromText(std::string_view text) { return Find<SysOp>(kSysOpRows, text); }

const DsrOpRow& RowOf(DsrOp op) { return kDsrOpRows[static_cast<size_t>(op)]; }
std::optional<DsrOp> DsrOpFromText(std::string_view text) { return Find<DsrOp>(kDsrOpRows, text); }

std::string_view TextOf(TrapCode code) { return kTrapTexts[static_cast<size_t>(code)]; }
std::optional<TrapCode> TrapCodeFromText(std::string_view text) {
  return Find<TrapCode>(kTrapTexts, text);
}

}  // namespace csl::ir
