// SPDX-License-Identifier: Apache-2.0
#include "tests/optimiser/on_machine.h"

#include "compiler/codegen/codegen.h"
#include "compiler/link/link_program.h"
#include "fabric/pe/core.h"
#include "fabric/pe/interpreter.h"

namespace csl::optimiser {
namespace {

using fabric::pe::kNever;

StatusOr<image::ProgramImage> Compile(ir::Module module, std::span<const passes::PassRow> passes) {
  sema::TileProgram program;
  program.module = std::move(module);
  RETURN_IF_ERROR(passes::RunPasses(program.module, passes));
  ASSIGN_OR_RETURN(codegen::ObjectCode code, codegen::Generate(program.module));
  link::ProgramOptions options;
  options.fp16_format = program.module.fp16_format;
  ASSIGN_OR_RETURN(link::LinkedProgram linked, link::LinkProgram(program, code, options));
  return std::move(linked.image);
}

}  // namespace

StatusOr<MachineResult> RunOnMachine(ir::Module module, std::span<const passes::PassRow> passes,
                                     uint32_t first, uint16_t second) {
  const std::deque<ir::Global> globals = module.globals;
  ASSIGN_OR_RETURN(image::ProgramImage image, Compile(std::move(module), passes));
  const image::Symbol* entry = image.FindSymbol("main");
  if (entry == nullptr) return Internal("the image has no function main");
  const uint16_t function = entry->value;
  std::vector<uint16_t> addresses;
  for (const ir::Global& global : globals)
    addresses.push_back(image.FindSymbol(global.name)->value);

  fabric::pe::Machine machine;
  machine.arch = image.arch;
  machine.width = machine.height = 1;
  ASSIGN_OR_RETURN(auto program, fabric::pe::LoadProgram(std::move(image)));
  machine.programs.push_back(std::move(program));
  machine.program_of_pe = {0};
  fabric::pe::RunContext context;
  context.machine = &machine;
  fabric::pe::PeState pe;
  InitPe(pe, context, 0);
  const uint32_t args[] = {first, static_cast<uint32_t>(static_cast<int16_t>(second))};
  if (!EnterTask(pe, function, 0, args, 2).ok()) return Internal("the task does not start");
  if (RunAhead(pe, context, kNever, kNever, kNever) != fabric::pe::Stop::kReturn) {
    return Internal("fault: " + std::to_string(static_cast<int>(pe.fault.kind)));
  }
  MachineResult out;
  out.instructions = pe.thread.instructions;
  for (size_t i = 0; i < globals.size(); ++i) {
    std::vector<uint8_t> bytes(globals[i].size_bytes);
    if (!pe.memory.Read(addresses[i], bytes)) return Internal("global outside of memory");
    out.globals.push_back(std::move(bytes));
  }
  return out;
}

}  // namespace csl::optimiser
