// SPDX-License-Identifier: Apache-2.0
// The ELF32 file of an image: header, section contents, section headers. No program headers:
// nothing executes it natively.
#include <elf.h>

#include <cstring>

#include "base/check.h"
#include "fabric/image/configuration_fields.h"
#include "fabric/image/image_sections.h"

namespace csl::image {
namespace {

// A string table: offset 0 is the empty string.
class StringTable {
 public:
  uint32_t Add(const std::string& text) {
    if (text.empty()) return 0;
    const auto offset = static_cast<uint32_t>(bytes_.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    bytes_.push_back(0);
    return offset;
  }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_ = {0};
};

struct ElfSection {
  std::string name;
  Elf32_Shdr header = {};
  std::vector<uint8_t> bytes;
};

template <typename T>
std::vector<uint8_t> ListBytes(const std::vector<T>& list) {
  ByteEncoder ar;
  ar.List(list);
  return std::move(ar).Take();
}

template <typename T>
std::vector<uint8_t> RawBytes(const std::vector<T>& items) {
  std::vector<uint8_t> out(items.size() * sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), items.data(), out.size());
  return out;
}

class ElfBuilder {
 public:
  explicit ElfBuilder(const ProgramImage& image) : image_(const_cast<ProgramImage&>(image)) {
    sections_.emplace_back();  // index 0: none
  }

  std::vector<uint8_t> Build() {
    for (const Section& s : image_.sections) AddMemory(s);
    text_index_ = Add(kCodeSection, SHT_PROGBITS, RawBytes(image_.code), 8);
    sections_[text_index_].header.sh_flags = SHF_EXECINSTR;
    ByteEncoder info, config, lines;
    InfoFields(info, image_);
    Fields(config, image_.configuration);
    LineFields(lines, image_);
    Add(kInfoSection, SHT_PROGBITS, std::move(info).Take());
    Add(kFunctionsSection, SHT_PROGBITS, ListBytes(image_.functions));
    Add(kConfigSection, SHT_PROGBITS, std::move(config).Take());
    Add(kExportsSection, SHT_PROGBITS, ListBytes(image_.exports));
    if (!image_.lines.empty() || !image_.files.empty())
      Add(kLinesSection, SHT_PROGBITS, std::move(lines).Take());
    if (!image_.frames.empty()) Add(kFramesSection, SHT_PROGBITS, ListBytes(image_.frames));
    AddSymbols();
    AddSectionNames();
    return Layout();
  }

 private:
  uint32_t Add(const std::string& name, uint32_t type, std::vector<uint8_t> bytes,
               uint32_t alignment = 4) {
    ElfSection s{name, {}, std::move(bytes)};
    s.header.sh_type = type;
    s.header.sh_addralign = alignment;
    s.header.sh_size = static_cast<uint32_t>(s.bytes.size());
    sections_.push_back(std::move(s));
    return static_cast<uint32_t>(sections_.size() - 1);
  }

  void AddMemory(const Section& s) {
    const uint32_t index = Add(s.name, s.bytes.empty() ? SHT_NOBITS : SHT_PROGBITS, s.bytes, 2);
    Elf32_Shdr& header = sections_[index].header;
    header.sh_flags = SHF_ALLOC | (s.is_const ? 0 : SHF_WRITE);
    header.sh_addr = s.address;
    header.sh_size = s.size_bytes;
  }

  uint16_t SectionOf(const Symbol& symbol) const {
    if (symbol.kind == Symbol::Kind::kFunction) return static_cast<uint16_t>(text_index_);
    for (size_t i = 0; i < image_.sections.size(); ++i) {
      const Section& s = image_.sections[i];
      if (symbol.value >= s.address && symbol.value < s.address + s.size_bytes)
        return static_cast<uint16_t>(i + 1);
    }
    return SHN_ABS;
  }

  Elf32_Sym ToElf(const Symbol& symbol, StringTable& strings) const {
    Elf32_Sym out = {};
    const bool is_function = symbol.kind == Symbol::Kind::kFunction;
    out.st_name = strings.Add(symbol.name);
    out.st_info = ELF32_ST_INFO(symbol.is_global ? STB_GLOBAL : STB_LOCAL,
                                is_function ? STT_FUNC : STT_OBJECT);
    out.st_shndx = SectionOf(symbol);
    out.st_value = symbol.value;
    out.st_size = symbol.size_bytes;
    if (is_function) {
      const Function& f = image_.functions[symbol.value];
      out.st_value = f.first_instruction * sizeof(isa::Instruction);
      out.st_size = f.num_instructions * sizeof(isa::Instruction);
    }
    return out;
  }

  // .symtab, .strtab and .csl.types, whose entry i is the string offset of the type of symbol i.
  // Local symbols first.
  void AddSymbols() {
    StringTable strings;
    std::vector<Elf32_Sym> table(1);
    std::vector<uint32_t> types(1);
    uint32_t first_global = 1;
    for (bool global : {false, true}) {
      if (global) first_global = static_cast<uint32_t>(table.size());
      for (const Symbol& s : image_.symbols) {
        if (s.is_global != global) continue;
        table.push_back(ToElf(s, strings));
        types.push_back(strings.Add(s.type));
      }
    }
    const uint32_t symtab = Add(".symtab", SHT_SYMTAB, RawBytes(table));
    const uint32_t strtab = Add(".strtab", SHT_STRTAB, strings.Take(), 1);
    const uint32_t types_index = Add(kTypesSection, SHT_PROGBITS, RawBytes(types));
    sections_[symtab].header.sh_link = strtab;
    sections_[symtab].header.sh_info = first_global;
    sections_[symtab].header.sh_entsize = sizeof(Elf32_Sym);
    sections_[types_index].header.sh_link = strtab;
    sections_[types_index].header.sh_entsize = sizeof(uint32_t);
  }

  void AddSectionNames() {
    names_index_ = Add(".shstrtab", SHT_STRTAB, {}, 1);
    StringTable names;
    for (ElfSection& s : sections_) s.header.sh_name = names.Add(s.name);
    sections_[names_index_].bytes = names.Take();
    sections_[names_index_].header.sh_size =
        static_cast<uint32_t>(sections_[names_index_].bytes.size());
  }

  Elf32_Ehdr Header(size_t section_headers_offset) const {
    Elf32_Ehdr h = {};
    std::memcpy(h.e_ident, ELFMAG, SELFMAG);
    h.e_ident[EI_CLASS] = ELFCLASS32;
    h.e_ident[EI_DATA] = ELFDATA2LSB;
    h.e_ident[EI_VERSION] = EV_CURRENT;
    h.e_type = ET_EXEC;
    h.e_machine = kElfMachine;
    h.e_version = EV_CURRENT;
    h.e_shoff = static_cast<uint32_t>(section_headers_offset);
    h.e_flags = static_cast<uint32_t>(image_.arch) |
                static_cast<uint32_t>(image_.fp16_format) << 8 | kImageVersion << 16;
    h.e_ehsize = sizeof(Elf32_Ehdr);
    h.e_shentsize = sizeof(Elf32_Shdr);
    h.e_shnum = static_cast<uint16_t>(sections_.size());
    h.e_shstrndx = static_cast<uint16_t>(names_index_);
    return h;
  }

  std::vector<uint8_t> Layout() {
    size_t offset = sizeof(Elf32_Ehdr);
    const auto align = [&offset](size_t to) { offset = (offset + to - 1) / to * to; };
    for (size_t i = 1; i < sections_.size(); ++i) {
      align(sections_[i].header.sh_addralign);
      sections_[i].header.sh_offset = static_cast<uint32_t>(offset);
      offset += sections_[i].bytes.size();
    }
    align(4);
    ByteWriter out;
    out.Put(Header(offset));
    for (size_t i = 1; i < sections_.size(); ++i) {
      out.AlignTo(sections_[i].header.sh_addralign);
      out.PutBytes(sections_[i].bytes);
    }
    out.AlignTo(4);
    for (const ElfSection& s : sections_) out.Put(s.header);
    return std::move(out).Take();
  }

  ProgramImage& image_;  // only read: the field lists serve both directions
  std::vector<ElfSection> sections_;
  uint32_t text_index_ = 0;
  uint32_t names_index_ = 0;
};

}  // namespace

std::vector<uint8_t> WriteElf(const ProgramImage& image) {
  const Status status = image.Validate();
  CHECK(status.ok()) << status.message();
  return ElfBuilder(image).Build();
}

}  // namespace csl::image
