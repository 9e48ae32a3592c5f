// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/random_code.h"

#include <fmt/format.h>

#include "fabric/isa/text.h"
#include "fabric/isa/vector_op.h"

namespace csl::fabric::testing {
namespace {

using isa::Descriptor;
using isa::DsrFile;
using isa::Instruction;
using isa::Opcode;

constexpr const char* kFiles[] = {"dest", "src0", "src1"};

// Opcodes on registers alone, branches included.
std::vector<Opcode> ScalarOpcodes() {
  std::vector<Opcode> out;
  for (int i = 0; i < isa::kNumOpcodes; ++i) {
    const auto opcode = static_cast<Opcode>(i);
    const isa::OpcodeInfo& info = isa::Info(opcode);
    const bool special =
        opcode == Opcode::kIllegal || opcode == Opcode::kTrap || opcode == Opcode::kRet ||
        opcode == Opcode::kFrame || info.has(isa::kCalls) || info.has(isa::kVectorOp) ||
        info.has(isa::kShared) || info.has(isa::kReadsMemory) || info.has(isa::kWritesMemory);
    if (!special) out.push_back(opcode);
  }
  return out;
}

}  // namespace

std::string RandomCode::Statements(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    switch (random_.Below(16)) {
      case 0:
      case 1:
        out += MemoryAccess();
        break;
      case 2:
      case 3:
        out += VectorOnMemory();
        break;
      case 4:
        out += Time();
        break;
      case 5:
        out += Configuration();
        break;
      case 6:
        out += random_.Chance(30) ? LogText() : CopyOrZero();
        break;
      case 7:
        out += StepThrough();
        break;
      default:
        out += Scalar();
        break;
    }
  }
  return out;
}

// What a letter of an instruction's pattern becomes.
std::string RandomCode::Operand(char letter, int label) {
  switch (letter) {
    case 'a':
    case 'b':
    case 'c':
    case 'd':
      return fmt::format("r{}", Reg());
    case 'i':
      return fmt::format("{}", random_.Chance(50) ? random_.Between(-20, 40)
                                                  : static_cast<int32_t>(random_.Word()));
    case 'f':
      return fmt::format("0x{:08x}", random_.Word());
    case 'e':
      return fmt::format("{}", random_.Between(-300, 300));
    case 's':
    case 't':
      return fmt::format("{}", random_.Between(-3, 3));
    case 'J':
    case 'j':
    case 'k':
      return fmt::format("@l{}", label);
    default:
      return std::string(1, letter);
  }
}

std::string RandomCode::Scalar() {
  static const std::vector<Opcode> kOpcodes = ScalarOpcodes();
  const Opcode opcode = random_.Of(kOpcodes);
  const isa::OpcodeInfo& info = isa::Info(opcode);
  const int label = labels_++;
  ++coverage_[std::string(info.mnemonic)];
  std::string out = "  " + std::string(info.mnemonic) + " ";
  for (const char letter : isa::Pattern(info.format)) out += Operand(letter, label);
  out += "\n";
  // Branches skip something or nothing.
  if (info.has(isa::kBranch)) {
    out += random_.Chance(50) ? Scalar() : fmt::format("  addi.u16 r{}, r{}, 3\n", Reg(), Reg());
    out += fmt::format("l{}:\n  nop\n", label);
  }
  return out;
}

std::string RandomCode::MemoryAccess() {
  if (random_.Chance(10)) {  // functions have frames of 16 bytes
    const int offset = random_.Below(13);
    return fmt::format("  frame r16, {}\n  st.w r{}, [r16 + 0]\n  ld.u16 r{}, [r16 + 1]\n", offset,
                       Reg(), Reg());
  }
  static const std::vector<Opcode> kOps = {Opcode::kLdI8,  Opcode::kLdU8, Opcode::kLdI16,
                                           Opcode::kLdU16, Opcode::kLdW,  Opcode::kStB,
                                           Opcode::kStH,   Opcode::kStW};
  const std::string mnemonic(isa::Info(random_.Of(kOps)).mnemonic);
  ++coverage_[mnemonic];
  std::string out = fmt::format("  andi.u16 r16, r{}, 2047\n", Reg());
  if (random_.Chance(30)) {
    out += fmt::format("  andi.u16 r17, r{}, 255\n", Reg());
    return out + fmt::format("  {} r{}, [r16 + r17<<2 + {}]\n", mnemonic, Reg(), kScratch);
  }
  return out + fmt::format("  {} r{}, [r16 + {}]\n", mnemonic, Reg(), kScratch);
}

std::string RandomCode::CopyOrZero() {
  const int to = kScratch + random_.Below(1024);
  const int bytes = random_.Below(200);
  if (random_.Chance(30)) {
    ++coverage_["zero"];
    return fmt::format("  ldi r16, {}\n  zero r16, {}\n", to, bytes);
  }
  ++coverage_["copy"];
  return fmt::format("  ldi r16, {}\n  ldi r17, {}\n  copy r16, r17, {}\n", to,
                     kScratch + random_.Below(1024), bytes);
}

uint16_t RandomCode::Place(const Descriptor& descriptor) {
  const auto address = static_cast<uint16_t>(kDescriptors + 2 * descriptor_words_.size());
  const std::vector<uint8_t> bytes = descriptor.Encode();
  for (size_t i = 0; i < bytes.size(); i += 2) {
    descriptor_words_.push_back(static_cast<uint16_t>(bytes[i] | bytes[i + 1] << 8));
  }
  return address;
}

std::string RandomCode::LoadDsr(DsrFile file, int number, const Descriptor& descriptor, int flags) {
  const std::string name = fmt::format("{}.{}", kFiles[static_cast<int>(file)], number);
  std::string out = fmt::format("  ldi r16, {}\n", Place(descriptor));
  if (isa::DsdBytes(descriptor.kind()) == isa::kDsdBytes) {
    ++coverage_["dsr.load"];
    return out + fmt::format("  dsr.load {}, [r16 + 0], {}\n", name, flags);
  }
  ++coverage_["dsr.loadx"];
  return out + fmt::format("  dsr.loadx {}, r16, 0, 0x{:x}fff\n", name, flags);
}

// Stays inside the scratch memory whatever operation uses it.
Descriptor RandomCode::MemoryDescriptor() {
  const auto base = static_cast<uint16_t>(kScratch + 0x600 + 2 * random_.Below(0x100));
  Descriptor d = Descriptor::Mem1d(base, static_cast<uint16_t>(random_.Below(24)),
                                   static_cast<int16_t>(random_.Between(-3, 4)));
  if (random_.Chance(50)) d.stride[0] = 1;
  const int kind = random_.Below(10);
  if (kind == 0) {
    d.header.kind = isa::DsdKind::kMem4d;
    d.header.dimensions = static_cast<uint8_t>(random_.Between(2, 4));
    for (size_t i = 0; i < 4; ++i) {
      d.extent[i] = static_cast<uint16_t>(random_.Between(1, 3));
      d.stride[i] = static_cast<int16_t>(random_.Between(-2, 4));
    }
    ++coverage_["mem4d"];
  } else if (kind == 1) {
    d.header.kind = isa::DsdKind::kCircbuf;
    d.wrap_start = static_cast<uint16_t>(base - 4 * random_.Below(4));
    d.wrap_end = static_cast<uint16_t>(base + 4 * random_.Between(1, 6));
    d.stride[0] = static_cast<int16_t>(random_.Between(1, 2));
    ++coverage_["circbuf"];
  }
  d.header.wavelet_index_offset = random_.Chance(10);
  return d;
}

std::string RandomCode::Vector(Opcode opcode, int number, uint16_t flags) {
  const isa::VectorOpInfo& info = isa::VectorInfo(opcode);
  const auto n = static_cast<uint8_t>(number);
  const auto reg = [&] { return static_cast<uint8_t>(Reg()); };
  Instruction i = Instruction::Fields(opcode, n, n, n, 0, flags);
  if (info.num_sources == 1) i.b = isa::kNoRegister;
  if (info.dest == isa::ElementType::kNone) i.a = isa::kNoRegister;
  if ((flags & isa::kDestIsPointer) != 0) i.a = 18;
  if ((flags & isa::kSrc0IsScalar) != 0) i.b = reg();
  if ((flags & isa::kSrc1IsScalar) != 0) i.c = reg();
  if (info.has_scalar) i.d = reg();
  ++coverage_[std::string(isa::Info(opcode).mnemonic)];
  return "  " + isa::Disassemble(i) + "\n";
}

std::string RandomCode::VectorOnMemory() {
  const isa::VectorOpInfo* info = nullptr;
  do {
    const auto ops = isa::VectorOps();
    info = &ops[static_cast<size_t>(random_.Below(static_cast<int>(ops.size())))];
  } while (info->opcode == Opcode::kVDfilt);
  uint16_t flags = 0;
  if (random_.Chance(15)) {
    flags |= isa::kDestIsPointer;
    if (info->num_sources == 2 && !info->has_scalar) flags |= isa::kSrc0IsScalar;
  } else if (random_.Chance(25)) {
    const bool first = info->num_sources == 2 && random_.Chance(50);
    flags |= first ? isa::kSrc0IsScalar : isa::kSrc1IsScalar;
  }
  std::string out;
  if ((flags & isa::kDestIsPointer) != 0) {
    out += fmt::format("  ldi r18, {}\n", kScratch + 4 * random_.Below(64));
  }
  for (const DsrFile file : {DsrFile::kDest, DsrFile::kSrc0, DsrFile::kSrc1}) {
    const Descriptor d = MemoryDescriptor();
    const int load_flags = random_.Chance(20) ? isa::kSaveAddress : 0;
    out += LoadDsr(file, 1, d, load_flags);
    if (d.header.wavelet_index_offset) {
      out += fmt::format("  ldi r16, {}\n  dsr.index r16, {}.1\n", random_.Below(20),
                         kFiles[static_cast<int>(file)]);
      ++coverage_["dsr.index"];
    }
  }
  if (random_.Chance(10)) {
    out += fmt::format("  ldi r16, {}\n  dsr.base r16, src1.1\n", kScratch + 0x600);
    ++coverage_["dsr.base"];
  }
  const int times = random_.Chance(20) ? 2 : 1;  // with save_address the second one continues
  for (int k = 0; k < times; ++k) out += Vector(info->opcode, 1, flags);
  if (random_.Chance(20)) {
    out += fmt::format("  vok r{}\n  dsr.len r{}, src0.1\n", Reg(), Reg());
    ++coverage_["dsr.len"];
  }
  return out;
}

std::string RandomCode::StepThrough() {
  const bool wide = random_.Chance(50);
  const char letter = wide ? 'w' : 'h';
  Descriptor d = MemoryDescriptor();
  d.header.wavelet_index_offset = false;
  std::string out = LoadDsr(DsrFile::kSrc1, 1, d, isa::kSingleStep);
  out += LoadDsr(DsrFile::kDest, 1, MemoryDescriptor(), isa::kSingleStep);
  for (int i = 0; i < 3; ++i) {
    const int reg = Reg();
    out += fmt::format("  dsr.get.{} r{}, src1.1\n  dsr.put.{} r{}, dest.1\n", letter, reg, letter,
                       reg);
  }
  ++coverage_[fmt::format("dsr.get.{}", letter)];
  ++coverage_[fmt::format("dsr.put.{}", letter)];
  return out + fmt::format("  dsr.len r{}, src1.1\n", Reg());
}

std::string RandomCode::Time() {
  static const std::vector<std::string> kOps = {"tsc.enable", "tsc.enable", "tsc.disable",
                                                "tsc.reset"};
  const std::string address =
      fmt::format("  ldi r16, {}\n", kScratch + 0x800 + 8 * random_.Below(32));
  if (random_.Chance(50)) {
    ++coverage_["tsc.read"];
    return address + "  tsc.read r16\n";
  }
  if (random_.Chance(30)) {
    ++coverage_["perf.read"];
    return address + fmt::format("  ldi r17, {}\n  perf.read r16, r17\n", random_.Below(2));
  }
  const std::string& op = random_.Of(kOps);
  ++coverage_[op];
  return "  " + op + "\n";
}

// Words whose reading shows what the machine does just now, and words without an effect.
std::string RandomCode::Configuration() {
  static const std::vector<int> kReadable = {0x7a09, 0x7a40, 0x7a42, 0x7a46, 0x7a47,
                                             0x7a4a, 0x7a4b, 0x7a4d, 0x7a50, 0x7a53};
  const bool checked = random_.Chance(50);
  if (random_.Chance(70)) {
    int address = random_.Of(kReadable);
    const int color = random_.Below(12);
    if (random_.Chance(20)) address = (arch_ == isa::Arch::kWse2 ? 0x7f20 : 0x7c00) + color;
    if (random_.Chance(20)) address = (arch_ == isa::Arch::kWse2 ? 0x7f40 : 0x7c20) + color;
    if (random_.Chance(30)) {
      static const std::vector<std::string> kLoads = {"ld.u16", "ld.i16", "ld.w"};
      // The next word exists, too.
      if (address == 0x7a42 || address == 0x7a47 || address == 0x7a4d) address = 0x7a4a;
      ++coverage_["configuration word at an address"];
      return fmt::format("  {} r{}, [{}]\n", random_.Of(kLoads), Reg(), 2 * address);
    }
    ++coverage_[checked ? "cfg.read" : "cfg.readu"];
    return fmt::format("  ldi r16, {}\n  {} r{}, r16\n", address,
                       checked ? "cfg.read" : "cfg.readu", Reg());
  }
  static const std::vector<int> kPlaced = {0x7a41, 0x7a0d, 0x7a0e, 0x7a4d};
  if (random_.Chance(20)) {
    ++coverage_["configuration word at an address"];
    const int address = random_.Of(kPlaced);
    const bool both = address != 0x7a4d && random_.Chance(30);
    return fmt::format("  {} r{}, [{}]\n", both ? "st.w" : "st.h", Reg(), 2 * address);
  }
  static const std::vector<int> kWritable = {0x7a41, 0x7e00, 0x7e01, 0x7a0d, 0x7a0e, 0x7a4d};
  ++coverage_[checked ? "cfg.write" : "cfg.writeu"];
  return fmt::format("  ldi r16, {}\n  {} r16, r{}\n", random_.Of(kWritable),
                     checked ? "cfg.write" : "cfg.writeu", Reg());
}

std::string RandomCode::LogText() {
  ++coverage_["log"];
  ++coverage_["log.value"];
  return fmt::format(
      "  ldi r16, {}\n  log.value r{}, r16\n  ldi r16, {}\n  ldi r17, {}\n"
      "  log r16, r17\n",
      random_.Below(7), Reg(), kScratch + random_.Below(500), random_.Below(12));
}

}  // namespace csl::fabric::testing
