// SPDX-License-Identifier: Apache-2.0
// The intermediate representation: one Module a tile program, SSA in basic blocks, flat arrays
// named by 32-bit ids.
//
// A Function owns its values (instructions, parameters, constants), an operand pool, its blocks and
// their order. Blocks take parameters; branches pass arguments (no phi instructions). Constants and
// addresses are values that lie in no block and are made once (Function::Const and its siblings).
// Entry block: blocks().front() of `order`. Ids stay valid as long as the function lives; a removed
// value keeps its id and has op kUndef with no block.
#ifndef COMPILER_IR_IR_H_
#define COMPILER_IR_IR_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/strong_id.h"
#include "compiler/ir/dsd_op.h"
#include "compiler/ir/type.h"
#include "fabric/isa/architecture.h"

namespace csl::ir {

using ValueId = StrongId<struct ValueTag>;        // in its function
using BlockId = StrongId<struct BlockTag>;        // in its function
using FunctionId = StrongId<struct FunctionTag>;  // in its module
using GlobalId = StrongId<struct GlobalTag>;      // in its module

enum class Op : uint8_t {
#define IR_OP(name, text, operands, result, flags) name,
#include "compiler/ir/ir_ops.def"
#undef IR_OP
};

enum class SysOp : uint8_t {
#define SYS_OP(name, text, operands, has_result) name,
#include "compiler/ir/sys_ops.def"
#undef SYS_OP
};

enum class TrapCode : uint8_t { kAssert, kUnreachable, kDivideByZero };

// Position in a source file: file is an index into Module::files; line and column count from 1,
// line 0 = unknown.
struct Location {
  uint16_t file = 0;
  uint16_t column = 0;
  uint32_t line = 0;

  friend constexpr bool operator==(Location, Location) = default;
};

struct Instruction {
  Op op = Op::kUndef;
  uint8_t aux = 0;  // alloca: alignment; load, store: log2 of the index scale; cond_br: arguments
                    // of targets[0]
  uint16_t num_operands = 0;  // slice of the function's operand pool
  uint32_t first_operand = 0;
  Type type;                       // of the result, void if none
  BlockId block;                   // none for kFree values
  uint32_t symbol = 0xffffffff;    // of the operations that name a global, a function
                                   // or a variable of the frame
  std::array<BlockId, 2> targets;  // br: [0]; cond_br: [0] if true, [1] if false
  int64_t imm = 0;                 // constants: the bits, zero-extended to 64
  Location location;
};

struct Block {
  std::vector<ValueId> params;        // op kBlockParam
  std::vector<ValueId> instructions;  // the last one ends the block
};

enum class Linkage : uint8_t { kInternal, kExport, kExtern };

class Function {
 public:
  std::string name;
  std::vector<ValueId> params;  // op kParam
  Type result;                  // void if none
  Linkage linkage = Linkage::kInternal;
  bool is_entry =
      false;  // called by hardware or host (task, exported function): a root of reachability
  bool is_noinline = false;
  bool is_external = false;  // no body
  std::string type_text;     // CSL spelling, for the symbol table
  Location location;
  std::vector<BlockId> order;      // of the blocks in use; the first one is the entry
  std::vector<DsdOpInfo> dsd_ops;  // named by Instruction::imm of dsd_op

  ValueId AddParam(Type type);
  BlockId AddBlock();  // not yet in `order`
  ValueId AddBlockParam(BlockId block, Type type);

  // Values that lie in no block; equal ones are one value.
  ValueId Const(Type type, uint64_t bits);
  ValueId Undef(Type type);
  ValueId GlobalAddr(GlobalId global, int64_t offset = 0);
  ValueId FuncAddr(FunctionId function);

  // Appends a value that is not in any block yet; operands are copied to the pool.
  ValueId AddValue(Instruction instruction, std::span<const ValueId> operands);

  Instruction& value(ValueId id) { return values_[id]; }
  const Instruction& value(ValueId id) const { return values_[id]; }
  Block& block(BlockId id) { return blocks_[id]; }
  const Block& block(BlockId id) const { return blocks_[id]; }
  size_t num_values() const { return values_.size(); }
  size_t num_blocks() const { return blocks_.size(); }

  std::span<ValueId> operands(ValueId id);
  std::span<const ValueId> operands(ValueId id) const;
  ValueId operand(ValueId id, size_t i) const { return operands(id)[i]; }
  void SetOperands(ValueId id, std::span<const ValueId> operands);

  // The arguments a terminator passes to its target `which` (0 or 1).
  std::span<ValueId> target_args(ValueId terminator, size_t which);
  std::span<const ValueId> target_args(ValueId terminator, size_t which) const;
  size_t num_targets(ValueId terminator) const;
  ValueId terminator(BlockId block) const { return blocks_[block].instructions.back(); }

  bool is_const(ValueId id) const { return values_[id].op == Op::kConst; }
  // The bits of a constant, sign-extended from its width.
  int64_t signed_bits(ValueId id) const;

 private:
  ValueId Intern(const Instruction& instruction);

  ValueStore<ValueId, Instruction> values_;
  ValueStore<BlockId, Block> blocks_;
  std::vector<ValueId> operand_pool_;
  std::map<std::array<uint64_t, 5>, ValueId> interned_;
};

// A word of a global's bytes that holds an address (or a function index), 16 bits, filled in by the
// linker.
struct Relocation {
  uint32_t offset = 0;
  bool is_function = false;
  uint32_t symbol = 0;  // GlobalId or FunctionId
  int32_t addend = 0;   // bytes
};

struct Global {
  std::string name;  // the symbol: "module.member" or the exported name
  uint32_t size_bytes = 0;
  uint32_t alignment = 2;
  std::vector<uint8_t> bytes;  // initial contents; shorter than size_bytes: the rest is zero
  std::vector<Relocation> relocations;
  bool is_const = false;
  Linkage linkage = Linkage::kInternal;
  bool is_used = false;   // a root of reachability beside the exported ones (host symbols)
  std::string section;    // "" = data or bss by contents
  std::string type_text;  // CSL spelling, for the symbol table
  Location location;
};

// What an alloca is in the source, for the frame layouts of the image.
struct Variable {
  std::string name;
  std::string type_text;  // CSL spelling
};

// One tile program. Deques: references to functions and globals stay valid while others are added.
struct Module {
  std::string name;
  isa::Fp16Format fp16_format = isa::Fp16Format::kF16;  // what f16 is
  std::vector<std::string> files;  // as the user named them, for Location::file
  std::deque<Function> functions;
  std::deque<Global> globals;
  std::vector<Variable> variables;  // named by Instruction::symbol of an alloca

  FunctionId AddFunction(std::string function_name);
  GlobalId AddGlobal(Global global);
  uint16_t AddFile(const std::string& path);  // equal paths get one index

  Function& function(FunctionId id) { return functions.at(id.index); }
  const Function& function(FunctionId id) const { return functions.at(id.index); }
  Global& global(GlobalId id) { return globals.at(id.index); }
  const Global& global(GlobalId id) const { return globals.at(id.index); }
};

}  // namespace csl::ir

#endif  // COMPILER_IR_IR_H_
