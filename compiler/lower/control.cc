// SPDX-License-Identifier: Apache-2.0
// Control flow: an owner instruction, then its bodies. `is_value` says whether the result is used.
#include "compiler/lower/lowerer.h"

namespace csl::lower {

bool Lowerer::HasValue(NodeId id) const {
  switch (ast_.kind(id)) {
    case NodeKind::kVariable:
    case NodeKind::kAssign:
    case NodeKind::kReturn:
    case NodeKind::kBreak:
    case NodeKind::kContinue:
    case NodeKind::kFor:
    case NodeKind::kWhile:
    case NodeKind::kInvalid:
      return false;
    case NodeKind::kBlock:
      return ast_.Get<node::Block>(id).label.valid();
    case NodeKind::kComptime:
      return HasValue(ast_.Get<node::Comptime>(id).operand);
    default:
      return true;
  }
}

// What a branch of `if`, a prong or a body holds: a block, a statement or an expression.
void Lowerer::Branch(NodeId id, bool is_value, const Want& want) {
  if (is_value && HasValue(id)) {
    Yield(id, want);
    return;
  }
  const size_t scope = EnterScope();
  Statement(id);
  LeaveScope(scope);
}

InstId Lowerer::If(NodeId id, bool is_value, const Want& want) {
  const auto fields = ast_.Get<node::If>(id);
  const source::Span span = ast_.span(id);
  untyped::If inst;
  inst.condition = Value(fields.condition);
  if (is_value) inst.type = TypeOf(want, span);
  const InstId result = Emit(span, inst);
  const Want wanted = Want::Type(inst.type);
  inst.then_body = MakeBody([&] { Branch(fields.then_body, is_value, wanted); });
  if (fields.else_body.valid()) {
    inst.else_body = MakeBody([&] { Branch(fields.else_body, is_value, wanted); });
  }
  out_.insts.Set(result, inst);
  return result;
}

InstId Lowerer::Switch(NodeId id, bool is_value, const Want& want) {
  const auto fields = ast_.Get<node::Switch>(id);
  const source::Span span = ast_.span(id);
  untyped::Switch inst;
  inst.operand = Value(fields.operand);
  if (is_value) inst.type = TypeOf(want, span);
  const auto prongs = ast_.List(fields.prongs);
  for (const NodeId prong : prongs) {
    if (ast_.kind(prong) != NodeKind::kProng) return EmitInvalid(span);
  }
  const InstId result = Emit(span, inst);
  std::vector<Prong> lowered;
  std::vector<Body> items;
  for (const NodeId id_of_prong : prongs) {
    const auto prong = ast_.Get<node::Prong>(id_of_prong);
    items.clear();
    for (const NodeId item : ast_.List(prong.items)) {
      items.push_back(MakeBody([&] { Yield(item, Want::Nothing()); }));
    }
    const Body body = MakeBody([&] { Branch(prong.body, is_value, Want::Type(inst.type)); });
    lowered.push_back({out_.insts.AddList(items), body});
  }
  inst.prongs = out_.insts.AddList(lowered);
  out_.insts.Set(result, inst);
  return result;
}

// Any block used as an expression; `{}` is the void value.
InstId Lowerer::LabelledBlock(NodeId id, const Want& want) {
  const auto fields = ast_.Get<node::Block>(id);
  const source::Span span = ast_.span(id);
  if (!fields.label.valid() && ast_.List(fields.statements).empty()) {
    return Emit(span, untyped::Void());
  }
  const InstId type = TypeOf(want, span);
  EnterJump(fields.label, false, Here(), type);
  const InstId result = EmitWithBody(span, untyped::Block{.type = type}, &untyped::Block::body,
                                     [&] { Statements(fields.statements); });
  jumps_.pop_back();
  return result;
}

InstId Lowerer::Comptime(NodeId id, bool is_value, const Want& want) {
  const NodeId operand = ast_.Get<node::Comptime>(id).operand;
  const source::Span span = ast_.span(id);
  const InstId type = is_value ? TypeOf(want, span) : InstId();
  return EmitWithBody(span, untyped::Comptime{.type = type}, &untyped::Comptime::body,
                      [&] { Branch(operand, is_value, Want::Type(type)); });
}

void Lowerer::For(NodeId id) {
  const auto fields = ast_.Get<node::For>(id);
  untyped::For inst;
  inst.iterable = Place(fields.iterable);
  inst.is_inline = (fields.flags & parse::kInline) != 0;
  const size_t scope = EnterScope();
  const auto bind = [&](TokenId name) {
    const LocalId local = NewLocal();
    Bind(Intern(ast_.tokens().text(name)), local, ast_.tokens().span(name));
    return local;
  };
  inst.element = bind(fields.element);
  if (fields.index.valid()) inst.index = bind(fields.index);
  EnterJump(fields.label, true, Here(), {});
  EmitWithBody(ast_.span(id), inst, &untyped::For::body, [&] { Branch(fields.body, false, {}); });
  jumps_.pop_back();
  LeaveScope(scope);
}

void Lowerer::While(NodeId id) {
  const auto fields = ast_.Get<node::While>(id);
  untyped::While inst;
  const InstId result = Emit(ast_.span(id), inst);
  inst.condition = MakeBody([&] { Yield(fields.condition, Want::Nothing()); });
  inst.update = MakeBody([&] {
    if (fields.update.valid()) Statement(fields.update);
  });
  EnterJump(fields.label, true, result, {});
  inst.body = MakeBody([&] { Branch(fields.body, false, {}); });
  jumps_.pop_back();
  out_.insts.Set(result, inst);
}

}  // namespace csl::lower
