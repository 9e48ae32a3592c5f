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
  // PEs are taken a block at a time: block b holds PEs b * kBlockPes and up. A group holds the
  // blocks of one word of the bitmap.
  static constexpr uint32_t kBlockPes = 512;
  static constexpr uint32_t kGroupPes = 64 * 64;
  bool GroupIsEmpty(uint32_t group) const { return summary_[group] == 0; }
  // Moves the members in a block to `out`, in ascending order. Returns their number.
  size_t MoveBlock(uint32_t block, uint32_t* out) {
    constexpr uint32_t kBlockWords = kBlockPes / 64;
    const uint32_t first = block * kBlockWords;
    uint64_t& summary = summary_[first >> 6];
    uint64_t words = summary >> (first & 63) & ((uint64_t{1} << kBlockWords) - 1);
    summary ^= words << (first & 63);
    uint32_t* to = out;
    for (; words != 0; words &= words - 1) {
      const uint32_t word = first + static_cast<uint32_t>(__builtin_ctzll(words));
      uint64_t bits = words_[word];
      words_[word] = 0;
      for (; bits != 0; bits &= bits - 1) {
        *to++ = word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits));
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
