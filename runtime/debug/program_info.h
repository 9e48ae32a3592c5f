// SPDX-License-Identifier: Apache-2.0
// ProgramInfo: what a debugger asks of a compiled program, by PE of the fabric. Immutable; any
// thread may read.
#ifndef RUNTIME_DEBUG_PROGRAM_INFO_H_
#define RUNTIME_DEBUG_PROGRAM_INFO_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "fabric/image/artifact.h"
#include "runtime/trace/program_text.h"

namespace csl::runtime {

class ProgramInfo {
 public:
  explicit ProgramInfo(image::Artifact artifact) : text_(std::move(artifact)) {}
  static StatusOr<ProgramInfo> Open(const std::filesystem::path& folder);

  const image::Manifest& manifest() const { return text_.manifest(); }
  const ProgramText& text() const { return text_; }

  // kOutOfRange outside of the program's rectangle.
  StatusOr<const image::ProgramImage*> ImageAt(int64_t x, int64_t y) const;
  // kNotFound lists near names.
  StatusOr<const image::Symbol*> Variable(int64_t x, int64_t y, std::string_view name) const;
  StatusOr<const image::Function*> Function(int64_t x, int64_t y, std::string_view name) const;

  // The positions at which code of a source line begins, in an image: the first instruction of each
  // stretch of code of that line. `file` may leave out leading folders.
  static std::vector<uint32_t> LineStarts(const image::ProgramImage& image, std::string_view file,
                                          uint32_t line);
  // "file:line" of the line that a place means: of the next one that has code, if it has none
  // itself. kNotFound says why there is none.
  StatusOr<uint32_t> ResolveLine(std::string_view file, uint32_t line) const;

 private:
  ProgramText text_;
};

}  // namespace csl::runtime

#endif  // RUNTIME_DEBUG_PROGRAM_INFO_H_
