// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/codegen.h"

#include <fmt/format.h>

#include <iterator>

#include "compiler/codegen/allocate.h"
#include "compiler/codegen/emit.h"
#include "compiler/codegen/expand.h"
#include "compiler/codegen/layout_blocks.h"
#include "compiler/codegen/repeated_settings.h"
#include "compiler/codegen/select.h"
#include "fabric/isa/text.h"

namespace csl::codegen {
namespace {

// The allocas, and behind them what was spilled.
std::vector<FrameSlot> FrameOf(const ir::Module& module, const MachineFunction& machine,
                               uint32_t alloca_bytes) {
  std::vector<FrameSlot> out;
  for (const AllocaSlot& slot : machine.slots) {
    const ir::Instruction& v = machine.source->value(slot.alloca);
    FrameSlot& of = out.emplace_back();
    of.offset = slot.offset;
    of.size_bytes = static_cast<uint32_t>(v.imm);
    of.where = v.location;
    if (v.symbol >= module.variables.size()) continue;
    of.name = module.variables[v.symbol].name;
    of.type = module.variables[v.symbol].type_text;
  }
  if (machine.frame_bytes > alloca_bytes) {
    FrameSlot& spilled = out.emplace_back();
    spilled.offset = alloca_bytes;
    spilled.size_bytes = machine.frame_bytes - alloca_bytes;
  }
  return out;
}

std::string LoadedText(const ir::Module& module, const LoadedDsr& loaded) {
  static constexpr std::string_view kFiles[] = {"dest", "src0", "src1"};
  std::string out = fmt::format("  loaded {}.{} = {}", kFiles[static_cast<size_t>(loaded.dsr.file)],
                                loaded.dsr.number, module.global(loaded.descriptor).name);
  if (!(loaded.async == isa::AsyncSettings())) {
    out += fmt::format(", async {}, {}, 0x{:04x}", loaded.completion_id, loaded.on_control_id,
                       loaded.async.Encode());
  }
  return out + "\n";
}

StatusOr<CodeFunction> GenerateFunction(const ir::Module& module, ir::FunctionId id,
                                        ir::Location* where) {
  const ir::Function& function = module.function(id);
  ASSIGN_OR_RETURN(MachineFunction machine, Selector(function, where).Run());
  DropRepeatedSettings(machine);
  const uint32_t alloca_bytes = machine.frame_bytes;
  const Allocation allocation = Allocate(machine);
  const int num_registers =
      std::max({Expand(machine, allocation), static_cast<int>(function.params.size()), 1});
  if (num_registers > isa::kMaxRegisters) {
    return Unimplemented(
        fmt::format("function {} has calls with more arguments "
                    "than the register window holds",
                    function.name));
  }
  LayoutBlocks(machine);
  FuseLoops(machine);
  CodeFunction out = EmitFunction(machine, id, num_registers);
  out.frame = FrameOf(module, machine, alloca_bytes);
  return out;
}

}  // namespace

StatusOr<ObjectCode> Generate(const ir::Module& module, ir::Location* where) {
  ObjectCode out;
  for (uint32_t i = 0; i < module.functions.size(); ++i) {
    if (module.functions[i].is_external) continue;
    ASSIGN_OR_RETURN(CodeFunction function, GenerateFunction(module, ir::FunctionId(i), where));
    out.functions.push_back(std::move(function));
  }
  return out;
}

std::string ToString(const ObjectCode& code, const ir::Module& module) {
  std::string out;
  for (const CodeFunction& function : code.functions) {
    fmt::format_to(std::back_inserter(out), "{}: registers {}, params {}, frame {}\n",
                   module.function(function.id).name, function.num_registers, function.num_params,
                   function.frame_bytes);
    for (const FrameSlot& slot : function.frame) {
      if (slot.name.empty()) continue;
      fmt::format_to(std::back_inserter(out), "  frame + {}: {} {}, {} bytes\n", slot.offset,
                     slot.name, slot.type, slot.size_bytes);
    }
    for (const LoadedDsr& loaded : function.loaded_dsrs) out += LoadedText(module, loaded);
    size_t next = 0;
    for (uint32_t i = 0; i < function.instructions.size(); ++i) {
      fmt::format_to(std::back_inserter(out), "  {:3}  {}", i,
                     isa::Disassemble(function.instructions[i]));
      for (; next < function.relocations.size() && function.relocations[next].instruction == i;
           ++next) {
        const Relocation& r = function.relocations[next];
        fmt::format_to(std::back_inserter(out), "  ; + {}",
                       r.is_function ? module.function(ir::FunctionId(r.symbol)).name
                                     : module.global(ir::GlobalId(r.symbol)).name);
      }
      out += '\n';
    }
  }
  return out;
}

}  // namespace csl::codegen
