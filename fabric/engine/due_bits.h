// SPDX-License-Identifier: Apache-2.0
// A set of PEs of a shard, as bits with a bitmap above them: adding one costs a few instructions,
// and a few members of many PEs are found without looking at the others.
#ifndef FABRIC_ENGINE_DUE_BITS_H_
#define FABRIC_ENGINE_DUE_BITS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace csl::fabric::engine {

class DueBits {
 public:
  explicit DueBits(uint32_t num_pes)
      : words_((num_pes + 63) / 64), summary_((words_.size() + 63) / 64) {}

  void Add(uint32_t pe) {
    const uint32_t word = pe >> 6;
    words_[word] |= uint64_t{1} << (pe & 63);
    summary_[word >> 6] |= uint64_t{1} << (word & 63);
  }
  // Moves all members to `out`, which has room for all PEs, in ascending order. Returns their
  // number.
  size_t MoveTo(uint32_t* out) {
    uint32_t* to = out;
    for (size_t i = 0; i < summary_.size(); ++i) {
      uint64_t summary = summary_[i];
      summary_[i] = 0;
      for (; summary != 0; summary &= summary - 1) {
        const auto word =
            static_cast<uint32_t>(i * 64) + static_cast<uint32_t>(__builtin_ctzll(summary));
        uint64_t bits = words_[word];
        words_[word] = 0;
        for (; bits != 0; bits &= bits - 1) {
          *to++ = word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits));
        }
      }
    }
    return static_cast<size_t>(to - out);
  }

  size_t FootprintBytes() const { return (words_.capacity() + summary_.capacity()) * 8; }

 private:
  std::vector<uint64_t> words_;
  std::vector<uint64_t> summary_;  // bit = word that is not 0
};

}  // namespace csl::fabric::engine

#endif  // FABRIC_ENGINE_DUE_BITS_H_
