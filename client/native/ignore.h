// SPDX-License-Identifier: Apache-2.0
// .csignore: which files of a program's folder stay at home.
//
// One pattern a line, as in .gitignore: `#` begins a comment, `*` and `?` stand for characters of a
// name, `[a-z]` for one of these, `**` for any number of folders; a pattern with a slash before its
// end counts from the folder of its file, any other for names at every depth below it; one that
// ends in a slash is for folders; `!` takes back. The last pattern that fits decides, and what lies
// in a folder that is left out is left out.
#ifndef CLIENT_NATIVE_IGNORE_H_
#define CLIENT_NATIVE_IGNORE_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace csl::client {

inline constexpr char kIgnoreFile[] = ".csignore";

class IgnoreFile {
 public:
  // kInvalidArgument names the line that is not a pattern.
  static StatusOr<IgnoreFile> Parse(std::string_view text, const std::string& name);
  // What it says of a path that is relative to its folder: 1 leaves it out, 0 keeps it, -1 nothing.
  int Decides(std::string_view path, bool is_folder) const;

 private:
  struct Pattern {
    std::vector<std::string> parts;  // between slashes
    bool keeps = false;
    bool only_folders = false;
    bool anywhere = false;  // a name, at any depth
  };
  std::vector<Pattern> patterns_;
};

// Those of a folder and the folders below it.
class IgnoreFiles {
 public:
  // Reads all of them; kInvalidArgument names file and line.
  static StatusOr<IgnoreFiles> In(const std::filesystem::path& folder);
  // Whether an entry of the folder is left out by itself; what is above it is asked before.
  bool LeavesOut(std::string_view path, bool is_folder) const;
  // Whether a file is left out, by itself or with a folder above it.
  bool LeavesOutFile(std::string_view path) const;

 private:
  std::map<std::string, IgnoreFile> files_;  // by their folder; "" is the root
};

}  // namespace csl::client

#endif  // CLIENT_NATIVE_IGNORE_H_
