// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "fabric/isa/text.h"
#include "fabric/isa/vector_op.h"

namespace csl::isa {
namespace {

std::string Register(uint8_t r) { return fmt::format("r{}", r); }
std::string RegisterOrNone(uint8_t r) { return r == kNoRegister ? "_" : Register(r); }

std::string Dsr(uint8_t file, uint8_t number) {
  static constexpr const char* kFiles[] = {"dest", "src0", "src1"};
  return file < kNumDsrFiles ? fmt::format("{}.{}", kFiles[file], number) : "?";
}

// base and index may be absent; offset is an address if there is no base.
std::string Memory(uint8_t base, uint8_t index, uint8_t shift, uint16_t offset) {
  std::string out = "[";
  if (base != kNoRegister) out += Register(base);
  if (index != kNoRegister) {
    out += fmt::format("{}r{}<<{}", base == kNoRegister ? "" : " + ", index, shift);
  }
  if (base == kNoRegister && index == kNoRegister) return out + fmt::format("{}]", offset);
  const int value = base == kNoRegister ? offset : static_cast<int16_t>(offset);
  if (value != 0) out += fmt::format(" {} {}", value < 0 ? '-' : '+', value < 0 ? -value : value);
  return out + "]";
}

std::string VectorOperands(const Instruction& i) {
  const VectorOpInfo& op = VectorInfo(i.opcode());
  std::string out;
  if (op.dest == ElementType::kNone) {
    out = "_";
  } else if (i.e & kDestIsPointer) {
    out = "*" + Register(i.a);
  } else {
    out = Dsr(i.e & kDestInSrc0File ? 1 : 0, i.a);
  }
  if (op.num_sources == 2) out += ", " + (i.e & kSrc0IsScalar ? Register(i.b) : Dsr(1, i.b));
  out += ", " + (i.e & kSrc1IsScalar ? Register(i.c) : Dsr(i.e & kSrc1InSrc0File ? 1 : 2, i.c));
  if (op.has_scalar) out += ", " + Register(i.d);
  return out;
}

std::string Operand(char letter, const Instruction& i) {
  switch (letter) {
    case 'a':
      return Register(i.a);
    case 'b':
      return Register(i.b);
    case 'c':
      return Register(i.c);
    case 'd':
      return Register(i.d);
    case 'i':
      return fmt::format("{}", i.imm());
    case 'f':
      return fmt::format("0x{:08x} ({})", static_cast<uint32_t>(i.imm()),
                         std::bit_cast<float>(i.imm()));
    case 'J':
    case 'j':
    case 'k':
      return fmt::format("@{}", i.target());
    case 'e':
      return fmt::format("{}", i.signed_e());
    case 's':
      return fmt::format("{}", static_cast<int8_t>(i.c));
    case 't':
      return fmt::format("{}", static_cast<int8_t>(i.b));
    case 'F':
      return fmt::format("f{}", i.imm());
    case 'M':
      return Memory(i.b, i.c, i.d, i.e);
    case 'm':
      return Memory(i.c, kNoRegister, 0, i.e);
    case 'D':
      return Dsr(i.a, i.b);
    case 'N':
      return Dsr(i.b, i.c);
    case 'x':
      return fmt::format("{}", i.d);
    case 'X':
      return fmt::format("0x{:04x}", i.e);
    case 'C':
      return RegisterOrNone(i.c);
    case 'E':
      return RegisterOrNone(i.d);
    case 'V':
      return VectorOperands(i);
    default:
      return std::string(1, letter);
  }
}

}  // namespace

std::string Disassemble(const Instruction& instruction) {
  if (instruction.op < kNumOpcodes) {
    const OpcodeInfo& info = Info(instruction.opcode());
    std::string out(info.mnemonic);
    const std::string_view pattern = Pattern(info.format);
    if (!pattern.empty()) out += ' ';
    for (char letter : pattern) out += Operand(letter, instruction);
    auto back = AssembleLine(out);
    if (back.ok() && *back == instruction) return out;
  }
  uint64_t word;
  static_assert(sizeof(word) == sizeof(instruction));
  std::memcpy(&word, &instruction, sizeof(word));
  return fmt::format(".word 0x{:016x}", word);
}

}  // namespace csl::isa
