// SPDX-License-Identifier: Apache-2.0
// IrBuilder: appends instructions to one function. Written for a front end that keeps every local
// variable in an alloca (clang style): `mem2reg` promotes them later. Operand types are CHECKed: a
// wrong one is a bug of the caller.
//
//   FunctionId f = module.AddFunction("gemv");
//   IrBuilder b(module, f);            // makes the entry block and stands in it
//   b.SetLocation({file, column, line});
//   ValueId i = b.Alloca(2, 2);
//   b.Store(b.Int(16, 0), i);
//   BlockId head = b.NewBlock();
//   b.Br(head); b.SetBlock(head); ...
//
// After a block has ended (br, cond_br, ret, trap, unreachable) further instructions go to a fresh
// block nothing reaches, so that the caller need not care about code after `return`; CFG
// simplification drops it.
#ifndef COMPILER_IR_BUILDER_H_
#define COMPILER_IR_BUILDER_H_

#include <initializer_list>
#include <span>

#include "compiler/ir/ir.h"

namespace csl::ir {

// One operand of DsdOperation below.
struct DsdArg {
  DsdOperandKind kind = DsdOperandKind::kNone;
  ValueId value;  // of kDsd, kScalar, kScalarPointer
  DsrRef dsr;     // of kDsr
  bool is_fabric = false;

  static DsdArg None() { return {}; }
  // The DSD of a fabric input or output.
  static DsdArg FabricDsd(ValueId address) { return {DsdOperandKind::kDsd, address, {}, true}; }
  static DsdArg Dsd(ValueId address) { return {DsdOperandKind::kDsd, address, {}}; }
  static DsdArg Scalar(ValueId v) { return {DsdOperandKind::kScalar, v, {}}; }
  static DsdArg ScalarPointer(ValueId p) { return {DsdOperandKind::kScalarPointer, p, {}}; }
  static DsdArg Dsr(DsrRef dsr) { return {DsdOperandKind::kDsr, {}, dsr}; }
};

struct DsdArgs {
  DsdOp op = DsdOp::kMov16;
  DsdArg dest, src0, src1, scalar;  // single-source operations: the source is src1
  bool is_async = false;
  DsdAction completion = DsdAction::kNone;
  ValueId completion_id;  // a task id, as completion says
  DsdAction on_control = DsdAction::kNone;
  ValueId on_control_id;
  ValueId index;  // if valid
  DsdPriority priority = DsdPriority::kDefault;
  int8_t microthread = -1;
};

class IrBuilder {
 public:
  // Stands at the end of the function's entry block, which is made if there is none. The module
  // must outlive the builder.
  IrBuilder(Module& module, FunctionId function);

  Module& module() { return module_; }
  Function& function() { return function_; }
  void SetLocation(Location location) { location_ = location; }
  Location location() const { return location_; }

  // Blocks. NewBlock does not move the builder; SetBlock appends the block to the order if it is
  // not in it yet.
  BlockId NewBlock();
  BlockId NewBlock(std::initializer_list<Type> params);
  void SetBlock(BlockId block);
  BlockId block() const { return block_; }
  ValueId BlockParam(BlockId block, size_t i) const;
  bool BlockEnded() const;  // nothing after this point is reachable from here

  // Values without a place.
  ValueId Param(size_t i) const { return function_.params.at(i); }
  ValueId Int(uint32_t bits, uint64_t value);  // truncated to the width
  ValueId Bool(bool value) { return Int(1, value ? 1 : 0); }
  ValueId F32(float value);
  ValueId F16Bits(uint16_t bits);  // in the image's 16-bit format
  ValueId NullPointer(uint16_t address = 0);
  ValueId GlobalAddress(GlobalId global, int64_t offset = 0);
  ValueId FunctionAddress(FunctionId function);
  ValueId Undef(Type type);

  Type TypeOf(ValueId id) const { return function_.value(id).type; }

  // Integer and float arithmetic, comparisons (Op::kAdd ... Op::kFLe); both operands have one type,
  // but shift counts.
  ValueId Binary(Op op, ValueId a, ValueId b);
  ValueId Neg(ValueId a);  // 0 - a, or fneg
  ValueId Not(ValueId a);  // all bits; of an i1: logical not
  ValueId Convert(Op op, Type to, ValueId a);
  // zext, sext, trunc or the value itself, by widths.
  ValueId IntCast(uint32_t bits, ValueId a, bool is_signed);
  ValueId Select(ValueId condition, ValueId if_true, ValueId if_false);

  // Memory. Allocas go to the entry block, wherever the builder stands.
  ValueId Alloca(uint32_t bytes, uint32_t alignment);
  // Says what an alloca is in the source.
  void NameVariable(ValueId alloca, std::string name, std::string type_text);
  ValueId Load(Type type, ValueId pointer, int32_t offset = 0);
  void Store(ValueId value, ValueId pointer, int32_t offset = 0);
  ValueId PtrAdd(ValueId pointer, ValueId bytes_i16);
  ValueId PtrAdd(ValueId pointer, int32_t bytes);
  // pointer + index * size: the index is an integer of any width, truncated or extended to 16 bits
  // as said.
  ValueId ElementPtr(ValueId pointer, ValueId index, bool index_is_signed, uint32_t element_bytes);
  void Copy(ValueId destination, ValueId source, uint32_t bytes);
  void Zero(ValueId destination, uint32_t bytes);

  // Calls; the result is not valid if the function returns void.
  ValueId Call(FunctionId callee, std::span<const ValueId> args);
  ValueId CallIndirect(ValueId function, Type result, std::span<const ValueId> args);

  // The machine.
  ValueId DsdOperation(const DsdArgs& args);  // i1: completed?
  // flags: bits of isa::DsrLoadFlag.
  void DsrLoad(DsrRef dsr, ValueId dsd_address, uint8_t flags = 0);
  // `settings` as dsr_ops.def says; the result has type `result`, or is not valid if it is void.
  ValueId DsrOperation(DsrOp op, DsrRef dsr, int64_t settings, std::span<const ValueId> args,
                       Type result = kVoidType);
  ValueId Sys(SysOp op, std::span<const ValueId> args);  // result i16, or not valid if it has none

  // Block ends.
  void Br(BlockId target, std::span<const ValueId> args = {});
  void CondBr(ValueId condition, BlockId if_true, BlockId if_false,
              std::span<const ValueId> true_args = {}, std::span<const ValueId> false_args = {});
  void Ret();
  void Ret(ValueId value);
  void Trap(TrapCode code);
  void Unreachable();

 private:
  ValueId Append(Instruction instruction, std::span<const ValueId> operands);
  void EnsureOpenBlock();

  Module& module_;
  Function& function_;
  BlockId block_;
  Location location_;
  std::vector<bool> is_placed_;  // by block: in Function::order
  size_t num_allocas_ = 0;       // at the head of the entry block
};

}  // namespace csl::ir

#endif  // COMPILER_IR_BUILDER_H_
