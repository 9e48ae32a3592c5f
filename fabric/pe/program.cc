// SPDX-License-Identifier: Apache-2.0
#include "fabric/pe/program.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/isa/vector_op.h"
#include "fabric/pe/interpreter.h"

namespace csl::fabric::pe {
namespace {

using isa::Opcode;

Status CheckCode(const image::ProgramImage& image) {
  for (uint32_t i = 0; i < image.code.size(); ++i) {
    const Opcode opcode = image.code[i].opcode();
    if (IsSupported(opcode)) continue;
    const image::Function* function = image.FunctionAt(i);
    return Unimplemented(fmt::format("not supported yet: instruction {} ({}, in {})",
                                     isa::Info(opcode).mnemonic, image.LocationText(i),
                                     function == nullptr ? "?" : function->name));
  }
  return OkStatus();
}

// Numbers the DSRs that the program names.
void NumberDsrs(const image::ProgramImage& image, Program* program) {
  for (auto& file : program->dsr_slot) file.fill(255);
  const auto name = [&](isa::DsrFile file, uint32_t number) {
    uint8_t& slot = program->dsr_slot[static_cast<size_t>(file)][number];
    if (slot == 255) slot = static_cast<uint8_t>(program->num_dsrs++);
  };
  for (const image::InitialDsr& dsr : image.configuration.dsrs) name(dsr.file, dsr.number);
  for (const isa::Instruction& i : image.code) {
    const isa::OpcodeInfo& info = isa::Info(i.opcode());
    if (info.has(isa::kVectorOp)) {
      const isa::VectorOpInfo& op = isa::VectorInfo(i.opcode());
      const bool has_dest = op.dest != isa::ElementType::kNone;
      if (has_dest && (i.e & isa::kDestIsPointer) == 0 && i.a != isa::kNoRegister) {
        name(i.e & isa::kDestInSrc0File ? isa::DsrFile::kSrc0 : isa::DsrFile::kDest, i.a);
      }
      if (op.num_sources == 2 && (i.e & isa::kSrc0IsScalar) == 0) name(isa::DsrFile::kSrc0, i.b);
      if ((i.e & isa::kSrc1IsScalar) == 0) {
        name(i.e & isa::kSrc1InSrc0File ? isa::DsrFile::kSrc0 : isa::DsrFile::kSrc1, i.c);
      }
    } else if (info.format == isa::Format::kDsrLoad || info.format == isa::Format::kDsrLoadX ||
               info.format == isa::Format::kDsrAsync) {
      name(static_cast<isa::DsrFile>(i.a), i.b);
    } else if (info.format == isa::Format::kDsrReg) {
      name(static_cast<isa::DsrFile>(i.b), i.c);
    }
  }
}

void SetOperands(const isa::Instruction& from, Inst* inst) {
  inst->op = from.op;
  inst->a = from.a;
  inst->b = from.b;
  inst->c = from.c;
  inst->d = from.d;
  inst->e = from.e;
}

// Copies instructions, resolves targets and sums costs. A position in Code is the same as in the
// image; the fence behind the last one is new.
Code Decode(const image::ProgramImage& image) {
  Code code;
  std::vector<Inst>& insts = code.insts;
  std::vector<uint32_t>& prefix_cycles = code.prefix_cycles;
  insts.resize(image.code.size() + 1);
  prefix_cycles.resize(image.code.size() + 2);
  for (size_t i = 0; i < image.code.size(); ++i) {
    const isa::Instruction& from = image.code[i];
    SetOperands(from, &insts[i]);
    prefix_cycles[i + 1] = prefix_cycles[i] + isa::Cost(from.opcode(), image.arch).cycles;
  }
  prefix_cycles.back() = prefix_cycles[image.code.size()];
  const int32_t taken = isa::MachineCostsOf(image.arch).taken_branch_cycles;
  for (const image::Function& function : image.functions) {
    code.functions.push_back({function.name, function.first_instruction, function.num_instructions,
                              function.num_registers, function.frame_bytes});
    for (uint32_t k = 0; k < function.num_instructions; ++k) {
      const uint32_t at = function.first_instruction + k;
      Inst& inst = insts[at];
      if (isa::Info(inst.opcode()).has(isa::kBranch)) {
        const uint32_t target =
            function.first_instruction + static_cast<uint32_t>(image.code[at].target());
        inst.jump = static_cast<int32_t>(target) - static_cast<int32_t>(at);
        inst.delta = static_cast<int32_t>(prefix_cycles[at + 1]) + taken -
                     static_cast<int32_t>(prefix_cycles[target]);
      } else if (inst.opcode() == Opcode::kCall) {
        inst.jump = inst.imm();
      }
      inst.form = FormOf(inst);
    }
  }
  return code;
}

}  // namespace

Program::Program(std::shared_ptr<const image::ProgramImage> of_image, Code of_code)
    : shared_image(std::move(of_image)),
      image(*shared_image),
      arch(image.arch),
      half(static_cast<isa::arith::Fp16Format>(image.fp16_format)),
      code(std::move(of_code)),
      memory(std::make_shared<InitialMemory>()) {}

int Code::FunctionAt(uint32_t position) const {
  for (size_t i = 0; i < functions.size(); ++i) {
    if (position >= functions[i].entry && position - functions[i].entry < functions[i].size) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

uint32_t Program::ControlEntry(uint32_t entry_point, int control_table) const {
  const image::TileConfiguration& c = image.configuration;
  if (!c.separate_control_table) return entry_point;
  return entry_point + static_cast<uint32_t>(control_table) * c.control_table_stride;
}

const TaskEntry& Program::ControlTask(uint32_t entry_point, int control_table) const {
  static constexpr TaskEntry kNoTask;
  const uint32_t entry = ControlEntry(entry_point, control_table);
  return entry < kNumTaskIds ? control_tasks[entry] : kNoTask;
}

int32_t Program::TaskFunction(int id) const {
  for (const TaskTable* table : {&local_tasks, &data_tasks, &control_tasks}) {
    const TaskEntry& entry = (*table)[static_cast<size_t>(id)];
    if (entry.bound()) return entry.function;
  }
  return kNoFunction;
}

const std::string& Program::FunctionName(int32_t function) const {
  static const std::string kUnknown = "?";
  if (function < 0 || static_cast<size_t>(function) >= code.functions.size()) return kUnknown;
  return code.functions[static_cast<size_t>(function)].name;
}

std::string Program::Place(uint32_t position) const {
  const int function = code.FunctionAt(position);
  return fmt::format("{} ({})", FunctionName(function), image.LocationText(position));
}

namespace {

// Of an image that has been checked.
StatusOr<std::unique_ptr<Program>> LoadChecked(std::shared_ptr<const image::ProgramImage> shared) {
  const image::ProgramImage& image = *shared;
  auto program = std::make_unique<Program>(shared, Decode(image));
  for (const image::Section& section : image.sections) {
    if (section.bytes.empty()) continue;
    if (!program->memory->Write(section.address, section.bytes)) {
      return DataLoss(
          fmt::format("section {} of '{}' leaves the memory", section.name, image.name));
    }
  }
  for (const image::TaskBinding& task : image.configuration.tasks) {
    if (task.kind == image::TaskKind::kControl) program->has_control_tasks = true;
    TaskTable& table = task.kind == image::TaskKind::kLocal  ? program->local_tasks
                       : task.kind == image::TaskKind::kData ? program->data_tasks
                                                             : program->control_tasks;
    table[task.id] = {task.function, {task.param_bits[0], task.param_bits[1]}};
  }
  program->shared_queues = image::SharedQueuesOf(image.configuration.input_queues, program->arch);
  NumberDsrs(image, program.get());
  return program;
}

}  // namespace

StatusOr<std::unique_ptr<Program>> LoadProgram(image::ProgramImage image) {
  RETURN_IF_ERROR(image.Validate());
  RETURN_IF_ERROR(CheckCode(image));
  auto shared = std::make_shared<const image::ProgramImage>(std::move(image));
  return LoadChecked(std::move(shared));
}

void MarkPatched(std::span<const std::unique_ptr<Program>> programs,
                 std::span<const image::Variant> variants) {
  for (const image::Variant& variant : variants) {
    std::vector<Inst>& insts = programs[variant.image]->code.insts;
    for (const image::CodePatch& patch : variant.code) insts[patch.index].form = kPatchedForm;
  }
  for (const auto& program : programs) {
    int32_t count = 0;
    for (Inst& inst : program->code.insts) {
      if (inst.form == kPatchedForm) inst.jump = count++;
    }
  }
}

Inst PatchedInst(const Code& code, const image::Variant* variant, uint32_t position) {
  Inst inst = code.insts[position];
  if (variant == nullptr || variant->code.empty()) return inst;
  // As a rule all variants patch the same instructions.
  const std::vector<image::CodePatch>& patches = variant->code;
  auto patch = patches.begin() + std::min<std::ptrdiff_t>(inst.jump, std::ssize(patches) - 1);
  if (patch->index != position) {
    patch = std::ranges::lower_bound(patches, position, {}, &image::CodePatch::index);
    if (patch == patches.end() || patch->index != position) return inst;
  }
  SetOperands(patch->instruction, &inst);
  return inst;
}

}  // namespace csl::fabric::pe
