// SPDX-License-Identifier: Apache-2.0
// The state of rewriting one file. Internal to this folder; see migrate.h.
#ifndef COMPILER_MIGRATE_REWRITER_H_
#define COMPILER_MIGRATE_REWRITER_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/lex/token_buffer.h"
#include "compiler/migrate/migrate.h"

namespace csl::migrate {

using diagnostics::Form;
using lex::TokenKind;

class Rewriter {
 public:
  Rewriter(const source::File& file, lex::TokenBuffer tokens, const diagnostics::FormFacts& facts)
      : file_(file), tokens_(std::move(tokens)), facts_(facts) {}
  Migration Run() &&;

 private:
  // Tokens [first, second).
  using Range = std::pair<uint32_t, uint32_t>;

  // ---- tokens (rewriter.cc) ----
  TokenKind kind(uint32_t t) const { return tokens_.kind(lex::TokenId(t)); }
  std::string_view text(uint32_t t) const { return tokens_.text(lex::TokenId(t)); }
  uint32_t begin(uint32_t t) const { return tokens_.start(lex::TokenId(t)); }
  uint32_t end(uint32_t t) const { return tokens_.end(lex::TokenId(t)); }
  source::Span span(uint32_t t) const { return tokens_.span(lex::TokenId(t)); }
  bool Is(uint32_t t, TokenKind k) const { return t < tokens_.size() && kind(t) == k; }
  // The token that closes the bracket at t; the last one if none does.
  uint32_t Close(uint32_t t) const;
  uint32_t Open(uint32_t t) const;  // the token that opens the bracket closed at t
  // The ranges between the commas of brackets that open at t.
  std::vector<Range> Parts(uint32_t open) const;
  std::set<std::string> Facts(Form form, uint32_t t) const;

  // ---- edits (rewriter.cc) ----
  void Replace(uint32_t from, uint32_t to, std::string text);  // bytes
  void Insert(uint32_t at, std::string text) { Replace(at, at, std::move(text)); }
  void Leave(Form form, uint32_t t, std::string why);
  // The bytes with all edits inside them made.
  std::string Rewritten(uint32_t from, uint32_t to) const;
  std::string Rewritten(Range r) const { return Rewritten(begin(r.first), end(r.second - 1)); }
  std::string Indent(uint32_t at) const;  // of the line of a byte
  void KeepComments();
  void KeepLineEnds();
  std::vector<std::string> CommentsIn(uint32_t from, uint32_t to) const;

  // ---- one form each (rewrite_forms.cc) ----
  void Visit(uint32_t t);
  void TypeName(uint32_t t);
  void ColorDeclaration(uint32_t t);
  void Rpc(uint32_t t);
  void SameType(uint32_t t);
  void ImportedValue(uint32_t t);
  void ImportPath(uint32_t t);
  void Member(uint32_t t);         // LAUNCH, target
  void StructLiteral(uint32_t t);  // at `.` of `.{`: fields that go or change
  void DropField(Range field, uint32_t open);
  void SimdModeLeftOut(uint32_t open);
  void QueueOfFabricColor(uint32_t open);
  void Wrap(Range value, const std::string& function);
  void WrapTaskId(Range id, std::string which);
  void ActivatedField(uint32_t open, std::string fact);
  void BindTask(uint32_t t);
  void ColorAbove23(uint32_t t);
  void DsrOfMem4d(uint32_t t);
  void QueueNumber(uint32_t t);  // at @initialize_queue
  uint32_t ChainStart(uint32_t t) const;
  void TaskIds(uint32_t t);  // at @activate, @bind_local_task or @bind_data_task
  // Whether every name in the range is declared at the top of the file.
  bool IsOfTopLevel(Range range) const;
  bool IsUntypedParam(std::string_view name) const;
  uint32_t TopLevelEnd(uint32_t t) const;  // the last token of the top-level declaration around t
  uint32_t DepthOf(uint32_t t) const;
  std::optional<Range> Field(uint32_t open, std::string_view name) const;

  // ---- structs (rewrite_structs.cc) ----
  void ConcatStructs(uint32_t t);
  void ResultType(uint32_t t);
  struct Piece {
    std::string text;
    bool is_lines = false;  // stands on lines of its own
  };
  bool PiecesOf(Range argument, const std::string& fields, bool is_tally,
                std::vector<Piece>* pieces);
  bool ConcatPieces(uint32_t t, std::vector<Piece>* pieces);
  bool IsInImportOfTally(uint32_t t) const;
  std::string FreeName(std::string name) const;
  std::string TypeFunction(uint32_t function, const std::string& name);

  const source::File& file_;
  const lex::TokenBuffer tokens_;
  const diagnostics::FormFacts& facts_;
  Migration out_;
  uint32_t form_at_ = 0;                             // of the use that is being rewritten
  std::map<std::string, std::string> queues_bound_;  // to colors, by calls that this run inserted
  // Names that stand for ids of tasks: where, and the builtin that makes such an id.
  std::map<std::string, std::set<std::pair<uint32_t, std::string>>> task_ids_;
  std::vector<uint32_t> results_;  // `comptime_struct` tokens that are types of results
};

}  // namespace csl::migrate

#endif  // COMPILER_MIGRATE_REWRITER_H_
