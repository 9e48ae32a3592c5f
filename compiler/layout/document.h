// SPDX-License-Identifier: Apache-2.0
// Layout documents: a Layout as text that one can write by hand or by a tool, and compile instead
// of a layout block (docs/formats/layout.md). `cslc --dump=layout` prints one.
#ifndef COMPILER_LAYOUT_DOCUMENT_H_
#define COMPILER_LAYOUT_DOCUMENT_H_

#include <filesystem>
#include <optional>
#include <string>

#include "compiler/diagnostics/engine.h"
#include "compiler/layout/layout.h"
#include "compiler/source/import_resolver.h"
#include "compiler/source/sources.h"
#include "compiler/types/type_store.h"

namespace csl::layout {

// Whether a file is a layout document: by its name, "*.layout".
bool IsDocument(const std::filesystem::path& path);

// The whole document, its first line included.
std::string ToDocument(const Layout& layout, const types::TypeStore& types);

// What reading needs beside the text. `fabric` gives the sizes and offsets of the command line; the
// width and height of the rectangle come from the document.
struct DocumentContext {
  const source::Sources* sources = nullptr;
  const source::ImportResolver* resolver = nullptr;  // finds the program files
  types::TypeStore* types = nullptr;
  diagnostics::Engine* diagnostics = nullptr;
  Rectangle fabric;
};

// nullopt after errors, which are reported, one a line. The result is complete: every tile of the
// rectangle has a program, no tile and color two configurations.
std::optional<Layout> ReadDocument(const DocumentContext& context, source::FileId file);

}  // namespace csl::layout

#endif  // COMPILER_LAYOUT_DOCUMENT_H_
