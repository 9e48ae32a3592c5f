// SPDX-License-Identifier: Apache-2.0
// Rewrites a file to the language of SDK 2.10.
#ifndef COMPILER_MIGRATE_MIGRATE_H_
#define COMPILER_MIGRATE_MIGRATE_H_

#include <set>
#include <string>
#include <vector>

#include "compiler/diagnostics/form_facts.h"
#include "compiler/source/sources.h"

namespace csl::migrate {

// Bytes [begin, end) of the file become `text`.
struct FileEdit {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string text;
  uint32_t form_at = 0;  // where the use of the form is, as messages place it
};

// A use that stays as it is.
struct Unfixed {
  diagnostics::Form form;
  source::Span span;
  std::string why;
};

struct Migration {
  std::vector<FileEdit> edits;  // in order, apart from each other
  std::vector<Unfixed> unfixed;
  std::set<uint32_t> settled;  // bytes of uses that edits elsewhere make right
};

// `file` must have been lexed without errors.
Migration Migrate(const source::File& file, const diagnostics::FormFacts& facts);

std::string Apply(const std::string& text, const std::vector<FileEdit>& edits);

// The change as a unified diff with the name of the file; empty without edits.
std::string Diff(const std::string& name, const std::string& text,
                 const std::vector<FileEdit>& edits);

}  // namespace csl::migrate

#endif  // COMPILER_MIGRATE_MIGRATE_H_
