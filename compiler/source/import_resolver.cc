// SPDX-License-Identifier: Apache-2.0
#include "compiler/source/import_resolver.h"

#include <set>

namespace csl::source {
namespace fs = std::filesystem;
namespace {

bool IsFile(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

fs::path WithSuffix(fs::path path) {
  if (path.extension() != ".csl") path += ".csl";
  return path;
}

std::string ListTried(std::string_view spelling, const std::vector<fs::path>& tried) {
  std::string text = "'" + std::string(spelling) + "'";
  const char* before = "; tried ";
  std::set<fs::path> named;
  for (const fs::path& path : tried) {
    if (!named.insert(path).second) continue;
    text += before + ("'" + path.string() + "'");
    before = ", ";
  }
  return text;
}

}  // namespace

std::vector<fs::path> SplitImportPath(const char* list) {
  std::vector<fs::path> out;
  if (list == nullptr) return out;
  std::string_view rest = list;
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    if (colon != 0) out.emplace_back(rest.substr(0, colon));
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return out;
}

ImportResolver::ImportResolver(Sources* sources, SearchPaths paths)
    : sources_(sources), paths_(std::move(paths)) {}

StatusOr<FileId> ImportResolver::LoadRoot(const fs::path& path) {
  const fs::path opened = path.is_absolute() ? path : paths_.working_dir / path;
  root_dir_ = opened.parent_path();
  return sources_->Load(opened, path.string(), path.filename().string());
}

StatusOr<FileId> ImportResolver::Load(std::string_view spelling, FileId importer) const {
  const std::pair key(importer, std::string(spelling));
  {
    std::lock_guard lock(mutex_);
    if (const auto known = found_.find(key); known != found_.end()) return known->second;
  }
  StatusOr<FileId> file = Find(spelling, importer);
  if (file.ok()) {
    std::lock_guard lock(mutex_);
    found_.emplace(key, *file);
  }
  return file;
}

StatusOr<FileId> ImportResolver::Find(std::string_view spelling, FileId importer) const {
  if (spelling.size() > 2 && spelling.front() == '<' && spelling.back() == '>') {
    return LoadFromLibrary(spelling.substr(1, spelling.size() - 2));
  }
  if (spelling.empty() || spelling == "<>") return InvalidArgument("is empty");
  if (spelling.find('\0') != std::string_view::npos) {
    return InvalidArgument("holds a zero byte");
  }
  return LoadRelative(fs::path(spelling), importer);
}

StatusOr<FileId> ImportResolver::LoadFromLibrary(std::string_view name) const {
  const fs::path relative = WithSuffix(fs::path(name)).lexically_normal();
  const std::string shown = "<" + relative.string() + ">";
  if (relative.is_absolute() || *relative.begin() == "..") {
    return InvalidArgument("'<" + std::string(name) + ">' leaves the import folders");
  }
  std::vector<fs::path> tried;
  for (const fs::path& dir : paths_.import_dirs) {
    tried.push_back(paths_.working_dir / dir / relative);
    if (IsFile(tried.back())) return sources_->Load(tried.back(), (dir / relative).string(), shown);
  }
  if (!paths_.library_dir.empty()) {
    const fs::path path = paths_.library_dir / relative;
    if (IsFile(path)) return sources_->Load(path, shown, shown);
  }
  const std::string library =
      tried.empty() ? " in the standard library" : " and the standard library";
  return NotFound(ListTried("<" + std::string(name) + ">", tried) + library);
}

StatusOr<FileId> ImportResolver::LoadRelative(const fs::path& path, FileId importer) const {
  if (path.is_absolute()) {
    if (IsFile(path)) return LoadAt(path);
    return NotFound(ListTried(path.string(), {path}));
  }
  std::vector<fs::path> tried;
  const fs::path& importer_path = sources_->file(importer).path;
  for (const fs::path& dir : {importer_path.parent_path(), root_dir_, paths_.working_dir}) {
    tried.push_back((dir / path).lexically_normal());
    if (IsFile(tried.back())) return LoadAt(tried.back());
  }
  return NotFound(ListTried(path.string(), tried));
}

StatusOr<FileId> ImportResolver::LoadAt(const fs::path& path) const {
  if (!paths_.library_dir.empty()) {
    // A file of the library that another one names by a plain path.
    const fs::path inside = path.lexically_relative(paths_.library_dir);
    if (!inside.empty() && *inside.begin() != "..") {
      const std::string shown = "<" + inside.string() + ">";
      return sources_->Load(path, shown, shown);
    }
  }
  const fs::path from_root = path.lexically_relative(root_dir_.empty() ? "." : root_dir_);
  std::string shown = path.string();
  if (!paths_.working_dir.empty()) {
    const fs::path from_here = path.lexically_relative(paths_.working_dir);
    if (!from_here.empty() && *from_here.begin() != "..") shown = from_here.string();
  }
  return sources_->Load(path, shown,
                        from_root.empty() ? path.filename().string() : from_root.string());
}

}  // namespace csl::source
