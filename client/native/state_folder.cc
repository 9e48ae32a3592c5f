// SPDX-License-Identifier: Apache-2.0
#include "client/native/state_folder.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

#include "base/database_folder.h"
#include "base/file.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;

constexpr char kLongestName[] = "/worker.sock";

constexpr char kDatabase[] = "jobs.db";  // of a service that was here before

// Ours alone, whoever made it.
Status MakePrivate(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return DiskFailure("cannot make folder '" + folder.string() + "'", errno);
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

// Makes the folder below `parent` if it can be the one. kPermissionDenied: somebody else's lies
// there, and no other place is looked for.
Status TakeBelow(const fs::path& parent, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) return Unavailable("cannot make '" + parent.string() + "': " + error.message());
  if (::access(parent.c_str(), W_OK | X_OK) != 0) {
    return Unavailable("cannot write in '" + parent.string() + "': " + std::strerror(errno));
  }
  if (folder.string().size() + sizeof(kLongestName) > sizeof(sockaddr_un::sun_path)) {
    return InvalidArgument("'" + folder.string() + "' is too long a name to hold a Unix socket");
  }
  const bool was_there = fs::exists(folder, error);
  RETURN_IF_ERROR(MakePrivate(folder));
  // One that is in use stays so, though its disk may be full by now.
  if (fs::exists(folder / kDatabase, error)) return OkStatus();
  const Status holds = CheckHoldsDatabase(folder);
  if (!holds.ok() && !was_there) ::rmdir(folder.c_str());
  return holds;
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
  std::string why;
  for (const fs::path& parent : parents) {
    const Status taken = TakeBelow(parent, parent / name);
    if (taken.ok()) return parent / name;
    if (taken.code() == StatusCode::kPermissionDenied) return taken;
    why += (why.empty() ? "" : "; ") + taken.message();
  }
  return Unavailable("no folder for the embedded appliance: " + why);
}

}  // namespace csl::client
