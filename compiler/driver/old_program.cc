// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/old_program.h"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/layout/document.h"
#include "compiler/lex/lex.h"

namespace csl::driver {
namespace {

using lex::TokenId;
using lex::TokenKind;

constexpr std::string_view kOldBuiltins[] = {"@concat_structs", "@import_comptime_value", "@rpc"};
constexpr std::string_view kHalfBuiltins[] = {
    "@add16", "@addc16", "@and16", "@clz",     "@ctz",    "@dfilt",   "@fabsh",
    "@faddh", "@faddhs", "@fh2s",  "@fh2xp16", "@fmach",  "@fmachs",  "@fmaxh",
    "@fmovh", "@fmulh",  "@fnegh", "@fnormh",  "@fs2h",   "@fs2xp16", "@fscaleh",
    "@fsubh", "@map",    "@mov16", "@or16",    "@popcnt", "@sar16",   "@sll16",
    "@slr16", "@sub16",  "@xor16", "@xp162fh", "@xp162fs"};

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A program of a layout document, and its parameters that are numbers of colors.
struct DocumentProgram {
  std::string file;
  std::set<std::string, std::less<>> colors;
};

std::string_view WithoutBlanks(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \r") - first + 1);
}

std::vector<DocumentProgram> ProgramsOf(std::string_view document) {
  std::vector<DocumentProgram> programs;
  while (!document.empty()) {
    const size_t end = std::min(document.find('\n'), document.size() - 1);
    const std::string_view line = document.substr(0, end);
    document.remove_prefix(end + 1);
    if (line.starts_with("program ")) {
      const std::string_view rest = WithoutBlanks(line.substr(8));
      programs.push_back(
          {std::string(WithoutBlanks(rest.substr(std::min(rest.find(' '), rest.size())))), {}});
    } else if (line.starts_with(' ') && !programs.empty()) {
      const size_t equals = line.find(" = color ");
      if (equals != std::string_view::npos) {
        programs.back().colors.emplace(WithoutBlanks(line.substr(0, equals)));
      }
    }
  }
  return programs;
}

// Whether a file has a parameter of type color that a document gives the number of a color: SDK 1.4
// did, 2.10 gives integers.
bool TakesColor(const lex::TokenBuffer& tokens, const DocumentProgram& program) {
  for (uint32_t t = 0; t + 3 < tokens.size(); ++t) {
    if (tokens.text(TokenId(t)) == "param" && tokens.text(TokenId(t + 2)) == ":" &&
        tokens.text(TokenId(t + 3)) == "color" &&
        program.colors.contains(tokens.text(TokenId(t + 1)))) {
      return true;
    }
  }
  return false;
}

// Notes the words of one file; gives the files that it names.
std::vector<std::string> ReadFile(const lex::TokenBuffer& tokens, ProgramWords* words) {
  std::vector<std::string> named;
  const auto kind = [&](uint32_t t) {
    return t < tokens.size() ? tokens.kind(TokenId(t)) : TokenKind::kEndOfFile;
  };
  for (uint32_t t = 0; t < tokens.size(); ++t) {
    const std::string_view text = tokens.text(TokenId(t));
    if (kind(t) == TokenKind::kIdentifier) {
      const bool is_member = t > 0 && kind(t - 1) == TokenKind::kDot;
      const bool is_type = text == "comptime_struct" || text == "imported_module";
      const bool is_color = text == "color" && kind(t + 1) == TokenKind::kIdentifier;
      if ((is_type && !is_member) || is_color) words->has_old_form = true;
    } else if (kind(t) == TokenKind::kBuiltin) {
      if (IsOneOf(text, kOldBuiltins)) words->has_old_form = true;
      if (IsOneOf(text, kHalfBuiltins)) words->has_half_operation = true;
    } else if (kind(t) == TokenKind::kString && text.size() > 2) {
      const std::string_view name = text.substr(1, text.size() - 2);
      if (name.starts_with("<memcpy_multi/")) words->has_old_form = true;
      if (name == "<dsd_ops>") words->has_half_operation = true;
      if (name.ends_with(".csl")) named.emplace_back(name);
    }
  }
  return named;
}

}  // namespace

ProgramWords ReadProgramWords(const std::filesystem::path& root, const source::SearchPaths& paths) {
  ProgramWords words;
  source::Sources sources;
  source::ImportResolver resolver(&sources, paths);
  diagnostics::Engine silent(&sources);
  const auto first = resolver.LoadRoot(root);
  if (!first.ok()) return words;
  std::vector<source::FileId> todo;
  std::set<source::FileId> seen;
  if (layout::IsDocument(root)) {
    for (const DocumentProgram& program : ProgramsOf(sources.file(*first).text)) {
      const auto found = resolver.Load(program.file, *first);
      if (!found.ok()) continue;
      if (TakesColor(lex::Lex(sources.file(*found), &silent), program)) words.has_old_form = true;
      if (seen.insert(*found).second) todo.push_back(*found);
    }
  } else {
    todo.push_back(*first);
    seen.insert(*first);
  }
  while (!todo.empty()) {
    const source::FileId file = todo.back();
    todo.pop_back();
    for (const std::string& name : ReadFile(lex::Lex(sources.file(file), &silent), &words)) {
      const auto found = resolver.Load(name, file);
      if (found.ok() && seen.insert(*found).second) todo.push_back(*found);
    }
  }
  return words;
}

}  // namespace csl::driver
