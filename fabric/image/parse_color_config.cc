// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/parse_color_config.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <vector>

#include "fabric/image/tile_configuration.h"

namespace csl::image {
namespace {

constexpr std::string_view kDirectionLetters = "WESNRH";  // by bit

// Words between blanks; a filter's parentheses hold blanks of their own.
std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> out;
  size_t at = 0;
  while ((at = text.find_first_not_of(' ', at)) != std::string_view::npos) {
    size_t end = std::min(text.find(' ', at), text.size());
    const size_t open = text.find('(', at);
    if (open < end) end = std::min(text.find(')', open), text.size() - 1) + 1;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::optional<uint8_t> ParseDirections(std::string_view text) {
  if (text == "-") return uint8_t{0};
  uint8_t mask = 0;
  for (const char c : text) {
    const size_t bit = kDirectionLetters.find(c);
    if (bit == std::string_view::npos || (mask >> bit & 1) != 0) return std::nullopt;
    mask = static_cast<uint8_t>(mask | 1u << bit);
  }
  if (text.empty()) return std::nullopt;
  return mask;
}

std::optional<uint16_t> ParseWord(std::string_view text) {
  uint16_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// "10" of "init=10" into `value`.
bool TakeNumber(std::string_view word, std::string_view name, uint16_t* value) {
  if (!word.starts_with(name)) return false;
  const auto number = ParseWord(word.substr(name.size()));
  if (number) *value = *number;
  return number.has_value();
}

// "[2,5]"
bool ParseRange(std::string_view text, Filter* filter) {
  const size_t comma = text.find(',');
  if (!text.starts_with('[') || !text.ends_with(']') || comma == std::string_view::npos)
    return false;
  const auto first = ParseWord(text.substr(1, comma - 1));
  const auto last = ParseWord(text.substr(comma + 1, text.size() - comma - 2));
  if (!first || !last) return false;
  filter->kind = FilterKind::kRange;
  filter->min_index = *first;
  filter->max_index = *last;
  return true;
}

// "(init=0 max=3 limit1=2 data control)"
bool ParseCounter(std::string_view text, Filter* f) {
  if (!text.starts_with('(') || !text.ends_with(')')) return false;
  for (const std::string_view word : Words(text.substr(1, text.size() - 2))) {
    if (TakeNumber(word, "init=", &f->init_counter) || TakeNumber(word, "max=", &f->max_counter)) {
      continue;
    }
    if (TakeNumber(word, "limit1=", &f->limit1)) {
      f->has_limit1 = true;
    } else if (TakeNumber(word, "limit2=", &f->limit2)) {
      f->has_limit2 = true;
    } else if (word == "data") {
      f->count_data = true;
    } else if (word == "control") {
      f->count_control = true;
    } else if (word == "filter_control") {
      f->filter_control = true;
    } else {
      return false;
    }
  }
  return true;
}

bool ParseFilter(std::string_view text, Filter* filter) {
  if (text.starts_with("range")) return ParseRange(text.substr(5), filter);
  if (text.starts_with("counter")) {
    filter->kind = FilterKind::kCounter;
    return ParseCounter(text.substr(7), filter);
  }
  if (text.starts_with("sparse")) {
    filter->kind = FilterKind::kSparseCounter;
    return ParseCounter(text.substr(6), filter);
  }
  return false;
}

// "R->E", "*W->R", "W->": true when it is one.
bool ParsePosition(std::string_view word, bool is_first, ColorConfig* config) {
  const bool is_current = word.starts_with('*');
  if (is_current) word.remove_prefix(1);
  const size_t arrow = word.find("->");
  if (arrow == std::string_view::npos) return false;
  const auto side = [is_first](std::string_view text) {
    return text.empty() && !is_first ? std::optional(kInherited) : ParseDirections(text);
  };
  const auto rx = side(word.substr(0, arrow));
  const auto tx = side(word.substr(arrow + 2));
  if (!rx || !tx || (*rx == kInherited && *tx == kInherited)) return false;
  if (!is_first && config->num_positions >= 4) return false;
  if (!is_first) ++config->num_positions;
  const int n = config->num_positions - 1;
  config->positions[static_cast<size_t>(n)] = {*rx, *tx};
  if (is_current) config->current_position = static_cast<uint8_t>(n);
  return true;
}

bool ParseFlag(std::string_view word, ColorConfig* config) {
  if (word == "ring") {
    config->ring_mode = true;
  } else if (word == "pop=always") {
    config->pop_mode = PopMode::kAlwaysPop;
  } else if (word == "pop=advance") {
    config->pop_mode = PopMode::kPopOnAdvance;
  } else if (word == "pop=advance_nop") {
    config->pop_mode = PopMode::kPopOnAdvanceNop;
  } else if (word == "swap_x") {
    config->color_swap_x = true;
  } else if (word == "swap_y") {
    config->color_swap_y = true;
  } else if (word == "teardown") {
    config->teardown = true;
  } else {
    return word.starts_with("filter=") && ParseFilter(word.substr(7), &config->filter);
  }
  return true;
}

}  // namespace

StatusOr<ColorConfig> ParseColorConfig(std::string_view text) {
  ColorConfig config;
  const std::vector<std::string_view> words = Words(text);
  if (words.empty()) return InvalidArgument("the routes of the color are missing, such as R->E");
  size_t at = 0;
  for (bool is_first = true; is_first || (at < words.size() && words[at] == "|"); ++at) {
    if (!is_first) ++at;
    if (at == words.size() || !ParsePosition(words[at], is_first, &config)) {
      return InvalidArgument(
          fmt::format("'{}' is not a route such as R->E or *W->RE (at most four, separated by |)",
                      at == words.size() ? "" : words[at]));
    }
    is_first = false;
  }
  for (; at < words.size(); ++at) {
    if (ParseFlag(words[at], &config)) continue;
    return InvalidArgument(fmt::format(
        "'{}' is none of ring, pop=always, pop=advance, pop=advance_nop, swap_x, swap_y, teardown, "
        "filter=range[..], filter=counter(..), filter=sparse(..)",
        words[at]));
  }
  if (const Status status = ValidateColorConfig(config); !status.ok()) {
    return InvalidArgument(status.message());
  }
  return config;
}

}  // namespace csl::image
