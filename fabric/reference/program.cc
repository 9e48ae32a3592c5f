// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/program.h"

#include <fmt/format.h>

#include <algorithm>

namespace csl::fabric::reference {

Program::Program(image::ProgramImage of)
    : image(std::move(of)),
      function_of(image.code.size()),
      memory(kMemoryBytes),
      shared_queues(image::SharedQueuesOf(image.configuration.input_queues, image.arch)) {
  for (uint32_t f = 0; f < image.functions.size(); ++f) {
    const image::Function& function = image.functions[f];
    std::fill_n(function_of.begin() + function.first_instruction, function.num_instructions, f);
  }
  for (const image::Section& section : image.sections) {
    std::copy(section.bytes.begin(), section.bytes.end(), memory.begin() + section.address);
  }
}

const image::TaskBinding* Program::FindTask(image::TaskKind kind, int id) const {
  for (const image::TaskBinding& task : image.configuration.tasks) {
    if (task.kind == kind && task.id == id) return &task;
  }
  return nullptr;
}

bool Program::HasControlTasks() const {
  const auto& tasks = image.configuration.tasks;
  return std::any_of(tasks.begin(), tasks.end(), [](const image::TaskBinding& task) {
    return task.kind == image::TaskKind::kControl;
  });
}

const std::string& Program::FunctionName(uint32_t function) const {
  static const std::string kUnknown = "?";
  return function < image.functions.size() ? image.functions[function].name : kUnknown;
}

std::string Program::Place(uint32_t position) const {
  const uint32_t function = position < function_of.size() ? function_of[position] : 0xffffffff;
  return fmt::format("{} ({})", FunctionName(function), image.LocationText(position));
}

}  // namespace csl::fabric::reference
