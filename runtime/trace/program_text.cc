// SPDX-License-Identifier: Apache-2.0
#include "runtime/trace/program_text.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "fabric/isa/text.h"

namespace csl::runtime {

ProgramText::ProgramText(image::Artifact artifact) : artifact_(std::move(artifact)) {
  if (artifact_.images.empty()) return;
  const image::Extent2 size = manifest().rectangle;
  const size_t count = static_cast<size_t>(size.width) * static_cast<size_t>(size.height);
  image_of_.resize(count);
  variant_of_.resize(count);
  const size_t images = artifact_.images.size();
  for (const image::PlacementRun& run : manifest().placement) {
    const bool is_variant = run.program >= images;
    const uint32_t variant = is_variant ? run.program - static_cast<uint32_t>(images) : 0;
    for (int y = run.y; y < run.y + run.height; ++y) {
      for (int x = run.x; x < run.x + run.width; ++x) {
        const size_t pe = static_cast<size_t>(y * size.width + x);
        image_of_[pe] = is_variant ? artifact_.variants[variant].image : run.program;
        variant_of_[pe] = is_variant ? variant + 1 : 0;
      }
    }
  }
}

const image::ProgramImage* ProgramText::ImageAt(int x, int y) const {
  const image::Manifest& m = manifest();
  x -= m.offset.width;
  y -= m.offset.height;
  if (artifact_.images.empty()) return nullptr;
  if (x < 0 || y < 0 || x >= m.rectangle.width || y >= m.rectangle.height) return nullptr;
  return &artifact_.images[image_of_[static_cast<size_t>(y * m.rectangle.width + x)]];
}

const isa::Instruction* ProgramText::InstructionAt(int x, int y, uint32_t position) const {
  const image::ProgramImage* image = ImageAt(x, y);
  if (image == nullptr || position >= image->code.size()) return nullptr;
  const image::Manifest& m = manifest();
  const uint32_t variant = variant_of_[static_cast<size_t>(
      (y - m.offset.height) * m.rectangle.width + (x - m.offset.width))];
  if (variant != 0) {
    const auto& patches = artifact_.variants[variant - 1].code;
    const auto at = std::lower_bound(
        patches.begin(), patches.end(), position,
        [](const image::CodePatch& patch, uint32_t index) { return patch.index < index; });
    if (at != patches.end() && at->index == position) return &at->instruction;
  }
  return &image->code[position];
}

std::string ProgramText::Mnemonic(int x, int y, uint32_t position) const {
  const isa::Instruction* instruction = InstructionAt(x, y, position);
  if (instruction == nullptr || instruction->op >= isa::kNumOpcodes) return "UNKNOWN";
  std::string name(isa::Info(instruction->opcode()).mnemonic);
  if (name.starts_with("v.")) name.erase(0, 2);
  for (char& c : name) {
    c = c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string ProgramText::Instruction(int x, int y, uint32_t position) const {
  const isa::Instruction* instruction = InstructionAt(x, y, position);
  return instruction == nullptr ? "?" : isa::Disassemble(*instruction);
}

std::vector<std::string> ProgramText::Operands(int x, int y, uint32_t position) const {
  const isa::Instruction* instruction = InstructionAt(x, y, position);
  std::vector<std::string> operands;
  if (instruction == nullptr) return operands;
  const std::string text = isa::Disassemble(*instruction);
  const size_t space = text.find(' ');
  if (space == std::string::npos) return operands;
  int depth = 0;
  operands.emplace_back();
  for (const char c : text.substr(space + 1)) {
    if (c == '[' || c == '(') ++depth;
    if (c == ']' || c == ')') --depth;
    if (c == ',' && depth == 0) {
      operands.emplace_back();
    } else if (c != ' ') {
      operands.back() += c;
    }
  }
  return operands;
}

bool ProgramText::IsBranch(int x, int y, uint32_t position) const {
  const isa::Instruction* instruction = InstructionAt(x, y, position);
  return instruction != nullptr && instruction->op < isa::kNumOpcodes &&
         isa::Info(instruction->opcode()).has(isa::kBranch);
}

std::string ProgramText::Location(int x, int y, uint32_t position) const {
  const image::ProgramImage* image = ImageAt(x, y);
  return image == nullptr || position >= image->code.size() ? "?" : image->LocationText(position);
}

std::string ProgramText::Function(int x, int y, uint32_t index) const {
  if (index == kHostCopy) return "copy of the host";
  const image::ProgramImage* image = ImageAt(x, y);
  return image == nullptr || index >= image->functions.size() ? "?" : image->functions[index].name;
}

}  // namespace csl::runtime
