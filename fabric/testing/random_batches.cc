// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>

#include "fabric/testing/random_transfer.h"

namespace csl::fabric::testing {
namespace {

using isa::Descriptor;
using isa::DsrFile;
using isa::Opcode;

constexpr uint32_t kEnd = 31u << 16;  // a control wavelet for no task
constexpr uint16_t kMaxWords = 6;

struct Direction {
  int x;
  int y;
  uint8_t to;
  uint8_t from;  // of the receiver
};
constexpr Direction kDirections[] = {{-1, 0, image::kWest, image::kEast},
                                     {1, 0, image::kEast, image::kWest},
                                     {0, 1, image::kSouth, image::kNorth},
                                     {0, -1, image::kNorth, image::kSouth}};

class Batches {
 public:
  Batches(RandomFabric* fabric, int color)
      : f_(*fabric), random_(fabric->random), color_(static_cast<uint8_t>(color)) {}

  void Add() {
    const int x = random_.Below(f_.width);
    const int y = random_.Below(f_.height);
    const Direction& way = kDirections[random_.Below(static_cast<int>(std::size(kDirections)))];
    if (!IsInside(x + way.x, y + way.y)) return;
    if (!f_.pe(x, y).HasRoom() || !f_.pe(x + way.x, y + way.y).HasRoom()) return;
    SetRoute(x, y, image::kRamp, way.to);
    SetRoute(x + way.x, y + way.y, way.from, image::kRamp);
    batches_ = random_.Between(1, 3);
    Send(f_.pe(x, y));
    Receive(f_.pe(x + way.x, y + way.y));
    ++f_.coverage["batches"];
  }

 private:
  bool IsInside(int x, int y) const { return x >= 0 && y >= 0 && x < f_.width && y < f_.height; }

  // Some routes lead out of the rectangle, too.
  void SetRoute(int x, int y, uint8_t rx, uint8_t tx) {
    image::ColorConfig config;
    for (const Direction& out : kDirections) {
      if (IsInside(x + out.x, y + out.y) || !random_.Chance(40)) continue;
      tx |= out.to;
      ++f_.coverage["route out of the rectangle"];
    }
    config.positions[0] = {rx, tx};
    f_.builder.Color(x, y, 1, 1, color_, config);
  }

  // Each batch of words ends with a control wavelet.
  void Send(RandomPe& pe) {
    const auto queue = static_cast<uint8_t>(pe.TakeOutput(color_));
    const int dsr = pe.NextDsr();
    const uint16_t buffer = pe.NextBuffer();
    Descriptor control = Descriptor::Fabout(queue, color_, 1);
    control.header.control = true;
    for (int k = 0; k < batches_; ++k) {
      const auto count = static_cast<uint16_t>(random_.Below(kMaxWords));
      if (count == 0) ++f_.coverage["send of no elements"];
      std::string text =
          pe.code().LoadDsr(DsrFile::kDest, dsr, Descriptor::Fabout(queue, color_, count), 0);
      text += pe.code().LoadDsr(DsrFile::kSrc1, dsr, Descriptor::Mem1d(buffer, count), 0);
      text += pe.code().Vector(Opcode::kVMov32, dsr);
      text += pe.code().LoadDsr(DsrFile::kDest, dsr, control, 0);
      pe.Main(text + fmt::format("  ldi r0, {}\n  v.mov32 dest.{}, r0\n", kEnd, dsr));
    }
  }

  std::string Load(RandomPe& pe, Opcode opcode, uint16_t length, uint16_t dest) {
    if (opcode == Opcode::kVDfilt) return LoadSource(pe, length);
    return pe.code().LoadDsr(DsrFile::kDest, dsr_, Descriptor::Mem1d(buffer_, dest), 0) +
           LoadSource(pe, length);
  }
  std::string LoadSource(RandomPe& pe, uint16_t length) {
    return pe.code().LoadDsr(DsrFile::kSrc1, dsr_, Descriptor::Fabin(queue_, color_, length), 0);
  }

  // An operation without elements; then what `next` does, at once or as the operation's action.
  std::string Empty(RandomPe& pe, const std::string& next) {
    const Opcode opcode = random_.Chance(20) ? Opcode::kVDfilt : Opcode::kVMov32;
    std::string text = Load(pe, opcode, 0, 0);
    const int task = random_.Chance(60) ? pe.AddTask(next) : -1;
    ++f_.coverage["receive of no elements"];
    if (task < 0) return text + pe.code().Vector(opcode, dsr_) + next;
    isa::AsyncSettings settings;
    settings.is_async = true;
    settings.completion = isa::AsyncAction::kActivate;
    text += fmt::format("  ldi r20, {}\n  dsr.async src1.{}, r20, _, 0x{:04x}\n", task, dsr_,
                        settings.Encode());
    ++f_.coverage["asynchronous receive of no elements"];
    return text + pe.code().Vector(opcode, dsr_);
  }

  // Takes the batches from number `k` on: operations that end at a control wavelet. Some read it
  // as a word, then.
  std::string Take(RandomPe& pe, int k) {
    if (k == batches_) return pe.code().Statements(1);
    std::string after = Take(pe, k + 1);
    if (!has_data_task_ && random_.Chance(40)) {
      after = Load(pe, Opcode::kVMov32, 1, 1) + pe.code().Vector(Opcode::kVMov32, dsr_) + after;
      ++f_.coverage["control wavelet read as a word"];
    }
    if (!f_.wse2() && random_.Chance(20))
      after += fmt::format("  ldi r16, {}\n  queue.flush r16\n", queue_);
    const int task = pe.AddTask(after);
    isa::AsyncSettings settings;
    settings.is_async = true;
    settings.on_control = task < 0 ? isa::AsyncAction::kTerminate : isa::AsyncAction::kActivate;
    std::string text = Load(pe, Opcode::kVMov32, kMaxWords + 2, kMaxWords + 2);
    if (task >= 0) text += fmt::format("  ldi r21, {}\n", task);
    text += fmt::format("  dsr.async src1.{}, _, {}, 0x{:04x}\n", dsr_, task < 0 ? "_" : "r21",
                        settings.Encode());
    text += pe.code().Vector(Opcode::kVMov32, dsr_);
    return random_.Chance(30) ? Empty(pe, text) : text;
  }

  void Receive(RandomPe& pe) {
    queue_ = static_cast<uint8_t>(pe.TakeInput(color_, false));
    dsr_ = pe.NextDsr();
    buffer_ = pe.NextBuffer();
    const int id = pe.ChannelId(queue_, color_);
    pe.BlockId(id);
    has_data_task_ = random_.Chance(30);
    if (has_data_task_) pe.AddDataTask(id, pe.code().Statements(1), 16, 0);
    pe.Main(Take(pe, 0));
  }

  RandomFabric& f_;
  Random& random_;
  const uint8_t color_;
  int batches_ = 1;
  uint8_t queue_ = 0;  // of the receiver
  int dsr_ = 0;
  uint16_t buffer_ = 0;
  bool has_data_task_ = false;
};

}  // namespace

void AddBatches(RandomFabric* fabric, int color) { Batches(fabric, color).Add(); }

}  // namespace csl::fabric::testing
