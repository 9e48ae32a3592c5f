// SPDX-License-Identifier: Apache-2.0
#include "runtime/system/blob_cache.h"

#include <utility>

namespace csl::runtime {

Blob BlobCache::Find(const std::string& sha256) {
  auto found = by_digest_.find(sha256);
  if (found == by_digest_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->blob;
}

void BlobCache::Add(const std::string& sha256, Blob blob) {
  if (blob->size() > max_bytes_ || by_digest_.contains(sha256)) return;
  while (size_bytes_ + blob->size() > max_bytes_) {
    size_bytes_ -= entries_.back().blob->size();
    by_digest_.erase(entries_.back().sha256);
    entries_.pop_back();
  }
  size_bytes_ += blob->size();
  entries_.push_front({sha256, std::move(blob)});
  by_digest_[sha256] = entries_.begin();
}

}  // namespace csl::runtime
