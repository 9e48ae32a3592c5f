// SPDX-License-Identifier: Apache-2.0
// Finds the file that an import path names, and loads it.
//
// A plain path is tried beside the importing file, then in the folder of the root file, then in the
// working folder.
// `<name>` is tried as `name.csl` (a `.csl` that is there already stays) in each import folder, in
// order, then in the standard library. An absolute path is taken as it is. Errors name every place
// that was tried.
//
// Thread safe.
#ifndef COMPILER_SOURCE_IMPORT_RESOLVER_H_
#define COMPILER_SOURCE_IMPORT_RESOLVER_H_

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "compiler/source/sources.h"

namespace csl::source {

struct SearchPaths {
  std::filesystem::path working_dir;               // empty: the process's
  std::vector<std::filesystem::path> import_dirs;  // --import-path, then CSL_IMPORT_PATH
  std::filesystem::path library_dir;               // installed standard library; empty: none
};

// The folders of a colon-separated list such as the value of CSL_IMPORT_PATH; null gives none.
std::vector<std::filesystem::path> SplitImportPath(const char* list);

class ImportResolver {
 public:
  ImportResolver(Sources* sources, SearchPaths paths);

  // The file named on the command line; its folder becomes the root folder.
  StatusOr<FileId> LoadRoot(const std::filesystem::path& path);

  // The file that `spelling` (with its < > where it has them) names when written in `importer`.
  // Needs LoadRoot first. kInvalidArgument for an empty spelling, kNotFound when no place has it.
  StatusOr<FileId> Load(std::string_view spelling, FileId importer) const;

 private:
  StatusOr<FileId> Find(std::string_view spelling, FileId importer) const;
  StatusOr<FileId> LoadFromLibrary(std::string_view name) const;
  StatusOr<FileId> LoadRelative(const std::filesystem::path& path, FileId importer) const;
  StatusOr<FileId> LoadAt(const std::filesystem::path& path) const;

  Sources* const sources_;
  const SearchPaths paths_;
  std::filesystem::path root_dir_;
  // What was found before: each tile program imports the same files again.
  mutable std::mutex mutex_;
  mutable std::map<std::pair<FileId, std::string>, FileId> found_;
};

}  // namespace csl::source

#endif  // COMPILER_SOURCE_IMPORT_RESOLVER_H_
