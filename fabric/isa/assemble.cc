// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <map>

#include "fabric/isa/text.h"
#include "fabric/isa/vector_op.h"

namespace csl::isa {
namespace {

using Labels = std::map<std::string, int32_t, std::less<>>;

bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

// A line being read. Every reader skips blanks first and leaves the position behind what it took.
class Cursor {
 public:
  Cursor(std::string_view text, const Labels* labels) : text_(text), labels_(labels) {}

  bool Take(char c) {
    SkipBlanks();
    if (pos_ >= text_.size() || text_[pos_] != c) return false;
    ++pos_;
    return true;
  }
  Status Expect(char c) { return Take(c) ? OkStatus() : Wanted(fmt::format("'{}'", c)); }
  bool AtEnd() {
    SkipBlanks();
    return pos_ == text_.size();
  }
  char Peek() {
    SkipBlanks();
    return pos_ < text_.size() ? text_[pos_] : 0;
  }
  std::string_view Name() {
    SkipBlanks();
    const size_t start = pos_;
    while (pos_ < text_.size() && IsNameChar(text_[pos_])) ++pos_;
    return text_.substr(start, pos_ - start);
  }
  Status Wanted(std::string_view what) const {
    return InvalidArgument(fmt::format("column {}: expected {}", pos_ + 1, what));
  }

  // Decimal or 0x, with sign.
  StatusOr<int64_t> Number(int64_t min, int64_t max) {
    SkipBlanks();
    const bool negative = Take('-');
    int base = 10;
    if (text_.substr(pos_).starts_with("0x")) {
      base = 16;
      pos_ += 2;
    }
    uint64_t magnitude = 0;
    auto [end, error] =
        std::from_chars(text_.data() + pos_, text_.data() + text_.size(), magnitude, base);
    if (error != std::errc() || magnitude > uint64_t{1} << 62) return Wanted("a number");
    pos_ = static_cast<size_t>(end - text_.data());
    const auto value =
        negative ? -static_cast<int64_t>(magnitude) : static_cast<int64_t>(magnitude);
    if (value < min || value > max) return Wanted(fmt::format("a number from {} to {}", min, max));
    return value;
  }
  StatusOr<uint8_t> Register() {
    if (!Take('r')) return Wanted("a register");
    ASSIGN_OR_RETURN(int64_t n, Number(0, kMaxRegisters - 1));
    return static_cast<uint8_t>(n);
  }
  StatusOr<uint8_t> RegisterOrNone() {
    if (Take('_')) return kNoRegister;
    return Register();
  }
  // dest.3
  StatusOr<std::pair<uint8_t, uint8_t>> Dsr() {
    static constexpr std::string_view kFiles[] = {"dest.", "src0.", "src1."};
    SkipBlanks();
    for (uint8_t file = 0; file < kNumDsrFiles; ++file) {
      if (!text_.substr(pos_).starts_with(kFiles[file])) continue;
      pos_ += kFiles[file].size();
      ASSIGN_OR_RETURN(int64_t number, Number(0, 255));
      return std::pair{file, static_cast<uint8_t>(number)};
    }
    return Wanted("a DSR (dest.N, src0.N, src1.N)");
  }
  // @7 or @label
  StatusOr<int32_t> Target(int64_t max) {
    RETURN_IF_ERROR(Expect('@'));
    const char c = Peek();
    if (c >= '0' && c <= '9') {
      ASSIGN_OR_RETURN(int64_t n, Number(0, max));
      return static_cast<int32_t>(n);
    }
    const std::string_view name = Name();
    const auto it = labels_ == nullptr ? Labels::const_iterator() : labels_->find(name);
    if (labels_ == nullptr || it == labels_->end()) {
      return InvalidArgument(fmt::format("unknown label '{}'", name));
    }
    return it->second;
  }

 private:
  void SkipBlanks() {
    while (pos_ < text_.size() && (text_[pos_] == ' ' || text_[pos_] == '\t')) ++pos_;
  }

  std::string_view text_;
  size_t pos_ = 0;
  const Labels* labels_;
};

struct MemoryOperand {
  uint8_t base = kNoRegister;
  uint8_t index = kNoRegister;
  uint8_t shift = 0;
  uint16_t offset = 0;
};

StatusOr<MemoryOperand> ReadMemory(Cursor& in) {
  MemoryOperand m;
  RETURN_IF_ERROR(in.Expect('['));
  for (bool first = true;; first = false) {
    const bool negative = !first && in.Take('-');
    if (!first && !negative && !in.Take('+')) break;
    if (in.Peek() == 'r') {
      ASSIGN_OR_RETURN(uint8_t r, in.Register());
      if (in.Take('<')) {
        RETURN_IF_ERROR(in.Expect('<'));
        ASSIGN_OR_RETURN(int64_t shift, in.Number(0, 15));
        m.index = r;
        m.shift = static_cast<uint8_t>(shift);
      } else {
        m.base = r;
      }
    } else {
      ASSIGN_OR_RETURN(int64_t offset, in.Number(-32768, 65535));
      m.offset = static_cast<uint16_t>(negative ? -offset : offset);
    }
  }
  RETURN_IF_ERROR(in.Expect(']'));
  return m;
}

Status ReadVector(Cursor& in, Instruction& i) {
  const VectorOpInfo& op = VectorInfo(i.opcode());
  if (op.dest == ElementType::kNone) {
    RETURN_IF_ERROR(in.Expect('_'));
    i.a = kNoRegister;
  } else if (in.Take('*')) {
    i.e |= kDestIsPointer;
    ASSIGN_OR_RETURN(i.a, in.Register());
  } else {
    ASSIGN_OR_RETURN(auto dsr, in.Dsr());
    if (dsr.first == 2) return InvalidArgument("a destination cannot be in file src1");
    if (dsr.first == 1) i.e |= kDestInSrc0File;
    i.a = dsr.second;
  }
  for (int source = 2 - op.num_sources; source < 2; ++source) {
    RETURN_IF_ERROR(in.Expect(','));
    uint8_t& field = source == 0 ? i.b : i.c;
    if (in.Peek() == 'r') {
      i.e |= source == 0 ? kSrc0IsScalar : kSrc1IsScalar;
      ASSIGN_OR_RETURN(field, in.Register());
      continue;
    }
    ASSIGN_OR_RETURN(auto dsr, in.Dsr());
    if (dsr.first == 0 || (source == 0 && dsr.first != 1))
      return InvalidArgument("a source in the wrong file");
    if (source == 1 && dsr.first == 1) i.e |= kSrc1InSrc0File;
    field = dsr.second;
  }
  if (op.num_sources == 1) i.b = kNoRegister;
  if (op.has_scalar) {
    RETURN_IF_ERROR(in.Expect(','));
    ASSIGN_OR_RETURN(i.d, in.Register());
  }
  return OkStatus();
}

Status ReadFloatBits(Cursor& in, Instruction& i) {
  ASSIGN_OR_RETURN(int64_t bits, in.Number(0, 0xffffffff));
  i.set_imm(static_cast<int32_t>(static_cast<uint32_t>(bits)));
  if (in.Take('(')) {  // the value, for people
    while (!in.AtEnd() && in.Peek() != ')') {
      if (in.Name().empty() && !in.Take('-') && !in.Take('+')) return in.Wanted("')'");
    }
    RETURN_IF_ERROR(in.Expect(')'));
  }
  return OkStatus();
}

Status ReadNumberField(char letter, Cursor& in, Instruction& i) {
  const bool wide = letter == 'i' || letter == 'F';
  const int64_t min = letter == 'i'                    ? INT32_MIN
                      : letter == 'e'                  ? -32768
                      : letter == 's' || letter == 't' ? -128
                                                       : 0;
  const int64_t max = wide                             ? INT32_MAX
                      : letter == 'e' || letter == 'X' ? 65535
                      : letter == 'x'                  ? 255
                                                       : 127;
  if (letter == 'F') RETURN_IF_ERROR(in.Expect('f'));
  ASSIGN_OR_RETURN(int64_t n, in.Number(min, max));
  if (wide) i.set_imm(static_cast<int32_t>(n));
  if (letter == 'e' || letter == 'X') i.e = static_cast<uint16_t>(n);
  if (letter == 's') i.c = static_cast<uint8_t>(n);
  if (letter == 't') i.b = static_cast<uint8_t>(n);
  if (letter == 'x') i.d = static_cast<uint8_t>(n);
  return OkStatus();
}

Status ReadMemoryField(char letter, Cursor& in, Instruction& i) {
  ASSIGN_OR_RETURN(MemoryOperand m, ReadMemory(in));
  i.e = m.offset;
  if (letter == 'm') {
    i.c = m.base;
    return m.index == kNoRegister ? OkStatus() : InvalidArgument("no index register here");
  }
  i.b = m.base;
  i.c = m.index;
  i.d = m.shift;
  return OkStatus();
}

Status ReadOperand(char letter, Cursor& in, Instruction& i) {
  switch (letter) {
    case 'a':
    case 'b':
    case 'c':
    case 'd': {
      ASSIGN_OR_RETURN(uint8_t r, in.Register());
      (letter == 'a' ? i.a : letter == 'b' ? i.b : letter == 'c' ? i.c : i.d) = r;
      return OkStatus();
    }
    case 'C':
    case 'E': {
      ASSIGN_OR_RETURN((letter == 'C' ? i.c : i.d), in.RegisterOrNone());
      return OkStatus();
    }
    case 'J':
    case 'j':
    case 'k': {
      ASSIGN_OR_RETURN(int32_t target, in.Target(letter == 'J' ? INT32_MAX : 65535));
      i.set_target(target);
      return OkStatus();
    }
    case 'D': {
      ASSIGN_OR_RETURN(auto dsr, in.Dsr());
      i.a = dsr.first;
      i.b = dsr.second;
      return OkStatus();
    }
    case 'N': {
      ASSIGN_OR_RETURN(auto dsr, in.Dsr());
      i.b = dsr.first;
      i.c = dsr.second;
      return OkStatus();
    }
    case 'f':
      return ReadFloatBits(in, i);
    case 'V':
      return ReadVector(in, i);
    case 'M':
    case 'm':
      return ReadMemoryField(letter, in, i);
    case ' ':
      return OkStatus();
    case ',':
      return in.Expect(',');
    default:
      return ReadNumberField(letter, in, i);
  }
}

StatusOr<Instruction> ReadInstruction(std::string_view line, const Labels* labels) {
  Cursor in(line, labels);
  const std::string_view mnemonic = in.Name();
  Instruction i;
  if (mnemonic == ".word") {
    if (!in.Take('0') || !in.Take('x')) return in.Wanted("0x and 16 digits");
    const std::string_view digits = in.Name();
    uint64_t word = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), word, 16);
    if (error != std::errc() || end != digits.data() + digits.size())
      return in.Wanted("hex digits");
    i = std::bit_cast<Instruction>(word);
  } else {
    const auto opcode = FindOpcode(mnemonic);
    if (!opcode) return InvalidArgument(fmt::format("unknown instruction '{}'", mnemonic));
    i = Instruction::Fields(*opcode);
    for (char letter : Pattern(Info(*opcode).format)) RETURN_IF_ERROR(ReadOperand(letter, in, i));
  }
  if (!in.AtEnd()) return in.Wanted("the end of the line");
  return i;
}

struct SourceLine {
  int number;
  std::string_view text;
};

Status AtLine(int number, const Status& status) {
  return {status.code(), fmt::format("line {}: {}", number, status.message())};
}

}  // namespace

StatusOr<Instruction> AssembleLine(std::string_view line) { return ReadInstruction(line, nullptr); }

StatusOr<std::vector<Instruction>> Assemble(std::string_view text) {
  Labels labels;
  std::vector<SourceLine> lines;
  int number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    line = line.substr(0, line.find(';'));
    const size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) continue;
    line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
    if (line.back() == ':') {
      line.remove_suffix(1);
      if (!labels.emplace(line, static_cast<int32_t>(lines.size())).second) {
        return AtLine(number, AlreadyExists(fmt::format("label '{}' again", line)));
      }
      continue;
    }
    lines.push_back({number, line});
  }
  std::vector<Instruction> out;
  for (const SourceLine& line : lines) {
    auto instruction = ReadInstruction(line.text, &labels);
    if (!instruction.ok()) return AtLine(line.number, instruction.status());
    out.push_back(*instruction);
  }
  return out;
}

}  // namespace csl::isa
