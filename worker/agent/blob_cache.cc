// SPDX-License-Identifier: Apache-2.0
#include "worker/agent/blob_cache.h"

#include <unistd.h>

#include <utility>

namespace csl::worker {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargestPart = 4;  // of all, one in so many

}  // namespace

BlobCache::BlobCache(fs::path folder, uint64_t max_bytes)
    : folder_(std::move(folder)), max_bytes_(max_bytes) {
  std::error_code error;
  fs::create_directories(folder_, error);
}

bool BlobCache::Link(const std::string& digest, const fs::path& to) {
  std::lock_guard lock(mutex_);
  const auto it = blobs_.find(digest);
  if (it == blobs_.end() || ::link((folder_ / digest).c_str(), to.c_str()) != 0) return false;
  order_.splice(order_.begin(), order_, it->second.place);
  return true;
}

void BlobCache::Keep(const std::string& digest, const fs::path& from) {
  std::error_code error;
  const uint64_t size = fs::file_size(from, error);
  if (error || size > max_bytes_ / kLargestPart) return;
  std::lock_guard lock(mutex_);
  if (blobs_.contains(digest)) return;
  MakeRoom(size);
  if (::link(from.c_str(), (folder_ / digest).c_str()) != 0) return;
  order_.push_front(digest);
  blobs_[digest] = {size, order_.begin()};
  kept_bytes_ += size;
}

void BlobCache::MakeRoom(uint64_t size_bytes) {
  while (!order_.empty() && kept_bytes_ + size_bytes > max_bytes_) {
    const auto it = blobs_.find(order_.back());
    ::unlink((folder_ / it->first).c_str());
    kept_bytes_ -= it->second.size_bytes;
    blobs_.erase(it);
    order_.pop_back();
  }
}

}  // namespace csl::worker
