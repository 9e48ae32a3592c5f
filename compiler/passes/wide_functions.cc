// SPDX-License-Identifier: Apache-2.0
// Functions that code for integers of more than 32 bits calls, by names that no program has ($). A
// module gets those that it uses.
#include <array>
#include <string>

#include "base/check.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/text.h"
#include "compiler/passes/wide.h"

namespace csl::passes {
namespace {

// divide64: dividend and divisor in halves; quotient and remainder go to memory. Bit by bit, unless
// 32 bits are enough.
// divide: memory holds dividend, room for the remainder, divisor, each of so many bytes; the
// quotient replaces the dividend. Dividend and remainder shift as one number.
constexpr char kDivisions[] = R"(
func &$wide.divide64(%0: i32, %1: i32, %2: i32, %3: i32, %4: ptr) -> void {
^0:
  %5 = or i32 %1, %3
  %6 = eq i1 %5, 0:i32
  cond_br %6, ^1, ^2(%0, %1, 0:i32, 0:i32, 64:i16)
^1:
  %7 = udiv i32 %0, %2
  %8 = urem i32 %0, %2
  %9 = eq i1 %2, 0:i32
  %10 = select i32 %9, 4294967295:i32, 0:i32
  store %7, [%4]
  store %10, [%4 + 4]
  store %8, [%4 + 8]
  store 0:i32, [%4 + 12]
  ret
^2(%11: i32, %12: i32, %13: i32, %14: i32, %15: i16):
  %16 = shl i32 %14, 1:i16
  %17 = lshr i32 %13, 31:i16
  %18 = or i32 %16, %17
  %19 = shl i32 %13, 1:i16
  %20 = lshr i32 %12, 31:i16
  %21 = or i32 %19, %20
  %22 = shl i32 %12, 1:i16
  %23 = lshr i32 %11, 31:i16
  %24 = or i32 %22, %23
  %25 = shl i32 %11, 1:i16
  %26 = slt i1 %14, 0:i32
  cond_br %26, ^5, ^3
^3:
  %27 = ult i1 %18, %3
  cond_br %27, ^6(%25, %21, %18), ^4
^4:
  %28 = eq i1 %18, %3
  %29 = ult i1 %21, %2
  %30 = and i1 %28, %29
  cond_br %30, ^6(%25, %21, %18), ^5
^5:
  %31 = ult i1 %21, %2
  %32 = zext i32 %31
  %33 = sub i32 %21, %2
  %34 = sub i32 %18, %3
  %35 = sub i32 %34, %32
  %36 = or i32 %25, 1:i32
  br ^6(%36, %33, %35)
^6(%37: i32, %38: i32, %39: i32):
  %40 = sub i16 %15, 1:i16
  %41 = ne i1 %40, 0:i16
  cond_br %41, ^2(%37, %24, %38, %39, %40), ^7
^7:
  store %37, [%4]
  store %24, [%4 + 4]
  store %38, [%4 + 8]
  store %39, [%4 + 12]
  ret
}

func &$wide.divide(%0: ptr, %1: i16) -> void {
^0:
  %2 = ptr_add ptr %0, %1
  %3 = ptr_add ptr %2, %1
  %4 = shl i16 %1, 3:i16
  %5 = shl i16 %1, 1:i16
  br ^1(0:i16)
^1(%6: i16):
  store 0:i32, [%2 + %6 << 0]
  %7 = add i16 %6, 4:i16
  %8 = ult i1 %7, %1
  cond_br %8, ^1(%7), ^2(%4)
^2(%9: i16):
  br ^3(0:i16, 0:i32)
^3(%10: i16, %11: i32):
  %12 = load i32 [%0 + %10 << 0]
  %13 = shl i32 %12, 1:i16
  %14 = or i32 %13, %11
  store %14, [%0 + %10 << 0]
  %15 = lshr i32 %12, 31:i16
  %16 = add i16 %10, 4:i16
  %17 = ult i1 %16, %5
  cond_br %17, ^3(%16, %15), ^4(0:i16, 0:i32)
^4(%18: i16, %19: i32):
  %20 = load i32 [%2 + %18 << 0]
  %21 = load i32 [%3 + %18 << 0]
  %22 = sub i32 %20, %21
  %23 = ult i1 %20, %21
  %24 = ult i1 %22, %19
  %25 = or i1 %23, %24
  %26 = zext i32 %25
  %27 = add i16 %18, 4:i16
  %28 = ult i1 %27, %1
  cond_br %28, ^4(%27, %26), ^5
^5:
  %29 = xor i32 %26, 1:i32
  %30 = or i32 %29, %15
  %31 = ne i1 %30, 0:i32
  cond_br %31, ^6(0:i16, 0:i32), ^8
^6(%32: i16, %33: i32):
  %34 = load i32 [%2 + %32 << 0]
  %35 = load i32 [%3 + %32 << 0]
  %36 = sub i32 %34, %35
  %37 = sub i32 %36, %33
  store %37, [%2 + %32 << 0]
  %38 = ult i1 %34, %35
  %39 = ult i1 %36, %33
  %40 = or i1 %38, %39
  %41 = zext i32 %40
  %42 = add i16 %32, 4:i16
  %43 = ult i1 %42, %1
  cond_br %43, ^6(%42, %41), ^7
^7:
  %44 = load i32 [%0]
  %45 = or i32 %44, 1:i32
  store %45, [%0]
  br ^8
^8:
  %46 = sub i16 %9, 1:i16
  %47 = ne i1 %46, 0:i16
  cond_br %47, ^2(%46), ^9
^9:
  ret
}
)";

using ir::Op;
using ir::ValueId;

// to_f32, to_bf16: the number (high << 32 | low) << exponent, where high is zero or bits lost below
// low are or-ed into it. `fraction_bits` of the float, whose exponent has 8 bits.
void WriteToFloat(ir::IrBuilder& b, ir::Type type, uint16_t fraction_bits) {
  constexpr ir::Type kI32 = ir::IntType(32);
  const ValueId high = b.Param(0), low = b.Param(1), exponent = b.Param(2);
  const ValueId zero = b.Int(32, 0);
  const ir::BlockId fits = b.NewBlock();
  const ir::BlockId loop = b.NewBlock({kI32, kI32, kI32});
  const ir::BlockId shift = b.NewBlock();
  const ir::BlockId round = b.NewBlock();
  b.CondBr(b.Binary(Op::kEq, high, zero), fits, loop, {}, std::array{high, low, exponent});

  b.SetBlock(fits);
  b.Ret(b.Convert(Op::kUIToFp, type, low));

  // Until the highest bit is set.
  b.SetBlock(loop);
  const ValueId h = b.BlockParam(loop, 0), l = b.BlockParam(loop, 1), e = b.BlockParam(loop, 2);
  b.CondBr(b.Binary(Op::kSLt, h, zero), round, shift);

  b.SetBlock(shift);
  const ValueId one = b.Int(16, 1);
  const ValueId twice = b.Binary(Op::kShl, h, one);
  const ValueId carried = b.Binary(Op::kLShr, l, b.Int(16, 31));
  const ValueId next_high = b.Binary(Op::kOr, twice, carried);
  const ValueId next_low = b.Binary(Op::kShl, l, one);
  const ValueId next_exponent = b.Binary(Op::kSub, e, b.Int(32, 1));
  b.Br(loop, std::array{next_high, next_low, next_exponent});

  // The machine rounds the 32 bits; times a power of two, whose bits are its exponent.
  b.SetBlock(round);
  const ValueId sticky = b.Convert(Op::kZExt, kI32, b.Binary(Op::kNe, l, zero));
  const ValueId rounded = b.Convert(Op::kUIToFp, type, b.Binary(Op::kOr, h, sticky));
  const ValueId biased = b.Binary(Op::kAdd, e, b.Int(32, 127 + 32));
  const ValueId infinite = b.Int(32, 255);
  const ValueId is_finite = b.Binary(Op::kULt, biased, infinite);
  const ValueId bounded = b.Select(is_finite, biased, infinite);
  ValueId power = b.Binary(Op::kShl, bounded, b.Int(16, fraction_bits));
  if (type == ir::kF16Type) power = b.Convert(Op::kTrunc, ir::IntType(16), power);
  b.Ret(b.Binary(Op::kFMul, rounded, b.Convert(Op::kBitcast, type, power)));
}

// to_small_float: floats with few exponent bits have no number above 32 bits but infinity.
void WriteToSmallFloat(ir::IrBuilder& b) {
  const ValueId fits = b.Binary(Op::kEq, b.Param(0), b.Int(32, 0));
  b.Ret(b.Convert(Op::kUIToFp, ir::kF16Type, b.Select(fits, b.Param(1), b.Int(32, UINT32_MAX))));
}

ir::FunctionId AddToFloat(ir::Module& module, std::string_view name) {
  const ir::Type type = name == "$wide.to_f32" ? ir::kF32Type : ir::kF16Type;
  const ir::FunctionId id = module.AddFunction(std::string(name));
  ir::Function& function = module.function(id);
  for (int n = 0; n < 3; ++n) function.AddParam(ir::IntType(32));
  function.result = type;
  ir::IrBuilder b(module, id);
  if (name == "$wide.to_small_float") {
    WriteToSmallFloat(b);
  } else {
    WriteToFloat(b, type, type == ir::kF32Type ? 23 : 7);
  }
  return id;
}

}  // namespace

ir::FunctionId WideBuilder::Helper(std::string_view name) {
  for (uint32_t i = 0; i < module_.functions.size(); ++i) {
    if (module_.functions[i].name == name) return ir::FunctionId(i);
  }
  if (name.starts_with("$wide.to_")) return AddToFloat(module_, name);
  auto divisions = ir::ParseModule(kDivisions);
  CHECK(divisions.ok()) << divisions.status().ToString();
  for (ir::Function& division : divisions->functions) {
    if (division.name != name) continue;
    module_.functions.push_back(std::move(division));
    return ir::FunctionId(static_cast<uint32_t>(module_.functions.size() - 1));
  }
  CHECK(false) << "no helper function " << name;
  __builtin_unreachable();
}

ir::ValueId WideBuilder::CallHelper(std::string_view name, ir::Type result,
                                    const std::vector<ir::ValueId>& args) {
  const ir::FunctionId callee = Helper(name);
  const ir::ValueId call = Make(ir::Op::kCall, result, args);
  f_.value(call).symbol = callee.index;
  return call;
}

}  // namespace csl::passes
