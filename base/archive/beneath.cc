// SPDX-License-Identifier: Apache-2.0
#include "base/archive/beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/archive/entry_path.h"
#include "base/file.h"

namespace csl::archive {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

Status SystemError(std::string_view what, std::string_view path) {
  const int error = errno;
  std::string text = std::string(what) + " '" + Printable(path) + "': " + std::strerror(error);
  if (error == ENOENT) return NotFound(std::move(text));
  if (error == EEXIST) return AlreadyExists(std::move(text));
  if (error == ELOOP || error == ENOTDIR) {
    return {StatusCode::kPermissionDenied, text + " (links are not followed)"};
  }
  if (error == EACCES || error == EPERM) return {StatusCode::kPermissionDenied, std::move(text)};
  if (IsDiskFull(error)) return ResourceExhausted(std::move(text));
  return Unavailable(std::move(text));
}

// A tree on its way out. What lies deeper than kMaxHeld folders is moved up to the top and removed
// from there: whoever made the tree must not choose how many descriptors and how much stack that
// takes.
class Removal {
 public:
  Removal(int top, const std::function<bool()>& stop) : top_(top), stop_(stop) {}

  Status Contents(Fd folder, int depth);
  bool moved() const { return moved_ > 0; }
  void Again() { moved_ = 0; }

 private:
  static constexpr int kMaxHeld = 64;

  Status Entry(int folder, const char* name, int depth);

  const int top_;
  const std::function<bool()>& stop_;
  int64_t moved_ = 0;   // in this round
  int64_t number_ = 0;  // of the next name at the top
};

// Opens a folder so that its entries can be removed.
Fd OpenToEmpty(int folder, const char* name) {
  Fd child(::openat(folder, name, kFolderFlags));
  if (!child.valid() && errno == EACCES) {
    (void)::fchmodat(folder, name, 0700, 0);
    child = Fd(::openat(folder, name, kFolderFlags));
  }
  if (child.valid()) (void)::fchmod(child.get(), 0700);
  return child;
}

Status Removal::Contents(Fd folder, int depth) {
  DIR* list = ::fdopendir(folder.get());
  if (list == nullptr) return SystemError("cannot list", "a folder");
  folder.Release();
  Status status;
  while (const dirent* entry = ::readdir(list)) {
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    if (Status one = Entry(::dirfd(list), entry->d_name, depth); !one.ok()) status = one;
    if (status.code() == StatusCode::kCancelled) break;
  }
  ::closedir(list);
  return status;
}

Status Removal::Entry(int folder, const char* name, int depth) {
  if (stop_ && stop_()) return {StatusCode::kCancelled, "the removal was cancelled"};
  if (::unlinkat(folder, name, 0) == 0 || errno == ENOENT) return OkStatus();
  if (errno != EISDIR && errno != EPERM) return SystemError("cannot remove", name);
  if (::unlinkat(folder, name, AT_REMOVEDIR) == 0) return OkStatus();
  Fd child = OpenToEmpty(folder, name);
  if (!child.valid()) return SystemError("cannot open", name);
  if (depth >= kMaxHeld) {
    for (;;) {
      const std::string target = ".deep-" + std::to_string(number_++);
      if (::renameat(folder, name, top_, target.c_str()) == 0) break;
      const bool taken = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
      if (!taken) return SystemError("cannot move", name);
    }
    ++moved_;
    return OkStatus();
  }
  RETURN_IF_ERROR(Contents(std::move(child), depth + 1));
  if (::unlinkat(folder, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
    return SystemError("cannot remove", name);
  }
  return OkStatus();
}

}  // namespace

void Fd::Reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string JoinComponents(const Components& path) {
  std::string out;
  for (const std::string& name : path) {
    if (!out.empty()) out += '/';
    out += name;
  }
  return out;
}

StatusOr<BeneathFolder> BeneathFolder::Open(const std::filesystem::path& root) {
  Fd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return SystemError("cannot open folder", root.string());
  return BeneathFolder(std::move(fd));
}

StatusOr<BeneathFolder> BeneathFolder::OpenOwn(const std::filesystem::path& root) {
  Fd fd(::open(root.c_str(), kFolderFlags));
  if (!fd.valid()) return SystemError("cannot open folder", root.string());
  return BeneathFolder(std::move(fd));
}

StatusOr<BeneathFolder> BeneathFolder::Below(const Components& path) const {
  ASSIGN_OR_RETURN(Fd fd, OpenFolder(path));
  return BeneathFolder(std::move(fd));
}

Status BeneathFolder::SetOwner(const Fd& made) const {
  if (!owner_ || ::fchown(made.get(), *owner_, *owner_) == 0) return OkStatus();
  return SystemError("cannot set the owner of", "what was made");
}

StatusOr<Fd> BeneathFolder::OpenParent(const Components& path, bool create) const {
  CHECK(!path.empty()) << "the root has no parent";
  Fd at(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
  if (!at.valid()) return SystemError("cannot open", JoinComponents(path));
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    Fd next(::openat(at.get(), path[i].c_str(), kFolderFlags));
    if (!next.valid() && errno == ENOENT && create) {
      if (::mkdirat(at.get(), path[i].c_str(), 0755) != 0 && errno != EEXIST) {
        return SystemError("cannot make folder", JoinComponents(path));
      }
      next = Fd(::openat(at.get(), path[i].c_str(), kFolderFlags));
      if (next.valid()) RETURN_IF_ERROR(SetOwner(next));
    }
    if (!next.valid()) return SystemError("cannot open", JoinComponents(path));
    at = std::move(next);
  }
  return at;
}

StatusOr<Fd> BeneathFolder::OpenFolder(const Components& path) const {
  if (path.empty()) {
    // A descriptor of its own: reading a folder moves the position that duplicates share.
    Fd own(::openat(root_.get(), ".", kFolderFlags));
    if (!own.valid()) return SystemError("cannot open", ".");
    return own;
  }
  ASSIGN_OR_RETURN(Fd parent, OpenParent(path, false));
  Fd folder(::openat(parent.get(), path.back().c_str(), kFolderFlags));
  if (!folder.valid()) return SystemError("cannot open folder", JoinComponents(path));
  return folder;
}

StatusOr<Fd> BeneathFolder::OpenFile(const Components& path) const {
  if (path.empty()) return InvalidArgument("'.' is a folder, not a file");
  ASSIGN_OR_RETURN(Fd parent, OpenParent(path, false));
  // O_NONBLOCK: opening a pipe that somebody put there must not wait for a writer.
  Fd file(::openat(parent.get(), path.back().c_str(),
                   O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  // A socket, or a device without a driver, is not even opened.
  const bool is_special = !file.valid() && (errno == ENXIO || errno == ENODEV);
  if (!file.valid() && !is_special) return SystemError("cannot open", JoinComponents(path));
  struct stat info {};
  if (!is_special && ::fstat(file.get(), &info) != 0) {
    return SystemError("cannot stat", JoinComponents(path));
  }
  if (is_special || !S_ISREG(info.st_mode)) {
    return InvalidArgument("'" + Printable(JoinComponents(path)) + "' is not a regular file");
  }
  return file;
}

StatusOr<Fd> BeneathFolder::CreateFile(const Components& path) const {
  if (path.empty()) return AlreadyExists("'.' is a folder");
  ASSIGN_OR_RETURN(Fd parent, OpenParent(path, true));
  Fd file(::openat(parent.get(), path.back().c_str(),
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return SystemError("cannot create", JoinComponents(path));
  RETURN_IF_ERROR(SetOwner(file));
  return file;
}

Status BeneathFolder::MakeFolder(const Components& path) const {
  if (path.empty()) return OkStatus();
  ASSIGN_OR_RETURN(Fd parent, OpenParent(path, true));
  if (::mkdirat(parent.get(), path.back().c_str(), 0755) == 0) return OkStatus();
  if (errno != EEXIST) return SystemError("cannot make folder", JoinComponents(path));
  struct stat info {};
  if (::fstatat(parent.get(), path.back().c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISDIR(info.st_mode)) {
    return OkStatus();
  }
  return AlreadyExists("'" + Printable(JoinComponents(path)) + "' is there and no folder");
}

StatusOr<struct stat> BeneathFolder::Stat(const Components& path) const {
  struct stat info {};
  if (path.empty()) {
    if (::fstat(root_.get(), &info) != 0) return SystemError("cannot stat", ".");
    return info;
  }
  ASSIGN_OR_RETURN(Fd parent, OpenParent(path, false));
  if (::fstatat(parent.get(), path.back().c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return SystemError("cannot stat", JoinComponents(path));
  }
  return info;
}

Status RemoveTree(const std::filesystem::path& path, const std::function<bool()>& stop) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return OkStatus();
  if (errno != EISDIR && errno != EPERM) return SystemError("cannot remove", path.string());
  const Fd top = OpenToEmpty(AT_FDCWD, path.c_str());
  if (!top.valid()) return SystemError("cannot open", path.string());
  Removal removal(top.get(), stop);
  do {
    removal.Again();
    Fd list(::openat(top.get(), ".", kFolderFlags));
    if (!list.valid()) return SystemError("cannot open", path.string());
    RETURN_IF_ERROR(removal.Contents(std::move(list), 0));
  } while (removal.moved());
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return OkStatus();
  return SystemError("cannot remove", path.string());
}

}  // namespace csl::archive
