// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/kept_blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "appliance/artifacts/changed_ms.h"
#include "base/digest/sha256.h"
#include "base/file.h"
#include "base/log.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

constexpr char kFresh[] = "fresh";

Status NoBlob(const std::string& digest) { return NotFound("blob " + digest + " does not exist"); }

bool IsFileAt(const fs::path& path, int fd) {
  struct stat named {};
  struct stat open {};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(fd, &open) == 0 &&
         named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

}  // namespace

BlobFile::BlobFile(int fd) : fd_(fd) {
  struct stat info {};
  if (::fstat(fd_, &info) == 0) size_bytes_ = static_cast<uint64_t>(info.st_size);
}

BlobFile::~BlobFile() { ::close(fd_); }

StatusOr<std::shared_ptr<KeptBlobs>> KeptBlobs::Open(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder / kFresh, error);
  if (error) return DiskFailure("cannot make folder '" + folder.string() + "'", error.value());
  std::shared_ptr<KeptBlobs> blobs(new KeptBlobs(folder));
  for (const auto& entry : fs::directory_iterator(folder / kFresh, error)) {
    const std::string name = entry.path().filename();
    if (IsSha256Hex(name)) {
      blobs->doubtful_.insert(name);
      blobs->waiting_.push_back(name);
    }
  }
  blobs->thread_ = std::thread([raw = blobs.get()] { raw->Loop(); });
  return blobs;
}

KeptBlobs::~KeptBlobs() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

fs::path KeptBlobs::FreshPlace(const std::string& digest) const {
  return folder_ / kFresh / digest;
}

fs::path KeptBlobs::Place(const std::string& digest) const {
  return folder_ / digest.substr(0, 2) / digest;
}

bool KeptBlobs::IsDoubtful(const std::string& digest) const {
  const std::lock_guard lock(mutex_);
  return doubtful_.contains(digest);
}

Status KeptBlobs::Keep(const std::string& digest, const fs::path& file) {
  const std::lock_guard lock(mutex_);
  const bool is_there = ::utimensat(AT_FDCWD, Place(digest).c_str(), nullptr, 0) == 0;
  if (is_there) {
    ::unlink(file.c_str());
    return OkStatus();
  }
  if (::rename(file.c_str(), FreshPlace(digest).c_str()) != 0) {
    return DiskFailure("cannot keep blob " + digest, errno);
  }
  doubtful_.erase(digest);
  waiting_.push_back(digest);
  changed_.notify_all();
  return OkStatus();
}

StatusOr<std::shared_ptr<BlobFile>> KeptBlobs::Find(const std::string& digest) {
  CHECK(IsSha256Hex(digest)) << "'" << digest << "' is not a digest";
  const std::lock_guard lock(mutex_);
  for (const fs::path& path : {Place(digest), FreshPlace(digest)}) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) return std::make_shared<BlobFile>(fd);
    if (errno != ENOENT) return DiskFailure("cannot read '" + path.string() + "'", errno);
  }
  return NoBlob(digest);
}

StatusOr<std::shared_ptr<BlobFile>> KeptBlobs::Read(const std::string& digest) {
  if (IsDoubtful(digest)) RETURN_IF_ERROR(Sync(digest));
  return Find(digest);
}

bool KeptBlobs::IsSynced(const std::string& digest) const {
  return ::access(Place(digest).c_str(), F_OK) == 0;
}

Status KeptBlobs::Sync(const std::string& digest) {
  while (!IsSynced(digest)) {
    ASSIGN_OR_RETURN(const auto file, Find(digest));
    RETURN_IF_ERROR(SyncFile(digest, file->fd()));
  }
  return OkStatus();
}

// After a power cut or a crash of the kernel, a file may lack some of its bytes.
Status KeptBlobs::CheckBytes(const std::string& digest, int fd) {
  ASSIGN_OR_RETURN(const std::string found, Sha256HexOfFile("/proc/self/fd/" + std::to_string(fd)));
  const std::lock_guard lock(mutex_);
  if (found == digest) {
    doubtful_.erase(digest);
    return OkStatus();
  }
  const fs::path fresh = FreshPlace(digest);
  if (!IsFileAt(fresh, fd)) return OkStatus();  // it was uploaded again meanwhile
  Log(LogLevel::kWarning,
      "removed blob " + digest +
          ": it is damaged; the machine stopped before the blob was on the disk");
  ::unlink(fresh.c_str());
  doubtful_.erase(digest);
  return NoBlob(digest);
}

Status KeptBlobs::SyncFile(const std::string& digest, int fd) {
  if (IsDoubtful(digest)) RETURN_IF_ERROR(CheckBytes(digest, fd));
  const bool is_on_disk = ::fsync(fd) == 0;
  const int error = errno;
  const std::lock_guard lock(mutex_);
  const fs::path fresh = FreshPlace(digest);
  if (!IsFileAt(fresh, fd)) return OkStatus();  // it was synced or uploaded again meanwhile
  if (!is_on_disk) {
    ::unlink(fresh.c_str());  // some bytes may be lost, and another fsync would not report it
    return DiskFailure("cannot keep blob " + digest, error);
  }
  std::error_code made;
  fs::create_directories(Place(digest).parent_path(), made);
  if (::rename(fresh.c_str(), Place(digest).c_str()) == 0) return OkStatus();
  return DiskFailure("cannot keep blob " + digest, errno);
}

void KeptBlobs::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;  // the next service continues
    const std::string digest = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const Status status = Sync(digest);
    if (!status.ok() && status.code() != StatusCode::kNotFound) {
      Log(LogLevel::kError, status.message());
    }
    lock.lock();
  }
}

Status KeptBlobs::Touch(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  for (const fs::path& path : {Place(digest), FreshPlace(digest)}) {
    if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0) return OkStatus();
  }
  return NoBlob(digest);
}

void KeptBlobs::RemoveIfOlder(const std::string& digest, int64_t ms) {
  const std::lock_guard lock(mutex_);
  const fs::path path = Place(digest);
  if (ChangedMs(path) < ms) ::unlink(path.c_str());
}

}  // namespace csl::appliance
