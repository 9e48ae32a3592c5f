// SPDX-License-Identifier: Apache-2.0
// Builtins that are one operation of the machine.
#include "compiler/sema/handler.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

Operand Builtin_sys_unblock_cmd_stream(Frame& f, const BuiltinCall& call) {
  (void)call;
  f.builder->Sys(ir::SysOp::kUnblockCmdStream, {});
  return Operand::Void();
}

Operand Builtin_sys_tsc_enable(Frame& f, const BuiltinCall& call) {
  (void)call;
  f.builder->Sys(ir::SysOp::kTscEnable, {});
  return Operand::Void();
}

Operand Builtin_sys_tsc_disable(Frame& f, const BuiltinCall& call) {
  (void)call;
  f.builder->Sys(ir::SysOp::kTscDisable, {});
  return Operand::Void();
}

Operand Builtin_sys_tsc_reset(Frame& f, const BuiltinCall& call) {
  (void)call;
  f.builder->Sys(ir::SysOp::kTscReset, {});
  return Operand::Void();
}

Operand Builtin_sys_seed_prngs(Frame& f, const BuiltinCall& call) {
  const Operand seed = CoercedArg(f, call, 0, types::kU32Type);
  if (seed.is_poison()) return seed;
  const ir::ValueId args[] = {ToScalar(f, seed, f.span(call.i))};
  f.builder->Sys(ir::SysOp::kSeedPrngs, args);
  return Operand::Void();
}

// Position of the PE in the program's rectangle.
Operand Builtin_sys_coord_x(Frame& f, const BuiltinCall& call) {
  (void)call;
  return Operand::Runtime(types::kU16Type, f.builder->Sys(ir::SysOp::kCoordX, {}));
}

Operand Builtin_sys_coord_y(Frame& f, const BuiltinCall& call) {
  (void)call;
  return Operand::Runtime(types::kU16Type, f.builder->Sys(ir::SysOp::kCoordY, {}));
}

Operand Builtin_sys_tsc_read(Frame& f, const BuiltinCall& call) {
  const types::TypeId words = f.sema.types.Array(3, types::kU16Type);
  const Operand to = CoercedArg(f, call, 0, f.sema.types.Pointer(words, false));
  if (to.is_poison()) return to;
  const ir::ValueId args[] = {ToScalar(f, to, f.span(call.i))};
  f.builder->Sys(ir::SysOp::kTscRead, args);
  return Operand::Void();
}

Operand Builtin_random16(Frame& f, const BuiltinCall& call) {
  (void)call;
  return Operand::Runtime(types::kU16Type, f.builder->Sys(ir::SysOp::kRandom16, {}));
}

Operand Builtin_set_active_prng(Frame& f, const BuiltinCall& call) {
  const Operand id = CoercedArg(f, call, 0, types::kU16Type);
  if (id.is_poison()) return id;
  const ir::ValueId args[] = {ToScalar(f, id, f.span(call.i))};
  f.builder->Sys(ir::SysOp::kSetActivePrng, args);
  return Operand::Void();
}

}  // namespace csl::sema
