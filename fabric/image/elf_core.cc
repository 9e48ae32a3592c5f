// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/elf_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "fabric/image/image_sections.h"

namespace csl::image {
namespace {

constexpr char kNoteName[] = "CSL";
constexpr uint32_t kNoteType = 1;
// Where a PE's memory lies in the address space of the core: a column has 64 KiB of it, a row all
// columns that a fabric can have.
constexpr int kColumnShift = 16;
constexpr int kRowShift = 32;
constexpr size_t kBitmapBytes = kCoreMemoryBytes / kCoreBlockBytes / 8;
constexpr size_t kRecordHeadBytes = 1 + kBitmapBytes;

template <typename T>
void Append(const T& value, std::vector<uint8_t>* out) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  out->insert(out->end(), bytes, bytes + sizeof(value));
}

void AppendPadded(const void* bytes, size_t size, std::vector<uint8_t>* out) {
  const auto* first = static_cast<const uint8_t*>(bytes);
  out->insert(out->end(), first, first + size);
  out->resize((out->size() + 3) / 4 * 4);
}

std::vector<uint8_t> NoteOf(const CoreHeader& header) {
  const std::string text = fmt::format(
      "program {}\ncycle {}\nfabric {} {}\noffset {} {}\nrectangle {} {}\n", header.program_digest,
      header.cycle, header.fabric.width, header.fabric.height, header.offset.width,
      header.offset.height, header.rectangle.width, header.rectangle.height);
  std::vector<uint8_t> note;
  Append(Elf64_Nhdr{sizeof(kNoteName), static_cast<Elf64_Word>(text.size()), kNoteType}, &note);
  AppendPadded(kNoteName, sizeof(kNoteName), &note);
  AppendPadded(text.data(), text.size(), &note);
  return note;
}

size_t BlocksIn(std::span<const uint8_t> bitmap) {
  size_t blocks = 0;
  for (const uint8_t byte : bitmap) blocks += static_cast<size_t>(std::popcount(byte));
  return blocks;
}

}  // namespace

ElfCoreWriter::ElfCoreWriter(Sink sink) : sink_(std::move(sink)) {
  Emit(std::vector<uint8_t>(sizeof(Elf64_Ehdr)));
}

void ElfCoreWriter::Emit(std::span<const uint8_t> bytes) {
  sink_(bytes);
  written_ += bytes.size();
}

Status ElfCoreWriter::TakeHeader() {
  const size_t size = EncodeCoreHeader({}).size();
  if (pending_.size() < size) return OkStatus();
  ASSIGN_OR_RETURN(header_, ParseCoreHeader(std::span(pending_).first(size)));
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(size));
  const std::vector<uint8_t> note = NoteOf(*header_);
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_flags = PF_R;
  segment.p_offset = written_;
  segment.p_filesz = note.size();
  segment.p_align = 4;
  segments_.push_back(segment);
  Emit(note);
  return OkStatus();
}

bool ElfCoreWriter::TakePe() {
  const auto num_pes = static_cast<size_t>(header_->rectangle.width) *
                       static_cast<size_t>(header_->rectangle.height);
  if (segments_.size() > num_pes || pending_.size() < kRecordHeadBytes) return false;
  const std::span<const uint8_t> bitmap = std::span(pending_).subspan(1, kBitmapBytes);
  const size_t size = kRecordHeadBytes + BlocksIn(bitmap) * kCoreBlockBytes;
  if (pending_.size() < size) return false;
  // From address 0 to the last block that is not zero.
  std::vector<uint8_t> memory;
  size_t from = kRecordHeadBytes;
  for (size_t block = 0; block < kCoreMemoryBytes / kCoreBlockBytes; ++block) {
    if ((bitmap[block / 8] >> block % 8 & 1) == 0) continue;
    memory.resize((block + 1) * kCoreBlockBytes);
    std::memcpy(memory.data() + block * kCoreBlockBytes, pending_.data() + from, kCoreBlockBytes);
    from += kCoreBlockBytes;
  }
  const auto index = static_cast<uint64_t>(segments_.size() - 1);
  const auto width = static_cast<uint64_t>(header_->rectangle.width);
  const uint64_t x = static_cast<uint64_t>(header_->offset.width) + index % width;
  const uint64_t y = static_cast<uint64_t>(header_->offset.height) + index / width;
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_W;
  segment.p_offset = written_;
  segment.p_vaddr = y << kRowShift | x << kColumnShift;
  segment.p_paddr = segment.p_vaddr;
  segment.p_filesz = memory.size();
  segment.p_memsz = kCoreMemoryBytes;
  segment.p_align = 1;
  segments_.push_back(segment);
  Emit(memory);
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(size));
  return true;
}

Status ElfCoreWriter::Add(std::span<const uint8_t> piece) {
  // By parts, so that taking a record from the front moves little.
  constexpr size_t kStepBytes = size_t{1} << 16;
  while (!piece.empty()) {
    const size_t step = std::min(piece.size(), kStepBytes);
    pending_.insert(pending_.end(), piece.begin(), piece.begin() + static_cast<ptrdiff_t>(step));
    piece = piece.subspan(step);
    if (!header_.has_value()) RETURN_IF_ERROR(TakeHeader());
    while (header_.has_value() && TakePe()) {
    }
  }
  return OkStatus();
}

StatusOr<std::vector<uint8_t>> ElfCoreWriter::Finish() {
  const size_t num_pes = !header_.has_value() ? 0
                                              : static_cast<size_t>(header_->rectangle.width) *
                                                    static_cast<size_t>(header_->rectangle.height);
  if (!header_.has_value() || !pending_.empty() || segments_.size() != num_pes + 1) {
    return DataLoss("the core file ends too early or too late");
  }
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = kElfMachine;
  header.e_version = EV_CURRENT;
  header.e_phoff = written_;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_shentsize = sizeof(Elf64_Shdr);
  Emit({reinterpret_cast<const uint8_t*>(segments_.data()), segments_.size() * sizeof(Elf64_Phdr)});
  if (segments_.size() < PN_XNUM) {
    header.e_phnum = static_cast<Elf64_Half>(segments_.size());
  } else {
    // More than 16 bits can count: the first section header holds the number.
    Elf64_Shdr section{};
    section.sh_info = static_cast<Elf64_Word>(segments_.size());
    header.e_phnum = PN_XNUM;
    header.e_shnum = 1;
    header.e_shoff = written_;
    Emit({reinterpret_cast<const uint8_t*>(&section), sizeof(section)});
  }
  std::vector<uint8_t> bytes;
  Append(header, &bytes);
  return bytes;
}

}  // namespace csl::image
