// SPDX-License-Identifier: Apache-2.0
// Files below one folder, reached so that nothing in that folder can lead out of it: every
// component is opened on its own, links are never followed. For folders whose contents somebody
// else writes.
#ifndef BASE_ARCHIVE_BENEATH_H_
#define BASE_ARCHIVE_BENEATH_H_

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace csl::archive {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

using Components = std::vector<std::string>;

std::string JoinComponents(const Components& path);

class BeneathFolder {
 public:
  // `root` may be a link: for a folder that a user names.
  static StatusOr<BeneathFolder> Open(const std::filesystem::path& root);
  // `root` must be a folder itself: for one that we made.
  static StatusOr<BeneathFolder> OpenOwn(const std::filesystem::path& root);
  // The folder at `path` as a root of its own.
  StatusOr<BeneathFolder> Below(const Components& path) const;

  // The folder that holds the last component. With `create`, missing folders are made (mode 0755).
  StatusOr<Fd> OpenParent(const Components& path, bool create) const;
  StatusOr<Fd> OpenFolder(const Components& path) const;
  // A regular file to read; anything else (a link, a pipe, a device, a folder) is refused.
  StatusOr<Fd> OpenFile(const Components& path) const;
  // A new regular file; an entry that exists is kAlreadyExists.
  StatusOr<Fd> CreateFile(const Components& path) const;
  // Makes one folder; its parents are made as needed. kAlreadyExists if something other than a
  // folder is there.
  Status MakeFolder(const Components& path) const;
  // What lies at the path itself, links not followed.
  StatusOr<struct stat> Stat(const Components& path) const;

  // What is made from now on belongs to this user and group; only root may ask for that.
  void CreateAs(uint32_t id) { owner_ = id; }

  int fd() const { return root_.get(); }

 private:
  explicit BeneathFolder(Fd root) : root_(std::move(root)) {}
  Status SetOwner(const Fd& made) const;

  Fd root_;
  std::optional<uint32_t> owner_;
};

// Removes the tree at `path`, whatever modes its folders have, without following links. Missing is
// fine. `stop`, if set, is asked at every entry and ends it with kCancelled.
Status RemoveTree(const std::filesystem::path& path, const std::function<bool()>& stop = nullptr);

}  // namespace csl::archive

#endif  // BASE_ARCHIVE_BENEATH_H_
