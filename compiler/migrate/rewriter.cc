// SPDX-License-Identifier: Apache-2.0
#include "compiler/migrate/rewriter.h"

#include <algorithm>

#include "compiler/lex/lex.h"

namespace csl::migrate {

namespace {

bool Opens(TokenKind k) {
  return k == TokenKind::kLParen || k == TokenKind::kLBrace || k == TokenKind::kLBracket;
}
bool Closes(TokenKind k) {
  return k == TokenKind::kRParen || k == TokenKind::kRBrace || k == TokenKind::kRBracket;
}

}  // namespace

uint32_t Rewriter::Close(uint32_t t) const {
  int depth = 0;
  for (uint32_t at = t; at < tokens_.size(); ++at) {
    if (Opens(kind(at))) ++depth;
    if (Closes(kind(at)) && --depth == 0) return at;
  }
  return tokens_.size() - 1;
}

uint32_t Rewriter::Open(uint32_t t) const {
  int depth = 0;
  for (uint32_t at = t + 1; at > 0; --at) {
    if (Closes(kind(at - 1))) ++depth;
    if (Opens(kind(at - 1)) && --depth == 0) return at - 1;
  }
  return 0;
}

std::vector<Rewriter::Range> Rewriter::Parts(uint32_t open) const {
  std::vector<Range> parts;
  const uint32_t close = Close(open);
  uint32_t first = open + 1;
  for (uint32_t at = first; at <= close; ++at) {
    if (at == close || kind(at) == TokenKind::kComma) {
      if (at > first) parts.emplace_back(first, at);
      first = at + 1;
    } else if (Opens(kind(at))) {
      at = Close(at);
    }
  }
  return parts;
}

std::set<std::string> Rewriter::Facts(Form form, uint32_t t) const {
  return facts_.Of(form, span(t).begin);
}

// An edit inside an earlier one has been made in its text; one around earlier ones swallows them.
void Rewriter::Replace(uint32_t from, uint32_t to, std::string text) {
  std::erase_if(out_.edits,
                [&](const FileEdit& e) { return from < to && e.begin >= from && e.end <= to; });
  const auto after = std::find_if(out_.edits.begin(), out_.edits.end(),
                                  [&](const FileEdit& e) { return e.begin > from; });
  out_.edits.insert(after, {from, to, std::move(text), form_at_});
}

void Rewriter::Leave(Form form, uint32_t t, std::string why) {
  out_.unfixed.push_back({form, span(t), std::move(why)});
}

std::string Rewriter::Rewritten(uint32_t from, uint32_t to) const {
  std::string out;
  uint32_t at = from;
  for (const FileEdit& edit : out_.edits) {
    if (edit.begin < from || edit.end > to) continue;
    out += file_.text.substr(at, edit.begin - at) + edit.text;
    at = edit.end;
  }
  return out + file_.text.substr(at, to - at);
}

std::string Rewriter::Indent(uint32_t at) const {
  uint32_t line = at;
  while (line > 0 && file_.text[line - 1] != '\n') --line;
  uint32_t stop = line;
  while (stop < at && (file_.text[stop] == ' ' || file_.text[stop] == '\t')) ++stop;
  return file_.text.substr(line, stop - line);
}

// From the end to the start, so that what is inside a call has been rewritten before the call.
Migration Rewriter::Run() && {
  for (uint32_t t = tokens_.size(); t > 0; --t) Visit(t - 1);
  for (const uint32_t t : results_) ResultType(t);
  KeepComments();
  KeepLineEnds();
  return std::move(out_);
}

// A comment that an edit would drop goes to a line of its own, before the line of the edit.
void Rewriter::KeepComments() {
  std::vector<FileEdit> edits;
  for (FileEdit& edit : out_.edits) {
    FileEdit kept = {0, 0, "", edit.form_at};
    for (const std::string& comment : CommentsIn(edit.begin, edit.end)) {
      if (edit.text.find(comment) == std::string::npos) {
        kept.text += Indent(edit.begin) + comment + "\n";
      }
    }
    if (!kept.text.empty()) {
      uint32_t line = edit.begin;
      while (line > 0 && file_.text[line - 1] != '\n') --line;
      // What stands on the line before it may have been rewritten, too.
      auto at = edits.end();
      while (at != edits.begin() && (at - 1)->end > line) {
        --at;
        line = std::min(line, at->begin);
        while (line > 0 && file_.text[line - 1] != '\n') --line;
      }
      kept.begin = kept.end = line;
      edits.insert(at, std::move(kept));
    }
    edits.push_back(std::move(edit));
  }
  out_.edits = std::move(edits);
}

std::vector<std::string> Rewriter::CommentsIn(uint32_t from, uint32_t to) const {
  std::vector<std::string> comments;
  uint32_t at = from;
  for (uint32_t t = 0; t < tokens_.size() && at < to; ++t) {
    // Between two tokens there are only blanks and comments.
    const uint32_t gap_end = std::min(begin(t), to);
    while (at < gap_end) {
      if (file_.text[at] != '/') {
        ++at;
        continue;
      }
      size_t stop = file_.text.find_first_of("\r\n", at);
      stop = std::min(stop == std::string::npos ? file_.text.size() : stop, size_t{to});
      comments.push_back(file_.text.substr(at, stop - at));
      at = static_cast<uint32_t>(stop);
    }
    at = std::max(at, end(t));
  }
  return comments;
}

void Rewriter::KeepLineEnds() {
  const size_t first = file_.text.find('\n');
  if (first == std::string::npos || first == 0 || file_.text[first - 1] != '\r') return;
  for (FileEdit& edit : out_.edits) {
    std::string text;
    for (const char c : edit.text) {
      if (c == '\n' && (text.empty() || text.back() != '\r')) text += '\r';
      text += c;
    }
    edit.text = std::move(text);
  }
}

Migration Migrate(const source::File& file, const diagnostics::FormFacts& facts) {
  source::Sources no_sources;
  diagnostics::Engine silent(&no_sources);
  return Rewriter(file, lex::Lex(file, &silent), facts).Run();
}

std::string Apply(const std::string& text, const std::vector<FileEdit>& edits) {
  std::string out;
  uint32_t at = 0;
  for (const FileEdit& edit : edits) {
    out += text.substr(at, edit.begin - at) + edit.text;
    at = edit.end;
  }
  return out + text.substr(at);
}

}  // namespace csl::migrate
