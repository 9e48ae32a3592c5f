// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/blob_reader.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace csl::appliance {
namespace {

constexpr uint64_t kAlignment = 4096;
constexpr size_t kPieceBytes = 256 * 1024;  // through the cache
constexpr size_t kDirectBytes = 4 << 20;    // a disk needs long reads to be fast
constexpr uint64_t kLargeBlob = 64 << 20;

}  // namespace

std::string_view BlobReader::Read(uint64_t offset, uint64_t most) {
  if (buffer_ == nullptr) {
    const bool is_large = file_->size_bytes() >= kLargeBlob;
    buffer_.reset(
        static_cast<char*>(std::aligned_alloc(kAlignment, is_large ? kDirectBytes : kPieceBytes)));
    CHECK(buffer_ != nullptr) << "no memory for a blob";
  }
  const bool has_it = offset >= begin_ && offset < begin_ + size_;
  if (!has_it) {
    size_ = 0;
    const bool is_large = file_->size_bytes() >= kLargeBlob;
    const bool done = is_large && (ReadCached(offset) || ReadDirect(offset));
    if (!done && !ReadPlain(offset)) return {};
  }
  const uint64_t skip = offset - begin_;
  return {buffer_.get() + skip, std::min(most, size_ - skip)};
}

bool BlobReader::ReadCached(uint64_t offset) {
  const iovec room{buffer_.get(), kPieceBytes};
  const ssize_t got = ::preadv2(file_->fd(), &room, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  if (got <= 0) return false;
  begin_ = offset;
  size_ = static_cast<uint64_t>(got);
  return true;
}

bool BlobReader::ReadDirect(uint64_t offset) {
  if (direct_ == nullptr) {
    const std::string path = "/proc/self/fd/" + std::to_string(file_->fd());
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (fd < 0) return false;
    direct_ = std::make_unique<BlobFile>(fd);
  }
  const uint64_t begin = offset / kAlignment * kAlignment;
  if (!next_.valid() || next_begin_ != begin) StartNext(begin);
  const ssize_t got = next_.get();
  if (got <= static_cast<ssize_t>(offset - begin)) return false;
  std::swap(buffer_, next_buffer_);
  begin_ = begin;
  size_ = static_cast<uint64_t>(got);
  if (begin_ + size_ < file_->size_bytes() && size_ % kAlignment == 0) StartNext(begin_ + size_);
  return true;
}

// The disk reads while the bytes before are sent.
void BlobReader::StartNext(uint64_t begin) {
  if (next_.valid()) next_.wait();
  if (next_buffer_ == nullptr) {
    next_buffer_.reset(static_cast<char*>(std::aligned_alloc(kAlignment, kDirectBytes)));
    CHECK(next_buffer_ != nullptr) << "no memory for a blob";
  }
  next_begin_ = begin;
  next_ = std::async(std::launch::async, [fd = direct_->fd(), to = next_buffer_.get(), begin] {
    return ::pread(fd, to, kDirectBytes, static_cast<off_t>(begin));
  });
}

bool BlobReader::ReadPlain(uint64_t offset) {
  const ssize_t got = ::pread(file_->fd(), buffer_.get(), kPieceBytes, static_cast<off_t>(offset));
  if (got <= 0) return false;
  begin_ = offset;
  size_ = static_cast<uint64_t>(got);
  return true;
}

}  // namespace csl::appliance
