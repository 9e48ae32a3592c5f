// SPDX-License-Identifier: Apache-2.0
// Writes a file sequentially in blocks, with or without the page cache (O_DIRECT), whichever is
// faster here. On a virtual machine a fast disk often takes a block sooner than the host provides
// memory for the cache; with a slow disk the cache is faster. A long file starts with a trial of
// each and continues with the faster one.
#ifndef APPLIANCE_ARTIFACTS_BLOCK_WRITER_H_
#define APPLIANCE_ARTIFACTS_BLOCK_WRITER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace csl::appliance {

class BlockWriter {
 public:
  // Of a block's address and of its size, for O_DIRECT.
  static constexpr size_t kAlignment = 4096;

  // `fd` must be of an empty file, and stay open while this object exists.
  explicit BlockWriter(int fd) : fd_(fd) {}

  // Returns 0 or an errno. An unaligned block goes through the cache.
  int Write(std::string_view block);

 private:
  enum class Way { kPastCache, kThroughCache };
  static constexpr uint64_t kTrialBytes = 32 << 20;
  struct Trial {
    uint64_t bytes = 0;
    std::chrono::steady_clock::duration took{};
    double Seconds() const { return std::chrono::duration<double>(took).count(); }
  };

  Way Choose() const;
  bool Take(Way way);
  Trial& TrialOf(Way way) { return trials_[static_cast<int>(way)]; }
  const Trial& TrialOf(Way way) const { return trials_[static_cast<int>(way)]; }

  const int fd_;
  Way way_ = Way::kThroughCache;  // as the descriptor's flags are
  bool can_pass_cache_ = true;
  Trial trials_[2];
};

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_BLOCK_WRITER_H_
