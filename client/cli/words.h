// SPDX-License-Identifier: Apache-2.0
// Words of a command line: what they mean, and what was meant by those that mean nothing.
#ifndef CLIENT_CLI_WORDS_H_
#define CLIENT_CLI_WORDS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace csl::cli {

std::string Upper(std::string text);

// "p0" to "p3", the last of each class (99, 199, 299, 399), or a number from 0 to 399.
StatusOr<int> ParsePriority(const std::string& text);

struct LabelChanges {
  std::map<std::string, std::string> set;
  std::vector<std::string> remove;
};
// "key=value" sets, "key-" removes.
StatusOr<LabelChanges> ParseLabelChanges(const std::vector<std::string>& words);

// A command with what may follow it: "get jobs", its options and the commands below it.
struct Verb {
  std::string path;  // empty: csctl itself
  std::vector<std::string> options;
  std::vector<std::string> below;
};

// Those of the commands that somebody who wrote `words` may have meant, the nearest first: one that
// differs in few letters, or the same last word elsewhere.
std::vector<std::string> NearCommands(std::string_view words, const std::vector<Verb>& verbs);

// A completion script for bash.
std::string BashCompletion(const std::vector<Verb>& verbs);

}  // namespace csl::cli

#endif  // CLIENT_CLI_WORDS_H_
