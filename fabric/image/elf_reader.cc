// SPDX-License-Identifier: Apache-2.0
// Reads an image from any bytes: every offset, size and index of the file is checked before it is
// used.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "fabric/image/configuration_fields.h"
#include "fabric/image/image_sections.h"

namespace csl::image {
namespace {

// More than any image has: one for each linksection and a dozen.
constexpr int kMaxSections = 4096;

class ElfParser {
 public:
  explicit ElfParser(std::span<const uint8_t> file) : file_(file) {}

  StatusOr<ProgramImage> Parse() {
    RETURN_IF_ERROR(ReadHeader());
    RETURN_IF_ERROR(ReadSectionHeaders());
    RETURN_IF_ERROR(ReadMemory());
    RETURN_IF_ERROR(ReadCode());
    RETURN_IF_ERROR(ReadSection(kInfoSection, [&](ByteDecoder& ar) { InfoFields(ar, image_); }));
    RETURN_IF_ERROR(
        ReadSection(kFunctionsSection, [&](ByteDecoder& ar) { ar.List(image_.functions); }));
    RETURN_IF_ERROR(
        ReadSection(kConfigSection, [&](ByteDecoder& ar) { Fields(ar, image_.configuration); }));
    RETURN_IF_ERROR(
        ReadSection(kExportsSection, [&](ByteDecoder& ar) { ar.List(image_.exports); }));
    if (by_name_.contains(kLinesSection)) {
      RETURN_IF_ERROR(ReadSection(kLinesSection, [&](ByteDecoder& ar) { LineFields(ar, image_); }));
    }
    if (by_name_.contains(kFramesSection)) {
      RETURN_IF_ERROR(
          ReadSection(kFramesSection, [&](ByteDecoder& ar) { ar.List(image_.frames); }));
    }
    RETURN_IF_ERROR(ReadSymbols());
    RETURN_IF_ERROR(image_.Validate());
    return std::move(image_);
  }

 private:
  template <typename T>
  StatusOr<T> At(uint64_t offset, std::string_view what) const {
    if (offset > file_.size() || file_.size() - offset < sizeof(T)) {
      return DataLoss(fmt::format("truncated: no {} at offset {}", what, offset));
    }
    T value;
    std::memcpy(&value, file_.data() + offset, sizeof(T));
    return value;
  }

  Status ReadHeader() {
    ASSIGN_OR_RETURN(header_, At<Elf32_Ehdr>(0, "ELF header"));
    const uint8_t* ident = header_.e_ident;
    if (std::memcmp(ident, ELFMAG, SELFMAG) != 0) return DataLoss("no ELF file");
    if (ident[EI_CLASS] != ELFCLASS32 || ident[EI_DATA] != ELFDATA2LSB ||
        header_.e_machine != kElfMachine) {
      return DataLoss(fmt::format("not a program image: ELF machine 0x{:04x}", header_.e_machine));
    }
    const uint32_t version = header_.e_flags >> 16;
    const uint32_t arch = header_.e_flags & 0xff;
    const uint32_t fp16 = header_.e_flags >> 8 & 0xff;
    if (version != kImageVersion) {
      return DataLoss(fmt::format("image version {}, this program reads version {}: compile again",
                                  version, kImageVersion));
    }
    if (arch >= isa::kNumArchs || fp16 > 2)
      return DataLoss(fmt::format("ELF flags 0x{:08x}", header_.e_flags));
    image_.arch = static_cast<isa::Arch>(arch);
    image_.fp16_format = static_cast<isa::Fp16Format>(fp16);
    return OkStatus();
  }

  Status ReadSectionHeaders() {
    if (header_.e_shentsize != sizeof(Elf32_Shdr) || header_.e_shnum > kMaxSections ||
        header_.e_shstrndx >= header_.e_shnum) {
      return DataLoss(fmt::format("section header table of {} entries", header_.e_shnum));
    }
    for (int i = 0; i < header_.e_shnum; ++i) {
      ASSIGN_OR_RETURN(
          Elf32_Shdr h,
          At<Elf32_Shdr>(header_.e_shoff + uint64_t{sizeof(Elf32_Shdr)} * i, "section header"));
      const bool has_bytes = h.sh_type != SHT_NOBITS && h.sh_type != SHT_NULL;
      if (has_bytes && (h.sh_offset > file_.size() || file_.size() - h.sh_offset < h.sh_size)) {
        return DataLoss(fmt::format("section {}: {} bytes at offset {} lie outside of the file", i,
                                    h.sh_size, h.sh_offset));
      }
      sections_.push_back(h);
    }
    for (int i = 1; i < header_.e_shnum; ++i) {
      ASSIGN_OR_RETURN(std::string name, String(header_.e_shstrndx, sections_[i].sh_name));
      if (!by_name_.emplace(std::move(name), i).second)
        return DataLoss(fmt::format("section {}: its name occurs twice", i));
    }
    return OkStatus();
  }

  std::span<const uint8_t> Bytes(int section) const {
    const Elf32_Shdr& h = sections_[section];
    if (h.sh_type == SHT_NOBITS || h.sh_type == SHT_NULL) return {};
    return file_.subspan(h.sh_offset, h.sh_size);
  }

  StatusOr<std::string> String(int section, uint32_t offset) const {
    const auto table = Bytes(section);
    if (offset >= table.size())
      return DataLoss(fmt::format("string at {} of {} bytes", offset, table.size()));
    const auto end = std::find(table.begin() + offset, table.end(), uint8_t{0});
    if (end == table.end()) return DataLoss("a string has no end");
    return std::string(table.begin() + offset, end);
  }

  StatusOr<int> Find(const std::string& name) const {
    const auto it = by_name_.find(name);
    if (it == by_name_.end()) return DataLoss(fmt::format("no section {}", name));
    return it->second;
  }

  template <typename Read>
  Status ReadSection(const std::string& name, Read read) {
    ASSIGN_OR_RETURN(int index, Find(name));
    ByteDecoder ar(Bytes(index));
    read(ar);
    const Status status = ar.Finish();
    return status.ok() ? status : DataLoss(fmt::format("section {}: {}", name, status.message()));
  }

  Status ReadMemory() {
    for (const auto& [name, index] : by_name_) {
      const Elf32_Shdr& h = sections_[index];
      if ((h.sh_flags & SHF_ALLOC) == 0) continue;
      if (h.sh_addr > 0xffff || h.sh_size > 0xffff)
        return DataLoss(fmt::format("section {}: address or size", name));
      const auto bytes = Bytes(index);
      image_.sections.push_back({name,
                                 static_cast<uint16_t>(h.sh_addr),
                                 static_cast<uint16_t>(h.sh_size),
                                 (h.sh_flags & SHF_WRITE) == 0,
                                 {bytes.begin(), bytes.end()}});
    }
    const auto key = [](const Section& s) {
      return std::tuple(s.address, s.size_bytes, std::string_view(s.name));
    };
    std::ranges::sort(image_.sections,
                      [&](const Section& a, const Section& b) { return key(a) < key(b); });
    return OkStatus();
  }

  Status ReadCode() {
    ASSIGN_OR_RETURN(int index, Find(kCodeSection));
    const auto bytes = Bytes(index);
    if (bytes.size() % sizeof(isa::Instruction) != 0)
      return DataLoss(fmt::format("code of {} bytes", bytes.size()));
    image_.code.resize(bytes.size() / sizeof(isa::Instruction));
    if (!bytes.empty())
      std::memcpy(static_cast<void*>(image_.code.data()), bytes.data(), bytes.size());
    return OkStatus();
  }

  StatusOr<Symbol> ToSymbol(const Elf32_Sym& elf, uint32_t type, int strtab) const {
    Symbol s;
    ASSIGN_OR_RETURN(s.name, String(strtab, elf.st_name));
    ASSIGN_OR_RETURN(s.type, String(strtab, type));
    s.is_global = ELF32_ST_BIND(elf.st_info) == STB_GLOBAL;
    if (ELF32_ST_TYPE(elf.st_info) == STT_FUNC) {
      const uint32_t first = elf.st_value / sizeof(isa::Instruction);
      const auto it =
          std::ranges::lower_bound(image_.functions, first, {}, &Function::first_instruction);
      if (it == image_.functions.end() || it->first_instruction != first) {
        return DataLoss(fmt::format("symbol '{}' names no function", s.name));
      }
      s.kind = Symbol::Kind::kFunction;
      s.value = static_cast<uint16_t>(it - image_.functions.begin());
      return s;
    }
    if (elf.st_value > 0xffff || elf.st_size > 0xffff)
      return DataLoss(fmt::format("symbol '{}': address or size", s.name));
    s.value = static_cast<uint16_t>(elf.st_value);
    s.size_bytes = static_cast<uint16_t>(elf.st_size);
    return s;
  }

  Status ReadSymbols() {
    ASSIGN_OR_RETURN(int symtab, Find(".symtab"));
    ASSIGN_OR_RETURN(int strtab, Find(".strtab"));
    ASSIGN_OR_RETURN(int types, Find(kTypesSection));
    const size_t count = Bytes(symtab).size() / sizeof(Elf32_Sym);
    if (Bytes(types).size() != count * sizeof(uint32_t))
      return DataLoss("types and symbols differ in number");
    for (size_t i = 1; i < count; ++i) {
      Elf32_Sym elf;
      uint32_t type;
      std::memcpy(&elf, Bytes(symtab).data() + i * sizeof(elf), sizeof(elf));
      std::memcpy(&type, Bytes(types).data() + i * sizeof(type), sizeof(type));
      ASSIGN_OR_RETURN(Symbol symbol, ToSymbol(elf, type, strtab));
      image_.symbols.push_back(std::move(symbol));
    }
    std::ranges::sort(image_.symbols, [](const Symbol& a, const Symbol& b) {
      return std::tie(a.kind, a.value, a.name) < std::tie(b.kind, b.value, b.name);
    });
    return OkStatus();
  }

  std::span<const uint8_t> file_;
  Elf32_Ehdr header_ = {};
  std::vector<Elf32_Shdr> sections_;
  std::map<std::string, int> by_name_;
  ProgramImage image_;
};

}  // namespace

StatusOr<ProgramImage> ReadElf(std::span<const uint8_t> bytes) { return ElfParser(bytes).Parse(); }

}  // namespace csl::image
