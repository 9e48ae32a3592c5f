// SPDX-License-Identifier: Apache-2.0
// Blobs and files of sessions, streamed to and from disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/archive/beneath.h"
#include "base/digest/sha256.h"
#include "client/native/meter.h"
#include "client/native/service.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;
using archive::Fd;

constexpr int kDownloadTries = 3;

// A file that is removed again unless it was kept.
class PartialFile {
 public:
  static StatusOr<std::unique_ptr<PartialFile>> Create(const fs::path& path) {
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!fd.valid()) {
      return Unavailable("cannot write '" + path.string() + "': " + std::strerror(errno));
    }
    return std::unique_ptr<PartialFile>(new PartialFile(path, std::move(fd)));
  }
  ~PartialFile() {
    if (!is_kept_) ::unlink(path_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  Status Write(const char* data, size_t size) {
    size_bytes_ += size;
    while (size > 0) {
      const ssize_t put = ::write(fd_.get(), data, size);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        return ResourceExhausted("cannot write '" + path_.string() + "': " + std::strerror(errno));
      }
      data += put;
      size -= static_cast<size_t>(put);
    }
    return OkStatus();
  }
  // Drops what was written.
  Status StartAgain() {
    size_bytes_ = 0;
    if (::ftruncate(fd_.get(), 0) == 0 && ::lseek(fd_.get(), 0, SEEK_SET) == 0) return OkStatus();
    return Unavailable("cannot write '" + path_.string() + "': " + std::strerror(errno));
  }
  Status Keep(const fs::path& name) {
    if (name != path_ && ::rename(path_.c_str(), name.c_str()) != 0) {
      return Unavailable("cannot make '" + name.string() + "': " + std::strerror(errno));
    }
    is_kept_ = true;
    return OkStatus();
  }
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  PartialFile(fs::path path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  const fs::path path_;
  const Fd fd_;
  uint64_t size_bytes_ = 0;
  bool is_kept_ = false;
};

// A GET whose body is written to a file. After a break it resumes behind what was received before,
// if the other side still has the same bytes.
class Resumable {
 public:
  Resumable(std::string path, PartialFile& file, Meter& meter)
      : path_(std::move(path)), file_(file), meter_(meter) {}

  // The call for what is missing. `failure` is set when the file or an interrupt ends it.
  http::Call Next(const Interrupted& interrupted) {
    http::Call call;
    call.path = path_;
    if (file_.size_bytes() > 0 && !tag_.empty()) {
      call.headers["Range"] = "bytes=" + std::to_string(file_.size_bytes()) + "-";
      call.headers["If-Range"] = tag_;
    }
    call.on_header = [this](int status, const std::map<std::string, std::string>& headers) {
      const auto value = [&headers](const char* name) {
        const auto it = headers.find(name);
        return it == headers.end() ? std::string() : it->second;
      };
      tag_ = value("etag");
      is_folder_ = value("x-kind") == "directory";
      size_ = value("x-size");
      failure_ = CheckSender(status, headers, "");
      if (!failure_.ok()) return false;
      if (status != 206) failure_ = file_.StartAgain();
      total_ = file_.size_bytes() + std::strtoull(value("content-length").c_str(), nullptr, 10);
      return failure_.ok();
    };
    call.receive = [this, &interrupted](const char* data, size_t size) {
      failure_ = interrupted && interrupted() ? Status(StatusCode::kCancelled, "interrupted")
                                              : file_.Write(data, size);
      meter_.Show(file_.size_bytes(), std::max(total_, file_.size_bytes()));
      return failure_.ok();
    };
    return call;
  }
  const Status& failure() const { return failure_; }
  bool is_folder() const { return is_folder_; }
  // Whether the size is the one that the other side announced.
  bool IsWhole() const { return size_.empty() || size_ == std::to_string(file_.size_bytes()); }

 private:
  const std::string path_;
  PartialFile& file_;
  Meter& meter_;
  uint64_t total_ = 0;
  Status failure_;
  std::string tag_;
  std::string size_;
  bool is_folder_ = false;
};

}  // namespace

Status Service::DownloadBlob(const std::string& digest, const fs::path& target,
                             const Interrupted& interrupted) {
  const fs::path partial = target.string() + ".part-" + RandomHex(6);
  ASSIGN_OR_RETURN(const auto file, PartialFile::Create(partial));
  Meter meter(progress_, "download of " + target.filename().string());
  Resumable download("/v1/blobs/" + digest, *file, meter);
  for (int tries = 1;; ++tries) {
    const auto reply = Do(download.Next(interrupted));
    RETURN_IF_ERROR(download.failure());
    if (reply.ok()) {
      ASSIGN_OR_RETURN(const std::string received, Sha256HexOfFile(partial));
      if (received == digest) return file->Keep(target);
      RETURN_IF_ERROR(file->StartAgain());
      if (tries < kDownloadTries) continue;
      return {StatusCode::kDataLoss, "blob " + digest + " came broken"};
    }
    const bool behind = reply.status().code() == StatusCode::kOutOfRange;
    if (behind) RETURN_IF_ERROR(file->StartAgain());
    if ((!behind && reply.status().code() != StatusCode::kUnavailable) || tries == kDownloadTries) {
      return reply.status();
    }
  }
}

Status Service::PutFile(const std::string& job, const fs::path& local, const std::string& remote) {
  struct stat info {};
  if (::stat(local.c_str(), &info) != 0) {
    return NotFound("'" + local.string() + "': " + std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) {
    return InvalidArgument("'" + local.string() + "' is neither a file nor a folder");
  }
  http::Call call;
  call.method = "PUT";
  call.path = "/v1/jobs/" + http::UrlEncode(job) + "/files/" + EncodePath(remote) +
              ((info.st_mode & 0100) != 0 ? "?mode=0755" : "?mode=0644");
  call.body_file = local.string();
  Meter meter(progress_, "upload of " + remote);
  call.on_sent = [&meter](uint64_t done, uint64_t size) { meter.Show(done, size); };
  return Do(std::move(call)).status();
}

StatusOr<Downloaded> Service::GetFile(const std::string& job, const std::string& remote,
                                      const fs::path& target, const Interrupted& interrupted) {
  ASSIGN_OR_RETURN(const auto file, PartialFile::Create(target));
  Meter meter(progress_, "download of " + remote);
  Resumable download("/v1/jobs/" + http::UrlEncode(job) + "/files/" + EncodePath(remote), *file,
                     meter);
  for (int tries = 1;; ++tries) {
    const auto reply = Do(download.Next(interrupted));
    RETURN_IF_ERROR(download.failure());
    if (reply.ok() && download.IsWhole()) {
      RETURN_IF_ERROR(file->Keep(target));
      return Downloaded{download.is_folder(), file->size_bytes()};
    }
    // Behind the end: the file has become shorter.
    const bool again = reply.ok() || reply.status().code() == StatusCode::kOutOfRange;
    if (!again && reply.status().code() != StatusCode::kUnavailable) return reply.status();
    if (again) RETURN_IF_ERROR(file->StartAgain());
    if (tries == kDownloadTries) {
      return reply.ok() ? Status(StatusCode::kDataLoss, "'" + remote + "' came broken")
                        : reply.status();
    }
  }
}

}  // namespace csl::client
