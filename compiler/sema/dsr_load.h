// SPDX-License-Identifier: Apache-2.0
// What the three builtins that load a DSR share.
#ifndef COMPILER_SEMA_DSR_LOAD_H_
#define COMPILER_SEMA_DSR_LOAD_H_

#include "compiler/sema/handler.h"

namespace csl::sema {

struct DsrLoad {
  ir::DsrRef dsr;
  Operand dsd;
  size_t dsd_argument = 1;
  bool is_fabric = false;
  std::optional<ir::ExtendedLoad> extended;  // mem4d and circular buffers
  Operand settings;                          // kNone: not given
  source::Span settings_span;
};

// Argument 0, a DSR that is not of a FIFO. nullopt if reported.
std::optional<ir::DsrRef> PlainDsrArg(Frame& f, const BuiltinCall& call);
// Takes argument n, if it is there, as the settings.
void TakeSettings(Frame& f, const BuiltinCall& call, size_t n, DsrLoad* load);
// How many strides of the outer dimensions of a mem4d_dsd need a register of their own. The stride
// of the second dimension needs none where the fastest one is 1; what is not known needs all.
size_t NumStrideRegisters(Frame& f, const Operand& dsd);
// At run time emits the load, before the start adds it to the tile configuration.
Operand LoadDsr(Frame& f, const BuiltinCall& call, const DsrLoad& load);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_DSR_LOAD_H_
