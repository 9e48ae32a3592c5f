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

Operand Builtin_sys_perf_read(Frame& f, const BuiltinCall& call) {
  const types::TypeId words = f.sema.types.Array(3, types::kU16Type);
  const Operand to = CoercedArg(f, call, 0, f.sema.types.Pointer(words, false));
  const Operand counter = CoercedArg(f, call, 1, types::kU16Type);
  if (to.is_poison() || counter.is_poison()) return Operand::Poison();
  const source::Span span = f.span(call.i);
  const ir::ValueId args[] = {ToScalar(f, to, span), ToScalar(f, counter, span)};
  f.builder->Sys(ir::SysOp::kPerfRead, args);
  return Operand::Void();
}

// The address of a comptime string's bytes in constant memory.
Operand Builtin_sys_constant(Frame& f, const BuiltinCall& call) {
  const Operand bytes = Builtin_get_array(f, call);
  if (bytes.is_poison()) return bytes;
  const ir::ValueId address = ToMemory(f, bytes, f.span(call.i));
  return Operand::Runtime(types::kU16Type,
                          f.builder->Convert(ir::Op::kBitcast, ir::IntType(16), address));
}

// (byte address, number of bytes) to the simulator's log.
Operand Builtin_sys_log(Frame& f, const BuiltinCall& call) {
  const Operand address = CoercedArg(f, call, 0, types::kU16Type);
  const Operand count = CoercedArg(f, call, 1, types::kU16Type);
  if (address.is_poison() || count.is_poison()) return Operand::Poison();
  const source::Span span = f.span(call.i);
  const ir::ValueId args[] = {ToScalar(f, address, span), ToScalar(f, count, span)};
  f.builder->Sys(ir::SysOp::kLog, args);
  return Operand::Void();
}

// (32 bits, isa::LogFormat) to the simulator's log.
Operand Builtin_sys_log_value(Frame& f, const BuiltinCall& call) {
  const Operand value = CoercedArg(f, call, 0, types::kU32Type);
  const Operand format = CoercedArg(f, call, 1, types::kU16Type);
  if (value.is_poison() || format.is_poison()) return Operand::Poison();
  const source::Span span = f.span(call.i);
  const ir::ValueId args[] = {ToScalar(f, value, span), ToScalar(f, format, span)};
  f.builder->Sys(ir::SysOp::kLogValue, args);
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
