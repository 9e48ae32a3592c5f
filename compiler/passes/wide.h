// SPDX-License-Identifier: Apache-2.0
// Arithmetic on integers of more than 32 bits as instructions on their 32-bit parts.
#ifndef COMPILER_PASSES_WIDE_H_
#define COMPILER_PASSES_WIDE_H_

#include <string_view>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/passes/edit.h"

namespace csl::passes {

// The parts of one integer, least significant first; all of type i32.
using Parts = std::vector<ir::ValueId>;

// Appends to `out` of the block it stands in. Operands of one operation have equally many parts.
class WideBuilder {
 public:
  WideBuilder(ir::Module& module, ir::Function& function) : module_(module), f_(function) {}

  void SetPlace(ir::BlockId block, ir::Location location, std::vector<ir::ValueId>* out) {
    block_ = block;
    location_ = location;
    out_ = out;
  }

  // One instruction.
  ir::ValueId Make(ir::Op op, ir::Type type, const std::vector<ir::ValueId>& operands) {
    return Append(f_, block_, location_, op, type, operands, *out_);
  }
  ir::ValueId Make(ir::Op op, ir::ValueId a, ir::ValueId b) { return Make(op, kI32, {a, b}); }
  ir::ValueId Compare(ir::Op op, ir::ValueId a, ir::ValueId b) {
    return Make(op, ir::kBoolType, {a, b});
  }
  ir::ValueId Number(uint32_t n) { return f_.Const(kI32, n); }
  Parts Zero(size_t count) { return Parts(count, Number(0)); }

  // wide.cc
  Parts Bitwise(ir::Op op, const Parts& a, const Parts& b);
  Parts Add(const Parts& a, const Parts& b);
  Parts Sub(const Parts& a, const Parts& b);
  Parts Mul(const Parts& a, const Parts& b);
  Parts Select(ir::ValueId condition, const Parts& a, const Parts& b);
  Parts Negate(const Parts& a) { return Sub(Zero(a.size()), a); }
  ir::ValueId Equal(const Parts& a, const Parts& b);
  // kSLt, kSLe, kULt, kULe
  ir::ValueId Less(ir::Op op, const Parts& a, const Parts& b);
  ir::ValueId IsNegative(const Parts& a) { return Compare(ir::Op::kSLt, a.back(), Number(0)); }

  // wide_shift.cc; the count has 16 bits.
  Parts Shift(ir::Op op, const Parts& a, ir::ValueId count);

  // wide_division.cc: kSDiv, kUDiv, kSRem, kURem
  Parts Divide(ir::Op op, const Parts& a, const Parts& b);

  // wide_float.cc
  ir::ValueId ToFloat(bool is_signed, const Parts& a, ir::Type type);
  Parts FromFloat(bool is_signed, ir::ValueId a, size_t count);

  // A slot in the frame.
  ir::ValueId Slot(size_t parts);
  void StoreParts(const Parts& a, ir::ValueId address, int64_t offset = 0);
  Parts LoadParts(ir::ValueId address, size_t count, int64_t offset = 0);

 private:
  static constexpr ir::Type kI32 = ir::IntType(32);

  Parts ShiftByConstant(ir::Op op, const Parts& a, uint64_t count, ir::ValueId fill);
  Parts ShiftTwoParts(ir::Op op, const Parts& a, ir::ValueId count, ir::ValueId fill);
  // The function of wide_functions.cc, added to the module at its first use.
  ir::FunctionId Helper(std::string_view name);
  ir::ValueId CallHelper(std::string_view name, ir::Type result,
                         const std::vector<ir::ValueId>& args);

  ir::Module& module_;
  ir::Function& f_;
  ir::BlockId block_;
  ir::Location location_;
  std::vector<ir::ValueId>* out_ = nullptr;
};

}  // namespace csl::passes

#endif  // COMPILER_PASSES_WIDE_H_
