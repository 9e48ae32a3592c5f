// SPDX-License-Identifier: Apache-2.0
#include "base/archive/owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/archive/beneath.h"

namespace csl::archive {
namespace {

constexpr int kMaxDepth = 128;  // more than an archive may have

Status Failure(const char* name) {
  return Unavailable("cannot give '" + std::string(name) +
                     "' to its user: " + std::strerror(errno));
}

Status GiveContents(Fd folder, uint32_t id, int depth, const std::function<bool()>& stop) {
  if (depth > kMaxDepth) return InvalidArgument("a tree to give away is too deep");
  DIR* list = ::fdopendir(folder.get());
  if (list == nullptr) return Failure(".");
  const int at = folder.Release();
  Status status;
  while (const dirent* entry = status.ok() ? ::readdir(list) : nullptr) {
    const char* name = entry->d_name;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
    if (stop && stop()) {
      status = {StatusCode::kCancelled, "cancelled"};
    } else if (::fchownat(at, name, id, id, AT_SYMLINK_NOFOLLOW) != 0) {
      status = Failure(name);
    } else if (Fd below(::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
               below.valid()) {
      status = GiveContents(std::move(below), id, depth + 1, stop);
    }
  }
  ::closedir(list);
  return status;
}

}  // namespace

Status GiveTree(const std::filesystem::path& root, uint32_t id, const std::function<bool()>& stop) {
  Fd folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.valid() || ::fchown(folder.get(), id, id) != 0) return Failure(root.c_str());
  return GiveContents(std::move(folder), id, 0, stop);
}

}  // namespace csl::archive
