// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/instruction.h"

#include <unordered_map>

#include "base/check.h"

namespace csl::isa {
namespace {

constexpr OpcodeInfo kInfo[] = {
#define OPCODE(name, mnemonic, format, c2, c3, flags, size, source) \
  {mnemonic, Format::format, {{c2}, {c3}}, flags, size, CostSource::source},
#include "fabric/isa/opcodes.def"
#undef OPCODE
};

constexpr std::string_view kEnumNames[] = {
#define OPCODE(name, mnemonic, format, c2, c3, flags, size, source) #name,
#include "fabric/isa/opcodes.def"
#undef OPCODE
};

constexpr std::string_view kPatterns[] = {
#define FORMAT(name, pattern) pattern,
#include "fabric/isa/formats.def"
#undef FORMAT
};

// Which field holds the branch target: 'J', 'j', 'k', or 0.
char TargetField(Format format) {
  switch (format) {
    case Format::kJump:
    case Format::kRJump:
    case Format::kRRJump:
      return 'J';
    case Format::kLoop:
      return 'j';
    case Format::kRIJump:
    case Format::kLoopI:
      return 'k';
    default:
      return 0;
  }
}

}  // namespace

const OpcodeInfo& Info(Opcode opcode) {
  const auto index = static_cast<size_t>(opcode);
  CHECK(index < kNumOpcodes) << "opcode " << index;
  return kInfo[index];
}

std::string_view EnumName(Opcode opcode) {
  CHECK(static_cast<int>(opcode) < kNumOpcodes);
  return kEnumNames[static_cast<size_t>(opcode)];
}

std::string_view Pattern(Format format) { return kPatterns[static_cast<size_t>(format)]; }

std::optional<Opcode> FindOpcode(std::string_view mnemonic) {
  static const auto* const by_mnemonic = [] {
    auto* map = new std::unordered_map<std::string_view, Opcode>;
    for (int i = 0; i < kNumOpcodes; ++i) map->emplace(kInfo[i].mnemonic, static_cast<Opcode>(i));
    return map;
  }();
  auto it = by_mnemonic->find(mnemonic);
  if (it == by_mnemonic->end()) return std::nullopt;
  return it->second;
}

int32_t Instruction::target() const {
  if (op >= kNumOpcodes) return -1;
  switch (TargetField(Info(opcode()).format)) {
    case 'J':
      return imm();
    case 'j':
      return e;
    case 'k':
      return target_cd();
    default:
      return -1;
  }
}

void Instruction::set_target(int32_t target) {
  const char field = TargetField(Info(opcode()).format);
  CHECK(field != 0) << Info(opcode()).mnemonic << " has no target";
  CHECK(target >= 0 && (field == 'J' || target <= 0xffff)) << "target " << target;
  if (field == 'J') set_imm(target);
  if (field == 'j') e = static_cast<uint16_t>(target);
  if (field == 'k') set_target_cd(static_cast<uint16_t>(target));
}

std::string_view TrapText(TrapCode code) {
  switch (code) {
    case TrapCode::kAssert:
      return "assertion failed";
    case TrapCode::kUnreachable:
      return "unreachable code reached";
    case TrapCode::kDivideByZero:
      return "division by zero";
    case TrapCode::kBounds:
      return "index out of bounds";
    case TrapCode::kStackOverflow:
      return "stack overflow";
  }
  return "unknown trap";
}

}  // namespace csl::isa
