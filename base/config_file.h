// SPDX-License-Identifier: Apache-2.0
// A JSON file with the options of a program, in the place of a long command line.
#ifndef BASE_CONFIG_FILE_H_
#define BASE_CONFIG_FILE_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/status.h"

namespace csl {

// Declares --config, with its help.
void AddConfigOption(CLI::App& command);

// `args` (without the program's name), and behind them what the file that --config names says of
// options that `args` do not give: one object, its keys the options' names with '_' for '-'. A flag
// takes true or false, an option that may be given often a list. Errors name the file, the key, its
// value and what is allowed. The options' own checks are asked; their variables are left alone
// until the result is parsed.
StatusOr<std::vector<std::string>> WithConfigFile(CLI::App& command, std::vector<std::string> args);

// Parses argv of a program whose options are those of `app`, or of its subcommand `command`, which
// may have a config file. The exit code, if the program is to end now; -1: continue.
int ParseWithConfigFile(CLI::App& app, CLI::App& command, int argc, char** argv);

}  // namespace csl

#endif  // BASE_CONFIG_FILE_H_
