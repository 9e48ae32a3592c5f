// SPDX-License-Identifier: Apache-2.0
#include "client/native/ignore.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "base/file.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> SplitAtSlashes(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

bool NameFits(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

// Whether the pattern's parts from `p` on are the path's from `n` on. Row by row, from the end, so
// that many `**` cost no more than their number times the path's length.
bool PathFits(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  std::vector<bool> fits(path.size() + 1, false);  // of the pattern behind the part, from each name
  fits[path.size()] = true;
  for (size_t p = pattern.size(); p-- > 0;) {
    std::vector<bool> next(path.size() + 1, false);
    const bool is_any = pattern[p] == "**";
    const bool is_last = p + 1 == pattern.size();
    // `a/**` is what lies in `a`, and not `a` itself.
    next[path.size()] = is_any && !is_last && fits[path.size()];
    for (size_t n = path.size(); n-- > 0;) {
      next[n] = is_any ? (is_last || fits[n] || next[n + 1])
                       : fits[n + 1] && NameFits(pattern[p], path[n]);
    }
    fits = std::move(next);
  }
  return fits[0];
}

// A backslash at the end, or a `[` that nothing closes, fits nothing by fnmatch(3): an error, not a
// file that travels though nobody wants it to.
bool IsPattern(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && ++i == text.size()) return false;
    if (text[i] != '[') continue;
    size_t end = i + 1;
    if (end < text.size() && (text[end] == '!' || text[end] == '^')) ++end;
    end = text.find(']', end + 1);
    if (end == std::string_view::npos) return false;
    i = end;
  }
  return true;
}

}  // namespace

StatusOr<IgnoreFile> IgnoreFile::Parse(std::string_view text, const std::string& name) {
  IgnoreFile file;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string_view whole = line;
    Pattern pattern;
    if (line.starts_with('!')) {
      pattern.keeps = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      pattern.only_folders = true;
      line.remove_suffix(1);
    }
    pattern.anywhere = line.find('/') == std::string_view::npos;
    pattern.parts = SplitAtSlashes(line);
    const bool leaves =
        std::find(pattern.parts.begin(), pattern.parts.end(), "..") != pattern.parts.end();
    if (pattern.parts.empty() || leaves || !IsPattern(line)) {
      return InvalidArgument(
          name + ":" + std::to_string(number) + ": '" + std::string(whole) +
          "' is not a pattern; write names with *, ?, [...] or **, between slashes");
    }
    file.patterns_.push_back(std::move(pattern));
  }
  return file;
}

int IgnoreFile::Decides(std::string_view path, bool is_folder) const {
  const std::vector<std::string> parts = SplitAtSlashes(path);
  for (auto it = patterns_.rbegin(); it != patterns_.rend(); ++it) {
    if (it->only_folders && !is_folder) continue;
    const bool fits = it->anywhere && it->parts[0] != "**" ? NameFits(it->parts[0], parts.back())
                                                           : PathFits(it->parts, parts);
    if (fits) return it->keeps ? 0 : 1;
  }
  return -1;
}

StatusOr<IgnoreFiles> IgnoreFiles::In(const fs::path& folder) {
  IgnoreFiles all;
  std::error_code error;
  constexpr auto kSkip = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, kSkip, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().filename() != kIgnoreFile) continue;
    ASSIGN_OR_RETURN(const std::string text, ReadTextFile(it->path()));
    ASSIGN_OR_RETURN(IgnoreFile file, IgnoreFile::Parse(text, it->path().string()));
    const std::string place = it->path().parent_path().lexically_relative(folder).string();
    all.files_.emplace(place == "." ? "" : place, std::move(file));
  }
  return all;
}

// The nearest file that says something decides.
bool IgnoreFiles::LeavesOut(std::string_view path, bool is_folder) const {
  for (size_t end = path.rfind('/');;) {
    const bool at_root = end == std::string_view::npos;
    const auto it = files_.find(std::string(at_root ? "" : path.substr(0, end)));
    if (it != files_.end()) {
      const int decides = it->second.Decides(at_root ? path : path.substr(end + 1), is_folder);
      if (decides >= 0) return decides == 1;
    }
    if (at_root) return false;
    end = end == 0 ? std::string_view::npos : path.rfind('/', end - 1);
  }
}

bool IgnoreFiles::LeavesOutFile(std::string_view path) const {
  for (size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1)) {
    if (LeavesOut(path.substr(0, end), true)) return true;
  }
  return LeavesOut(path, false);
}

}  // namespace csl::client
