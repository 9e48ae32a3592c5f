// SPDX-License-Identifier: Apache-2.0
// Blobs and files of sessions, streamed to and from disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/archive/beneath.h"
#include "base/digest/sha256.h"
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

// Lets `call` write into `file`; the failure of either ends both.
void ReceiveInto(http::Call& call, PartialFile& file, Sha256* digest,
                 const Interrupted& interrupted, Status& failure) {
  call.receive = [&file, digest, &interrupted, &failure](const char* data, size_t size) {
    if (interrupted && interrupted()) {
      failure = Status(StatusCode::kCancelled, "interrupted");
    } else {
      failure = file.Write(data, size);
    }
    if (digest != nullptr) digest->Update(std::string_view(data, size));
    return failure.ok();
  };
}

}  // namespace

StatusOr<std::string> Service::UploadFile(const fs::path& file, const std::string& name_space) {
  ASSIGN_OR_RETURN(const std::string digest, Sha256HexOfFile(file));
  const std::string path = "/v1/blobs/" + digest + "?namespace=" + http::UrlEncode(name_space);
  http::Call head;
  head.method = "HEAD";
  head.path = path;
  const auto known = Do(std::move(head));
  if (known.ok()) return digest;
  if (known.status().code() != StatusCode::kNotFound) return known.status();
  http::Call put;
  put.method = "PUT";
  put.path = path;
  put.body_file = file.string();
  RETURN_IF_ERROR(Do(std::move(put)).status());
  return digest;
}

Status Service::DownloadBlob(const std::string& digest, const fs::path& target,
                             const Interrupted& interrupted) {
  const fs::path partial = target.string() + ".part-" + RandomHex(6);
  for (int tries = 1;; ++tries) {
    ASSIGN_OR_RETURN(const auto file, PartialFile::Create(partial));
    http::Call call;
    call.path = "/v1/blobs/" + digest;
    Sha256 received;
    Status failure;
    ReceiveInto(call, *file, &received, interrupted, failure);
    const auto reply = Do(std::move(call));
    RETURN_IF_ERROR(failure);
    if (reply.ok()) {
      if (received.FinishHex() == digest) return file->Keep(target);
      if (tries == kDownloadTries)
        return {StatusCode::kDataLoss, "blob " + digest + " came broken"};
      continue;
    }
    if (reply.status().code() != StatusCode::kUnavailable || tries == kDownloadTries) {
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
  return Do(std::move(call)).status();
}

StatusOr<Downloaded> Service::GetFile(const std::string& job, const std::string& remote,
                                      const fs::path& target, const Interrupted& interrupted) {
  for (int tries = 1;; ++tries) {
    ASSIGN_OR_RETURN(const auto file, PartialFile::Create(target));
    Downloaded result;
    std::string size;
    Status failure;
    http::Call call;
    call.path = "/v1/jobs/" + http::UrlEncode(job) + "/files/" + EncodePath(remote);
    call.on_header = [&](int, const std::map<std::string, std::string>& headers) {
      if (const auto it = headers.find("x-kind"); it != headers.end()) {
        result.is_folder = it->second == "directory";
      }
      if (const auto it = headers.find("x-size"); it != headers.end()) size = it->second;
      return true;
    };
    ReceiveInto(call, *file, nullptr, interrupted, failure);
    const auto reply = Do(std::move(call));
    RETURN_IF_ERROR(failure);
    result.size_bytes = file->size_bytes();
    if (reply.ok() && (size.empty() || size == std::to_string(result.size_bytes))) {
      RETURN_IF_ERROR(file->Keep(target));
      return result;
    }
    if (tries == kDownloadTries) {
      return reply.ok() ? Status(StatusCode::kDataLoss, "'" + remote + "' came broken")
                        : reply.status();
    }
    if (!reply.ok() && reply.status().code() != StatusCode::kUnavailable) return reply.status();
  }
}

}  // namespace csl::client
