// SPDX-License-Identifier: Apache-2.0
// cslc: the compiler's command.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/file.h"
#include "compiler/driver/compile.h"

namespace {

// cslc --appliance: the client does the same as a job of an appliance. Returns where there is none.
int RunOnAppliance(int argc, char** argv) {
  const auto prefix = csl::InstallPrefix();
  const std::string python = prefix.ok() ? (*prefix / "bin" / "cs_python").string() : "cs_python";
  std::vector<char*> args = {const_cast<char*>(python.c_str()), const_cast<char*>("-m"),
                             const_cast<char*>("cerebras.sdk.client._cslc")};
  args.insert(args.end(), argv + 1, argv + argc);
  args.push_back(nullptr);
  ::execv(python.c_str(), args.data());
  fmt::print(stderr, "cslc: --appliance needs {}, which cannot be started: {}\n", python,
             std::strerror(errno));
  return 3;
}

}  // namespace

int main(int argc, char** argv) {
  namespace driver = csl::driver;
  std::vector<std::string> args(argv + 1, argv + argc);
  const bool explains = std::any_of(args.begin(), args.end(), [](const std::string& arg) {
    return arg == "--explain" || arg.starts_with("--explain=");
  });
  if (std::erase(args, "--appliance") != 0 && !explains) return RunOnAppliance(argc, argv);
  const driver::CommandLine command = driver::ParseCommandLine(args);
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
