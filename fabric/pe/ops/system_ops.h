// SPDX-License-Identifier: Apache-2.0
// Which opcodes are calls, vector operations or system instructions; what the latter do is in
// system.cc, vector_elements.cc and the interpreter.
#ifndef FABRIC_PE_OPS_SYSTEM_OPS_H_
#define FABRIC_PE_OPS_SYSTEM_OPS_H_

#include "fabric/pe/ops/op.h"

namespace csl::fabric::pe::ops {

template <Kind kind>
struct OfKind {
  static constexpr Kind kKind = kind;
};

#define CSL_KIND(opcode, kind) \
  template <>                  \
  struct Op<Opcode::opcode> : OfKind<Kind::kind> {};

CSL_KIND(kIllegal, kControl)
CSL_KIND(kCall, kControl)
CSL_KIND(kCalli, kControl)
CSL_KIND(kRet, kControl)
CSL_KIND(kTrap, kControl)
CSL_KIND(kFrame, kControl)

CSL_KIND(kVok, kSystem)
CSL_KIND(kCopy, kSystem)
CSL_KIND(kZero, kSystem)
CSL_KIND(kDsrLoad, kSystem)
CSL_KIND(kDsrLoadx, kSystem)
CSL_KIND(kDsrIndex, kSystem)
CSL_KIND(kDsrBase, kSystem)
CSL_KIND(kDsrLen, kSystem)
CSL_KIND(kDsrGetH, kSystem)
CSL_KIND(kDsrPutH, kSystem)
CSL_KIND(kDsrGetW, kSystem)
CSL_KIND(kDsrPutW, kSystem)
CSL_KIND(kActivate, kSystem)
CSL_KIND(kActivatei, kSystem)
CSL_KIND(kBlock, kSystem)
CSL_KIND(kBlocki, kSystem)
CSL_KIND(kUnblock, kSystem)
CSL_KIND(kUnblocki, kSystem)
CSL_KIND(kUnblockCmdStream, kSystem)
CSL_KIND(kQueueBlock, kSystem)
CSL_KIND(kQueueUnblock, kSystem)
CSL_KIND(kUtBlock, kSystem)
CSL_KIND(kUtUnblock, kSystem)
CSL_KIND(kQueueFlush, kSystem)
CSL_KIND(kFifoRlen, kSystem)
CSL_KIND(kFifoWlen, kSystem)
CSL_KIND(kDsrAsync, kSystem)
CSL_KIND(kCfgRead, kSystem)
CSL_KIND(kCfgWrite, kSystem)
CSL_KIND(kCfgReadu, kSystem)
CSL_KIND(kCfgWriteu, kSystem)
CSL_KIND(kTscEnable, kSystem)
CSL_KIND(kTscDisable, kSystem)
CSL_KIND(kTscReset, kSystem)
CSL_KIND(kTscRead, kSystem)
CSL_KIND(kPerfRead, kSystem)
CSL_KIND(kLog, kSystem)
CSL_KIND(kLogValue, kSystem)
CSL_KIND(kRand16, kSystem)
CSL_KIND(kPrngSet, kSystem)
CSL_KIND(kPrngSeed, kSystem)
CSL_KIND(kCoordX, kSystem)
CSL_KIND(kCoordY, kSystem)
#undef CSL_KIND

#define VECTOR_OP(opcode, name, sources, scalar, dest, src0, src1, wse2, wse3, source) \
  template <>                                                                          \
  struct Op<Opcode::opcode> : OfKind<Kind::kVector> {};
#include "fabric/isa/vector_ops.def"
#undef VECTOR_OP

// Instructions that touch what router, queues, microthreads or host see at once: a task that ran
// ahead waits for fabric time to catch up before it executes one. Vector operations on queues and
// FIFOs are others (vector.h, TouchesQueues). Everything else a task does touches its PE alone.
constexpr bool NeedsFabricTime(Opcode opcode) {
  switch (opcode) {
    case Opcode::kUnblockCmdStream:
    case Opcode::kLog:
    case Opcode::kLogValue:
    case Opcode::kBlock:
    case Opcode::kBlocki:
    case Opcode::kUnblock:
    case Opcode::kUnblocki:
    case Opcode::kQueueBlock:
    case Opcode::kQueueUnblock:
    case Opcode::kQueueFlush:
    case Opcode::kCfgRead:
    case Opcode::kCfgWrite:
    case Opcode::kCfgReadu:
    case Opcode::kCfgWriteu:
    // Beyond the memory, as configuration words.
    case Opcode::kLdI8:
    case Opcode::kLdU8:
    case Opcode::kLdI16:
    case Opcode::kLdU16:
    case Opcode::kLdW:
    case Opcode::kStB:
    case Opcode::kStH:
    case Opcode::kStW:
      return true;
    default:
      return false;
  }
}

}  // namespace csl::fabric::pe::ops

#endif  // FABRIC_PE_OPS_SYSTEM_OPS_H_
