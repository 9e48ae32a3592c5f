// SPDX-License-Identifier: Apache-2.0
// The state of lowering one file. Internal to this folder; see lower.h.
#ifndef COMPILER_LOWER_LOWERER_H_
#define COMPILER_LOWER_LOWERER_H_

#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/diagnostics/engine.h"
#include "compiler/lower/untyped.h"
#include "compiler/lower/want.h"
#include "compiler/parse/ast.h"

namespace csl::lower {

namespace node = parse::node;
using diagnostics::Form;
using parse::NodeId;
using parse::NodeKind;
using parse::NodeList;
using parse::TokenId;
using parse::TokenKind;

class Lowerer {
 public:
  Lowerer(const parse::Ast& ast, diagnostics::Engine* diagnostics);
  Untyped Run() &&;

 private:
  using Kind = diagnostics::Kind;

  // declarations.cc
  void DeclareNames(std::span<const NodeId> declarations);
  void Declaration(NodeId id, DeclId decl);
  void ParamDeclaration(NodeId id, Decl* decl);
  void VariableDeclaration(NodeId id, Decl* decl);
  void FunctionDeclaration(NodeId id, Decl* decl);
  void Parameters(NodeList parameters, Function* function);
  void BlockDeclaration(NodeId block, Decl* decl);
  void Attributes(NodeList attributes, Decl* decl);
  // The instruction that a type body yields; kNone for an empty one.
  uint32_t YieldedType(Body body) const;

  // statements.cc
  void Statements(NodeList statements);  // in a scope of their own
  void Statement(NodeId id);
  void LocalVariable(NodeId id);
  uint32_t LocalAlignment(NodeList attributes);
  bool IsPlain(NodeId id) const;
  void Assign(NodeId id);
  void Return(NodeId id);
  void Break(NodeId id);
  void Continue(NodeId id);

  // control.cc
  uint32_t If(NodeId id, bool is_value, const Want& want);
  uint32_t Switch(NodeId id, bool is_value, const Want& want);
  uint32_t LabelledBlock(NodeId id, const Want& want);
  uint32_t Comptime(NodeId id, bool is_value, const Want& want);
  void For(NodeId id);
  void While(NodeId id);
  void Branch(NodeId id, bool is_value, const Want& want);
  // Whether the node can end a body with a value.
  bool HasValue(NodeId id) const;

  // expressions.cc
  uint32_t Value(NodeId id, const Want& want = {});
  uint32_t ValueOf(NodeId id, const Want& want);
  uint32_t Place(NodeId id);
  uint32_t Name(NodeId id, bool as_place);
  uint32_t Member(NodeId id);
  uint32_t Index(NodeId id);
  uint32_t Binary(NodeId id);
  uint32_t BinaryStep(NodeId id, uint32_t left);
  uint32_t Unary(NodeId id);
  uint32_t Call(NodeId id);
  uint32_t BuiltinCall(NodeId id);
  uint32_t BuiltinArgument(NodeId id, char mode);
  source::Span ChainSpan(NodeId id) const;

  // literals.cc
  uint32_t Literal(NodeId id);
  uint32_t IntegerLiteral(NodeId id);
  uint32_t StructLiteral(NodeId id, const Want& want);
  uint32_t TupleLiteral(NodeId id, const Want& want);
  uint32_t ArrayLiteral(NodeId id);
  uint32_t TensorAccess(NodeId id);
  uint32_t Asm(NodeId id);

  // types.cc
  // In type position, where calls are made at compile time.
  uint32_t Type(NodeId id);
  uint32_t TypeForm(NodeId id);
  uint32_t StructType(NodeId id);
  uint32_t EnumType(NodeId id);
  bool ContainsCall(NodeId id) const;
  uint32_t TypeOf(const Want& want, source::Span span);

  // names.cc
  StringId Intern(std::string_view text);  // text of the file, which stays
  StringId InternOwned(std::string text);
  StringId NameOf(NodeId id) { return Intern(ast_.text(id)); }
  uint32_t NewSlot() { return num_slots_++; }
  void Bind(StringId name, uint32_t slot, source::Span span);
  size_t EnterScope() {
    scopes_.push_back(bound_.size());
    return bound_.size();
  }
  void LeaveScope(size_t mark);

  // Labels of enclosing loops and blocks.
  struct Jump {
    StringId label;  // none: not labelled
    bool is_loop = false;
    uint32_t inst = kNone;
    uint32_t type = kNone;  // requested type of the value that `break` brings
  };
  void EnterJump(TokenId label, bool is_loop, uint32_t inst, uint32_t type);
  const Jump* FindJump(TokenId label, bool loops_only) const;

  // lower.cc
  uint32_t Emit(Op op, source::Span span, uint32_t a = kNone, uint32_t b = kNone,
                uint32_t c = kNone);
  uint32_t EmitInvalid(source::Span span) { return Emit(Op::kInvalid, span); }
  Inst& inst(uint32_t index) { return out_.insts[index]; }
  uint32_t Here() const { return static_cast<uint32_t>(out_.insts.size()); }
  uint32_t ReserveExtra(size_t count);
  uint32_t AddExtra(std::span<const uint32_t> words);
  // Lowers a body with `emit` and notes it at extra[at], extra[at + 1].
  template <typename EmitBody>
  void BodyAt(uint32_t at, EmitBody emit) {
    const Body body = MakeBody(emit);
    out_.extra[at] = body.first;
    out_.extra[at + 1] = body.end;
  }
  template <typename EmitBody>
  Body MakeBody(EmitBody emit) {
    Body body;
    body.first = Here();
    emit();
    body.end = Here();
    return body;
  }
  // A body that yields an expression's value.
  void Yield(NodeId id, const Want& want) {
    const uint32_t value = Value(id, want);
    Emit(Op::kYield, ast_.span(id), value);
  }
  void YieldType(NodeId id) {
    const uint32_t value = Type(id);
    Emit(Op::kYield, ast_.span(id), value);
  }
  diagnostics::Builder Error(Kind kind, source::Span span,
                             std::initializer_list<diagnostics::Argument> arguments) {
    return diagnostics_->Report(kind, span, arguments);
  }

  void ReportForm(Form form, source::Span span) { diagnostics_->ReportForm(form, span); }

  struct Binding {
    StringId name;
    uint32_t slot_before;  // what the name meant outside, or kNone
    source::Span span_before;
  };

  const parse::Ast& ast_;
  diagnostics::Engine* const diagnostics_;
  Untyped out_;
  std::deque<std::string> owned_texts_;
  std::unordered_map<std::string_view, StringId> string_ids_;
  std::vector<DeclId> decl_of_;           // by StringId: the declaration of that name
  std::vector<uint32_t> slot_of_;         // by StringId: the local of that name
  std::vector<source::Span> local_span_;  // by StringId: where that local is declared
  std::vector<Binding> bound_;
  std::vector<size_t> scopes_;  // by open scope: where in bound_ it begins
  std::vector<Jump> jumps_;
  uint32_t num_slots_ = 0;
  uint32_t depth_ = 0;
  bool in_function_ = false;
};

}  // namespace csl::lower

#endif  // COMPILER_LOWER_LOWERER_H_
