// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/block_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace csl::appliance {
namespace {

using Steady = std::chrono::steady_clock;

// What is in the cache is read faster afterwards.
constexpr double kWorthIt = 2;

bool IsAligned(std::string_view block) {
  return block.size() % BlockWriter::kAlignment == 0 &&
         reinterpret_cast<uintptr_t>(block.data()) % BlockWriter::kAlignment == 0;
}

}  // namespace

BlockWriter::Way BlockWriter::Choose() const {
  if (!can_pass_cache_) return Way::kThroughCache;
  for (const Way way : {Way::kThroughCache, Way::kPastCache}) {
    if (TrialOf(way).bytes < kTrialBytes) return way;
  }
  const double past = TrialOf(Way::kPastCache).Seconds();
  const double through = TrialOf(Way::kThroughCache).Seconds();
  return past * kWorthIt <= through ? Way::kPastCache : Way::kThroughCache;
}

bool BlockWriter::Take(Way way) {
  if (way == way_) return true;
  const int flags = ::fcntl(fd_, F_GETFL);
  const int wanted = way == Way::kPastCache ? flags | O_DIRECT : flags & ~O_DIRECT;
  if (flags < 0 || ::fcntl(fd_, F_SETFL, wanted) != 0) return false;
  way_ = way;
  return true;
}

int BlockWriter::Write(std::string_view block) {
  Way way = IsAligned(block) ? Choose() : Way::kThroughCache;
  if (!Take(way)) {
    can_pass_cache_ = false;  // the file system does not support O_DIRECT
    way = Way::kThroughCache;
  }
  const auto begin = Steady::now();
  const size_t size = block.size();
  while (!block.empty()) {
    const ssize_t put = ::write(fd_, block.data(), block.size());
    if (put < 0 && errno == EINTR) continue;
    if (put > 0) block.remove_prefix(static_cast<size_t>(put));
    if (put >= 0 && IsAligned(block)) continue;
    // The disk needs a larger alignment, or a partial write left an unaligned rest.
    if (way_ == Way::kThroughCache && put < 0) return errno;
    if (put < 0 && errno != EINVAL) return errno;
    can_pass_cache_ = false;
    if (!Take(Way::kThroughCache)) return EINVAL;
  }
  Trial& trial = TrialOf(way);
  if (trial.bytes < kTrialBytes) {
    trial.bytes += size;
    trial.took += Steady::now() - begin;
  }
  return 0;
}

}  // namespace csl::appliance
