// SPDX-License-Identifier: Apache-2.0
// --fix: the sources of a compilation in the language of SDK 2.10.
#ifndef COMPILER_DRIVER_FIX_H_
#define COMPILER_DRIVER_FIX_H_

#include <string>
#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/diagnostics/form_facts.h"
#include "compiler/driver/options.h"
#include "compiler/source/sources.h"

namespace csl::driver {

struct FixedFile {
  std::string name;
  size_t num_edits = 0;
};

struct FixOutcome {
  std::string out;                             // the diff
  std::vector<diagnostics::Diagnostic> stays;  // forms that could not be rewritten
  std::vector<FixedFile> changes;              // what was written
  std::vector<std::string> failures;           // what could not be written
  int exit_code = 0;
};

// Rewrites the files of the program that were read, or shows the change. Files of the library stay.
// `messages` are those of the compilation: a form among them that no edit takes away is one that
// stays.
FixOutcome FixSources(const source::Sources& sources, const diagnostics::FormFacts& facts,
                      const std::vector<diagnostics::Diagnostic>& messages, Fix fix);

// Adds to each message about a form the edits that would rewrite it.
void AddFixes(const source::Sources& sources, const diagnostics::FormFacts& facts,
              std::vector<diagnostics::Diagnostic>* messages);

}  // namespace csl::driver

#endif  // COMPILER_DRIVER_FIX_H_
