// SPDX-License-Identifier: Apache-2.0
// Code generation: a legal IR module (compiler/passes) to object code.
//
// Legal: integers of 1, 8 (loads, stores and their extensions only), 16 and 32 bits; no DSDs in
// dsd_op (the pass dsd_registers has replaced them).
#ifndef COMPILER_CODEGEN_CODEGEN_H_
#define COMPILER_CODEGEN_CODEGEN_H_

#include "base/status.h"
#include "compiler/codegen/object_code.h"
#include "compiler/ir/ir.h"

namespace csl::codegen {

// kUnimplemented names what is not supported yet; `where`, if given, is set to the place in the
// source.
StatusOr<ObjectCode> Generate(const ir::Module& module, ir::Location* where = nullptr);

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_CODEGEN_H_
