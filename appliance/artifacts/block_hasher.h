// SPDX-License-Identifier: Apache-2.0
// The SHA-256 of blocks that come one after another, computed on a thread of its own while whoever
// has them writes them and receives the next: each takes as long as the other.
#ifndef APPLIANCE_ARTIFACTS_BLOCK_HASHER_H_
#define APPLIANCE_ARTIFACTS_BLOCK_HASHER_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/digest/sha256.h"

namespace csl::appliance {

struct Block {
  static constexpr size_t kBytes = 1 << 20;
  std::unique_ptr<char[]> bytes;
  size_t used = 0;
};

// For one thread, beside its own.
class BlockHasher {
 public:
  BlockHasher() = default;
  ~BlockHasher();
  BlockHasher(const BlockHasher&) = delete;
  BlockHasher& operator=(const BlockHasher&) = delete;

  // An empty block, a used one where all are in use: waits for it then.
  std::shared_ptr<Block> Take();
  // Adds the block's bytes, which must not change any more. The caller may continue reading them.
  void Add(std::shared_ptr<Block> block);
  // Of all that was added, which is over with it.
  std::string FinishHex();

 private:
  static constexpr size_t kMaxBlocks = 4;
  void Loop();
  void End();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Block>> all_;
  std::deque<std::shared_ptr<Block>> waiting_;
  bool ending_ = false;
  Sha256 hash_;
  std::thread thread_;  // from the first full block on
};

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_BLOCK_HASHER_H_
