// SPDX-License-Identifier: Apache-2.0
#include "worker/http/session_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/archive/entry_path.h"
#include "base/archive/pack.h"
#include "base/digest/sha256.h"

namespace csl::worker {
namespace {

namespace fs = std::filesystem;
using archive::BeneathFolder;
using archive::Components;
using archive::Fd;

constexpr uint32_t kMaxDepth = 64;
constexpr uint32_t kMaxPathBytes = 1024;
constexpr size_t kPieceBytes = 256 * 1024;
constexpr size_t kNamesShown = 8;
constexpr size_t kNamesLookedAt = 10'000;  // a folder may hold millions
// One folder takes no longer; sessions that end sooner end their packing.
constexpr std::chrono::seconds kPackPatience{600};

StatusOr<Components> Split(const std::string& path) {
  auto parts = archive::SplitEntryPath(path, kMaxDepth, kMaxPathBytes);
  if (parts.ok()) return parts;
  return InvalidArgument("'" + archive::Printable(path) +
                         "' is not a path inside the session's folder");
}

// What lies where the missing thing should: the answer to most typing errors.
std::string NamesNear(const BeneathFolder& folder, Components path) {
  path.pop_back();
  const auto parent = folder.OpenFolder(path);
  if (!parent.ok()) return "";
  DIR* list = ::fdopendir(::dup(parent->get()));
  if (list == nullptr) return "";
  std::vector<std::string> names;
  for (size_t looked = 0; looked < kNamesLookedAt; ++looked) {
    const dirent* entry = ::readdir(list);
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(archive::Printable(name));
  }
  ::closedir(list);
  std::sort(names.begin(), names.end());
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
    text += (i == 0 ? "; there are: " : ", ") + names[i];
  }
  return text + (names.size() > kNamesShown ? ", ..." : "");
}

}  // namespace

bool FileContents::ReadAt(uint64_t offset, uint64_t length, std::string& piece) const {
  piece.resize(std::min<uint64_t>(length, kPieceBytes));
  ssize_t got;
  do {
    got = ::pread(fd_.get(), piece.data(), piece.size(), static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  piece.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return got > 0;
}

StatusOr<SessionFile> OpenSessionFile(const Session& session, const std::string& path) {
  const BeneathFolder& folder = session.working_folder();
  ASSIGN_OR_RETURN(const Components parts, Split(path));
  const auto info = folder.Stat(parts);
  if (!info.ok() && info.status().code() == StatusCode::kNotFound) {
    return NotFound("'" + archive::Printable(path) + "' is not in the session's folder" +
                    NamesNear(folder, parts));
  }
  RETURN_IF_ERROR(info.status());
  SessionFile file;
  if (S_ISDIR(info->st_mode)) {
    file.is_folder = true;
    return file;
  }
  ASSIGN_OR_RETURN(Fd fd, folder.OpenFile(parts));
  struct stat opened {};
  if (::fstat(fd.get(), &opened) != 0) return Unavailable("cannot stat '" + path + "'");
  file.size_bytes = static_cast<uint64_t>(opened.st_size);
  file.tag = std::to_string(opened.st_ino) + "-" + std::to_string(opened.st_size) + "-" +
             std::to_string(opened.st_mtim.tv_sec) + "." + std::to_string(opened.st_mtim.tv_nsec);
  file.contents = std::make_shared<FileContents>(std::move(fd));
  return file;
}

StatusOr<SessionFile> PackSessionFolder(const Session& session, const std::string& path,
                                        const fs::path& archive) {
  const BeneathFolder& folder = session.working_folder();
  ASSIGN_OR_RETURN(const Components parts, Split(path));
  const std::string top = parts.empty() ? session.spec().working.filename().string() : parts.back();
  const auto late = std::chrono::steady_clock::now() + kPackPatience;
  const bool was_over = session.over();
  const auto stop = [&session, was_over, late] {
    return (!was_over && session.over()) || std::chrono::steady_clock::now() > late;
  };
  RETURN_IF_ERROR(csl::archive::PackBeneath(folder, parts, archive,
                                            {.prefix = top, .keep = {}, .limits = {.stop = stop}}));
  Fd fd(::open(archive.c_str(), O_RDONLY | O_CLOEXEC));
  ::unlink(archive.c_str());
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) {
    return Unavailable("cannot read the archive of '" + path + "'");
  }
  SessionFile file;
  file.is_folder = true;
  file.size_bytes = static_cast<uint64_t>(info.st_size);
  file.contents = std::make_shared<FileContents>(std::move(fd));
  return file;
}

StatusOr<std::unique_ptr<StagedFile>> StagedFile::Begin(const Session& session,
                                                        const std::string& path) {
  const BeneathFolder& folder = session.working_folder();
  ASSIGN_OR_RETURN(Components parts, Split(path));
  if (parts.empty()) return InvalidArgument("a staged file needs a name");
  std::unique_ptr<StagedFile> staged(new StagedFile());
  staged->name_ = parts.back();
  staged->working_name_ = ".staging-" + RandomHex(8);
  ASSIGN_OR_RETURN(staged->folder_, folder.OpenParent(parts, true));
  parts.back() = staged->working_name_;
  ASSIGN_OR_RETURN(staged->file_, folder.CreateFile(parts));
  return staged;
}

StagedFile::~StagedFile() {
  if (!working_name_.empty()) ::unlinkat(folder_.get(), working_name_.c_str(), 0);
}

Status StagedFile::Append(std::string_view bytes) {
  size_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t put = ::write(file_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      return ResourceExhausted("cannot write the file: " + std::string(std::strerror(errno)));
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return OkStatus();
}

Status StagedFile::Commit(bool executable) {
  if (::fchmod(file_.get(), executable ? 0755 : 0644) != 0 ||
      ::renameat(folder_.get(), working_name_.c_str(), folder_.get(), name_.c_str()) != 0) {
    return Unavailable("cannot put '" + name_ + "' in place: " + std::strerror(errno));
  }
  working_name_.clear();
  return OkStatus();
}

}  // namespace csl::worker
