// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/scalar.h"

#include "fabric/pe/ops/branch.h"
#include "fabric/pe/ops/compare.h"
#include "fabric/pe/ops/float.h"
#include "fabric/pe/ops/integer.h"
#include "fabric/pe/ops/move.h"
#include "fabric/pe/ops/op.h"

namespace csl::fabric::reference {
namespace {

using isa::Opcode;
using pe::Inst;
using pe::ops::Kind;
using pe::ops::Op;

template <Opcode op>
ScalarResult Execute(const Inst& inst, isa::arith::Fp16Format format, uint32_t* regs) {
  constexpr Kind kind = Op<op>::kKind;
  if constexpr (kind == Kind::kScalar) {
    Op<op>::Run(regs, inst);
    return ScalarResult::kNext;
  } else if constexpr (kind == Kind::kHalf) {
    isa::arith::WithFp16(format,
                         [&](auto half) { Op<op>::template Run<decltype(half)>(regs, inst); });
    return ScalarResult::kNext;
  } else if constexpr (kind == Kind::kBranch) {
    return Op<op>::Taken(regs, inst) ? ScalarResult::kTaken : ScalarResult::kNext;
  } else if constexpr (kind == Kind::kHalfBranch) {
    const bool taken = isa::arith::WithFp16(
        format, [&](auto half) { return Op<op>::template Taken<decltype(half)>(regs, inst); });
    return taken ? ScalarResult::kTaken : ScalarResult::kNext;
  } else {
    (void)inst, (void)format, (void)regs;
    return ScalarResult::kOther;
  }
}

}  // namespace

ScalarResult ExecuteScalar(const isa::Instruction& from, isa::arith::Fp16Format format,
                           uint32_t* regs) {
  Inst inst;
  inst.op = from.op;
  inst.a = from.a;
  inst.b = from.b;
  inst.c = from.c;
  inst.d = from.d;
  inst.e = from.e;
  switch (from.opcode()) {
#define OPCODE(name, ...) \
  case Opcode::name:      \
    return Execute<Opcode::name>(inst, format, regs);
#include "fabric/isa/opcodes.def"
#undef OPCODE
  }
  return ScalarResult::kOther;
}

}  // namespace csl::fabric::reference
