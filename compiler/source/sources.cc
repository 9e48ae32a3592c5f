// SPDX-License-Identifier: Apache-2.0
#include "compiler/source/sources.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/file.h"

namespace csl::source {
namespace {

std::vector<uint32_t> FindLineStarts(std::string_view text) {
  std::vector<uint32_t> starts = {0};
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  for (const char* at = begin; at < end;) {
    const void* found = std::memchr(at, '\n', static_cast<size_t>(end - at));
    if (found == nullptr) break;
    at = static_cast<const char*>(found) + 1;
    starts.push_back(static_cast<uint32_t>(at - begin));
  }
  return starts;
}

}  // namespace

LineColumn File::LineColumnAt(uint32_t offset) const {
  auto after = std::upper_bound(line_starts.begin(), line_starts.end(), offset);
  const auto line = static_cast<uint32_t>(after - line_starts.begin());
  return {line, offset - line_starts[line - 1] + 1};
}

std::string_view File::Line(uint32_t line) const {
  if (line == 0 || line > line_starts.size()) return {};
  const uint32_t begin = line_starts[line - 1];
  uint32_t end = static_cast<uint32_t>(text.size());
  if (line < line_starts.size()) end = line_starts[line] - 1;
  if (end > begin && text[end - 1] == '\r') --end;
  return std::string_view(text).substr(begin, end - begin);
}

StatusOr<FileId> Sources::Load(const std::filesystem::path& path, std::string display_name,
                               std::string stable_name) {
  std::error_code error;
  std::filesystem::path canonical = std::filesystem::canonical(path, error);
  if (error) canonical = std::filesystem::absolute(path);
  {
    std::lock_guard lock(mutex_);
    auto known = by_canonical_path_.find(canonical.string());
    if (known != by_canonical_path_.end()) return known->second;
  }
  ASSIGN_OR_RETURN(std::string text, ReadTextFile(path));
  if (text.size() > kMaxFileBytes) {
    return ResourceExhausted("'" + path.string() + "' has " + std::to_string(text.size()) +
                             " bytes; a source file may have " + std::to_string(kMaxFileBytes));
  }
  std::lock_guard lock(mutex_);
  auto [known, is_new] = by_canonical_path_.try_emplace(canonical.string());
  if (!is_new) return known->second;
  if (next_base_ + text.size() + 1 > UINT32_MAX) {
    by_canonical_path_.erase(known);
    return ResourceExhausted("'" + path.string() + "': the source files exceed 4 GB together");
  }
  known->second = AddLocked({.path = path,
                             .display_name = std::move(display_name),
                             .stable_name = std::move(stable_name),
                             .text = std::move(text)});
  return known->second;
}

FileId Sources::AddText(std::string display_name, std::string text) {
  CHECK(text.size() <= kMaxFileBytes) << display_name << " has " << text.size() << " bytes";
  std::lock_guard lock(mutex_);
  CHECK(next_base_ + text.size() + 1 <= UINT32_MAX) << "the source files exceed 4 GB together";
  std::string stable_name = display_name;
  return AddLocked({.display_name = std::move(display_name),
                    .stable_name = std::move(stable_name),
                    .text = std::move(text)});
}

FileId Sources::AddLocked(File file) {
  file.id = FileId(static_cast<uint32_t>(files_.size()));
  file.base = static_cast<uint32_t>(next_base_);
  file.line_starts = FindLineStarts(file.text);
  next_base_ += file.text.size() + 1;  // one more: the end of the file is a place too
  files_.push_back(std::move(file));
  return files_.back().id;
}

const File& Sources::file(FileId id) const {
  std::lock_guard lock(mutex_);
  CHECK(id.index < files_.size()) << "file " << id.index << " of " << files_.size();
  return files_[id.index];
}

size_t Sources::num_files() const {
  std::lock_guard lock(mutex_);
  return files_.size();
}

Sources::Place Sources::Locate(Location location) const {
  CHECK(location.valid());
  std::lock_guard lock(mutex_);
  auto after =
      std::upper_bound(files_.begin(), files_.end(), location.position,
                       [](uint32_t position, const File& file) { return position < file.base; });
  CHECK(after != files_.begin());
  const File& file = *(after - 1);
  return {&file, location.position - file.base};
}

std::string Sources::Describe(Location location) const {
  if (!location.valid()) return "<nowhere>";
  const Place place = Locate(location);
  const LineColumn at = place.line_column();
  return place.file->display_name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace csl::source
