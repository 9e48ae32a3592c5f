// SPDX-License-Identifier: Apache-2.0
// @concat_structs becomes a literal that names every field; a function that returns a
// comptime_struct gets a named type or, where its results differ, a function that tells their
// type.
#include <algorithm>
#include <cctype>

#include "compiler/migrate/rewriter.h"

namespace csl::migrate {

namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t first = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at != text.size() && text[at] != separator) continue;
    if (at > first) parts.push_back(text.substr(first, at - first));
    first = at + 1;
  }
  return parts;
}

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

// get_params -> GetParamsResult
std::string TypeNameOf(std::string_view function) {
  std::string name;
  bool starts = true;
  for (const char c : function) {
    if (c == '_') {
      starts = true;
      continue;
    }
    name += starts ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    starts = false;
  }
  return name + "Result";
}

}  // namespace

bool Rewriter::IsInImportOfTally(uint32_t t) const {
  // @import_module ( "..." , @concat_structs
  return t >= 4 && kind(t - 1) == TokenKind::kComma && kind(t - 2) == TokenKind::kString &&
         text(t - 2).starts_with("\"<kernels/tally/pe") && text(t - 4) == "@import_module";
}

// The fields of one argument as lines or words of the literal. False if that is not known.
bool Rewriter::PiecesOf(Range argument, const std::string& fields, bool is_tally,
                        std::vector<Piece>* pieces) {
  const auto [first, last] = argument;
  if (text(first) == "@concat_structs" && Close(first + 1) == last - 1) {
    return ConcatPieces(first, pieces);
  }
  const bool is_literal = kind(first) == TokenKind::kDot && Is(first + 1, TokenKind::kLBrace) &&
                          Close(first + 1) == last - 1;
  if (is_literal) {
    if (last - first == 3) return true;  // .{}
    const bool has_comma = kind(last - 2) == TokenKind::kComma;
    const uint32_t stop = end(last - 2);
    const uint32_t close = begin(last - 1);
    const std::string inside = Rewritten(end(first + 1), stop) + (has_comma ? "" : ",") +
                               file_.text.substr(stop, close - stop);
    pieces->push_back({Trimmed(inside), inside.find('\n') != std::string::npos});
    return true;
  }
  const std::vector<std::string> names = Split(fields, ',');
  std::string value = Rewritten(argument);
  if (is_tally && std::find(names.begin(), names.end(), "is_last") != names.end()) {
    pieces->push_back({".tally_params = " + value + ",", false});
    return true;
  }
  for (uint32_t t = first; t < last; ++t) {
    const bool is_chain = kind(t) == TokenKind::kIdentifier || kind(t) == TokenKind::kDot ||
                          kind(t) == TokenKind::kLParen || kind(t) == TokenKind::kLBracket ||
                          kind(t) == TokenKind::kBuiltin;
    if (!is_chain) {
      value = "(" + value + ")";
      break;
    }
    if (kind(t) == TokenKind::kLParen || kind(t) == TokenKind::kLBracket) t = Close(t);
  }
  for (const std::string& name : names) {
    pieces->push_back({"." + name + " = " + value + "." + name + ",", false});
  }
  return true;
}

bool Rewriter::ConcatPieces(uint32_t t, std::vector<Piece>* pieces) {
  if (!Is(t + 1, TokenKind::kLParen)) return false;
  const std::vector<Range> arguments = Parts(t + 1);
  const std::set<std::string> facts = Facts(Form::kConcatStructs, t);
  if (arguments.size() != 2 || facts.size() > 1) return false;
  if (facts.empty()) {
    // Never evaluated: literals say what they are.
    for (const auto& [first, last] : arguments) {
      if (kind(first) != TokenKind::kDot && text(first) != "@concat_structs") return false;
    }
  }
  const std::string fact = facts.empty() ? ";" : *facts.begin();
  const size_t middle = fact.find(';');
  const bool is_tally = IsInImportOfTally(t);
  return PiecesOf(arguments[0], fact.substr(0, middle), is_tally, pieces) &&
         PiecesOf(arguments[1], fact.substr(middle + 1), is_tally, pieces);
}

void Rewriter::ConcatStructs(uint32_t t) {
  // An inner call becomes part of the outer one's literal.
  const bool is_inner =
      (t >= 2 && kind(t - 1) == TokenKind::kLParen && text(t - 2) == "@concat_structs");
  std::vector<Piece> pieces;
  if (!ConcatPieces(t, &pieces)) {
    const size_t count = Facts(Form::kConcatStructs, t).size();
    return Leave(Form::kConcatStructs, t,
                 count == 0 ? "it is not evaluated" : "its structs have different fields");
  }
  if (is_inner) return;
  constexpr size_t kLineWidth = 100;
  size_t width = begin(t);
  while (width > 0 && file_.text[width - 1] != '\n') --width;
  width = begin(t) - width + 6;
  bool is_lines = false;
  for (const Piece& piece : pieces) {
    is_lines = is_lines || piece.is_lines;
    width += piece.text.size() + 1;
  }
  std::string literal = ".{";
  if (!is_lines && width <= kLineWidth) {
    for (const Piece& piece : pieces) literal += " " + piece.text;
    if (!pieces.empty()) literal.pop_back();
    literal += pieces.empty() ? "}" : " }";
  } else {
    const std::string indent = Indent(begin(t));
    for (const Piece& piece : pieces) literal += "\n" + indent + "  " + piece.text;
    literal += "\n" + indent + "}";
  }
  Replace(begin(t), end(Close(t + 1)), literal);
}

std::string Rewriter::FreeName(std::string name) const {
  for (uint32_t t = 0; t < tokens_.size(); ++t) {
    if (kind(t) == TokenKind::kIdentifier && text(t) == name) return FreeName(name + "_");
  }
  return name;
}

// The function again, with the type of each result in its place. `function` is the `fn`.
std::string Rewriter::TypeFunction(uint32_t function, const std::string& name) {
  const uint32_t parameters = function + 2;
  const uint32_t body = Close(parameters) + 2;
  std::string out = "fn " + name + Rewritten({parameters, Close(parameters) + 1}) + " type ";
  uint32_t at = begin(body);
  for (uint32_t t = body; t < Close(body); ++t) {
    if (kind(t) != TokenKind::kReturn || Is(t + 1, TokenKind::kSemicolon)) continue;
    uint32_t stop = t + 1;
    while (!Is(stop, TokenKind::kSemicolon)) {
      const TokenKind k = kind(stop);
      const bool opens =
          k == TokenKind::kLParen || k == TokenKind::kLBrace || k == TokenKind::kLBracket;
      stop = (opens ? Close(stop) : stop) + 1;
    }
    out += Rewritten(at, begin(t + 1)) + "@type_of(" + Rewritten({t + 1, stop}) + ")";
    at = end(stop - 1);
    t = stop;
  }
  return out + Rewritten(at, end(Close(body)));
}

void Rewriter::ResultType(uint32_t t) {
  form_at_ = begin(t);
  const std::set<std::string> facts = Facts(Form::kComptimeStruct, t);
  const uint32_t parameters = Open(t - 1);
  const bool is_function = parameters >= 2 && kind(parameters - 2) == TokenKind::kFn;
  if (!is_function) return Leave(Form::kComptimeStruct, t, "there is no type to write here");
  const std::string function(text(parameters - 1));
  const uint32_t behind = end(Close(t + 1));
  if (facts.size() == 1 && !facts.begin()->empty()) {
    const std::string name = FreeName(TypeNameOf(function));
    std::string type = "\n\nconst " + name + " = struct {\n";
    for (const std::string& field : Split(*facts.begin(), ';')) {
      const size_t colon = field.find(':');
      type += "  " + field.substr(0, colon) + ": " + field.substr(colon + 1) + ",\n";
    }
    Replace(begin(t), end(t), name);
    return Insert(behind, type + "};");
  }
  const std::string name = FreeName(function + "_type");
  std::string arguments;
  for (const Range& parameter : Parts(parameters)) {
    uint32_t at = parameter.first;
    while (kind(at) == TokenKind::kComptime) ++at;
    arguments += (arguments.empty() ? "" : ", ") + std::string(text(at));
  }
  const std::string copy = TypeFunction(parameters - 2, name);
  Replace(begin(t), end(t), name + "(" + arguments + ")");
  Insert(behind, "\n\n// The type of what " + function + " returns.\n" + copy);
}

}  // namespace csl::migrate
