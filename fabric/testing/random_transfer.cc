// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/random_transfer.h"

#include <fmt/format.h>

#include "fabric/isa/vector_op.h"

namespace csl::fabric::testing {
namespace {

using isa::Descriptor;
using isa::DsdKind;
using isa::DsrFile;
using isa::Opcode;

enum class Reader { kSync, kAsync, kDataTask, kControlTask, kFifo, kOnControl, kDfilt, kSteps };

struct Step {
  int x;
  int y;
};

// Controls: NOP with or without a task; for routers nothing.
constexpr uint32_t kNoTaskPayload = 31u << 16;

class Transfer {
 public:
  Transfer(RandomFabric* fabric, int color)
      : f_(*fabric), random_(fabric->random), coverage_(fabric->coverage), color_(color) {}

  void Add();

 private:
  void ChoosePath();
  void SetRoutes();
  int ColorAt(size_t hop) const { return swaps_ && hop % 2 == 1 ? color_ + 1 : color_; }
  bool Receives(size_t hop) const;
  void AddSender();
  void AddReader(size_t hop);
  void AddTaskReader(RandomPe& pe, int queue, int color);
  void AddFifoReader(RandomPe& pe, int dsr, const Descriptor& in);
  void AddSteps(RandomPe& pe, int dsr, const Descriptor& in, uint16_t buffer);
  void AddPolling(RandomPe& pe, uint16_t buffer);
  int ChooseOnControl(RandomPe& pe, int completion, isa::AsyncSettings* settings,
                      std::string* text);
  std::string SendControls(RandomPe& pe, int queue);
  void MaybeTeardown(RandomPe& pe, int queue, std::string* after);

  RandomPe& Pe(size_t hop) { return f_.pe(path_[hop].x, path_[hop].y); }
  std::string Async(int dsr, DsrFile file, int completion, isa::AsyncSettings settings,
                    int on_control = -1);
  Opcode SendOpcode();
  Opcode ReceiveOpcode();
  std::string Sources(RandomPe& pe, int dsr, Opcode opcode, uint16_t buffer, bool fabric_source);

  RandomFabric& f_;
  Random& random_;
  Coverage& coverage_;
  int color_;
  std::vector<Step> path_;  // from the sender on
  std::vector<bool> taps_;
  bool swaps_ = false;
  Reader reader_ = Reader::kSync;
  int bits_ = 32;
  int count_ = 1;
  int controls_ = 0;
  uint32_t control_payload_ = kNoTaskPayload;
  isa::SimdMode simd_ = isa::SimdMode::kDefault;
  bool indexed_ = false;
  bool filtered_ = false;
};

int Side(const Step& from, const Step& to) {
  if (to.x < from.x) return image::kWest;
  if (to.x > from.x) return image::kEast;
  return to.y > from.y ? image::kSouth : image::kNorth;
}

void Transfer::ChoosePath() {
  path_ = {{random_.Below(f_.width), random_.Below(f_.height)}};
  const int steps = random_.Below(4);
  for (int k = 0; k < steps * 3 && static_cast<int>(path_.size()) <= steps; ++k) {
    Step next = path_.back();
    (random_.Chance(50) ? next.x : next.y) += random_.Chance(50) ? 1 : -1;
    bool ok = next.x >= 0 && next.y >= 0 && next.x < f_.width && next.y < f_.height;
    for (const Step& old : path_) ok = ok && (old.x != next.x || old.y != next.y);
    if (ok) path_.push_back(next);
  }
  bool straight = path_.size() > 1;
  for (const Step& step : path_) straight = straight && step.y == path_[0].y;
  swaps_ = f_.wse2() && straight && random_.Chance(30);
  taps_.resize(path_.size());
  for (size_t hop = 1; hop + 1 < path_.size(); ++hop) taps_[hop] = random_.Chance(50);
  coverage_[path_.size() == 1 ? "loop at the ramp" : "path over links"] += 1;
  if (swaps_) ++coverage_["color swap"];
}

bool Transfer::Receives(size_t hop) const {
  return hop + 1 == path_.size() || (hop > 0 && taps_[hop]);
}

void Transfer::SetRoutes() {
  for (size_t hop = 0; hop < path_.size(); ++hop) {
    image::ColorConfig config;
    image::Route& route = config.positions[0];
    route.rx = static_cast<uint8_t>(hop == 0 ? static_cast<int>(image::kRamp)
                                             : Side(path_[hop], path_[hop - 1]));
    if (hop + 1 < path_.size()) route.tx = static_cast<uint8_t>(Side(path_[hop], path_[hop + 1]));
    if (Receives(hop)) route.tx |= image::kRamp;
    config.color_swap_x = swaps_ && hop > 0;
    if (filtered_ && Receives(hop)) {
      image::Filter& filter = config.filter;
      filter.kind = indexed_ && random_.Chance(50) ? image::FilterKind::kRange
                    : random_.Chance(50)           ? image::FilterKind::kCounter
                                                   : image::FilterKind::kSparseCounter;
      filter.min_index = 2;
      filter.max_index = 9;
      filter.count_data = true;
      filter.count_control = random_.Chance(30);
      filter.has_limit1 = random_.Chance(80);
      filter.limit1 = static_cast<uint16_t>(random_.Below(6));
      filter.has_limit2 = random_.Chance(50);
      filter.limit2 = static_cast<uint16_t>(random_.Below(4));
      filter.max_counter = static_cast<uint16_t>(random_.Below(4));
      filter.init_counter = static_cast<uint16_t>(random_.Below(filter.limit1 + 1));
      ++coverage_[fmt::format("filter kind {}", static_cast<int>(filter.kind))];
    }
    const Step& at = path_[hop];
    f_.builder.Color(at.x, at.y, 1, 1, ColorAt(hop), config);
  }
}

Opcode Transfer::SendOpcode() {
  for (;;) {
    const auto ops = isa::VectorOps();
    const auto& op = ops[static_cast<size_t>(random_.Below(static_cast<int>(ops.size())))];
    if (isa::ElementBytes(op.dest) == bits_ / 8 && op.opcode != Opcode::kVFaddhs) return op.opcode;
  }
}

Opcode Transfer::ReceiveOpcode() {
  for (;;) {
    const auto ops = isa::VectorOps();
    const auto& op = ops[static_cast<size_t>(random_.Below(static_cast<int>(ops.size())))];
    // With a control wavelet to come the fabric operand's length decides.
    const bool fits = reader_ != Reader::kOnControl || op.num_sources == 1;
    if (isa::ElementBytes(op.src1) == bits_ / 8 && op.opcode != Opcode::kVFaddhs &&
        op.opcode != Opcode::kVDfilt && fits) {
      return op.opcode;
    }
  }
}

std::string Transfer::Async(int dsr, DsrFile file, int completion, isa::AsyncSettings settings,
                            int on_control) {
  settings.is_async = true;
  settings.priority = static_cast<uint8_t>(random_.Chance(40) ? random_.Below(4) : 0);
  if (settings.priority != 0) ++coverage_["priority of an operation"];
  std::string out;
  if (completion >= 0) out += fmt::format("  ldi r20, {}\n", completion);
  if (on_control >= 0) out += fmt::format("  ldi r21, {}\n", on_control);
  ++coverage_["dsr.async"];
  return out + fmt::format("  dsr.async {}.{}, {}, {}, 0x{:04x}\n",
                           file == DsrFile::kDest ? "dest" : "src1", dsr,
                           completion >= 0 ? "r20" : "_", on_control >= 0 ? "r21" : "_",
                           settings.Encode());
}

// Memory sources of an operation.
std::string Transfer::Sources(RandomPe& pe, int dsr, Opcode opcode, uint16_t buffer,
                              bool fabric_source) {
  const isa::VectorOpInfo& info = isa::VectorInfo(opcode);
  std::string out;
  const auto length = static_cast<uint16_t>(count_);
  Descriptor source = Descriptor::Mem1d(buffer, length);
  if (info.num_sources == 2) out += pe.code().LoadDsr(DsrFile::kSrc0, dsr, source, 0);
  if (fabric_source) return out;
  if (random_.Chance(20)) source.stride[0] = 0;
  return out +
         pe.code().LoadDsr(DsrFile::kSrc1, dsr, source, random_.Chance(15) ? isa::kSaveAddress : 0);
}

// Control wavelets behind the data, on the same queue.
std::string Transfer::SendControls(RandomPe& pe, int queue) {
  const int dsr = controls_ > 0 ? pe.NextDsr() : -1;
  if (dsr < 0) return "";
  Descriptor out = Descriptor::Fabout(static_cast<uint8_t>(queue), static_cast<uint8_t>(color_), 1);
  out.header.control = true;
  std::string text = pe.code().LoadDsr(DsrFile::kDest, dsr, out, 0);
  text += fmt::format("  ldi r0, {}\n", static_cast<int32_t>(control_payload_));
  for (int i = 0; i < controls_; ++i) {
    text += fmt::format("  v.mov32 dest.{}, r0\n", dsr);
  }
  ++coverage_["control wavelets"];
  return text;
}

// A teardown behind everything else, which every router of the path ends again.
void Transfer::MaybeTeardown(RandomPe& pe, int queue, std::string* after) {
  const int dsr = random_.Chance(15) && !swaps_ ? pe.NextDsr() : -1;
  if (dsr < 0) return;
  Descriptor out = Descriptor::Fabout(static_cast<uint8_t>(queue), static_cast<uint8_t>(color_), 1);
  out.header.control = true;
  *after += pe.code().LoadDsr(DsrFile::kDest, dsr, out, 0);
  *after += fmt::format("  ldi r0, {}\n  v.mov32 dest.{}, r0\n", 7 << 22 | 31 << 16, dsr);
  for (size_t hop = 0; hop < path_.size(); ++hop) {
    const int word = (f_.wse2() ? 0x7f20 : 0x7c00) + color_;
    Pe(hop).AddHandler(image::Handler::Kind::kTeardown, color_,
                       fmt::format("  ldi r16, {}\n  cfg.read r17, r16\n  ldi r18, 49151\n"
                                   "  and.u16 r17, r17, r18\n  cfg.write r16, r17\n",
                                   word) +
                           Pe(hop).code().Statements(1));
  }
  ++coverage_["teardown"];
}

void Transfer::AddSender() {
  RandomPe& pe = Pe(0);
  const int queue = pe.TakeOutput(color_);
  const int dsr = pe.NextDsr();
  const uint16_t buffer = pe.NextBuffer();
  Descriptor out = Descriptor::Fabout(static_cast<uint8_t>(queue), static_cast<uint8_t>(color_),
                                      static_cast<uint16_t>(count_));
  out.modes.simd = simd_;
  out.header.wavelet_index_offset = indexed_;
  out.modes.priority = static_cast<isa::Priority>(random_.Below(4));
  if (out.modes.priority != isa::Priority::kDefault) ++coverage_["priority of a fabric DSD"];
  if (random_.Chance(15)) {
    out.modes.zero = isa::ZeroSource::kSecond;
    ++coverage_["source set to zero"];
  }
  const Opcode opcode = SendOpcode();
  std::string text = pe.code().LoadDsr(DsrFile::kDest, dsr, out, 0);
  text += Sources(pe, dsr, opcode, buffer, false);
  if (indexed_)
    text += fmt::format("  ldi r16, {}\n  dsr.index r16, dest.{}\n", random_.Below(12), dsr);
  std::string after = SendControls(pe, queue);
  MaybeTeardown(pe, queue, &after);
  if (!f_.wse2() && random_.Chance(25)) {
    after += fmt::format("  ldi r16, {}\n  queue.flush r16\n", isa::kFlushOutputQueue + queue);
    pe.AddHandler(
        image::Handler::Kind::kEmptyOutputQueue, queue,
        fmt::format("  ldi r16, {}\n  ldi r17, {}\n  cfg.write r16, r17\n", 0x7a49, 1 << queue));
    ++coverage_["queue.flush"];
  }
  // A long synchronous send may need what its own thread would have to do.
  const bool async = random_.Chance(65) || count_ > 6 || path_.size() == 1;
  const int task = async ? pe.AddTask(pe.code().Statements(1) + after) : -1;
  if (task >= 0) {
    isa::AsyncSettings settings;
    settings.completion =
        random_.Chance(50) ? isa::AsyncAction::kActivate : isa::AsyncAction::kUnblock;
    if (!f_.wse2() && random_.Chance(40)) settings.microthread = static_cast<uint8_t>(queue);
    // The other half of what makes the task ready.
    if (settings.completion == isa::AsyncAction::kUnblock) {
      text += fmt::format("  blocki {}\n  activatei {}\n", task, task);
    }
    text += Async(dsr, DsrFile::kDest, task, settings);
    text += pe.code().Vector(opcode, dsr);
    // The buffer changes while it is sent.
    if (random_.Chance(40)) {
      text += fmt::format("  st.w r{}, [{}]\n", random_.Below(16), buffer + 4 * random_.Below(12));
      ++coverage_["overwrites what is sent"];
    }
    if (!f_.wse2() && random_.Chance(20)) {
      text += fmt::format("  ldi r16, {}\n  ut.block r16\n", queue) + pe.code().Statements(1) +
              fmt::format("  ldi r16, {}\n  ut.unblock r16\n", queue);
      ++coverage_["ut.block"];
    }
    ++coverage_["asynchronous send"];
  } else {
    text += pe.code().Vector(opcode, dsr) + after;
    ++coverage_["synchronous send"];
  }
  pe.Main(text);
}

// Wavelets that start tasks.
void Transfer::AddTaskReader(RandomPe& pe, int queue, int color) {
  const int id = pe.ChannelId(queue, color);
  const bool two = random_.Chance(50);
  std::string body = "  ld.w r2, [784]\n  add.i32 r2, r2, r0\n  st.w r2, [784]\n";
  if (two) body += "  st.h r1, [788]\n";
  body += pe.code().Statements(random_.Below(3));
  pe.AddDataTask(id, body, two ? 16 : random_.Chance(50) ? 16 : 32, two ? 16 : 0);
  if (reader_ == Reader::kControlTask) {
    const auto entry = static_cast<int>(control_payload_ >> 16 & 63);
    const bool has_task = entry >= 40 && entry <= 43;
    if (has_task) pe.AddControlTask(entry, "  add.u16 r2, r0, r0\n  st.h r2, [792]\n");
    ++coverage_[has_task ? "control task" : "control wavelet without a task"];
  }
  if (!f_.wse2() && random_.Chance(20)) {
    pe.Rotate(id, "  ld.u16 r2, [796]\n  addi.u16 r2, r2, 1\n  st.h r2, [796]\n",
              random_.Between(1, 4), random_.Below(2));
    ++coverage_["rotating tasks"];
  }
  if (!f_.wse2() && count_ % 3 == 0) pe.FlushInput(queue);
  // Blocked for a while by the launched function.
  if (random_.Chance(30)) {
    const std::string by_queue = random_.Chance(50) && queue >= 0 ? "queue." : "";
    const std::string load = fmt::format("  ldi r16, {}\n", by_queue.empty() ? id : queue);
    pe.Main(load + fmt::format("  {}block r16\n", by_queue) + pe.code().Statements(2) + load +
            fmt::format("  {}unblock r16\n", by_queue));
    ++coverage_["blocked data task"];
  }
  ++coverage_["data task"];
}

// One operation fills a FIFO, a task empties it.
void Transfer::AddFifoReader(RandomPe& pe, int dsr, const Descriptor& in) {
  const int second = pe.NextDsr();
  const uint16_t buffer = pe.NextBuffer();
  const int task = second < 0 ? -1 : pe.AddTask("");
  image::Fifo fifo;
  fifo.capacity = static_cast<uint16_t>(2 * random_.Between(1, 6));
  fifo.element_bytes = static_cast<uint8_t>(bits_ / 8);
  fifo.activate_push = static_cast<uint8_t>(task);
  if (!f_.wse2()) {
    fifo.empty_action = static_cast<image::FifoAction>(random_.Below(2));
    fifo.full_action =
        random_.Chance(50) ? image::FifoAction::kSuspend : image::FifoAction::kTestOrSuspend;
  }
  const int id = task < 0 ? -1 : pe.AddFifo(fifo);
  if (id < 0) return;
  Descriptor fifo_dsd;
  fifo_dsd.header.kind = DsdKind::kFifo;
  fifo_dsd.base = static_cast<uint16_t>(id);
  const Opcode mov = bits_ == 16 ? Opcode::kVMov16 : Opcode::kVMov32;
  const int take = random_.Between(1, 3);
  std::string body = fmt::format("  ld.u16 r10, [{}]\n  addi.u16 r10, r10, 1\n  st.h r10, [{}]\n",
                                 0x320 + 2 * id, 0x320 + 2 * id);
  body += pe.code().LoadDsr(DsrFile::kDest, second,
                            Descriptor::Mem1d(buffer, static_cast<uint16_t>(take)), 0);
  body += pe.code().LoadDsr(DsrFile::kSrc1, second, fifo_dsd, 0);
  if (random_.Chance(30)) {
    body += fmt::format("  ldi r16, {}\n  ldi r17, {}\n  fifo.rlen r16, r17\n", id, take);
    ++coverage_["fifo.rlen"];
  }
  body += pe.code().Vector(mov, second);
  body += fmt::format(
      "  vok r11\n  bf r11, @end\n  bgti.u16 r10, 60, @end\n  activatei {}\nend:\n"
      "  nop\n",
      task);
  pe.AppendToTask(task, body);
  std::string text = pe.code().LoadDsr(DsrFile::kDest, dsr, fifo_dsd, 0);
  text += pe.code().LoadDsr(DsrFile::kSrc1, dsr, in, 0);
  if (random_.Chance(30)) {
    text += fmt::format("  ldi r16, {}\n  ldi r17, {}\n  fifo.wlen r16, r17\n", id, count_);
    ++coverage_["fifo.wlen"];
  }
  text += Async(dsr, DsrFile::kSrc1, -1, {});
  text += fmt::format("  ldi r10, 0\n  st.h r10, [{}]\n", 0x320 + 2 * id);
  pe.Main(text + pe.code().Vector(mov, dsr) + fmt::format("  activatei {}\n", task));
  ++coverage_["FIFO"];
}

// Element by element, in a task.
void Transfer::AddSteps(RandomPe& pe, int dsr, const Descriptor& in, uint16_t buffer) {
  std::string text = pe.code().LoadDsr(DsrFile::kSrc1, dsr, in, isa::kSingleStep);
  text += fmt::format(
      "  ldi r11, 0\n  ldi r12, {}\nst:\n  dsr.get.{} r10, src1.{}\n"
      "  st.w r10, [r12 + r11<<2 + 0]\n  loopi.lt.i16 r11, {}, 1, @st\n",
      buffer, bits_ == 16 ? 'h' : 'w', dsr, count_);
  const int task = pe.AddTask(text);
  if (task >= 0) pe.Main(fmt::format("  activatei {}\n", task));
  ++coverage_["dsr.get on fabric"];
}

// The main thread looks at the memory until the microthread has changed it, or often enough: in a
// loop, or in a task that activates itself.
void Transfer::AddPolling(RandomPe& pe, uint16_t buffer) {
  const int last = buffer + (count_ - 1) * bits_ / 8;
  if (random_.Chance(50)) {
    const int number = pe.NextLabel();
    pe.Main(
        fmt::format("  ldi r10, 0\npoll{0}:\n  ld.u16 r11, [{1}]\n  ld.u16 r12, [{2}]\n"
                    "  bne.i16 r11, r12, @done{0}\n  loopi.lt.i16 r10, {3}, 1, @poll{0}\n"
                    "done{0}:\n  st.h r10, [{4}]\n",
                    number, last, buffer + 0x7e, random_.Between(1, 60), 0x380 + 2 * number));
    ++coverage_["polling in a loop"];
    return;
  }
  const int task = pe.AddTask("");
  if (task < 0) return;
  pe.AppendToTask(task, fmt::format("  ld.u16 r10, [{0}]\n  addi.u16 r10, r10, 1\n"
                                    "  st.h r10, [{0}]\n  ld.u16 r11, [{1}]\n"
                                    "  ld.u16 r12, [{2}]\n  bne.i16 r11, r12, @e\n"
                                    "  bgti.u16 r10, 80, @e\n  activatei {3}\ne:\n  nop\n",
                                    0x340 + 2 * (task & 15), last, buffer + 0x7e, task));
  pe.Main(fmt::format("  activatei {}\n", task));
  ++coverage_["polling in a task"];
}

// What a control wavelet does at the end of an operation: what the last element would do, or
// something else. Returns the id of its task.
int Transfer::ChooseOnControl(RandomPe& pe, int completion, isa::AsyncSettings* settings,
                              std::string* text) {
  settings->on_control = isa::AsyncAction::kActivate;
  const int task = random_.Chance(60) ? pe.AddTask(pe.code().Statements(1)) : -1;
  if (task < 0) return completion;
  if (random_.Chance(60)) {
    settings->on_control = isa::AsyncAction::kUnblock;
    *text += fmt::format("  blocki {0}\n  activatei {0}\n", task);
    ++coverage_["on_control unblocks"];
  }
  return task;
}

void Transfer::AddReader(size_t hop) {
  RandomPe& pe = Pe(hop);
  const int color = ColorAt(hop);
  const bool by_task = reader_ == Reader::kDataTask || reader_ == Reader::kControlTask;
  if (by_task && f_.wse2() && random_.Chance(40)) {
    AddTaskReader(pe, -1, color);  // the color's implicit buffer
    ++coverage_["implicit channel"];
    return;
  }
  const int queue = pe.TakeInput(color, filtered_);
  const int dsr = pe.NextDsr();
  if (queue < 0 || dsr < 0) return;
  if (by_task) return AddTaskReader(pe, queue, color);
  pe.BlockId(pe.ChannelId(queue, color));
  const bool endless = reader_ == Reader::kOnControl;
  const int extent = endless ? count_ + 5 : count_;
  Descriptor in = pe.Input(queue, color, extent, reader_ == Reader::kSteps);
  in.modes.simd = simd_;
  if (indexed_) in.modes.simd = isa::SimdMode::kOff;
  if (reader_ == Reader::kFifo) return AddFifoReader(pe, dsr, in);
  const uint16_t buffer = pe.NextBuffer();
  std::string text;
  if (reader_ == Reader::kSteps) return AddSteps(pe, dsr, in, buffer);
  const int task = pe.AddTask(pe.code().Statements(2));
  if (reader_ == Reader::kDfilt) {
    in.extent[0] = static_cast<uint16_t>(controls_);
    text = pe.code().LoadDsr(DsrFile::kSrc1, dsr, in, 0);
    isa::AsyncSettings settings;
    if (task >= 0) settings.completion = isa::AsyncAction::kActivate;
    text += Async(dsr, DsrFile::kSrc1, task, settings);
    pe.Main(text + pe.code().Vector(Opcode::kVDfilt, dsr));
    return;
  }
  const Opcode opcode = ReceiveOpcode();
  text = pe.code().LoadDsr(DsrFile::kDest, dsr,
                           Descriptor::Mem1d(buffer, static_cast<uint16_t>(count_)), 0);
  text += pe.code().LoadDsr(DsrFile::kSrc1, dsr, in, 0);
  // Only the wavelets' own length counts.
  text += Sources(pe, dsr, opcode, buffer, true);
  if (reader_ == Reader::kSync) {
    pe.Main(text + pe.code().Vector(opcode, dsr));
    ++coverage_["synchronous receive"];
    return;
  }
  isa::AsyncSettings settings;
  if (task >= 0) settings.completion = isa::AsyncAction::kActivate;
  if (endless) settings.on_control = isa::AsyncAction::kTerminate;
  const int control_task = endless && task >= 0 ? ChooseOnControl(pe, task, &settings, &text) : -1;
  text += Async(dsr, DsrFile::kSrc1, task, settings, control_task);
  pe.Main(text + pe.code().Vector(opcode, dsr));
  ++coverage_[reader_ == Reader::kOnControl ? "on_control" : "asynchronous receive"];
  if (random_.Chance(30)) AddPolling(pe, buffer);
}

void Transfer::Add() {
  ChoosePath();
  reader_ = static_cast<Reader>(random_.Below(8));
  if (path_.size() == 1 && reader_ == Reader::kSync) reader_ = Reader::kAsync;
  bits_ = random_.Chance(50) ? 16 : 32;
  count_ = random_.Between(1, 20);
  const bool by_task = reader_ == Reader::kDataTask || reader_ == Reader::kControlTask;
  if (bits_ == 16 && (reader_ == Reader::kSteps || random_.Chance(30))) simd_ = isa::SimdMode::kOff;
  indexed_ = bits_ == 16 && by_task && random_.Chance(50);
  if (simd_ == isa::SimdMode::kDefault && random_.Chance(20)) simd_ = isa::SimdMode::kSimd64;
  filtered_ = by_task && random_.Chance(40);
  if (reader_ == Reader::kOnControl) controls_ = 1;
  if (reader_ == Reader::kControlTask || reader_ == Reader::kDfilt)
    controls_ = random_.Between(1, 3);
  if (reader_ == Reader::kControlTask) {
    control_payload_ = static_cast<uint32_t>(random_.Between(40, 43)) << 16 | 5;
    // One that the picker drops.
    if (random_.Chance(30)) control_payload_ = random_.Chance(50) ? kNoTaskPayload : 50u << 16;
  }
  for (size_t hop = 0; hop < path_.size(); ++hop) {
    if (!Pe(hop).HasRoom()) return;
  }
  SetRoutes();
  // The reader of a loop goes first: a synchronous send would wait for it in vain.
  const bool reader_first = path_.size() == 1;
  if (reader_first) AddReader(0);
  AddSender();
  if (reader_first) return;
  for (size_t hop = 0; hop < path_.size(); ++hop) {
    if (Receives(hop)) AddReader(hop);
  }
}

}  // namespace

void AddTransfer(RandomFabric* fabric, int color) { Transfer(fabric, color).Add(); }

}  // namespace csl::fabric::testing
