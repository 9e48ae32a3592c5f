// SPDX-License-Identifier: Apache-2.0
#include "base/archive/tree_size.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <deque>

#include "base/archive/beneath.h"

namespace csl::archive {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
constexpr uint64_t kBlock = 512;
// Each folder on the way down is open. Deeper ones start anew from a folder that is kept for that.
constexpr int kMaxDown = 256;
constexpr size_t kMaxKept = 256;

class Count {
 public:
  Count(uint64_t limit, const std::function<bool()>& stop) : limit_(limit), stop_(stop) {}

  Status Tree(Fd root) {
    later_.push_back(std::move(root));
    while (!later_.empty()) {
      Fd next = std::move(later_.front());
      later_.pop_front();
      RETURN_IF_ERROR(Folder(std::move(next), 0));
    }
    return OkStatus();
  }
  uint64_t bytes() const { return bytes_; }

 private:
  Status Folder(Fd folder, int down) {
    if (down > kMaxDown) {
      if (later_.size() >= kMaxKept) {
        return OutOfRange("it has too many folders that lie too deep");
      }
      later_.push_back(std::move(folder));
      return OkStatus();
    }
    DIR* list = ::fdopendir(folder.get());
    if (list == nullptr) return OkStatus();  // removed meanwhile
    const int at = folder.Release();
    Status status;
    while (status.ok() && bytes_ <= limit_) {
      const dirent* entry = ::readdir(list);
      if (entry == nullptr) break;
      const char* name = entry->d_name;
      if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
      status = Entry(at, name, down);
    }
    ::closedir(list);
    return status;
  }

  Status Entry(int at, const char* name, int down) {
    if (stop_ && stop_()) return {StatusCode::kCancelled, "cancelled"};
    struct stat info {};
    if (::fstatat(at, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return OkStatus();
    const bool is_folder = S_ISDIR(info.st_mode);
    const uint64_t names = is_folder || info.st_nlink == 0 ? 1 : info.st_nlink;
    bytes_ += kBytesOfAnEntry + static_cast<uint64_t>(info.st_blocks) * kBlock / names;
    if (!is_folder) return OkStatus();
    Fd below(::openat(at, name, kFolderFlags));
    return below.valid() ? Folder(std::move(below), down + 1) : OkStatus();
  }

  const uint64_t limit_;
  const std::function<bool()>& stop_;
  uint64_t bytes_ = 0;
  std::deque<Fd> later_;
};

}  // namespace

StatusOr<uint64_t> TreeBytes(const std::filesystem::path& root, uint64_t limit,
                             const std::function<bool()>& stop) {
  Fd folder(::open(root.c_str(), kFolderFlags));
  if (!folder.valid()) return NotFound("cannot open '" + root.string() + "'");
  Count count(limit, stop);
  RETURN_IF_ERROR(count.Tree(std::move(folder)));
  return count.bytes();
}

}  // namespace csl::archive
