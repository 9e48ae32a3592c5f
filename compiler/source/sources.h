// SPDX-License-Identifier: Apache-2.0
// All source text of one compilation. Files are loaded once, never change and live as long as the
// Sources.
//
// Thread safe: any thread may load and look up at any time. References to a File stay valid.
#ifndef COMPILER_SOURCE_SOURCES_H_
#define COMPILER_SOURCE_SOURCES_H_

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "compiler/source/location.h"

namespace csl::source {

// A token's length must fit 24 bits, so no file may be longer.
inline constexpr uint32_t kMaxFileBytes = (1u << 24) - 1;

struct File {
  FileId id;
  std::filesystem::path path;  // as opened; empty for text given in memory
  std::string display_name;    // what diagnostics print
  std::string stable_name;     // what artifacts may hold: never an absolute path of this machine
  std::string text;            // text.c_str()[text.size()] is NUL
  uint32_t base = 0;           // position of the first byte
  std::vector<uint32_t> line_starts;

  Location At(uint32_t offset) const { return Location{base + offset}; }
  LineColumn LineColumnAt(uint32_t offset) const;
  // The line without its end; empty for a line that does not exist. Lines count from 1.
  std::string_view Line(uint32_t line) const;
};

class Sources {
 public:
  Sources() = default;
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  // Reads `path`, or returns the file read before under the same canonical path. Fails with
  // kNotFound and the like when it cannot be read, kResourceExhausted when it is too long.
  StatusOr<FileId> Load(const std::filesystem::path& path, std::string display_name,
                        std::string stable_name);
  // Text that is in no file (tests, fuzzing). CHECKs its length.
  FileId AddText(std::string display_name, std::string text);

  const File& file(FileId id) const;
  size_t num_files() const;

  // The file of a valid location and the byte offset in it.
  struct Place {
    const File* file = nullptr;
    uint32_t offset = 0;
    LineColumn line_column() const { return file->LineColumnAt(offset); }
  };
  Place Locate(Location location) const;

  // "layout.csl:12:5", or "<nowhere>" for an invalid location.
  std::string Describe(Location location) const;

 private:
  FileId AddLocked(File file);

  mutable std::mutex mutex_;
  std::deque<File> files_;
  std::map<std::string, FileId> by_canonical_path_;
  uint64_t next_base_ = 1;
};

}  // namespace csl::source

#endif  // COMPILER_SOURCE_SOURCES_H_
