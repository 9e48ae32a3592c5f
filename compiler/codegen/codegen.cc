// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/codegen.h"

#include <fmt/format.h>

#include <iterator>

#include "compiler/codegen/allocate.h"
#include "compiler/codegen/emit.h"
#include "compiler/codegen/expand.h"
#include "compiler/codegen/layout_blocks.h"
#include "compiler/codegen/select.h"
#include "fabric/isa/text.h"

namespace csl::codegen {
namespace {

StatusOr<CodeFunction> GenerateFunction(const ir::Module& module, ir::FunctionId id,
                                        ir::Location* where) {
  const ir::Function& function = module.function(id);
  ASSIGN_OR_RETURN(MachineFunction machine, Selector(function, where).Run());
  const Allocation allocation = Allocate(machine);
  const int num_registers =
      std::max({Expand(machine, allocation), static_cast<int>(function.params.size()), 1});
  if (num_registers > isa::kMaxRegisters) {
    return Unimplemented(
        fmt::format("not supported yet: function {} has calls with more arguments "
                    "than the register window holds",
                    function.name));
  }
  LayoutBlocks(machine);
  FuseLoops(machine);
  return EmitFunction(machine, id, num_registers);
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
