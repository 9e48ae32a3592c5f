// SPDX-License-Identifier: Apache-2.0
#include "base/archive/entry_path.h"

#include <cstdio>

namespace csl::archive {
namespace {

// The length of the UTF-8 sequence that starts at `text[0]`, or 0 if it is none (overlong forms and
// surrogates included).
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;
  if (lead == 0xed && byte(1) > 0x9f) return 0;
  if (lead == 0xf0 && byte(1) < 0x90) return 0;
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

Status Refuse(std::string_view path, std::string_view why) {
  return InvalidArgument("archive entry '" + Printable(path.substr(0, 200)) +
                         "' refused: " + std::string(why));
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

StatusOr<std::vector<std::string>> SplitEntryPath(std::string_view path, uint32_t max_depth,
                                                  uint32_t max_bytes) {
  const std::string_view whole = path;
  if (path.empty()) return Refuse(whole, "the path is empty");
  if (path.size() > max_bytes) {
    return Refuse(whole, "the path has " + std::to_string(path.size()) +
                             " bytes; must be at most " + std::to_string(max_bytes));
  }
  if (path.find('\0') != std::string_view::npos) return Refuse(whole, "it holds a NUL byte");
  if (!IsUtf8(path)) return Refuse(whole, "it is not UTF-8");
  if (path.front() == '/') return Refuse(whole, "the path is absolute");
  while (path.starts_with("./")) path.remove_prefix(2);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty() || path == ".") return std::vector<std::string>();

  std::vector<std::string> components;
  for (;;) {
    const size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name == "..") return Refuse(whole, "it leaves the folder by '..'");
    if (name.empty() || name == ".") return Refuse(whole, "it has an empty or '.' component");
    if (name.size() > 255) return Refuse(whole, "a name is longer than 255 bytes");
    if (name.find('\\') != std::string_view::npos) return Refuse(whole, "it holds a backslash");
    if (name.size() == 2 && name[1] == ':') return Refuse(whole, "it names a drive");
    components.emplace_back(name);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  if (components.size() > max_depth) {
    return Refuse(whole, "it lies " + std::to_string(components.size()) +
                             " folders deep; must be at most " + std::to_string(max_depth));
  }
  return components;
}

StatusOr<std::vector<std::string>> ResolveLink(const std::vector<std::string>& link,
                                               std::string_view target) {
  std::string name_of_link;
  for (const std::string& part : link) name_of_link += (name_of_link.empty() ? "" : "/") + part;
  const std::string to = "it links to '" + Printable(target) + "'";
  if (target.empty() || target.front() == '/' || target.find('\0') != std::string_view::npos ||
      !IsUtf8(target)) {
    return Refuse(name_of_link, to + ", which is not a relative path");
  }
  std::vector<std::string> at(link.begin(), link.end() - 1);
  bool went_down = false;
  while (!target.empty()) {
    const size_t slash = target.find('/');
    const std::string_view name = target.substr(0, slash);
    if (name == "..") {
      if (went_down) return Refuse(name_of_link, to + ", where '..' may lead through another link");
      if (at.empty()) return Refuse(name_of_link, to + ", which leaves the folder");
      at.pop_back();
    } else if (!name.empty() && name != ".") {
      at.emplace_back(name);
      went_down = true;
    }
    if (slash == std::string_view::npos) break;
    target.remove_prefix(slash + 1);
  }
  return at;
}

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const auto lead = static_cast<uint8_t>(text[0]);
    if (length > 1 || (length == 1 && lead >= 0x20 && lead != 0x7f)) {
      out += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    char escaped[5];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", lead);
    out += escaped;
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace csl::archive
