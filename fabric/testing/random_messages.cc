// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "fabric/testing/random_transfer.h"

namespace csl::fabric::testing {
namespace {

using isa::Descriptor;
using isa::DsrFile;
using isa::Opcode;

constexpr int kSendColor = 14;
constexpr int kReceivedColor = 18;
constexpr int kWord = 0x7a58;
constexpr int kMaxWavelets = 6;

class Messages {
 public:
  explicit Messages(RandomFabric* fabric) : f_(*fabric), random_(fabric->random) {}
  void Add();

 private:
  void Enable(RandomPe& pe);
  bool AddReceiver(int index);
  void Send(int from, int to);

  RandomFabric& f_;
  Random& random_;
  std::map<int, std::pair<int, int>> senders_;  // by PE: queue and DSR
  std::map<int, bool> receivers_;               // by PE: whether there is room for one
};

// By an instruction for the word, or a store through its address.
void Messages::Enable(RandomPe& pe) {
  if (random_.Chance(5)) return;
  if (random_.Chance(50)) {
    pe.Main(fmt::format("  ldi r16, {}\n  ldi r17, 1\n  cfg.write r16, r17\n", kWord));
  } else {
    pe.Main(fmt::format("  ldi r17, 1\n  st.h r17, [{0}]\n  ld.u16 r9, [{0}]\n", 2 * kWord));
    ++f_.coverage["configuration word at an address"];
  }
}

// Either a data task, which sees headers, or one operation after the other.
bool Messages::AddReceiver(int index) {
  if (receivers_.contains(index)) return receivers_[index];
  RandomPe& pe = f_.pes[static_cast<size_t>(index)];
  const int queue = pe.HasRoom() ? pe.TakeInput(kReceivedColor, false) : -1;
  const int dsr = queue < 0 ? -1 : pe.NextDsr();
  receivers_[index] = dsr >= 0;
  if (dsr < 0) return false;
  if (random_.Chance(50)) {
    pe.AddDataTask(queue, "  ld.w r2, [784]\n  add.i32 r2, r2, r0\n  st.w r2, [784]\n", 32, 0);
    ++f_.coverage["messages with headers"];
    return true;
  }
  pe.BlockId(queue);
  const int task = pe.AddTask("");
  const uint16_t buffer = pe.NextBuffer();
  std::string text = pe.code().LoadDsr(DsrFile::kDest, dsr, Descriptor::Mem1d(buffer, 0), 0);
  const auto in = Descriptor::Fabin(static_cast<uint8_t>(queue), kReceivedColor, 0x1f);
  text += pe.code().LoadDsr(DsrFile::kSrc1, dsr, in, 0);
  isa::AsyncSettings settings;
  settings.is_async = true;
  settings.on_control = task < 0 ? isa::AsyncAction::kTerminate : isa::AsyncAction::kActivate;
  if (task >= 0) text += fmt::format("  ldi r21, {}\n", task);
  text += fmt::format("  dsr.async src1.{}, _, {}, 0x{:04x}\n", dsr, task < 0 ? "_" : "r21",
                      settings.Encode());
  text += pe.code().Vector(Opcode::kVMov32, dsr);
  if (task >= 0) pe.AppendToTask(task, text);
  pe.Main(task < 0 ? text : fmt::format("  activatei {}\n", task));
  ++f_.coverage["messages without headers"];
  return true;
}

void Messages::Send(int from, int to) {
  RandomPe& pe = f_.pes[static_cast<size_t>(from)];
  if (!senders_.contains(from)) {
    const int queue = pe.HasRoom() ? pe.TakeOutput(kSendColor) : -1;
    senders_[from] = {queue, queue < 0 ? -1 : pe.NextDsr()};
  }
  const auto [queue, dsr] = senders_[from];
  if (dsr < 0) return;
  const int count = random_.Chance(5) ? 0 : random_.Between(1, kMaxWavelets);
  const int header = to % f_.width | (to / f_.width) << 10 | count << 20;
  auto out = Descriptor::Fabout(static_cast<uint8_t>(queue), kSendColor, 1);
  pe.Main(pe.code().LoadDsr(DsrFile::kDest, dsr, out, 0));
  pe.Main(fmt::format("  ldi r0, {}\n  v.mov32 dest.{}, r0\n", header, dsr));
  if (count == 0) return;
  out.extent[0] = static_cast<uint16_t>(count);
  pe.Main(pe.code().LoadDsr(DsrFile::kDest, dsr, out, 0));
  pe.Main(pe.code().LoadDsr(DsrFile::kSrc1, dsr,
                            Descriptor::Mem1d(kBuffers, static_cast<uint16_t>(count)), 0));
  pe.Main(pe.code().Vector(Opcode::kVMov32, dsr));
  ++f_.coverage["message"];
}

void Messages::Add() {
  const int pes = static_cast<int>(f_.pes.size());
  std::vector<std::pair<int, int>> pairs;
  for (int k = random_.Between(1, 8); k > 0; --k) {
    const int to = random_.Below(pes);
    if (AddReceiver(to)) pairs.emplace_back(random_.Below(pes), to);
  }
  for (RandomPe& pe : f_.pes) Enable(pe);
  for (const auto& [from, to] : pairs) Send(from, to);
}

}  // namespace

void AddMessages(RandomFabric* fabric) { Messages(fabric).Add(); }

}  // namespace csl::fabric::testing
