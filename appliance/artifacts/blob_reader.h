// SPDX-License-Identifier: Apache-2.0
// Reads a blob from its start to its end. A large blob that is not in the page cache is read with
// O_DIRECT: on a virtual machine that is often faster than to fill the cache.
#ifndef APPLIANCE_ARTIFACTS_BLOB_READER_H_
#define APPLIANCE_ARTIFACTS_BLOB_READER_H_

#include <cstdint>
#include <cstdlib>
#include <future>
#include <memory>
#include <string_view>
#include <utility>

#include "appliance/artifacts/kept_blobs.h"

namespace csl::appliance {

class BlobReader {
 public:
  explicit BlobReader(std::shared_ptr<BlobFile> file) : file_(std::move(file)) {}

  // Bytes from `offset` on, at most `most`; valid until the next call. Empty at the end of the blob
  // and if it cannot be read.
  std::string_view Read(uint64_t offset, uint64_t most);

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  bool ReadCached(uint64_t offset);
  bool ReadDirect(uint64_t offset);
  void StartNext(uint64_t begin);
  bool ReadPlain(uint64_t offset);

  const std::shared_ptr<BlobFile> file_;
  std::unique_ptr<BlobFile> direct_;  // the same file, opened with O_DIRECT
  std::unique_ptr<char, Free> buffer_;
  std::unique_ptr<char, Free> next_buffer_;  // of the read that is under way
  uint64_t next_begin_ = 0;
  uint64_t begin_ = 0;  // of the bytes in the buffer, in the blob
  uint64_t size_ = 0;
  std::future<ssize_t> next_;  // last: its destructor waits for the read
};

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_BLOB_READER_H_
