// SPDX-License-Identifier: Apache-2.0
#include "runtime/debug/program_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "runtime/core/near_names.h"
#include "runtime/loader/program.h"

namespace csl::runtime {
namespace {

bool IsFile(std::string_view name, std::string_view wanted) {
  if (!name.ends_with(wanted) || wanted.empty()) return false;
  return name.size() == wanted.size() || name[name.size() - wanted.size() - 1] == '/';
}

}  // namespace

StatusOr<ProgramInfo> ProgramInfo::Open(const std::filesystem::path& folder) {
  ASSIGN_OR_RETURN(Program program, LoadProgram(folder));
  return ProgramInfo(std::move(program.artifact));
}

StatusOr<const image::ProgramImage*> ProgramInfo::ImageAt(int64_t x, int64_t y) const {
  const image::Manifest& m = manifest();
  const int64_t left = m.offset.width;
  const int64_t top = m.offset.height;
  if (x < left || y < top || x >= left + m.rectangle.width || y >= top + m.rectangle.height) {
    return OutOfRange(fmt::format("PE {}.{}: the program's PEs are P{}.{} to P{}.{}", x, y, left,
                                  top, left + m.rectangle.width - 1, top + m.rectangle.height - 1));
  }
  return text_.ImageAt(static_cast<int>(x), static_cast<int>(y));
}

StatusOr<const image::Symbol*> ProgramInfo::Variable(int64_t x, int64_t y,
                                                     std::string_view name) const {
  ASSIGN_OR_RETURN(const image::ProgramImage* image, ImageAt(x, y));
  const image::Symbol* symbol = image->FindSymbol(name);
  if (symbol != nullptr && symbol->kind == image::Symbol::Kind::kVariable) return symbol;
  std::vector<std::string> names;
  for (const image::Symbol& s : image->symbols) {
    const bool is_named = !s.name.empty() && s.name.front() != '.';  // the compiler's own are not
    if (s.kind == image::Symbol::Kind::kVariable && is_named) names.push_back(s.name);
  }
  return NotFound(fmt::format("'{}' has no variable '{}'; {}", image->name, name,
                              NearNames(name, std::move(names), "has")));
}

StatusOr<const image::Function*> ProgramInfo::Function(int64_t x, int64_t y,
                                                       std::string_view name) const {
  ASSIGN_OR_RETURN(const image::ProgramImage* image, ImageAt(x, y));
  std::vector<std::string> names;
  for (const image::Function& function : image->functions) {
    if (function.name == name) return &function;
    names.push_back(function.name);
  }
  return NotFound(fmt::format("'{}' has no function '{}'; {}", image->name, name,
                              NearNames(name, std::move(names), "has")));
}

std::vector<uint32_t> ProgramInfo::LineStarts(const image::ProgramImage& image,
                                              std::string_view file, uint32_t line) {
  std::vector<uint32_t> starts;
  bool inside = false;
  for (const image::LineEntry& entry : image.lines) {
    const bool here = entry.line == line && IsFile(image.files[entry.file], file);
    if (here && !inside) starts.push_back(entry.instruction);
    inside = here;
  }
  return starts;
}

StatusOr<uint32_t> ProgramInfo::ResolveLine(std::string_view file, uint32_t line) const {
  std::set<std::string> files;
  std::optional<uint32_t> best;
  bool known = false;
  for (const image::ProgramImage& image : text_.images()) {
    for (const std::string& name : image.files) {
      files.insert(name);
      known = known || IsFile(name, file);
    }
    for (const image::LineEntry& entry : image.lines) {
      if (entry.line < line || !IsFile(image.files[entry.file], file)) continue;
      if (!best || entry.line < *best) best = entry.line;
    }
  }
  if (best) return *best;
  if (!known) {
    return NotFound(
        fmt::format("no source file '{}' in the program; {}", file,
                    NearNames(file, std::vector<std::string>(files.begin(), files.end()), "has")));
  }
  return NotFound(fmt::format("no code at or behind line {} of '{}'", line, file));
}

}  // namespace csl::runtime
