// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/isa_docs.h"

#include <fmt/format.h>

#include <algorithm>

#include "fabric/isa/text.h"
#include "fabric/isa/vector_op.h"

namespace csl::isa {
namespace {

struct SourceText {
  std::string_view name;
  std::string_view tag;
  std::string_view text;
};
constexpr SourceText kSources[] = {
#define COST_SOURCE(name, tag, text) {#name, tag, text},
#include "fabric/isa/cost_sources.def"
#undef COST_SOURCE
};

constexpr std::string_view kFormatNames[] = {
#define FORMAT(name, pattern) #name,
#include "fabric/isa/formats.def"
#undef FORMAT
};

constexpr std::string_view kElementNames[] = {"", "16 bits", "32 bits", "f16", "f32"};

// Sources are cited by number, counted from 1 in the order of their table.
std::string Cite(CostSource source) { return fmt::format("[{}]", static_cast<int>(source) + 1); }

std::string CellText(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

// Filled to 100 columns.
std::string Paragraph(std::string_view text) {
  std::string out;
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column > 0 && column + 1 + end > 100) {
      out += '\n';
      column = 0;
    }
    if (column > 0) out += ' ';
    out += text.substr(0, end);
    column += end + (column > 0);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

constexpr char kIntroduction[] = R"(# Instruction set

Generated from the tables in `fabric/isa` by `bazel run //fabric/isa:isa_docs > docs/isa.md`; a test
keeps it fresh.

A PE runs code of a typed register machine of our own. A function sees a window of 32-bit registers
r0..r254; a call moves the window. Data structure registers (DSRs: files dest, src0, src1) hold the
descriptors that vector operations work on. Code is not addressable; a function is an index.

- Values: i16 sign-, u16 zero-extended, bool 0 or 1, f16 in the low half, f32 bits, pointers as u16
  byte addresses, function values as u16 indices. Wider integers take several registers, low word
  first. 16-bit operations read only low halves and write the canonical form.
- An instruction is 8 bytes, little endian: `u16 op, u8 a, u8 b`, then `i32 imm` or
  `u8 c, u8 d, u16 e`. Field 255 means "absent" where a register may be.
- *Cycles*: how long its thread is busy, WSE-2 / WSE-3. What else takes time: docs/fabric/timing.md.
  *Size* counts against the PE's 48 KB.

)";

std::string OpcodeRow(Opcode opcode) {
  const OpcodeInfo& info = Info(opcode);
  const OpcodeCost* cost = info.cost;
  const std::string_view pattern = Pattern(info.format);
  return fmt::format("| {} | `{}` | {} | {} / {} | {} | {} |\n", static_cast<int>(opcode),
                     info.mnemonic, pattern.empty() ? "" : fmt::format("`{}`", pattern),
                     cost[0].cycles, cost[1].cycles, info.size_bytes, Cite(info.source));
}

std::string SectionHeader(std::string_view title, std::string_view text) {
  return fmt::format("\n## {}\n\n{}\n\n", title, Paragraph(text)) +
         "| op | mnemonic | operands | cycles | size | source |\n"
         "|---|---|---|---|---|---|\n";
}

std::string Opcodes() {
  std::string out;
#define OPCODE_SECTION(title, text) out += SectionHeader(title, text);
#define OPCODE(name, mnemonic, format, c2, c3, flags, size, source) out += OpcodeRow(Opcode::name);
#include "fabric/isa/opcodes.def"
#undef OPCODE
  return out;
}

std::string VectorTable() {
  std::string out = R"(
## Elements of vector operations

Most elements per cycle; a stride other than 0 and 1 limits them: stride modulo 8 in 2, 3, 5, 6: no
limit; 1 and 7: 2; 4: 4; 0: 1. Cycles in which both sources lie in the same half of the banks (bit 2
of their byte addresses agrees) count twice; so do operands that are not 32-bit aligned. fmac
family: dest = src0 + src1 * scalar; the scalar is the register in field d.

| operation | dest | src0 | src1 | WSE-2 | WSE-3 | source |
|---|---|---|---|---|---|---|
)";
  for (const VectorOpInfo& op : VectorOps()) {
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", op.name,
                       kElementNames[static_cast<int>(op.dest)],
                       kElementNames[static_cast<int>(op.src0)],
                       kElementNames[static_cast<int>(op.src1)], op.max_elements_per_cycle[0],
                       op.max_elements_per_cycle[1], Cite(op.source));
  }
  return out;
}

std::string MachineTables() {
  std::string out =
      "\n## Costs of the machine\n\nCycles, unless the name says otherwise.\n\n"
      "| what | WSE-2 | WSE-3 | source | |\n|---|---|---|---|---|\n";
#define MACHINE_COST(name, wse2, wse3, source, text)                      \
  out += fmt::format("| `{}` | {} | {} | {} | {} |\n", #name, wse2, wse3, \
                     Cite(CostSource::source), text);
#include "fabric/isa/machine_costs.def"
#undef MACHINE_COST
  out +=
      "\n## Sizes of the machine\n\nTags as in the list of sources.\n\n"
      "| what | WSE-2 | WSE-3 | tag | |\n|---|---|---|---|---|\n";
#define LIMIT(name, wse2, wse3, tag, text) \
  out += fmt::format("| `{}` | {} | {} | {} | {} |\n", #name, wse2, wse3, tag, text);
#include "fabric/isa/limits.def"
#undef LIMIT
  out += "\n| queue | WSE-2 in | WSE-2 out | WSE-3 in | WSE-3 out |\n|---|---|---|---|---|\n";
  for (int q = 0; q < kMaxQueues; ++q) {
    out += fmt::format("| {} | {} | {} | {} | {} |\n", q, kInputQueueWords[0][q],
                       kOutputQueueWords[0][q], kInputQueueWords[1][q], kOutputQueueWords[1][q]);
  }
  return out + "\nQueues: capacity in 32-bit wavelets (D); 0: there is none.\n";
}

std::string FormatTable() {
  std::string out = R"(
## Operand letters

A pattern's letters stand for fields, all else for itself.

| letter | operand |
|---|---|
| a b c d | register in that field |
| i, f | imm, as a number, as the bits of a float |
| J, j, k | branch target in imm, in e, in c + d * 256 |
| e | signed number in e |
| s, t | signed step in c, in b |
| F | function index in imm |
| M | memory `[rb + rc<<d + e]`; without b, e is an address |
| m | memory `[rc + e]` |
| D, N | DSR of file a number b; of file b number c |
| x, X | number in d; number in e |
| C, E | register in c, in d, or `_` |
| V | operands of a vector operation, see below |

V: destination, sources, scalar register. The bits of e say what fields a, b and c are: bit 0: the
address of a scalar is in register a (`*r1`); bit 1, bit 2: source 0, source 1 is the scalar in
register b, in register c; bits 3, 4: the destination, the only source, is in file src0. Otherwise
they are DSRs of files dest, src0, src1.

Formats:)";
  for (std::string_view name : kFormatNames) out += fmt::format(" {}", name.substr(1));
  const size_t last = out.rfind('\n') + 1;
  return out.substr(0, last) + Paragraph(out.substr(last) + ".") + "\n";
}

std::string SourceTable() {
  std::string out = R"(
## Sources

D vendor documentation or example source, P paper, S measured on the vendor simulator, H measured on
hardware, I inferred from published counts, A assumed.

| number | tag | source |
|---|---|---|
)";
  int number = 0;
  for (const SourceText& source : kSources) {
    out += fmt::format("| {} | {} | {} |\n", ++number, source.tag, CellText(source.text));
  }
  return out;
}

}  // namespace

std::string IsaDocs() {
  return kIntroduction +
         std::string(
             "Contents: opcodes by family, elements of vector operations, costs and sizes ") +
         "of the machine,\noperand letters, sources.\n" + Opcodes() + VectorTable() +
         MachineTables() + FormatTable() + SourceTable();
}

}  // namespace csl::isa
