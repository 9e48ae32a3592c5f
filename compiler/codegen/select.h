// SPDX-License-Identifier: Apache-2.0
// Instruction selection: one IR function to a machine function over virtual registers.
#ifndef COMPILER_CODEGEN_SELECT_H_
#define COMPILER_CODEGEN_SELECT_H_

#include <map>
#include <tuple>
#include <vector>

#include "base/status.h"
#include "compiler/codegen/extension.h"
#include "compiler/codegen/machine.h"
#include "compiler/ir/dominance.h"
#include "compiler/ir/loops.h"

namespace csl::codegen {

class Selector {
 public:
  // Precondition: no cond_br passes arguments (passes/split_edges).
  // `where` may be null; it is set to the place of what is not supported.
  Selector(const ir::Function& function, ir::Location* where);

  StatusOr<MachineFunction> Run();

 private:
  using Op = ir::Op;
  using Opcode = isa::Opcode;

  // select.cc
  void CountUses();
  void PlaceAllocas();
  void MakeParams();
  Status SelectBlock(ir::BlockId block);
  Status Select(ir::ValueId id);
  void SelectBranch(ir::ValueId id, ir::BlockId next);
  void SelectEnd(ir::ValueId id, ir::BlockId next);
  Status Unsupported(ir::ValueId id, std::string_view what) const;
  // select_arithmetic.cc
  Status SelectBinary(ir::ValueId id);
  Status SelectCompare(ir::ValueId id);
  Status SelectConversion(ir::ValueId id);
  void SelectFloat(ir::ValueId id);
  // select_memory.cc
  void SelectLoad(ir::ValueId id);
  void SelectStore(ir::ValueId id);
  void SelectPtrAdd(ir::ValueId id);
  void SelectCopy(ir::ValueId id);
  // select_machine.cc
  void SelectCall(ir::ValueId id);
  Status SelectDsdOp(ir::ValueId id);
  Status SelectAsync(ir::ValueId id, const ir::DsdOpInfo& info, size_t next);
  Status SelectSys(ir::ValueId id);
  // select_dsr.cc
  void SelectDsrLoad(ir::ValueId id);
  bool SettleBeforeStart(ir::DsrRef dsr, const isa::AsyncSettings& settings, ir::ValueId completion,
                         ir::ValueId on_control);
  void SelectDsrOp(ir::ValueId id);
  void EmitDsrAsync(ir::DsrRef dsr, const isa::AsyncSettings& settings, Reg completion,
                    Reg on_control);

  // The register that holds a value; constants and addresses are loaded where it pays.
  Reg RegOf(ir::ValueId id);
  Reg LoadConstant(const Source& source, isa::Opcode op);
  // The constant or address behind a value, or its register.
  Source SourceOf(ir::ValueId id);
  bool IsConstant(ir::ValueId id) const;  // const, undef or an address of a symbol
  int32_t ImmediateOf(ir::ValueId id) const;
  // Result register of an instruction.
  Reg Define(ir::ValueId id);
  void Alias(ir::ValueId id, ir::ValueId same);

  // Appends; registers in order a, b, c, d (kNoReg = the format's "absent").
  MachineInstruction& Emit(Opcode op);
  MachineInstruction& EmitDef(Opcode op, Reg a, Reg b = kNoReg, Reg c = kNoReg, Reg d = kNoReg);
  MachineInstruction& EmitUse(Opcode op, Reg a, Reg b = kNoReg, Reg c = kNoReg, Reg d = kNoReg);
  // Sets base, index, scale and offset of a kMem instruction; operands: base [, index].
  void SetAddress(MachineInstruction& instruction, ir::ValueId memory,
                  std::span<const ir::ValueId> address);

  const ir::Type& TypeOf(ir::ValueId id) const { return f_.value(id).type; }

  const ir::Function& f_;
  ir::Location* where_;
  ir::Dominance dominance_;
  ir::LoopInfo loops_;
  ExtensionChoice extensions_;
  MachineFunction out_;
  MachineBlock* block_ = nullptr;
  ir::Location location_;
  std::vector<uint32_t> uses_;
  std::vector<Reg> reg_of_;
  std::vector<uint32_t> alloca_offset_;  // by value
  // Constants in registers: (block, opcode, imm, symbol kind, symbol id).
  std::map<std::tuple<uint32_t, Opcode, int32_t, uint8_t, uint32_t>, Reg> constants_;
};

}  // namespace csl::codegen

#endif  // COMPILER_CODEGEN_SELECT_H_
