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
  // The instruction that a type body yields; none for an empty one.
  InstId YieldedType(Body body) const;

  // statements.cc
  void Statements(NodeList statements);  // in a scope of their own
  void Statement(NodeId id);
  void LocalVariable(NodeId id);
  InstId LocalAlignment(NodeList attributes);
  bool IsPlain(NodeId id) const;
  void Assign(NodeId id);
  void Return(NodeId id);
  void Break(NodeId id);
  void Continue(NodeId id);

  // control.cc
  InstId If(NodeId id, bool is_value, const Want& want);
  InstId Switch(NodeId id, bool is_value, const Want& want);
  InstId LabelledBlock(NodeId id, const Want& want);
  InstId Comptime(NodeId id, bool is_value, const Want& want);
  void For(NodeId id);
  void While(NodeId id);
  void Branch(NodeId id, bool is_value, const Want& want);
  // Whether the node can end a body with a value.
  bool HasValue(NodeId id) const;

  // expressions.cc
  InstId Value(NodeId id, const Want& want = {});
  InstId ValueOf(NodeId id, const Want& want);
  InstId Place(NodeId id);
  InstId Name(NodeId id, bool as_place);
  InstId Member(NodeId id);
  InstId Index(NodeId id);
  InstId Binary(NodeId id);
  InstId BinaryStep(NodeId id, InstId left);
  InstId Unary(NodeId id);
  InstId Call(NodeId id);
  InstId BuiltinCall(NodeId id);
  InstId BuiltinArgument(NodeId id, char mode);
  source::Span ChainSpan(NodeId id) const;

  // literals.cc
  InstId Literal(NodeId id);
  InstId IntegerLiteral(NodeId id);
  InstId StructLiteral(NodeId id, const Want& want);
  InstId TupleLiteral(NodeId id, const Want& want);
  InstId ArrayLiteral(NodeId id);
  InstId TensorAccess(NodeId id);
  InstId Asm(NodeId id);

  // types.cc
  // In type position, where calls are made at compile time.
  InstId Type(NodeId id);
  InstId TypeForm(NodeId id);
  InstId StructType(NodeId id);
  InstId EnumType(NodeId id);
  bool ContainsCall(NodeId id) const;
  void CheckNew(StringId name, NodeId id, std::span<const NamedInst> before);
  InstId TypeOf(const Want& want, source::Span span);

  // names.cc
  StringId Intern(std::string_view text);  // text of the file, which stays
  StringId InternOwned(std::string text);
  StringId NameOf(NodeId id) { return Intern(ast_.text(id)); }
  LocalId NewLocal() { return LocalId(num_slots_++); }
  void Bind(StringId name, LocalId local, source::Span span);
  size_t EnterScope() {
    scopes_.push_back(bound_.size());
    return bound_.size();
  }
  void LeaveScope(size_t mark);

  // Labels of enclosing loops and blocks.
  struct Jump {
    StringId label;  // none: not labelled
    bool is_loop = false;
    InstId inst;
    InstId type;  // requested type of the value that `break` brings
  };
  void EnterJump(TokenId label, bool is_loop, InstId inst, InstId type);
  const Jump* FindJump(TokenId label, bool loops_only) const;

  // lower.cc
  template <typename T>
  InstId Emit(source::Span span, const T& fields) {
    return out_.insts.Add(span, fields);
  }
  InstId EmitInvalid(source::Span span) { return Emit(span, untyped::Invalid()); }
  InstId Here() const { return InstId(static_cast<uint32_t>(out_.insts.size())); }
  // Lowers an instruction's only body.
  template <typename T, typename EmitBody>
  InstId EmitWithBody(source::Span span, T fields, Body T::*body, EmitBody emit) {
    const InstId id = Emit(span, fields);
    fields.*body = MakeBody(emit);
    out_.insts.Set(id, fields);
    return id;
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
    const InstId value = Value(id, want);
    Emit(ast_.span(id), untyped::Yield{value});
  }
  void YieldType(NodeId id) {
    const InstId value = Type(id);
    Emit(ast_.span(id), untyped::Yield{value});
  }
  diagnostics::Builder Error(Kind kind, source::Span span,
                             std::initializer_list<diagnostics::Argument> arguments) {
    return diagnostics_->Report(kind, span, arguments);
  }

  void ReportForm(Form form, source::Span span) { diagnostics_->ReportForm(form, span); }

  struct Binding {
    StringId name;
    LocalId local_before;  // what the name meant outside, or none
    source::Span span_before;
  };

  const parse::Ast& ast_;
  diagnostics::Engine* const diagnostics_;
  Untyped out_;
  std::deque<std::string> owned_texts_;
  std::unordered_map<std::string_view, StringId> string_ids_;
  std::vector<DeclId> decl_of_;           // by StringId: the declaration of that name
  std::vector<LocalId> local_of_;         // by StringId: the local of that name
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
