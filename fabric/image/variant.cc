// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/variant.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "fabric/image/byte_archive.h"
#include "fabric/image/configuration_fields.h"
#include "fabric/isa/verify.h"

namespace csl::image {
namespace {

using isa::Format;
using isa::Instruction;

constexpr uint32_t kMagic = 0x56'4c'53'43;  // "CSLV"
constexpr uint32_t kVersion = 2;

// Few patches are always worth it; many only while they are a small part of the image.
constexpr size_t kFewPatches = 32;
constexpr size_t kLeastBytesAPatch = 16;

// Whose operands nothing but its own execution looks at.
bool MayChange(const Instruction& instruction) {
  const isa::OpcodeInfo& info = isa::Info(instruction.opcode());
  if (info.has(isa::kBranch) || info.has(isa::kCalls) || info.has(isa::kVectorOp)) return false;
  return info.format != Format::kDsrLoad && info.format != Format::kDsrLoadX &&
         info.format != Format::kDsrReg;
}

Status CheckCode(const Variant& variant, const ProgramImage& base) {
  uint64_t next = 0;
  for (const CodePatch& patch : variant.code) {
    if (patch.index < next || patch.index >= base.code.size()) {
      return DataLoss(fmt::format("a patch of instruction {}", patch.index));
    }
    next = uint64_t{patch.index} + 1;
    const Instruction& old = base.code[patch.index];
    const Function* function = base.FunctionAt(patch.index);
    if (patch.instruction.op != old.op || !MayChange(old) || function == nullptr) {
      return DataLoss(fmt::format("instruction {} may not be patched", patch.index));
    }
    RETURN_IF_ERROR(isa::CheckInstruction(patch.instruction,
                                          {function->num_registers, function->num_instructions,
                                           static_cast<uint32_t>(base.functions.size())}));
  }
  return OkStatus();
}

Status CheckDsrs(const Variant& variant, const ProgramImage& base) {
  if (variant.dsrs.empty()) return OkStatus();
  const std::vector<InitialDsr>& dsrs = base.configuration.dsrs;
  uint32_t next = 0;
  for (const DsrPatch& patch : variant.dsrs) {
    if (patch.index < next || patch.index >= dsrs.size() ||
        patch.descriptor.kind() != dsrs[patch.index].descriptor.kind()) {
      return DataLoss(fmt::format("a patch of initial DSR {}", patch.index));
    }
    next = patch.index + 1u;
  }
  TileConfiguration configuration = base.configuration;
  for (const DsrPatch& patch : variant.dsrs) {
    configuration.dsrs[patch.index].descriptor = patch.descriptor;
  }
  return ValidateConfiguration(configuration, base.arch, base.functions.size());
}

// The section with initial bytes that holds an address; null if none.
const Section* SectionAt(const ProgramImage& image, uint32_t address) {
  for (const Section& s : image.sections) {
    if (address >= s.address && address - s.address < s.bytes.size()) return &s;
  }
  return nullptr;
}

bool SameSections(const ProgramImage& a, const ProgramImage& b) {
  return std::ranges::equal(a.sections, b.sections, [](const Section& p, const Section& q) {
    return p.name == q.name && p.address == q.address && p.size_bytes == q.size_bytes &&
           p.is_const == q.is_const && p.bytes.size() == q.bytes.size();
  });
}

// Whether only descriptors of initial DSRs differ, of the same kinds.
bool SameButForDsrs(const TileConfiguration& a, const TileConfiguration& b) {
  if (a.dsrs.size() != b.dsrs.size()) return false;
  TileConfiguration other = b;
  for (size_t i = 0; i < a.dsrs.size(); ++i) {
    if (a.dsrs[i].descriptor.kind() != b.dsrs[i].descriptor.kind()) return false;
    other.dsrs[i].descriptor = a.dsrs[i].descriptor;
  }
  return a == other;
}

bool SameButForWords(const ProgramImage& a, const ProgramImage& b) {
  return a.code.size() == b.code.size() && a.arch == b.arch && a.fp16_format == b.fp16_format &&
         a.stack_top == b.stack_top && a.stack_bytes == b.stack_bytes && SameSections(a, b) &&
         a.name == b.name && a.functions == b.functions &&
         SameButForDsrs(a.configuration, b.configuration) && a.exports == b.exports &&
         a.frames == b.frames && a.lines == b.lines && a.files == b.files && a.symbols == b.symbols;
}

class Hasher {
 public:
  void Add(uint64_t value) { hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15u + (hash_ >> 29); }
  void Add(std::string_view text) { Add(std::hash<std::string_view>()(text)); }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0x243f6a8885a308d3u;
};

}  // namespace

template <typename Archive>
void Fields(Archive& ar, CodePatch& v) {
  Instruction& i = v.instruction;
  ar(v.index, i.op, i.a, i.b, i.c, i.d, i.e);
}

template <typename Archive>
void Fields(Archive& ar, MemoryPatch& v) {
  ar(v.address, v.value);
}

template <typename Archive>
void Fields(Archive& ar, DsrPatch& v) {
  ar(v.index);
  Fields(ar, v.descriptor);
}

template <typename Archive>
void Fields(Archive& ar, Variant& v) {
  ar(v.image);
  ar.List(v.code);
  ar.List(v.memory);
  ar.List(v.dsrs);
}

Status Variant::Validate(const ProgramImage& base) const {
  RETURN_IF_ERROR(CheckCode(*this, base));
  uint32_t next = 0;
  for (const MemoryPatch& patch : memory) {
    if (patch.address < next || SectionAt(base, patch.address) == nullptr) {
      return DataLoss(fmt::format("a patch of memory at {:#06x}", patch.address));
    }
    next = patch.address + 1u;
  }
  return CheckDsrs(*this, base);
}

ProgramImage Variant::Apply(const ProgramImage& base) const {
  ProgramImage out = base;
  for (const CodePatch& patch : code) out.code[patch.index] = patch.instruction;
  for (const MemoryPatch& patch : memory) {
    Section* section = const_cast<Section*>(SectionAt(out, patch.address));
    CHECK(section != nullptr) << "a patch of memory outside the image";
    section->bytes[patch.address - section->address] = patch.value;
  }
  for (const DsrPatch& patch : dsrs) {
    out.configuration.dsrs[patch.index].descriptor = patch.descriptor;
  }
  return out;
}

std::optional<Variant> Difference(const ProgramImage& base, const ProgramImage& other) {
  if (!SameButForWords(base, other)) return std::nullopt;
  Variant out;
  size_t size_bytes = base.code.size() * sizeof(Instruction);
  for (uint32_t i = 0; i < base.code.size(); ++i) {
    if (base.code[i] == other.code[i]) continue;
    if (base.code[i].op != other.code[i].op || !MayChange(base.code[i])) return std::nullopt;
    out.code.push_back({i, other.code[i]});
  }
  for (size_t n = 0; n < base.sections.size(); ++n) {
    const Section& from = base.sections[n];
    const Section& to = other.sections[n];
    size_bytes += from.bytes.size();
    for (size_t i = 0; i < from.bytes.size(); ++i) {
      if (from.bytes[i] == to.bytes[i]) continue;
      out.memory.push_back({static_cast<uint16_t>(from.address + i), to.bytes[i]});
    }
  }
  for (size_t i = 0; i < base.configuration.dsrs.size(); ++i) {
    const isa::Descriptor& to = other.configuration.dsrs[i].descriptor;
    if (base.configuration.dsrs[i].descriptor == to) continue;
    out.dsrs.push_back({static_cast<uint16_t>(i), to});
  }
  const size_t patches = out.code.size() + out.memory.size() + out.dsrs.size();
  if (patches > kFewPatches && patches * kLeastBytesAPatch > size_bytes) return std::nullopt;
  return out;
}

uint64_t HashOfShape(const ProgramImage& image) {
  Hasher hasher;
  hasher.Add(image.name);
  hasher.Add(image.functions.size());
  hasher.Add(image.configuration.tasks.size());
  hasher.Add(image.configuration.active_tasks);
  hasher.Add(image.configuration.blocked_tasks);
  for (const Section& s : image.sections) {
    hasher.Add(s.name);
    hasher.Add(uint64_t{s.address} << 32 | s.size_bytes << 1 | (s.bytes.empty() ? 1u : 0u));
  }
  for (const LocalColor& c : image.configuration.local_colors) {
    for (const Route& route : c.config.positions) {
      hasher.Add(uint64_t{c.color} << 16 | uint64_t{route.rx} << 8 | route.tx);
    }
  }
  for (const LineEntry& line : image.lines) {
    hasher.Add(uint64_t{line.line} << 32 | line.instruction);
  }
  for (const Instruction& i : image.code) hasher.Add(i.op);
  return hasher.hash();
}

std::vector<uint8_t> VariantsToBytes(const std::vector<Variant>& variants) {
  ByteEncoder ar;
  ar(kMagic, kVersion);
  ar.List(variants);
  return std::move(ar).Take();
}

StatusOr<std::vector<Variant>> ReadVariants(std::span<const uint8_t> bytes) {
  ByteDecoder ar(bytes);
  uint32_t magic = 0, version = 0;
  ar(magic, version);
  if (magic != kMagic) return DataLoss("variants.bin: no file of variants");
  if (version != kVersion) {
    return DataLoss(fmt::format("variants.bin: version {}, this program reads {}: compile again",
                                version, kVersion));
  }
  std::vector<Variant> variants;
  ar.List(variants);
  const Status status = ar.Finish();
  if (!status.ok()) return DataLoss("variants.bin: " + status.message());
  return variants;
}

}  // namespace csl::image
