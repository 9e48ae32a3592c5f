// SPDX-License-Identifier: Apache-2.0
// Every pass by name, and the one list that orders them (pipeline.cc). A pass returns whether it
// changed something.
#ifndef COMPILER_PASSES_PASSES_H_
#define COMPILER_PASSES_PASSES_H_

#include "compiler/ir/ir.h"

namespace csl::passes {

bool SimplifyCfg(ir::Module& module, ir::Function& function);
bool Mem2Reg(ir::Module& module, ir::Function& function);
bool Fold(ir::Module& module, ir::Function& function);
bool CommonSubexpressions(ir::Module& module, ir::Function& function);
bool DeadCode(ir::Module& module, ir::Function& function);
bool EvaluateCalls(ir::Module& module, ir::Function& function);
bool Inline(ir::Module& module, ir::Function& function);
bool LegaliseIntegers(ir::Module& module, ir::Function& function);
bool SplitIntegers(ir::Module& module, ir::Function& function);
bool ReduceStrength(ir::Module& module, ir::Function& function);
bool BuildInPlace(ir::Module& module, ir::Function& function);
bool ForwardCopies(ir::Module& module, ir::Function& function);
bool DropStores(ir::Module& module, ir::Function& function);
bool CarryLoads(ir::Module& module, ir::Function& function);
bool HoistDsrLoads(ir::Module& module, ir::Function& function);
bool DropDsrLoads(ir::Module& module, ir::Function& function);
bool InvertLoops(ir::Module& module, ir::Function& function);
bool HoistInvariants(ir::Module& module, ir::Function& function);
bool PromoteInLoops(ir::Module& module, ir::Function& function);
bool ForwardLoads(ir::Module& module, ir::Function& function);
bool Sink(ir::Module& module, ir::Function& function);
bool FormAddresses(ir::Module& module, ir::Function& function);
bool DsdRegisters(ir::Module& module, ir::Function& function);
bool SplitEdges(ir::Module& module, ir::Function& function);

}  // namespace csl::passes

#endif  // COMPILER_PASSES_PASSES_H_
