// SPDX-License-Identifier: Apache-2.0
// Functions that code for integers of more than 32 bits calls, by names that no program has ($).
// Written in the text form of IR; a module gets those that it uses.
#include "base/check.h"
#include "compiler/ir/text.h"
#include "compiler/passes/wide.h"

namespace csl::passes {
namespace {

// divide64: dividend and divisor in halves; quotient and remainder go to memory. Bit by bit, unless
// 32 bits are enough.
// divide: memory holds dividend, room for the remainder, divisor, each of so many bytes; the
// quotient replaces the dividend. Dividend and remainder shift as one number.
// to_f32, to_bf16, to_small_float: the number (high << 32 | low) << exponent, where high is zero or
// bits lost below low are or-ed into it. Floats with few exponent bits have no number that large.
constexpr char kHelpers[] = R"(
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

func &$wide.to_f32(%0: i32, %1: i32, %2: i32) -> f32 {
^0:
  %3 = eq i1 %0, 0:i32
  cond_br %3, ^1, ^2(%0, %1, %2)
^1:
  %4 = uitofp f32 %1
  ret %4
^2(%5: i32, %6: i32, %7: i32):
  %8 = slt i1 %5, 0:i32
  cond_br %8, ^4, ^3
^3:
  %9 = shl i32 %5, 1:i16
  %10 = lshr i32 %6, 31:i16
  %11 = or i32 %9, %10
  %12 = shl i32 %6, 1:i16
  %13 = sub i32 %7, 1:i32
  br ^2(%11, %12, %13)
^4:
  %14 = ne i1 %6, 0:i32
  %15 = zext i32 %14
  %16 = or i32 %5, %15
  %17 = uitofp f32 %16
  %18 = add i32 %7, 159:i32
  %19 = ult i1 %18, 255:i32
  %20 = select i32 %19, %18, 255:i32
  %21 = shl i32 %20, 23:i16
  %22 = bitcast f32 %21
  %23 = fmul f32 %17, %22
  ret %23
}

func &$wide.to_bf16(%0: i32, %1: i32, %2: i32) -> f16 {
^0:
  %3 = eq i1 %0, 0:i32
  cond_br %3, ^1, ^2(%0, %1, %2)
^1:
  %4 = uitofp f16 %1
  ret %4
^2(%5: i32, %6: i32, %7: i32):
  %8 = slt i1 %5, 0:i32
  cond_br %8, ^4, ^3
^3:
  %9 = shl i32 %5, 1:i16
  %10 = lshr i32 %6, 31:i16
  %11 = or i32 %9, %10
  %12 = shl i32 %6, 1:i16
  %13 = sub i32 %7, 1:i32
  br ^2(%11, %12, %13)
^4:
  %14 = ne i1 %6, 0:i32
  %15 = zext i32 %14
  %16 = or i32 %5, %15
  %17 = uitofp f16 %16
  %18 = add i32 %7, 159:i32
  %19 = ult i1 %18, 255:i32
  %20 = select i32 %19, %18, 255:i32
  %21 = shl i32 %20, 7:i16
  %22 = trunc i16 %21
  %23 = bitcast f16 %22
  %24 = fmul f16 %17, %23
  ret %24
}

func &$wide.to_small_float(%0: i32, %1: i32, %2: i32) -> f16 {
^0:
  %3 = eq i1 %0, 0:i32
  %4 = select i32 %3, %1, 4294967295:i32
  %5 = uitofp f16 %4
  ret %5
}
)";

}  // namespace

ir::FunctionId WideBuilder::Helper(const char* name) {
  for (uint32_t i = 0; i < module_.functions.size(); ++i) {
    if (module_.functions[i].name == name) return ir::FunctionId(i);
  }
  auto helpers = ir::ParseModule(kHelpers);
  CHECK(helpers.ok()) << helpers.status().ToString();
  for (ir::Function& helper : helpers->functions) {
    if (helper.name != name) continue;
    module_.functions.push_back(std::move(helper));
    return ir::FunctionId(static_cast<uint32_t>(module_.functions.size() - 1));
  }
  CHECK(false) << "no helper function " << name;
  __builtin_unreachable();
}

ir::ValueId WideBuilder::CallHelper(const char* name, ir::Type result,
                                    const std::vector<ir::ValueId>& args) {
  const ir::FunctionId callee = Helper(name);
  const ir::ValueId call = Make(ir::Op::kCall, result, args);
  f_.value(call).symbol = callee.index;
  return call;
}

}  // namespace csl::passes
