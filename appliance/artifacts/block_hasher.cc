// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/block_hasher.h"

#include <string_view>
#include <utility>

namespace csl::appliance {

BlockHasher::~BlockHasher() { End(); }

std::shared_ptr<Block> BlockHasher::Take() {
  std::unique_lock lock(mutex_);
  for (;;) {
    for (const std::shared_ptr<Block>& block : all_) {
      if (block.use_count() > 1) continue;  // somebody has it: only under the lock, or it is ours
      block->used = 0;
      return block;
    }
    if (all_.size() < kMaxBlocks) {
      all_.push_back(std::make_shared<Block>());
      all_.back()->bytes = std::make_unique_for_overwrite<char[]>(Block::kBytes);
      return all_.back();
    }
    changed_.wait(lock);
  }
}

void BlockHasher::Add(std::shared_ptr<Block> block) {
  std::lock_guard lock(mutex_);
  const bool more_may_come = block->used == Block::kBytes;
  waiting_.push_back(std::move(block));
  if (more_may_come && !thread_.joinable()) thread_ = std::thread([this] { Loop(); });
  changed_.notify_all();
}

void BlockHasher::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::shared_ptr<Block> block = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    hash_.Update(std::string_view(block->bytes.get(), block->used));
    lock.lock();
    block.reset();
    changed_.notify_all();
  }
}

void BlockHasher::End() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::string BlockHasher::FinishHex() {
  End();
  for (const std::shared_ptr<Block>& block : waiting_) {  // of a small blob, without a thread
    hash_.Update(std::string_view(block->bytes.get(), block->used));
  }
  waiting_.clear();
  return hash_.FinishHex();
}

}  // namespace csl::appliance
