// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/core_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/bytes.h"

namespace csl::image {
namespace {

constexpr std::string_view kMagic = "CSLC";
constexpr uint32_t kVersion = 2;  // 1: the same without states
constexpr size_t kNumBlocks = kCoreMemoryBytes / kCoreBlockBytes;
constexpr size_t kBitmapBytes = kNumBlocks / 8;
constexpr size_t kDigestBytes = 64;
// A wafer has some 760,000 PEs.
constexpr int32_t kMaxExtent = 1 << 14;

StatusOr<Extent2> GetExtent(ByteReader* reader) {
  Extent2 extent;
  ASSIGN_OR_RETURN(extent.width, reader->Get<int32_t>());
  ASSIGN_OR_RETURN(extent.height, reader->Get<int32_t>());
  if (extent.width < 0 || extent.height < 0 || extent.width > kMaxExtent ||
      extent.height > kMaxExtent) {
    return DataLoss("a size or offset that cannot be");
  }
  return extent;
}

StatusOr<CoreHeader> GetHeader(ByteReader* reader) {
  ASSIGN_OR_RETURN(const auto magic, reader->GetBytes(kMagic.size()));
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) return DataLoss("not a core file");
  ASSIGN_OR_RETURN(const uint32_t version, reader->Get<uint32_t>());
  if (version < 1 || version > kVersion) {
    return DataLoss(
        fmt::format("version {} of core files; only 1 to {} can be read", version, kVersion));
  }
  CoreHeader header;
  ASSIGN_OR_RETURN(const auto digest, reader->GetBytes(kDigestBytes));
  header.program_digest.assign(digest.begin(), digest.end());
  ASSIGN_OR_RETURN(header.cycle, reader->Get<int64_t>());
  ASSIGN_OR_RETURN(header.fabric, GetExtent(reader));
  ASSIGN_OR_RETURN(header.offset, GetExtent(reader));
  ASSIGN_OR_RETURN(header.rectangle, GetExtent(reader));
  return header;
}

// Skips the record of one PE.
Status SkipPe(ByteReader* reader) {
  RETURN_IF_ERROR(reader->GetBytes(1).status());
  ASSIGN_OR_RETURN(const auto bitmap, reader->GetBytes(kBitmapBytes));
  size_t blocks = 0;
  for (const uint8_t byte : bitmap) blocks += static_cast<size_t>(std::popcount(byte));
  return reader->GetBytes(blocks * kCoreBlockBytes).status();
}

}  // namespace

bool IsCore(std::span<const uint8_t> bytes) {
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

std::vector<uint8_t> EncodeCoreHeader(const CoreHeader& header) {
  ByteWriter writer;
  writer.PutBytes({reinterpret_cast<const uint8_t*>(kMagic.data()), kMagic.size()});
  writer.Put(kVersion);
  std::string digest = header.program_digest;
  digest.resize(kDigestBytes, '0');
  writer.PutBytes({reinterpret_cast<const uint8_t*>(digest.data()), kDigestBytes});
  writer.Put(header.cycle);
  for (const Extent2& extent : {header.fabric, header.offset, header.rectangle}) {
    writer.Put(extent.width);
    writer.Put(extent.height);
  }
  return std::move(writer).Take();
}

StatusOr<CoreHeader> ParseCoreHeader(std::span<const uint8_t> bytes) {
  ByteReader reader(bytes);
  return GetHeader(&reader);
}

void AppendCorePe(std::span<const uint8_t> memory, bool in_task, std::vector<uint8_t>* out) {
  out->push_back(in_task ? 1 : 0);
  const size_t bitmap = out->size();
  out->resize(bitmap + kBitmapBytes);
  for (size_t block = 0; block < kNumBlocks; ++block) {
    const auto bytes = memory.subspan(block * kCoreBlockBytes, kCoreBlockBytes);
    if (std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; })) continue;
    (*out)[bitmap + block / 8] |= static_cast<uint8_t>(1u << block % 8);
    out->insert(out->end(), bytes.begin(), bytes.end());
  }
}

void AppendCoreState(std::string_view state, std::vector<uint8_t>* out) {
  ByteWriter writer;
  writer.Put(static_cast<uint32_t>(state.size()));
  writer.PutBytes({reinterpret_cast<const uint8_t*>(state.data()), state.size()});
  const std::vector<uint8_t> bytes = std::move(writer).Take();
  out->insert(out->end(), bytes.begin(), bytes.end());
}

StatusOr<CoreFile> CoreFile::Parse(std::vector<uint8_t> bytes) {
  CoreFile core;
  core.bytes_ = std::move(bytes);
  ByteReader reader(core.bytes_);
  ASSIGN_OR_RETURN(core.header_, GetHeader(&reader));
  const size_t num_pes = static_cast<size_t>(core.header_.rectangle.width) *
                         static_cast<size_t>(core.header_.rectangle.height);
  if (num_pes > reader.remaining()) return DataLoss("the core file ends too early");
  core.offsets_.reserve(num_pes);
  for (size_t pe = 0; pe < num_pes; ++pe) {
    core.offsets_.push_back(reader.offset());
    RETURN_IF_ERROR(SkipPe(&reader));
  }
  if (reader.remaining() != 0) {
    core.states_.reserve(num_pes);
    for (size_t pe = 0; pe < num_pes; ++pe) {
      core.states_.push_back(reader.offset());
      ASSIGN_OR_RETURN(const uint32_t size, reader.Get<uint32_t>());
      RETURN_IF_ERROR(reader.GetBytes(size).status());
    }
  }
  if (reader.remaining() != 0) return DataLoss("bytes behind the end of the core");
  return core;
}

StatusOr<size_t> CoreFile::PeAt(int64_t fabric_x, int64_t fabric_y) const {
  const int64_t x = fabric_x - header_.offset.width;
  const int64_t y = fabric_y - header_.offset.height;
  if (x < 0 || y < 0 || x >= header_.rectangle.width || y >= header_.rectangle.height) {
    return OutOfRange(fmt::format(
        "the core has no PE at column {}, row {}: the program's PEs are columns {} to {}, rows {} "
        "to {} of the fabric",
        fabric_x, fabric_y, header_.offset.width,
        header_.offset.width + header_.rectangle.width - 1, header_.offset.height,
        header_.offset.height + header_.rectangle.height - 1));
  }
  return static_cast<size_t>(y * header_.rectangle.width + x);
}

StatusOr<bool> CoreFile::InTask(int64_t fabric_x, int64_t fabric_y) const {
  ASSIGN_OR_RETURN(const size_t pe, PeAt(fabric_x, fabric_y));
  return (bytes_[offsets_[pe]] & 1) != 0;
}

StatusOr<size_t> CoreFile::KeptBytes(int64_t fabric_x, int64_t fabric_y) const {
  ASSIGN_OR_RETURN(const size_t pe, PeAt(fabric_x, fabric_y));
  size_t blocks = 0;
  for (size_t i = 0; i < kBitmapBytes; ++i) {
    blocks += static_cast<size_t>(std::popcount(bytes_[offsets_[pe] + 1 + i]));
  }
  return blocks * kCoreBlockBytes;
}

StatusOr<std::string> CoreFile::State(int64_t fabric_x, int64_t fabric_y) const {
  ASSIGN_OR_RETURN(const size_t pe, PeAt(fabric_x, fabric_y));
  ByteReader reader(std::span<const uint8_t>(bytes_).subspan(states_[pe]));
  ASSIGN_OR_RETURN(const uint32_t size, reader.Get<uint32_t>());
  ASSIGN_OR_RETURN(const auto text, reader.GetBytes(size));
  return std::string(text.begin(), text.end());
}

StatusOr<std::vector<uint8_t>> CoreFile::Read(int64_t fabric_x, int64_t fabric_y, uint32_t address,
                                              uint32_t size_bytes) const {
  ASSIGN_OR_RETURN(const size_t pe, PeAt(fabric_x, fabric_y));
  if (address > kCoreMemoryBytes || size_bytes > kCoreMemoryBytes - address) {
    return OutOfRange(fmt::format("{} bytes at {:#x} leave a PE's {} bytes of memory", size_bytes,
                                  address, kCoreMemoryBytes));
  }
  std::vector<uint8_t> out(size_bytes);
  const uint8_t* bitmap = bytes_.data() + offsets_[pe] + 1;
  const uint8_t* block = bitmap + kBitmapBytes;
  for (size_t i = 0; i < kNumBlocks; ++i) {
    if ((bitmap[i / 8] >> i % 8 & 1) == 0) continue;
    const size_t from = std::max<size_t>(address, i * kCoreBlockBytes);
    const size_t to = std::min<size_t>(address + size_bytes, (i + 1) * kCoreBlockBytes);
    if (from < to)
      std::copy(block + from % kCoreBlockBytes, block + from % kCoreBlockBytes + (to - from),
                out.data() + (from - address));
    block += kCoreBlockBytes;
  }
  return out;
}

std::string CoreReport(const CoreFile& core) {
  const CoreHeader& header = core.header();
  const Extent2& offset = header.offset;
  std::string out = fmt::format(
      "core file of program {}\ncycle {}, fabric {} x {}, program {} x {} at P{}.{}, {}\n",
      header.program_digest, header.cycle, header.fabric.width, header.fabric.height,
      header.rectangle.width, header.rectangle.height, offset.width, offset.height,
      core.has_states() ? "with states" : "without states");
  for (int y = offset.height; y < offset.height + header.rectangle.height; ++y) {
    for (int x = offset.width; x < offset.width + header.rectangle.width; ++x) {
      out += fmt::format("P{}.{}: {} bytes not zero{}\n", x, y, core.KeptBytes(x, y).value(),
                         core.InTask(x, y).value() ? ", in a task" : "");
    }
  }
  return out;
}

}  // namespace csl::image
