// SPDX-License-Identifier: Apache-2.0
// Golden tests of a stage: every testdata/NAME.csl (or .ir, .layout) is fed to the stage, and its
// dump and diagnostics must equal testdata/NAME.golden. A file whose name starts with `fail_` must
// report errors, any other must not.
//
//   int main(int argc, char** argv) { return csl::testing::GoldenMain(argc, argv, &Dump); }
//
// declared with golden_test() of golden.bzl. `compiler/testing/update_goldens` rewrites all .golden
// files.
#ifndef COMPILER_TESTING_GOLDEN_H_
#define COMPILER_TESTING_GOLDEN_H_

#include <filesystem>
#include <functional>
#include <string>

#include "compiler/diagnostics/engine.h"
#include "compiler/source/sources.h"

namespace csl::testing {

// Runs the stage on a file and gives its dump; what it reports goes to the engine. Display names of
// files are relative to the testdata folder, which is also the folder that imports are relative to.
using Dump = std::function<std::string(source::Sources*, source::FileId, diagnostics::Engine*)>;

// Of the standard library; absolute, since the working folder is testdata.
const std::filesystem::path& LibraryDir();

// Arguments: [--update] TESTDATA_FOLDER, relative to the workspace.
int GoldenMain(int argc, char** argv, Dump dump);

}  // namespace csl::testing

#endif  // COMPILER_TESTING_GOLDEN_H_
