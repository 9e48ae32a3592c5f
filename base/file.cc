// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace csl {
namespace {

Status SystemError(std::string_view what, const std::filesystem::path& path) {
  const int error = errno;
  std::string text = std::string(what) + " '" + path.string() + "': " + std::strerror(error);
  if (error == ENOENT) return NotFound(std::move(text));
  if (error == EACCES || error == EPERM) return {StatusCode::kPermissionDenied, std::move(text)};
  return {StatusCode::kUnavailable, std::move(text)};
}

template <typename Container>
StatusOr<Container> ReadAll(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("cannot open", path);
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(fd);
    return InvalidArgument("cannot read '" + path.string() + "': it is a directory");
  }
  Container out;
  out.resize(info.st_size > 0 ? static_cast<size_t>(info.st_size) : 4096);
  size_t used = 0;
  for (;;) {
    if (used == out.size()) out.resize(out.size() + out.size() / 2 + 1);
    const ssize_t got = ::read(fd, out.data() + used, out.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      Status status = SystemError("cannot read", path);
      ::close(fd);
      return status;
    }
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  ::close(fd);
  out.resize(used);
  return out;
}

}  // namespace

StatusOr<std::string> ReadTextFile(const std::filesystem::path& path) {
  return ReadAll<std::string>(path);
}

StatusOr<std::vector<uint8_t>> ReadBinaryFile(const std::filesystem::path& path) {
  return ReadAll<std::vector<uint8_t>>(path);
}

Status WriteFileAtomic(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
  std::filesystem::path temporary = path;
  temporary += ".tmp" + std::to_string(::getpid());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError("cannot create", temporary);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      Status status = SystemError("cannot write", temporary);
      ::close(fd);
      ::unlink(temporary.c_str());
      return status;
    }
    done += static_cast<size_t>(put);
  }
  if (::close(fd) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    Status status = SystemError("cannot write", path);
    ::unlink(temporary.c_str());
    return status;
  }
  return OkStatus();
}

Status WriteFileAtomic(const std::filesystem::path& path, std::string_view text) {
  return WriteFileAtomic(path,
                         std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

bool IsDiskFull(int error) { return error == ENOSPC || error == EDQUOT; }

Status DiskFailure(const std::string& what, int error) {
  return {IsDiskFull(error) ? StatusCode::kResourceExhausted : StatusCode::kUnavailable,
          what + ": " + std::strerror(error)};
}

StatusOr<std::filesystem::path> InstallPrefix() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Unavailable("cannot read /proc/self/exe: " + error.message());
  return self.parent_path().parent_path();
}

void RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace csl
