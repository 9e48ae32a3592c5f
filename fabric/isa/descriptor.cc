// SPDX-License-Identifier: Apache-2.0
#include "fabric/isa/descriptor.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace csl::isa {

std::string_view DsdKindName(DsdKind kind) {
  switch (kind) {
    case DsdKind::kNone:
      return "none";
    case DsdKind::kMem1d:
      return "mem1d";
    case DsdKind::kMem4d:
      return "mem4d";
    case DsdKind::kCircbuf:
      return "circbuf";
    case DsdKind::kFabin:
      return "fabin";
    case DsdKind::kFabout:
      return "fabout";
    case DsdKind::kFifo:
      return "fifo";
  }
  return "?";
}

uint32_t Descriptor::Length() const {
  if (kind() != DsdKind::kMem4d) return extent[0];
  uint64_t length = 1;
  for (int i = 0; i < header.dimensions; ++i) length *= extent[i];
  return length > 0xffffffff ? 0xffffffff : static_cast<uint32_t>(length);
}

Descriptor Descriptor::Mem1d(uint16_t base, uint16_t extent, int16_t stride) {
  Descriptor d;
  d.header.kind = DsdKind::kMem1d;
  d.base = base;
  d.extent[0] = extent;
  d.stride[0] = stride;
  return d;
}

Descriptor Descriptor::Fabin(uint8_t queue, uint8_t color, uint16_t extent) {
  Descriptor d;
  d.header.kind = DsdKind::kFabin;
  d.queue = queue;
  d.color = color;
  d.extent[0] = extent;
  return d;
}

Descriptor Descriptor::Fabout(uint8_t queue, uint8_t color, uint16_t extent) {
  Descriptor d = Fabin(queue, color, extent);
  d.header.kind = DsdKind::kFabout;
  return d;
}

std::vector<uint8_t> Descriptor::Encode() const {
  ByteWriter w;
  w.Put(header.Encode());
  w.Put(is_fabric() ? static_cast<uint16_t>(queue | color << 8) : base);
  w.Put(extent[0]);
  if (is_fabric()) {
    w.Put(modes.Encode());
  } else {
    w.Put(kind() == DsdKind::kFifo ? int16_t{0} : stride[0]);
  }
  if (kind() == DsdKind::kMem4d) {
    for (int i = 1; i < 4; ++i) {
      w.Put(extent[i]);
      w.Put(stride[i]);
    }
  }
  if (kind() == DsdKind::kCircbuf) {
    w.Put(wrap_start);
    w.Put(wrap_end);
  }
  return std::move(w).Take();
}

StatusOr<Descriptor> Descriptor::Decode(std::span<const uint8_t> bytes) {
  ByteReader r(bytes);
  Descriptor d;
  ASSIGN_OR_RETURN(uint16_t word0, r.Get<uint16_t>());
  d.header = DsdHeader::Decode(word0);
  if (d.kind() == DsdKind::kNone || d.kind() > DsdKind::kFifo) {
    return InvalidArgument(fmt::format("no descriptor: header word 0x{:04x}", word0));
  }
  ASSIGN_OR_RETURN(uint16_t word1, r.Get<uint16_t>());
  ASSIGN_OR_RETURN(d.extent[0], r.Get<uint16_t>());
  ASSIGN_OR_RETURN(uint16_t word3, r.Get<uint16_t>());
  if (d.is_fabric()) {
    d.queue = static_cast<uint8_t>(word1);
    d.color = static_cast<uint8_t>(word1 >> 8);
    d.modes = FabricModes::Decode(word3);
    if (d.modes.simd > SimdMode::kMax || d.modes.zero > ZeroSource::kSecond) {
      return InvalidArgument(fmt::format("fabric descriptor: modes word 0x{:04x}", word3));
    }
    return d;
  }
  d.base = word1;
  if (d.kind() != DsdKind::kFifo) d.stride[0] = static_cast<int16_t>(word3);
  if (d.kind() == DsdKind::kMem4d) {
    for (int i = 1; i < 4; ++i) {
      ASSIGN_OR_RETURN(d.extent[i], r.Get<uint16_t>());
      ASSIGN_OR_RETURN(d.stride[i], r.Get<int16_t>());
    }
  }
  if (d.kind() == DsdKind::kCircbuf) {
    ASSIGN_OR_RETURN(d.wrap_start, r.Get<uint16_t>());
    ASSIGN_OR_RETURN(d.wrap_end, r.Get<uint16_t>());
  }
  return d;
}

std::string Descriptor::ToString() const {
  std::string out(DsdKindName(kind()));
  if (is_fabric()) {
    out += fmt::format(" queue={} color={} extent={}", queue, color, extent[0]);
    if (modes != FabricModes()) out += fmt::format(" modes=0x{:04x}", modes.Encode());
  } else if (kind() == DsdKind::kFifo) {
    out += fmt::format(" id={} extent={}", base, extent[0]);
  } else {
    out += fmt::format(" base=0x{:04x}", base);
    for (int i = 0; i < header.dimensions; ++i) {
      out += fmt::format(" extent={} stride={}", extent[i], stride[i]);
    }
    if (kind() == DsdKind::kCircbuf) {
      out += fmt::format(" start=0x{:04x} end=0x{:04x}", wrap_start, wrap_end);
    }
  }
  if (header.wavelet_index_offset) out += " indexed";
  if (header.control) out += " control";
  if (header.advance_switch) out += " advance_switch";
  if (header.control_transform) out += " control_transform";
  return out;
}

}  // namespace csl::isa
