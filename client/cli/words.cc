// SPDX-License-Identifier: Apache-2.0
#include "client/cli/words.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

namespace csl::cli {
namespace {

constexpr int kMaxPriority = 399;
constexpr size_t kMostNear = 3;

// Letters to change, add or leave out between two words.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

std::string_view LastWord(std::string_view words) {
  const size_t blank = words.rfind(' ');
  return blank == std::string_view::npos ? words : words.substr(blank + 1);
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

StatusOr<int> ParsePriority(const std::string& text) {
  if (text.size() == 2 && (text[0] == 'p' || text[0] == 'P') && text[1] >= '0' && text[1] <= '3') {
    return (text[1] - '0') * 100 + 99;
  }
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= 0 &&
      value <= kMaxPriority) {
    return value;
  }
  return InvalidArgument("priority is '" + text + "'; must be p0 to p3 or 0 to 399");
}

StatusOr<LabelChanges> ParseLabelChanges(const std::vector<std::string>& words) {
  LabelChanges changes;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    const std::string key = word.substr(0, std::min(equals, word.size() - 1));
    const bool removes = equals == std::string::npos && word.ends_with('-');
    if (key.empty() || (equals == std::string::npos && !removes)) {
      return InvalidArgument("label is '" + word + "'; must be KEY=VALUE or KEY-");
    }
    if (removes) {
      changes.remove.push_back(key);
    } else {
      changes.set[key] = word.substr(equals + 1);
    }
  }
  return changes;
}

std::vector<std::string> NearCommands(std::string_view words, const std::vector<Verb>& verbs) {
  std::vector<std::pair<size_t, std::string>> found;
  const std::string_view last = LastWord(words);
  for (const Verb& verb : verbs) {
    if (verb.path.empty()) continue;
    const size_t whole = Distance(words, verb.path);
    const bool same_end = LastWord(verb.path) == last;
    const size_t most = std::max<size_t>(words.size() / 4, 1);
    if (whole <= most || same_end)
      found.emplace_back(same_end ? std::min<size_t>(whole, 1) : whole, verb.path);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > kMostNear) found.resize(kMostNear);
  std::vector<std::string> near;
  for (auto& [distance, path] : found) near.push_back(std::move(path));
  return near;
}

std::string BashCompletion(const std::vector<Verb>& verbs) {
  std::string out =
      "# Completion of csctl for bash: source <(csctl completion bash)\n"
      "_csctl() {\n"
      "  local word path=\"\" words=\"\" at\n"
      "  for ((at = 1; at < COMP_CWORD; at++)); do\n"
      "    word=${COMP_WORDS[at]}\n"
      "    case \"$path $word\" in\n";
  for (const Verb& verb : verbs) {
    if (verb.path.empty()) continue;
    const size_t blank = verb.path.rfind(' ');
    const std::string parent = blank == std::string::npos ? "" : verb.path.substr(0, blank);
    out += "      \"" + parent + " " + std::string(LastWord(verb.path)) + "\") path=\"" +
           verb.path + "\" ;;\n";
  }
  out += "    esac\n  done\n  case \"$path\" in\n";
  for (const Verb& verb : verbs) {
    std::vector<std::string> words = verb.below;
    words.insert(words.end(), verb.options.begin(), verb.options.end());
    out += "    \"" + verb.path + "\") words=\"" + Joined(words) + "\" ;;\n";
  }
  out +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "}\n"
      "complete -F _csctl csctl\n";
  return out;
}

}  // namespace csl::cli
