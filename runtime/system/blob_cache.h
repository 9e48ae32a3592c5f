// SPDX-License-Identifier: Apache-2.0
// Files of artifacts by the digest of their content, kept from one client to the next, so that a
// program that is run again does not travel again.
#ifndef RUNTIME_SYSTEM_BLOB_CACHE_H_
#define RUNTIME_SYSTEM_BLOB_CACHE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace csl::runtime {

using Blob = std::shared_ptr<const std::vector<uint8_t>>;

// Thread safety: none.
class BlobCache {
 public:
  explicit BlobCache(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Null when there is none; one that is found counts as used now.
  Blob Find(const std::string& sha256);
  // Forgets the blobs unused for longest when there is no room; keeps no blob larger than all room.
  void Add(const std::string& sha256, Blob blob);

  uint64_t size_bytes() const { return size_bytes_; }

 private:
  struct Entry {
    std::string sha256;
    Blob blob;
  };

  uint64_t max_bytes_;
  uint64_t size_bytes_ = 0;
  std::list<Entry> entries_;  // last used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_digest_;
};

}  // namespace csl::runtime

#endif  // RUNTIME_SYSTEM_BLOB_CACHE_H_
