// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/random_stream.h"

#include <fmt/format.h>

#include <algorithm>

namespace csl::fabric::testing {
namespace {

using isa::Descriptor;
using isa::DsrFile;

// More would have to wait in a PE, whose main thread then serves nobody.
constexpr int kMaxEchoes = 4;
constexpr int kRegions = 6;        // looked at for a stream to the host
constexpr int kPercentSteps = 80;  // a fabric may be too small for them
constexpr int kSumAddress = 0x370;

template <typename Visit>
void ForEachPe(const HostTransfer& t, const image::Extent2& size, Visit visit) {
  for (int row = 0; row < t.height; ++row) {
    for (int column = 0; column < t.width; ++column) {
      visit(static_cast<size_t>((t.y + row * t.y_step) * size.width + t.x + column * t.x_step));
    }
  }
}

}  // namespace

void AddStreams(RandomFabric* fabric, bool echoes) {
  const bool implicit = fabric->wse2() && fabric->random.Chance(50);
  for (RandomPe& pe : fabric->pes) {
    const int input = implicit ? kStreamIn : pe.TakeInput(kStreamIn, false);
    std::string body =
        fmt::format("  ld.w r2, [{0}]\n  add.i32 r2, r2, r0\n  st.w r2, [{0}]\n", kSumAddress);
    if (echoes) {
      const int dsr = pe.NextDsr();
      const auto queue = static_cast<uint8_t>(pe.TakeOutput(kStreamOut));
      body += pe.code().LoadDsr(DsrFile::kDest, dsr, Descriptor::Fabout(queue, kStreamOut, 1), 0);
      body += fmt::format("  v.mov32 dest.{}, r0\n", dsr);
    }
    pe.AddDataTask(pe.ChannelId(input, kStreamIn), body, 32, 0);
  }
}

int StreamHost::Least(const StreamCommand& stream) const {
  int least = kMaxEchoes;
  ForEachPe(stream, size_, [&](size_t pe) { least = std::min(least, words_[pe]); });
  return least;
}

void StreamHost::Add(const StreamCommand& stream, int words) {
  ForEachPe(stream, size_, [&](size_t pe) { words_[pe] += words; });
}

StreamCommand StreamHost::Next(std::vector<uint32_t>* result) {
  StreamCommand stream;
  int there = 0;
  // Most regions have a PE with nothing to send: look at some, or few streams go to the host.
  for (int i = 0; i < (echoes_ ? kRegions : 1) && there == 0; ++i) {
    stream = {};
    ChooseRegion(&random_, size_, kPercentSteps, &stream);
    there = echoes_ ? Least(stream) : 0;
  }
  if (there > 0) {
    stream.color = kStreamOut;
    stream.elements_per_pe = random_.Between(1, there);
    ChooseResult(&stream, result);
    Add(stream, -stream.elements_per_pe);
    CountTransfer("stream to the host", stream, &coverage_);
    return stream;
  }
  stream.color = kStreamIn;
  stream.elements_per_pe = random_.Between(1, echoes_ ? kMaxEchoes : 20);
  ChooseData(&random_, &stream);
  if (echoes_) Add(stream, stream.elements_per_pe);
  CountTransfer("stream to the device", stream, &coverage_);
  return stream;
}

void CountTransfer(const std::string& what, const HostTransfer& transfer, Coverage* coverage) {
  ++(*coverage)[what];
  if (transfer.broadcast == Broadcast::kRows) ++(*coverage)[what + ", rows alike"];
  if (transfer.broadcast == Broadcast::kColumns) ++(*coverage)[what + ", columns alike"];
  if (transfer.x_step > 1 && transfer.width > 1) ++(*coverage)[what + ", some columns"];
  if (transfer.y_step > 1 && transfer.height > 1) ++(*coverage)[what + ", some rows"];
  if (transfer.order == CopyOrder::kColumnMajor) ++(*coverage)[what + ", column-major"];
}

}  // namespace csl::fabric::testing
