// SPDX-License-Identifier: Apache-2.0
// Operators and casts on comptime-known values.
//
// Errors are problems for the caller to report at its place: kDivisionByZero, kOperatorOperand, or
// kNotSupportedYet.
#ifndef COMPILER_TYPES_FOLD_H_
#define COMPILER_TYPES_FOLD_H_

#include "compiler/diagnostics/problem.h"
#include "compiler/types/type_store.h"
#include "compiler/types/value.h"

namespace csl::types {

using diagnostics::Problem;
using diagnostics::ProblemOr;

enum class BinaryOp : uint8_t {
#define BINARY_OP(name, text) k##name,
#include "compiler/lower/operators.def"
};
enum class UnaryOp : uint8_t {
#define UNARY_OP(name, text) k##name,
#include "compiler/lower/operators.def"
};

bool IsComparison(BinaryOp op);  // == != < > <= >=
bool IsShift(BinaryOp op);

enum class FoldNote : uint8_t {
  kNone,
  kWrapped,    // a fixed-width result, or the operand of a cast, lost bits: deserves a warning
  kSaturated,  // a float out of the integer type's range became the nearest end
};

struct Folded {
  Value value;
  FoldNote note = FoldNote::kNone;
};

// Operands may differ in type where peer type resolution (coercion.h) gives them one; a shift count
// may be any unsigned or comptime integer. Comparisons give bool.
ProblemOr<Folded> FoldBinary(TypeStore& s, BinaryOp op, const Value& a, const Value& b);
ProblemOr<Folded> FoldUnary(TypeStore& s, UnaryOp op, const Value& v);

// Whether the operator exists for operands of the (peer) type, known or not. ok(): it does.
Problem CheckBinaryOperand(const TypeStore& s, BinaryOp op, TypeId t);
Problem CheckUnaryOperand(const TypeStore& s, UnaryOp op, TypeId t);
// Shift counts: unsigned or comptime_int.
Problem CheckShiftCount(const TypeStore& s, TypeId t);

// @as(to, v): between numbers (the comptime types included), bool and enums.
ProblemOr<Folded> FoldAs(TypeStore& s, TypeId to, const Value& v);
// Whether @as can convert, known or not.
Problem CheckAs(const TypeStore& s, TypeId to, TypeId from);

// @bitcast(to, v) on scalars of equal width.
ProblemOr<Value> FoldBitcast(TypeStore& s, TypeId to, const Value& v);

// Whether @bitcast can convert, known or not.
Problem CheckBitcast(const TypeStore& s, TypeId to, TypeId from);

// Any integer, bool, enum or machine id value as a number.
BigInt ToBigInt(const TypeStore& s, const Value& v);
// A value of an integer type, wrapped to its width; kNone form is never returned. comptime_int does
// not wrap.
Value IntValue(const TypeStore& s, TypeId int_type, const BigInt& n);
// The bits of a value whose type has ScalarBits, or of a packed struct or union, as a non-negative
// number. kNotSupportedYet for what has no known bits (an address).
ProblemOr<BigInt> PackBits(const TypeStore& s, const Value& v);
// The value of such a type with these bits.
ProblemOr<Value> UnpackBits(const TypeStore& s, TypeId t, const BigInt& bits);
// Any float value as a double (exact).
double ToDouble(const TypeStore& s, const Value& v);
// Nearest value of a float type, ties to even.
Value FloatValue(const TypeStore& s, TypeId float_type, double d);

}  // namespace csl::types

#endif  // COMPILER_TYPES_FOLD_H_
