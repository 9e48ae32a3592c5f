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
#include "base/file.h"

namespace csl::appliance {
namespace {

// The disk begins to write so much while more is coming, so that Commit has little to wait for.
constexpr uint64_t kWriteBackBytes = 8 << 20;

namespace fs = std::filesystem;

Status SystemError(std::string_view what, const fs::path& path) {
  return DiskFailure(std::string(what) + " '" + path.string() + "'", errno);
}

fs::path Place(const fs::path& folder, const std::string& digest) {
  return folder / digest.substr(0, 2) / digest;
}

}  // namespace

BlobWriter::BlobWriter(fs::path folder, fs::path working, int fd, uint64_t limit,
                       std::shared_ptr<std::mutex> names)
    : folder_(std::move(folder)),
      working_(std::move(working)),
      fd_(fd),
      limit_(limit),
      names_(std::move(names)) {}

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
  std::string_view bytes(block->bytes.get(), block->used);
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemError("cannot write", working_);
    bytes.remove_prefix(static_cast<size_t>(put));
    written_bytes_ += static_cast<uint64_t>(put);
  }
  if (written_bytes_ - begun_bytes_ < kWriteBackBytes) return OkStatus();
  // A hint: where it fails, Commit waits longer.
  (void)::sync_file_range(fd_, static_cast<off64_t>(begun_bytes_),
                          static_cast<off64_t>(written_bytes_ - begun_bytes_),
                          SYNC_FILE_RANGE_WRITE);
  begun_bytes_ = written_bytes_;
  return OkStatus();
}

Status BlobWriter::Commit(const std::string& expected_digest) {
  RETURN_IF_ERROR(WriteBlock());
  // What the disk has not got yet it writes while the rest is hashed.
  (void)::sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
  const std::string digest = hasher_.FinishHex();
  if (digest != expected_digest) {
    return InvalidArgument("the bytes have the digest " + digest + ", not " + expected_digest);
  }
  const fs::path target = Place(folder_, digest);
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  const bool is_durable = ::fsync(fd_) == 0;
  const std::lock_guard lock(*names_);
  if (!is_durable || ::rename(working_.c_str(), target.c_str()) != 0) {
    return SystemError("cannot keep blob", target);
  }
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
  ASSIGN_OR_RETURN(store->partial_, PartialBlobs::Open(folder / "partial"));
  return store;
}

StatusOr<std::unique_ptr<BlobWriter>> BlobStore::Begin() {
  fs::path working = folder_ / "incoming" / RandomHex(12);
  const int fd = ::open(working.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("cannot create", working);
  return std::unique_ptr<BlobWriter>(
      new BlobWriter(folder_, std::move(working), fd, max_blob_bytes_, names_));
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
  return partial_->Finish(blob, Place(folder_, blob->digest()), *names_);
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

void BlobStore::Touch(const std::string& digest) const {
  (void)::utimensat(AT_FDCWD, Place(folder_, digest).c_str(), nullptr, 0);
}

void BlobStore::RemoveIfOlder(const std::string& digest, int64_t ms) {
  const std::lock_guard lock(*names_);
  const fs::path path = Place(folder_, digest);
  if (ChangedMs(path) < ms) ::unlink(path.c_str());
}

StatusOr<fs::path> BlobStore::PathOf(const std::string& digest) const {
  CHECK(IsSha256Hex(digest)) << "'" << digest << "' is not a digest";
  fs::path path = Place(folder_, digest);
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return NotFound("blob " + digest + " does not exist");
  return path;
}

}  // namespace csl::appliance
