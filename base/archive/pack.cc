// SPDX-License-Identifier: Apache-2.0
#include "base/archive/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "base/archive/entry_path.h"
#include "base/archive/utf8_scope.h"
#include "base/digest/sha256.h"
#include "base/file.h"

namespace csl::archive {
namespace {

struct WriterCloser {
  void operator()(::archive* writer) const { archive_write_free(writer); }
};
struct EntryCloser {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Writer = std::unique_ptr<::archive, WriterCloser>;
using Entry = std::unique_ptr<archive_entry, EntryCloser>;

Status WriteFailure(::archive* writer, std::string_view path) {
  const char* why = archive_error_string(writer);
  const int error = archive_errno(writer);
  const std::string text =
      "cannot pack '" + Printable(path) + "': " + (why != nullptr ? why : "failed");
  return IsDiskFull(error) ? ResourceExhausted(text) : Unavailable(text);
}

StatusOr<std::vector<std::string>> SortedNames(int folder, std::string_view path,
                                               const PackLimits& limits) {
  DIR* list = ::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (list == nullptr) {
    return Unavailable("cannot list '" + Printable(path) + "': " + std::strerror(errno));
  }
  std::vector<std::string> names;
  bool stopped = false;
  while (const dirent* entry = ::readdir(list)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    stopped = limits.stop && limits.stop();
    if (names.size() > limits.max_entries || stopped) break;  // too many: the packer reports it
  }
  ::closedir(list);
  if (stopped) return Status(StatusCode::kCancelled, "the packing was cancelled");
  std::sort(names.begin(), names.end());
  return names;
}

class Packer {
 public:
  Packer(::archive* writer, const PackOptions& options) : writer_(writer), options_(options) {}

  Status Folder(int folder, const Components& path);

 private:
  Status One(int folder, const Components& path);
  Status Header(const Components& path, mode_t type, mode_t mode, int64_t size,
                const std::string* link);
  Status File(int folder, const Components& path);
  Status Link(int folder, const Components& path);

  Status CheckLimits(const Components& path, uint64_t more_bytes);

  ::archive* writer_;
  const PackOptions& options_;
  uint64_t entries_ = 0;
  uint64_t bytes_ = 0;
};

Status Packer::CheckLimits(const Components& path, uint64_t more_bytes) {
  const PackLimits& limits = options_.limits;
  if (limits.stop && limits.stop()) return {StatusCode::kCancelled, "the packing was cancelled"};
  bytes_ += more_bytes;
  const auto refuse = [&path](const std::string& what, uint64_t most) {
    return InvalidArgument("cannot pack '" + Printable(JoinComponents(path)).substr(0, 200) +
                           "': more than " + std::to_string(most) + " " + what);
  };
  if (path.size() > limits.max_depth) return refuse("folders deep", limits.max_depth);
  if (entries_ > limits.max_entries) return refuse("entries", limits.max_entries);
  if (bytes_ > limits.max_bytes) return refuse("bytes", limits.max_bytes);
  return OkStatus();
}

Status Packer::Header(const Components& path, mode_t type, mode_t mode, int64_t size,
                      const std::string* link) {
  const std::string name = JoinComponents(path);
  const Entry entry(archive_entry_new());
  archive_entry_set_pathname(
      entry.get(), (options_.prefix.empty() ? name : options_.prefix + "/" + name).c_str());
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), mode);
  archive_entry_set_size(entry.get(), size);
  archive_entry_set_mtime(entry.get(), 0, 0);
  if (link != nullptr) archive_entry_set_symlink(entry.get(), link->c_str());
  if (archive_write_header(writer_, entry.get()) != ARCHIVE_OK) return WriteFailure(writer_, name);
  return OkStatus();
}

Status Packer::File(int folder, const Components& path) {
  const std::string name = JoinComponents(path);
  // What lies there may have changed since it was looked at: O_NONBLOCK, and a look at what was
  // opened.
  const Fd file(
      ::openat(folder, path.back().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0) {
    return Unavailable("cannot open '" + Printable(name) + "': " + std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode))
    return Aborted("'" + Printable(name) + "' changed while it was packed");
  const mode_t mode = (info.st_mode & 0100) != 0 ? 0755 : 0644;
  RETURN_IF_ERROR(Header(path, AE_IFREG, mode, info.st_size, nullptr));
  std::vector<char> buffer(1 << 18);
  int64_t left = info.st_size;  // a file that grows meanwhile is cut at the size in its header
  RETURN_IF_ERROR(CheckLimits(path, static_cast<uint64_t>(info.st_size)));
  while (left > 0) {
    RETURN_IF_ERROR(CheckLimits(path, 0));
    const ssize_t got = ::read(file.get(), buffer.data(),
                               std::min<int64_t>(left, static_cast<int64_t>(buffer.size())));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Aborted("'" + Printable(name) + "' shrank while it was packed");
    if (archive_write_data(writer_, buffer.data(), static_cast<size_t>(got)) != got) {
      return WriteFailure(writer_, name);
    }
    left -= got;
  }
  return OkStatus();
}

Status Packer::Link(int folder, const Components& path) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlinkat(folder, path.back().c_str(), target.data(), target.size());
  if (size < 0) {
    return Unavailable("cannot read link '" + Printable(path.back()) +
                       "': " + std::strerror(errno));
  }
  target.resize(static_cast<size_t>(size));
  if (const auto inside = ResolveLink(path, target); !inside.ok()) {
    return InvalidArgument("cannot pack '" + Printable(JoinComponents(path)) + "': it links to '" +
                           Printable(target) + "', outside of the folder");
  }
  return Header(path, AE_IFLNK, 0777, 0, &target);
}

Status Packer::One(int folder, const Components& path) {
  ++entries_;
  if (!IsUtf8(path.back())) {
    return InvalidArgument("cannot pack '" + Printable(JoinComponents(path)) +
                           "': its name is not UTF-8");
  }
  RETURN_IF_ERROR(CheckLimits(path, 0));
  struct stat info {};
  const std::string name = JoinComponents(path);
  if (::fstatat(folder, path.back().c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return Unavailable("cannot stat '" + Printable(name) + "': " + std::strerror(errno));
  }
  if (options_.keep && !options_.keep(name, S_ISDIR(info.st_mode))) return OkStatus();
  if (S_ISREG(info.st_mode)) return File(folder, path);
  if (S_ISLNK(info.st_mode)) return Link(folder, path);
  if (!S_ISDIR(info.st_mode)) {
    return InvalidArgument("cannot pack '" + Printable(name) + "': neither file, folder nor link");
  }
  RETURN_IF_ERROR(Header(path, AE_IFDIR, 0755, 0, nullptr));
  const Fd child(
      ::openat(folder, path.back().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!child.valid()) {
    return Unavailable("cannot open '" + Printable(name) + "': " + std::strerror(errno));
  }
  return Folder(child.get(), path);
}

Status Packer::Folder(int folder, const Components& path) {
  ASSIGN_OR_RETURN(const auto names, SortedNames(folder, JoinComponents(path), options_.limits));
  for (const std::string& name : names) {
    Components child = path;
    child.push_back(name);
    RETURN_IF_ERROR(One(folder, child));
  }
  return OkStatus();
}

StatusOr<Writer> OpenWriter(const std::filesystem::path& path) {
  Writer writer(archive_write_new());
  CHECK(writer != nullptr);
  archive_write_set_format_pax_restricted(writer.get());
  archive_write_add_filter_gzip(writer.get());
  // The header's time would make every archive differ; level 1 packs about four times as fast as
  // the default.
  archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr);
  archive_write_set_filter_option(writer.get(), "gzip", "compression-level", "1");
  if (archive_write_open_filename(writer.get(), path.c_str()) != ARCHIVE_OK) {
    return WriteFailure(writer.get(), path.string());
  }
  return writer;
}

}  // namespace

Status PackBeneath(const BeneathFolder& root, const Components& path,
                   const std::filesystem::path& archive, const PackOptions& options) {
  const Utf8Scope utf8;
  ASSIGN_OR_RETURN(const Fd folder, root.OpenFolder(path));
  std::filesystem::path working = archive;
  working += ".packing-" + RandomHex(6);
  Status status;
  {
    ASSIGN_OR_RETURN(Writer writer, OpenWriter(working));
    status = Packer(writer.get(), options).Folder(folder.get(), {});
    if (status.ok() && archive_write_close(writer.get()) != ARCHIVE_OK) {
      status = WriteFailure(writer.get(), archive.string());
    }
  }
  if (status.ok() && ::rename(working.c_str(), archive.c_str()) != 0) {
    status = Unavailable("cannot write '" + archive.string() + "': " + std::strerror(errno));
  }
  if (!status.ok()) ::unlink(working.c_str());
  return status;
}

Status Pack(const std::filesystem::path& folder, const std::filesystem::path& archive,
            const PackOptions& options) {
  ASSIGN_OR_RETURN(const BeneathFolder root, BeneathFolder::Open(folder));
  return PackBeneath(root, {}, archive, options);
}

}  // namespace csl::archive
