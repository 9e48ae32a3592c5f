// SPDX-License-Identifier: Apache-2.0
// A program of several files as one text, which fuzzers keep and change: the root file's text, then
// for each further file a line "// #file NAME" and its text.
#ifndef COMPILER_TESTING_PROGRAM_TEXT_H_
#define COMPILER_TESTING_PROGRAM_TEXT_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace csl::testing {

struct ProgramFile {
  std::string name;  // of the root: "layout.csl"; of others a path below its folder
  std::string text;
};

// Never empty; the first file is the root.
using Program = std::vector<ProgramFile>;

Program Split(std::string_view text);
std::string Join(const Program& program);

// The file with those beside it or below its folder that it names in string literals, and those
// that they name.
Program ReadProgram(const std::filesystem::path& root);

// The programs of all .csl files below the folders, by path, as texts. A file beside a "layout.csl"
// comes with that alone.
std::vector<std::string> ReadSeeds(const std::vector<std::string>& folders);

}  // namespace csl::testing

#endif  // COMPILER_TESTING_PROGRAM_TEXT_H_
