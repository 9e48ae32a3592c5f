// SPDX-License-Identifier: Apache-2.0
// cslc: the compiler's command.
#include <fmt/format.h>

#include <cstdlib>

#include "base/file.h"
#include "compiler/driver/compile.h"

int main(int argc, char** argv) {
  namespace driver = csl::driver;
  const driver::CommandLine command =
      driver::ParseCommandLine(std::vector<std::string>(argv + 1, argv + argc));
  if (!command.options) {
    fmt::print(command.exit_code == 0 ? stdout : stderr, "{}", command.text);
    return command.exit_code;
  }
  driver::Environment environment;
  if (const char* path = std::getenv("CSL_IMPORT_PATH")) environment.import_path = path;
  if (const char* library = std::getenv("CSL_LIBRARY_DIR")) {
    environment.library_dir = library;
  } else if (auto prefix = csl::InstallPrefix(); prefix.ok()) {
    environment.library_dir = *prefix / "lib" / "csl";
  }
  const driver::Outcome outcome = driver::Compile(*command.options, environment);
  fmt::print(stdout, "{}", outcome.out);
  fmt::print(stderr, "{}", outcome.err);
  return outcome.exit_code;
}
