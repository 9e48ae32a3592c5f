// SPDX-License-Identifier: Apache-2.0
#include "client/native/state_folder.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

namespace csl::client {
namespace {

namespace fs = std::filesystem;

// f_type of file systems that other machines write to as well (statfs(2) and the kernel's magic.h).
constexpr uint32_t kNetworkTypes[] = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB2
    0x0BD00BD0,  // Lustre
    0x47504653,  // GPFS
    0x00C36400,  // Ceph
    0x19830326,  // BeeGFS
    0x01021997,  // 9P
};

constexpr char kLongestName[] = "/worker.sock";

bool IsOnNetwork(const fs::path& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return false;
  const auto type = static_cast<uint32_t>(info.f_type);
  return std::find(std::begin(kNetworkTypes), std::end(kNetworkTypes), type) !=
         std::end(kNetworkTypes);
}

// Ours alone, whoever made it.
Status MakePrivate(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Unavailable("cannot make folder '" + folder.string() + "': " + std::strerror(errno));
  }
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) {
    return {StatusCode::kPermissionDenied,
            "'" + folder.string() +
                "' is not a folder of this user; the embedded appliance will "
                "not keep its token there"};
  }
  if ((info.st_mode & 0777) != 0700 && ::chmod(folder.c_str(), 0700) != 0) {
    return Unavailable("cannot protect '" + folder.string() + "': " + std::strerror(errno));
  }
  return OkStatus();
}

}  // namespace

StatusOr<fs::path> StateFolder(const Environment& environment) {
  std::vector<fs::path> parents;
  if (const std::string run = environment("XDG_RUNTIME_DIR"); !run.empty()) parents.push_back(run);
  if (const std::string home = environment("HOME"); !home.empty()) {
    parents.push_back(fs::path(home) / ".local" / "state");
  }
  parents.push_back("/var/tmp");
  const std::string name = "csl-appliance-" + std::to_string(::geteuid());
  Status why;
  for (const fs::path& parent : parents) {
    std::error_code error;
    fs::create_directories(parent, error);
    if (error || ::access(parent.c_str(), W_OK | X_OK) != 0 || IsOnNetwork(parent)) continue;
    const fs::path folder = parent / name;
    if (folder.string().size() + sizeof(kLongestName) > sizeof(sockaddr_un::sun_path)) {
      why = InvalidArgument("'" + folder.string() + "' is too long a name to hold a Unix socket");
      continue;
    }
    RETURN_IF_ERROR(MakePrivate(folder));
    return folder;
  }
  return why.ok() ? Unavailable(
                        "no folder for the embedded appliance: neither $XDG_RUNTIME_DIR nor "
                        "~/.local/state nor /var/tmp can be written")
                  : why;
}

}  // namespace csl::client
