// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "compiler/lex/lex.h"
#include "compiler/testing/fuzz.h"
#include "compiler/testing/program_text.h"

namespace csl::testing {
namespace {

using lex::TokenKind;

// Around the widths of integers and floats, and beyond all of them.
constexpr std::string_view kNumbers[] = {
    "0",
    "1",
    "2",
    "3",
    "7",
    "8",
    "15",
    "16",
    "23",
    "24",
    "31",
    "32",
    "63",
    "64",
    "127",
    "128",
    "255",
    "256",
    "750",
    "32767",
    "32768",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "100000000000000000000000000000000000000000000000000",
    "0xffffffffffffffffffffffffffffffffffffffffffffffff",
    "0b1",
    "0.0",
    "0.5",
    "-1",
    "1.0e-45",
    "65504.0",
    "65520.0",
    "3.5e38",
    "1.0e400",
    "1.0e-400",
    "0.1",
};

// What an expression can be nested in, repeatedly.
constexpr std::pair<std::string_view, std::string_view> kWrappers[] = {
    {"(", ")"},         {"-", ""},         {"~", ""},
    {"!", ""},          {"&", ""},         {"*", ""},
    {"[1]", ""},        {"[*]", ""},       {".{", "}"},
    {".{.a=", "}"},     {"{", "}"},        {"@as(i16,", ")"},
    {"if (true) ", ""}, {"1+", ""},        {"", ".*"},
    {"", "[0]"},        {"", ".a"},        {"", "()"},
    {"fn(", ")void"},   {"comptime ", ""}, {"struct { a: ", "}"},
};

struct Token {
  TokenKind kind;
  size_t begin;
  size_t end;
};

std::vector<Token> Tokens(const std::string& text) {
  source::Sources sources;
  const source::FileId file = sources.AddText("seed.csl", text);
  diagnostics::Engine diagnostics(&sources);
  const lex::TokenBuffer buffer = lex::Lex(sources.file(file), &diagnostics);
  std::vector<Token> tokens;
  for (uint32_t i = 0; i + 1 < buffer.size(); ++i) {
    const lex::TokenId id(i);
    tokens.push_back({buffer.kind(id), buffer.start(id), buffer.end(id)});
  }
  return tokens;
}

bool Opens(TokenKind kind) {
  return kind == TokenKind::kLParen || kind == TokenKind::kLBrace || kind == TokenKind::kLBracket;
}

bool Closes(TokenKind kind) {
  return kind == TokenKind::kRParen || kind == TokenKind::kRBrace || kind == TokenKind::kRBracket;
}

// The token that closes the bracket at `open`, or the last one.
size_t Closing(const std::vector<Token>& tokens, size_t open) {
  size_t depth = 0;
  for (size_t i = open; i < tokens.size(); ++i) {
    depth += Opens(tokens[i].kind);
    depth -= Closes(tokens[i].kind) && depth > 0;
    if (depth == 0) return i;
  }
  return tokens.size() - 1;
}

class Mutation {
 public:
  Mutation(const std::vector<std::string>& seeds, Random* random, std::string* text)
      : seeds_(seeds), random_(*random), text_(*text), tokens_(Tokens(text_)) {}

  void Run() {
    if (tokens_.empty()) return MutateBytes(seeds_, &random_, &text_);
    using Step = void (Mutation::*)();
    static constexpr Step kSteps[] = {
        &Mutation::Drop,      &Mutation::Double,    &Mutation::Swap,     &Mutation::Number,
        &Mutation::Number,    &Mutation::SameKind,  &Mutation::SameKind, &Mutation::Arguments,
        &Mutation::Arguments, &Mutation::Statement, &Mutation::Graft,    &Mutation::Graft,
        &Mutation::Nest,      &Mutation::Foreign,
    };
    (this->*random_.Of(kSteps))();
  }

 private:
  std::string Text(size_t first, size_t last) const {
    return text_.substr(tokens_[first].begin, tokens_[last].end - tokens_[first].begin);
  }
  void Replace(size_t first, size_t last, const std::string& with) {
    text_.replace(tokens_[first].begin, tokens_[last].end - tokens_[first].begin, with);
  }
  size_t AnyToken() { return random_.Below(tokens_.size()); }
  // One of a kind, if there is one.
  template <typename Predicate>
  std::optional<size_t> AnyOf(Predicate is_wanted) {
    std::vector<size_t> found;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (is_wanted(tokens_[i].kind)) found.push_back(i);
    }
    if (found.empty()) return std::nullopt;
    return random_.Of(found);
  }

  void Drop() {
    const size_t first = AnyToken();
    Replace(first, std::min(first + random_.Below(4), tokens_.size() - 1), "");
  }
  void Double() {
    const size_t first = AnyToken();
    const std::string text = Text(first, std::min(first + random_.Below(12), tokens_.size() - 1));
    Replace(first, first, text + " " + Text(first, first));
  }
  void Swap() {
    size_t a = AnyToken();
    size_t b = AnyToken();
    if (a > b) std::swap(a, b);
    if (a == b) return;
    const std::string first = Text(a, a);
    Replace(a, b,
            Text(b, b) + text_.substr(tokens_[a].end, tokens_[b].begin - tokens_[a].end) + first);
  }
  void Number() {
    const auto at = AnyOf(
        [](TokenKind kind) { return kind == TokenKind::kInteger || kind == TokenKind::kFloat; });
    if (at) Replace(*at, *at, std::string(random_.Of(kNumbers)));
  }
  // A token by another of its kind in this text: names, builtins, operators among themselves.
  void SameKind() {
    const size_t at = AnyToken();
    const auto group = [](TokenKind kind) { return std::min(kind, TokenKind::kLParen); };
    const TokenKind wanted = group(tokens_[at].kind);
    const auto other = AnyOf([&](TokenKind kind) { return group(kind) == wanted; });
    Replace(at, at, Text(*other, *other));
  }
  void Arguments();
  void Nest();
  void Statement();
  void Graft();
  // A few tokens of another seed.
  void Foreign() {
    const std::string& other = random_.Of(seeds_);
    const std::vector<Token> tokens = Tokens(other);
    if (tokens.empty()) return;
    const Token& first = random_.Of(tokens);
    const size_t at = AnyToken();
    Replace(at, at, other.substr(first.begin, random_.Below(40)) + " ");
  }

  const std::vector<std::string>& seeds_;
  Random& random_;
  std::string& text_;
  const std::vector<Token> tokens_;
};

// Shuffles, drops or doubles what stands between the commas of a bracket.
void Mutation::Arguments() {
  const auto open = AnyOf(Opens);
  if (!open) return;
  const size_t close = Closing(tokens_, *open);
  std::vector<std::string> items;
  for (size_t i = *open + 1; i < close;) {
    size_t end = i;
    while (end < close && tokens_[end].kind != TokenKind::kComma) end = Closing(tokens_, end) + 1;
    end = std::min(end, close);
    items.push_back(end == i ? "" : Text(i, end - 1));
    i = end + 1;
  }
  if (items.empty() || *open == close) return;
  const size_t a = random_.Below(items.size());
  const size_t b = random_.Below(items.size());
  switch (random_.Below(4)) {
    case 0:
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(a));
      break;
    case 1:
      items.push_back(std::string(items[a]));
      break;
    case 2:
      items[a] = std::string(items[b]);
      break;
    default:
      std::swap(items[a], items[b]);
  }
  std::string joined = Text(*open, *open);
  for (size_t i = 0; i < items.size(); ++i) joined += (i == 0 ? "" : ", ") + items[i];
  Replace(*open, close, joined + (Closes(tokens_[close].kind) ? Text(close, close) : ""));
}

void Mutation::Nest() {
  const size_t first = AnyToken();
  const size_t last = Opens(tokens_[first].kind) ? Closing(tokens_, first) : first;
  constexpr size_t kDepths[] = {1, 1, 2, 3, 30, 300, 3000};
  const auto& [before, after] = random_.Of(kWrappers);
  std::string text = Text(first, last);
  for (size_t depth = random_.Of(kDepths); depth > 0; --depth) {
    text.insert(0, before);
    text += after;
  }
  Replace(first, last, text);
}

// The end of the statement or member that begins at a token: its ';' or its block.
size_t StatementEnd(const std::vector<Token>& tokens, size_t first) {
  for (size_t i = first; i < tokens.size(); i = Closing(tokens, i) + 1) {
    if (tokens[i].kind == TokenKind::kSemicolon) return i;
    if (tokens[i].kind == TokenKind::kLBrace) {
      const size_t close = Closing(tokens, i);
      const bool goes_on =
          close + 1 < tokens.size() && tokens[close + 1].kind == TokenKind::kSemicolon;
      return close + (goes_on ? 1 : 0);
    }
  }
  return tokens.size() - 1;
}

// Whether a statement can begin behind this token.
bool EndsStatement(TokenKind kind) {
  return kind == TokenKind::kSemicolon || kind == TokenKind::kLBrace || kind == TokenKind::kRBrace;
}

// Moves, doubles or drops a statement or declaration.
void Mutation::Statement() {
  const auto behind = AnyOf(EndsStatement);
  if (!behind || *behind + 1 >= tokens_.size()) return;
  const size_t end = StatementEnd(tokens_, *behind + 1);
  const std::string text = Text(*behind + 1, end);
  const auto there = AnyOf(EndsStatement);
  const size_t kind = random_.Below(3);
  if (kind == 0) return Replace(*behind + 1, end, "");
  if (kind == 1 && *there < *behind) Replace(*behind + 1, end, "");
  text_.insert(tokens_[*there].end, " " + text);
}

// Puts a statement or declaration of another seed somewhere.
void Mutation::Graft() {
  const Program other = Split(random_.Of(seeds_));
  const std::string& source = random_.Of(other).text;
  const std::vector<Token> tokens = Tokens(source);
  std::vector<size_t> starts = {0};
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (EndsStatement(tokens[i].kind)) starts.push_back(i + 1);
  }
  const auto there = AnyOf(EndsStatement);
  if (tokens.empty() || !there) return;
  const size_t first = random_.Of(starts);
  const size_t end = StatementEnd(tokens, first);
  text_.insert(
      tokens_[*there].end,
      " " + source.substr(tokens[first].begin, tokens[end].end - tokens[first].begin) + "\n");
}

}  // namespace

void MutateTokens(const std::vector<std::string>& seeds, Random* random, std::string* text) {
  Mutation(seeds, random, text).Run();
}

}  // namespace csl::testing
