// SPDX-License-Identifier: Apache-2.0
// Files of a session, which its user writes while we read: nothing there can lead out of its
// folder, make us wait, or change under a copy.
#ifndef WORKER_HTTP_SESSION_FILES_H_
#define WORKER_HTTP_SESSION_FILES_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/archive/beneath.h"
#include "base/status.h"
#include "worker/executor/session.h"

namespace csl::worker {

inline constexpr uint64_t kMaxStagedBytes = uint64_t{64} << 30;  // of one file

// An open file, removed when the last user of it goes if it was ours.
class FileContents {
 public:
  explicit FileContents(archive::Fd fd) : fd_(std::move(fd)) {}
  // Up to `length` bytes, 256 KiB at most; false at the end or on failure.
  bool ReadAt(uint64_t offset, uint64_t length, std::string& piece) const;

 private:
  archive::Fd fd_;
};

struct SessionFile {
  bool is_folder = false;
  uint64_t size_bytes = 0;
  std::string tag;  // changes when the file does; empty for a folder, which is packed each time
  std::shared_ptr<FileContents> contents;  // not for a folder
};

// `path` is relative to the session's working folder. A missing one is kNotFound and names what
// lies near; links are not followed.
StatusOr<SessionFile> OpenSessionFile(const Session& session, const std::string& path);
// The folder as an archive with one top folder of its name; `archive` is unlinked once it is open.
StatusOr<SessionFile> PackSessionFolder(const Session& session, const std::string& path,
                                        const std::filesystem::path& archive);

// A file on its way in. It appears under its name when it is complete, in place of what was there.
class StagedFile {
 public:
  static StatusOr<std::unique_ptr<StagedFile>> Begin(const Session& session,
                                                     const std::string& path);
  ~StagedFile();
  Status Append(std::string_view bytes);
  Status Commit(bool executable);
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  StagedFile() = default;
  archive::Fd folder_;
  archive::Fd file_;
  std::string name_;
  std::string working_name_;
  uint64_t size_bytes_ = 0;
};

}  // namespace csl::worker

#endif  // WORKER_HTTP_SESSION_FILES_H_
