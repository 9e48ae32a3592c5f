// SPDX-License-Identifier: Apache-2.0
// The text form of a module: prints, parses back, and prints the same again. Values are numbered in
// printing order.
//
//   module "pe.csl"
//   fp16 bf16                         (only if it is not f16)
//   file "pe.csl"
//   global @y size 24 align 4 type "[6]f32"
//   global @p size 2 align 2 used type "[*]f32" = hex 0000 reloc 0 @y
//   func &gemv(%0: i16) -> i16 entry type "fn(i16) i16" {
//   ^0:
//     %1 = add i16 %0, 1:i16  # 0:12:5
//     cond_br 1:i1, ^1(%1), ^2
//   ^1(%2: i16):
//     ret %2
//   ...
//   }
//
// Operands: %n, bits:type (a constant, decimal), undef:type, @name+offset (address of a global),
// &name (function value). Names that are not plain are quoted. `# file:line:column` at the end of a
// line is the location.
#ifndef COMPILER_IR_TEXT_H_
#define COMPILER_IR_TEXT_H_

#include <string>
#include <string_view>

#include "base/status.h"
#include "compiler/ir/ir.h"

namespace csl::ir {

struct PrintOptions {
  bool locations = true;
};

std::string Print(const Module& module, PrintOptions options = {});
std::string Print(const Module& module, const Function& function, PrintOptions options = {});

// Names of functions and globals must be unique to come back. Errors: kInvalidArgument naming the
// line.
StatusOr<Module> ParseModule(std::string_view text);

}  // namespace csl::ir

#endif  // COMPILER_IR_TEXT_H_
