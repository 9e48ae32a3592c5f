// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

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

// Of one that is not there: now or later.
int64_t ChangedMs(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::numeric_limits<int64_t>::max();
  return int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
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
  if (size_bytes_ - begun_bytes_ >= kWriteBackBytes) {
    // A hint: where it fails, Commit waits longer.
    (void)::sync_file_range(fd_, static_cast<off64_t>(begun_bytes_),
                            static_cast<off64_t>(size_bytes_ - begun_bytes_),
                            SYNC_FILE_RANGE_WRITE);
    begun_bytes_ = size_bytes_;
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
  return std::unique_ptr<BlobStore>(new BlobStore(folder, max_blob_bytes));
}

StatusOr<std::unique_ptr<BlobWriter>> BlobStore::Begin() {
  fs::path working = folder_ / "incoming" / RandomHex(12);
  const int fd = ::open(working.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("cannot create", working);
  return std::unique_ptr<BlobWriter>(
      new BlobWriter(folder_, std::move(working), fd, max_blob_bytes_, names_));
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
  CHECK(IsSha256Hex(digest)) << "'" << digest << "' is no digest";
  fs::path path = folder_ / digest.substr(0, 2) / digest;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return NotFound("blob " + digest + " is not there");
  return path;
}

}  // namespace csl::appliance
