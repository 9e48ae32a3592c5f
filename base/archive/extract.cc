// SPDX-License-Identifier: Apache-2.0
#include "base/archive/extract.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "base/archive/beneath.h"
#include "base/archive/entry_path.h"
#include "base/archive/utf8_scope.h"
#include "base/digest/sha256.h"

namespace csl::archive {
namespace {

enum class EntryKind { kFolder, kFile, kLink };

struct PendingLink {
  Components path;
  std::string target;
};

class Extractor {
 public:
  Extractor(::archive* reader, const BeneathFolder& root, const ExtractLimits& limits,
            uint64_t archive_bytes)
      : reader_(reader), root_(root), limits_(limits), archive_bytes_(archive_bytes) {}

  StatusOr<ExtractSummary> Run();

 private:
  Status OneEntry(archive_entry* entry);
  Status Folder(const Components& path);
  Status File(archive_entry* entry, const Components& path);
  Status HardLink(const Components& path, std::string_view target);
  Status CopyData(const std::string& name, int fd);
  Status CountBytes(uint64_t logical_bytes);
  Status MakeLinks();
  Status Claim(const Components& path, EntryKind kind);
  Status ReadFailure(std::string_view what) const;
  Status CheckStop() const {
    if (!limits_.stop || !limits_.stop()) return OkStatus();
    return {StatusCode::kCancelled, "the extraction was cancelled"};
  }

  ::archive* reader_;
  const BeneathFolder& root_;
  const ExtractLimits& limits_;
  uint64_t archive_bytes_;
  ExtractSummary summary_;
  std::map<Components, EntryKind> seen_;
  std::vector<PendingLink> links_;
  uint64_t entries_ = 0;
};

Status Extractor::ReadFailure(std::string_view what) const {
  const char* why = archive_error_string(reader_);
  return InvalidArgument(std::string(what) + ": " + (why != nullptr ? Printable(why) : "damaged"));
}

Status Extractor::Claim(const Components& path, EntryKind kind) {
  for (size_t i = 1; i < path.size(); ++i) {
    const Components above(path.begin(), path.begin() + static_cast<ptrdiff_t>(i));
    const auto it = seen_.find(above);
    if (it != seen_.end() && it->second != EntryKind::kFolder) {
      return InvalidArgument("archive entry '" + Printable(JoinComponents(path)) + "' refused: '" +
                             Printable(JoinComponents(above)) + "' above it is not a folder");
    }
  }
  const auto [it, fresh] = seen_.emplace(path, kind);
  if (!fresh) {
    return InvalidArgument("archive entry '" + Printable(JoinComponents(path)) +
                           "' refused: the archive holds it twice");
  }
  return OkStatus();
}

Status Extractor::CountBytes(uint64_t logical_bytes) {
  summary_.bytes += logical_bytes;
  if (summary_.bytes > limits_.max_total_bytes) {
    return InvalidArgument("archive refused: more than " + std::to_string(limits_.max_total_bytes) +
                           " bytes when extracted");
  }
  if (summary_.bytes > limits_.ratio_free_bytes &&
      summary_.bytes / (archive_bytes_ + 1) > limits_.max_ratio) {
    return InvalidArgument("archive refused: it grows more than " +
                           std::to_string(limits_.max_ratio) + " times when extracted");
  }
  return OkStatus();
}

Status Extractor::CopyData(const std::string& name, int fd) {
  uint64_t end = 0;
  for (;;) {
    RETURN_IF_ERROR(CheckStop());
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(reader_, &data, &size, &offset);
    if (result == ARCHIVE_EOF) break;
    if (result != ARCHIVE_OK) return ReadFailure("archive entry '" + Printable(name) + "'");
    if (offset < 0 || static_cast<uint64_t>(offset) < end) {
      return InvalidArgument("archive entry '" + Printable(name) + "': its blocks overlap");
    }
    RETURN_IF_ERROR(CountBytes(static_cast<uint64_t>(offset) + size - end));
    end = static_cast<uint64_t>(offset) + size;
    const auto* from = static_cast<const uint8_t*>(data);
    while (size > 0) {
      const ssize_t put = ::pwrite(fd, from, size, offset);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        return ResourceExhausted("cannot write '" + Printable(name) + "': " + std::strerror(errno));
      }
      from += put;
      offset += put;
      size -= static_cast<size_t>(put);
    }
  }
  return OkStatus();
}

Status Extractor::Folder(const Components& path) {
  // A folder may come after what lies in it, and then exists already.
  RETURN_IF_ERROR(Claim(path, EntryKind::kFolder));
  ++summary_.folders;
  return root_.MakeFolder(path);
}

Status Extractor::HardLink(const Components& path, std::string_view target) {
  ASSIGN_OR_RETURN(const Components from,
                   SplitEntryPath(target, limits_.max_depth, limits_.max_path_bytes));
  const auto it = seen_.find(from);
  if (it == seen_.end() || it->second != EntryKind::kFile) {
    return InvalidArgument("archive entry '" + Printable(JoinComponents(path)) +
                           "' refused: a hard link to '" + Printable(target) +
                           "', which is not a file that came earlier in the archive");
  }
  RETURN_IF_ERROR(Claim(path, EntryKind::kFile));
  ASSIGN_OR_RETURN(const Fd from_parent, root_.OpenParent(from, false));
  ASSIGN_OR_RETURN(const Fd to_parent, root_.OpenParent(path, true));
  if (::linkat(from_parent.get(), from.back().c_str(), to_parent.get(), path.back().c_str(), 0) !=
      0) {
    return Unavailable("cannot link '" + Printable(JoinComponents(path)) +
                       "': " + std::strerror(errno));
  }
  ++summary_.links;
  return OkStatus();
}

Status Extractor::File(archive_entry* entry, const Components& path) {
  if (archive_entry_size_is_set(entry) &&
      static_cast<uint64_t>(archive_entry_size(entry)) > limits_.max_total_bytes) {
    return InvalidArgument("archive refused: '" + Printable(JoinComponents(path)) +
                           "' alone is larger than " + std::to_string(limits_.max_total_bytes) +
                           " bytes");
  }
  RETURN_IF_ERROR(Claim(path, EntryKind::kFile));
  ASSIGN_OR_RETURN(const Fd file, root_.CreateFile(path));
  RETURN_IF_ERROR(CopyData(JoinComponents(path), file.get()));
  if (archive_entry_size_is_set(entry) && ::ftruncate(file.get(), archive_entry_size(entry)) != 0) {
    return Unavailable("cannot size '" + Printable(JoinComponents(path)) +
                       "': " + std::strerror(errno));
  }
  if (::fchmod(file.get(), archive_entry_perm(entry) & 0777) != 0) {
    return Unavailable("cannot set the mode of '" + Printable(JoinComponents(path)) +
                       "': " + std::strerror(errno));
  }
  ++summary_.files;
  return OkStatus();
}

Status Extractor::OneEntry(archive_entry* entry) {
  if (++entries_ > limits_.max_entries) {
    return InvalidArgument("archive refused: more than " + std::to_string(limits_.max_entries) +
                           " entries");
  }
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) return InvalidArgument("archive refused: an entry without a usable name");
  ASSIGN_OR_RETURN(const Components path,
                   SplitEntryPath(name, limits_.max_depth, limits_.max_path_bytes));
  if (const char* target = archive_entry_hardlink(entry); target != nullptr) {
    return path.empty() ? InvalidArgument("archive refused: '.' given as a link")
                        : HardLink(path, target);
  }
  const auto type = archive_entry_filetype(entry);
  if (path.empty()) {
    return type == AE_IFDIR ? OkStatus()
                            : InvalidArgument("archive refused: '.' is not a directory");
  }
  if (type == AE_IFDIR) return Folder(path);
  if (type == AE_IFREG) return File(entry, path);
  if (type == AE_IFLNK) {
    const char* target = archive_entry_symlink(entry);
    RETURN_IF_ERROR(Claim(path, EntryKind::kLink));
    links_.push_back({path, target != nullptr ? target : ""});
    return OkStatus();
  }
  return InvalidArgument("archive entry '" + Printable(name) +
                         "' refused: neither file, folder nor link");
}

Status Extractor::MakeLinks() {
  for (const PendingLink& link : links_) {
    ASSIGN_OR_RETURN(const Components at, ResolveLink(link.path, link.target));
    for (size_t i = 1; i <= at.size(); ++i) {
      const auto it = seen_.find(Components(at.begin(), at.begin() + static_cast<ptrdiff_t>(i)));
      if (it != seen_.end() && it->second == EntryKind::kLink) {
        return InvalidArgument("archive entry '" + Printable(JoinComponents(link.path)) +
                               "' refused: it links through another link");
      }
    }
    ASSIGN_OR_RETURN(const Fd parent, root_.OpenParent(link.path, true));
    if (::symlinkat(link.target.c_str(), parent.get(), link.path.back().c_str()) != 0) {
      return Unavailable("cannot link '" + Printable(JoinComponents(link.path)) +
                         "': " + std::strerror(errno));
    }
    ++summary_.links;
  }
  return OkStatus();
}

StatusOr<ExtractSummary> Extractor::Run() {
  for (;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader_, &entry);
    if (result == ARCHIVE_EOF) break;
    if (result != ARCHIVE_OK) return ReadFailure("archive refused");
    RETURN_IF_ERROR(CheckStop());
    RETURN_IF_ERROR(OneEntry(entry));
  }
  RETURN_IF_ERROR(MakeLinks());
  std::set<std::string> top;
  for (const auto& [path, kind] : seen_) top.insert(path.front());
  summary_.top_level.assign(top.begin(), top.end());
  return summary_;
}

struct ReaderCloser {
  void operator()(::archive* reader) const { archive_read_free(reader); }
};

StatusOr<std::unique_ptr<::archive, ReaderCloser>> OpenReader(const std::filesystem::path& path) {
  std::unique_ptr<::archive, ReaderCloser> reader(archive_read_new());
  CHECK(reader != nullptr);
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), 1 << 18) != ARCHIVE_OK) {
    const char* why = archive_error_string(reader.get());
    return InvalidArgument("'" + path.string() + "' is not a readable archive: " +
                           (why != nullptr ? Printable(why) : "unknown format"));
  }
  return reader;
}

}  // namespace

StatusOr<ExtractSummary> ExtractInto(const std::filesystem::path& archive,
                                     const std::filesystem::path& folder,
                                     const ExtractLimits& limits) {
  const Utf8Scope utf8;
  std::error_code error;
  const uint64_t archive_bytes = std::filesystem::file_size(archive, error);
  if (error) return NotFound("cannot read archive '" + archive.string() + "': " + error.message());
  ASSIGN_OR_RETURN(const auto reader, OpenReader(archive));
  ASSIGN_OR_RETURN(const BeneathFolder root, BeneathFolder::Open(folder));
  return Extractor(reader.get(), root, limits, archive_bytes).Run();
}

StatusOr<ExtractSummary> Extract(const std::filesystem::path& archive,
                                 const std::filesystem::path& target, const ExtractLimits& limits) {
  std::error_code error;
  if (std::filesystem::symlink_status(target, error).type() !=
      std::filesystem::file_type::not_found) {
    return AlreadyExists("cannot extract to '" + target.string() + "': it exists already");
  }
  std::filesystem::path working = target;
  working += ".extracting-" + RandomHex(6);
  if (::mkdir(working.c_str(), 0700) != 0) {
    return Unavailable("cannot make folder '" + working.string() + "': " + std::strerror(errno));
  }
  StatusOr<ExtractSummary> summary = ExtractInto(archive, working, limits);
  if (summary.ok() && ::rename(working.c_str(), target.c_str()) != 0) {
    summary = Unavailable("cannot make folder '" + target.string() + "': " + std::strerror(errno));
  }
  if (!summary.ok()) (void)RemoveTree(working);
  return summary;
}

}  // namespace csl::archive
