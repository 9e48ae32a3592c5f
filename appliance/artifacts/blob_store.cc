// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "appliance/artifacts/changed_ms.h"
#include "appliance/artifacts/write_at.h"
#include "base/file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

Status SystemError(std::string_view what, const fs::path& path) {
  return DiskFailure(std::string(what) + " '" + path.string() + "'", errno);
}

}  // namespace

BlobWriter::BlobWriter(fs::path working, int fd, uint64_t limit, std::shared_ptr<KeptBlobs> kept)
    : working_(std::move(working)), fd_(fd), limit_(limit), kept_(std::move(kept)) {}

BlobWriter::~BlobWriter() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(working_.c_str());
}

std::span<char> BlobWriter::Room() {
  if (block_ == nullptr) block_ = hasher_.Take();
  return {block_->bytes.get() + block_->used, Block::kBytes - block_->used};
}

Status BlobWriter::Took(size_t count) {
  size_bytes_ += count;
  if (size_bytes_ > limit_) {
    return ResourceExhausted("a blob may hold " + std::to_string(limit_) + " bytes at most");
  }
  block_->used += count;
  return block_->used < Block::kBytes ? OkStatus() : WriteBlock();
}

Status BlobWriter::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = Room();
    const size_t count = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), count, room.data());
    RETURN_IF_ERROR(Took(count));
    bytes.remove_prefix(count);
  }
  return OkStatus();
}

// The file gets the block while its bytes are being hashed.
Status BlobWriter::WriteBlock() {
  const std::shared_ptr<Block> block = std::exchange(block_, nullptr);
  if (block == nullptr) return OkStatus();
  hasher_.Add(block);
  if (fd_ < 0) return OkStatus();
  const int error = WriteAt(fd_, size_bytes_ - block->used, {block->bytes.get(), block->used});
  return error == 0 ? OkStatus() : DiskFailure("cannot write '" + working_.string() + "'", error);
}

Status BlobWriter::Commit(const std::string& expected_digest) {
  RETURN_IF_ERROR(WriteBlock());
  const std::string digest = hasher_.FinishHex();
  if (digest != expected_digest) {
    return InvalidArgument("the bytes have the digest " + digest + ", not " + expected_digest);
  }
  if (fd_ < 0) {
    if (kept_->Touch(digest).ok()) return OkStatus();
    return Unavailable("blob " + digest + " was removed during the upload; upload it again");
  }
  RETURN_IF_ERROR(kept_->Keep(digest, working_));
  ::close(fd_);
  fd_ = -1;
  return OkStatus();
}

StatusOr<std::unique_ptr<BlobStore>> BlobStore::Open(const fs::path& folder,
                                                     uint64_t max_blob_bytes) {
  std::error_code error;
  fs::remove_all(folder / "incoming", error);
  fs::create_directories(folder / "incoming", error);
  if (error || ::chmod(folder.c_str(), 0700) != 0) {
    return Unavailable("cannot make folder '" + folder.string() + "': " + error.message());
  }
  std::unique_ptr<BlobStore> store(new BlobStore(folder, max_blob_bytes));
  ASSIGN_OR_RETURN(store->kept_, KeptBlobs::Open(folder));
  ASSIGN_OR_RETURN(store->partial_, PartialBlobs::Open(folder / "partial"));
  return store;
}

StatusOr<std::unique_ptr<BlobWriter>> BlobStore::Begin(const std::string& digest) {
  int fd = -1;
  fs::path working;
  // Touched, so that it is not removed during the upload.
  const bool is_here = !digest.empty() && kept_->Read(digest).ok() && kept_->Touch(digest).ok();
  if (!is_here) {
    working = folder_ / "incoming" / RandomHex(12);
    fd = ::open(working.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return SystemError("cannot create", working);
  }
  return std::unique_ptr<BlobWriter>(
      new BlobWriter(std::move(working), fd, max_blob_bytes_, kept_));
}

StatusOr<std::shared_ptr<PartialBlob>> BlobStore::GetPartial(const std::string& owner,
                                                             const std::string& digest,
                                                             uint64_t size_bytes) {
  if (size_bytes > max_blob_bytes_) {
    return ResourceExhausted("a blob may hold " + std::to_string(max_blob_bytes_) +
                             " bytes at most");
  }
  return partial_->Get(owner, digest, size_bytes);
}

StatusOr<bool> BlobStore::FinishPartial(const std::shared_ptr<PartialBlob>& blob) {
  return partial_->Finish(blob,
                          [&](const fs::path& file) { return kept_->Keep(blob->digest(), file); });
}

std::vector<std::string> BlobStore::OlderThan(int64_t ms) const {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder_, error), end; !error && it != end;
       it.increment(error)) {
    std::string name = it->path().filename();
    if (IsSha256Hex(name) && ChangedMs(it->path()) < ms) found.push_back(std::move(name));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace csl::appliance
