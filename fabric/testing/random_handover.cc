// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "fabric/testing/random_transfer.h"

namespace csl::fabric::testing {
namespace {

using isa::Descriptor;
using isa::DsrFile;
using isa::Opcode;

constexpr uint32_t kAdvance = 1u << 22 | 1u << 24 | 31u << 16;  // not for CEs

class Handover {
 public:
  Handover(RandomFabric* fabric, int color)
      : f_(*fabric), random_(fabric->random), color_(static_cast<uint8_t>(color)) {}

  void Add() {
    const bool along_x = f_.width >= f_.height;
    const int length = std::max(f_.width, f_.height);
    if (length < 3) return;
    const int other = random_.Below(along_x ? f_.height : f_.width);
    const bool backwards = random_.Chance(50);
    for (int k = 0; k < length; ++k) {
      const int at = backwards ? length - 1 - k : k;
      row_.push_back(along_x ? std::pair(at, other) : std::pair(other, at));
    }
    from_ = along_x ? (backwards ? image::kEast : image::kWest)
                    : (backwards ? image::kSouth : image::kNorth);
    to_ = along_x ? (backwards ? image::kWest : image::kEast)
                  : (backwards ? image::kNorth : image::kSouth);
    for (size_t k = 0; k < row_.size(); ++k) {
      if (!Pe(k).HasRoom()) return;
    }
    SetRoutes();
    const int first = random_.Between(1, 12);
    const int second = random_.Between(1, 12);
    Send(0, first, false);
    Send(1, second, random_.Chance(50));
    Receive(row_.size() - 1, first + second);
    ++f_.coverage["handover by switches"];
  }

 private:
  RandomPe& Pe(size_t k) { return f_.pe(row_[k].first, row_[k].second); }

  void SetRoutes() {
    const auto mask = [](int side) { return static_cast<uint8_t>(side); };
    for (size_t k = 0; k < row_.size(); ++k) {
      image::ColorConfig config;
      const bool last = k + 1 == row_.size();
      config.positions[0] = {mask(k == 0 ? image::kRamp : from_), mask(last ? image::kRamp : to_)};
      if (k == 1) {
        config.num_positions = 2;
        config.positions[1] = {mask(image::kRamp), mask(to_)};
        config.ring_mode = true;
        config.pop_mode = static_cast<image::PopMode>(random_.Below(4));
      }
      f_.builder.Color(row_[k].first, row_[k].second, 1, 1, color_, config);
    }
  }

  // Words, then an advance of the second sender's switch: by a control wavelet or by the last word.
  void Send(size_t k, int count, bool by_bit) {
    RandomPe& pe = Pe(k);
    const auto queue = static_cast<uint8_t>(pe.TakeOutput(color_));
    const int dsr = pe.NextDsr();
    const int control_dsr = pe.NextDsr();
    Descriptor out = Descriptor::Fabout(queue, color_, static_cast<uint16_t>(count));
    out.header.advance_switch = by_bit;
    std::string text = pe.code().LoadDsr(DsrFile::kDest, dsr, out, 0);
    text += pe.code().LoadDsr(DsrFile::kSrc1, dsr,
                              Descriptor::Mem1d(pe.NextBuffer(), static_cast<uint16_t>(count)), 0);
    Descriptor control = Descriptor::Fabout(queue, color_, 1);
    control.header.control = true;
    std::string after;
    if (!by_bit) {
      after = pe.code().LoadDsr(DsrFile::kDest, control_dsr, control, 0);
      after += fmt::format("  ldi r0, {}\n  v.mov32 dest.{}, r0\n", kAdvance, control_dsr);
    } else {
      ++f_.coverage["advance_switch"];
    }
    const int task = pe.AddTask(pe.code().Statements(1) + after);
    if (task < 0) {
      pe.Main(text + pe.code().Vector(Opcode::kVMov32, dsr) + after);
      return;
    }
    isa::AsyncSettings settings;
    settings.is_async = true;
    settings.completion = isa::AsyncAction::kActivate;
    text += fmt::format("  ldi r20, {}\n  dsr.async dest.{}, r20, _, 0x{:04x}\n", task, dsr,
                        settings.Encode());
    pe.Main(text + pe.code().Vector(Opcode::kVMov32, dsr));
  }

  void Receive(size_t k, int count) {
    RandomPe& pe = Pe(k);
    const int queue = pe.TakeInput(color_, false);
    const int dsr = pe.NextDsr();
    pe.BlockId(pe.ChannelId(queue, color_));
    const auto length = static_cast<uint16_t>(count);
    std::string text =
        pe.code().LoadDsr(DsrFile::kDest, dsr, Descriptor::Mem1d(pe.NextBuffer(), length), 0);
    text += pe.code().LoadDsr(DsrFile::kSrc1, dsr,
                              Descriptor::Fabin(static_cast<uint8_t>(queue), color_, length), 0);
    text += fmt::format("  dsr.async src1.{}, _, _, 0x0001\n", dsr);
    pe.Main(text + pe.code().Vector(Opcode::kVMov32, dsr));
  }

  RandomFabric& f_;
  Random& random_;
  const uint8_t color_;
  std::vector<std::pair<int, int>> row_;
  int from_ = 0;
  int to_ = 0;
};

}  // namespace

void AddHandover(RandomFabric* fabric, int color) { Handover(fabric, color).Add(); }

}  // namespace csl::fabric::testing
