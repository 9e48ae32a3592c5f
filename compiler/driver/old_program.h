// SPDX-License-Identifier: Apache-2.0
// Tells a program of SDK 1.x from one of 2.10 by its words, before anything is evaluated: where a
// form has one meaning in 1.x and another in 2.10, the program decides.
#ifndef COMPILER_DRIVER_OLD_PROGRAM_H_
#define COMPILER_DRIVER_OLD_PROGRAM_H_

#include <filesystem>

#include "compiler/source/import_resolver.h"

namespace csl::driver {

struct ProgramWords {
  bool has_old_form = false;  // a word that 2.10 refuses
  // A builtin that may move 16-bit elements to or from the fabric.
  bool has_half_operation = false;
};

// Reads the root and every file that it names, directly or not, in @import_module or
// @set_tile_code, or as the programs of a layout document; the library's files and names that are
// computed are left out. Files that cannot be read or lexed are passed over: the compilation
// reports them.
ProgramWords ReadProgramWords(const std::filesystem::path& root, const source::SearchPaths& paths);

}  // namespace csl::driver

#endif  // COMPILER_DRIVER_OLD_PROGRAM_H_
