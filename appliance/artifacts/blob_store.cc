// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

Status SystemError(std::string_view what, const fs::path& path) {
  return DiskFailure(std::string(what) + " '" + path.string() + "'", errno);
}

}  // namespace

BlobWriter::BlobWriter(fs::path folder, fs::path working, int fd, uint64_t limit)
    : folder_(std::move(folder)), working_(std::move(working)), fd_(fd), limit_(limit) {}

BlobWriter::~BlobWriter() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(working_.c_str());
}

Status BlobWriter::Append(std::string_view bytes) {
  size_bytes_ += bytes.size();
  if (size_bytes_ > limit_) {
    return ResourceExhausted("a blob may hold " + std::to_string(limit_) + " bytes at most");
  }
  hash_.Update(bytes);
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemError("cannot write", working_);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return OkStatus();
}

Status BlobWriter::Commit(const std::string& expected_digest) {
  const std::string digest = hash_.FinishHex();
  if (digest != expected_digest) {
    return InvalidArgument("the bytes have the digest " + digest + ", not " + expected_digest);
  }
  const fs::path target = folder_ / digest.substr(0, 2) / digest;
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (::fsync(fd_) != 0 || ::rename(working_.c_str(), target.c_str()) != 0) {
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
  return std::unique_ptr<BlobStore>(new BlobStore(folder, max_blob_bytes));
}

StatusOr<std::unique_ptr<BlobWriter>> BlobStore::Begin() {
  fs::path working = folder_ / "incoming" / RandomHex(12);
  const int fd = ::open(working.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("cannot create", working);
  return std::unique_ptr<BlobWriter>(
      new BlobWriter(folder_, std::move(working), fd, max_blob_bytes_));
}

StatusOr<fs::path> BlobStore::PathOf(const std::string& digest) const {
  CHECK(IsSha256Hex(digest)) << "'" << digest << "' is no digest";
  fs::path path = folder_ / digest.substr(0, 2) / digest;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return NotFound("blob " + digest + " is not there");
  return path;
}

}  // namespace csl::appliance
