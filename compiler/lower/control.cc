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

uint32_t Lowerer::If(NodeId id, bool is_value, const Want& want) {
  const auto fields = ast_.Get<node::If>(id);
  const source::Span span = ast_.span(id);
  const uint32_t condition = Value(fields.condition);
  const uint32_t type = is_value ? TypeOf(want, span) : kNone;
  const uint32_t extra = ReserveExtra(4);
  const uint32_t result = Emit(Op::kIf, span, condition, extra, type);
  if (fields.else_body.valid()) inst(result).flags |= kHasElse;
  BodyAt(extra, [&] { Branch(fields.then_body, is_value, Want::Type(type)); });
  BodyAt(extra + 2, [&] {
    if (fields.else_body.valid()) Branch(fields.else_body, is_value, Want::Type(type));
  });
  return result;
}

uint32_t Lowerer::Switch(NodeId id, bool is_value, const Want& want) {
  const auto fields = ast_.Get<node::Switch>(id);
  const source::Span span = ast_.span(id);
  const uint32_t operand = Value(fields.operand);
  const uint32_t type = is_value ? TypeOf(want, span) : kNone;
  const auto prongs = ast_.List(fields.prongs);
  size_t words = 1;
  for (const NodeId prong : prongs) {
    if (ast_.kind(prong) != NodeKind::kProng) return EmitInvalid(span);
    words += 3 + 2 * ast_.List(ast_.Get<node::Prong>(prong).items).size();
  }
  const uint32_t extra = ReserveExtra(words);
  const uint32_t result = Emit(Op::kSwitch, span, operand, extra, type);
  out_.extra[extra] = static_cast<uint32_t>(prongs.size());
  uint32_t at = extra + 1;
  for (const NodeId id_of_prong : prongs) {
    const auto prong = ast_.Get<node::Prong>(id_of_prong);
    const auto items = ast_.List(prong.items);
    out_.extra[at++] = static_cast<uint32_t>(items.size());
    for (const NodeId item : items) {
      BodyAt(at, [&] { Yield(item, Want::Nothing()); });
      at += 2;
    }
    BodyAt(at, [&] { Branch(prong.body, is_value, Want::Type(type)); });
    at += 2;
  }
  return result;
}

// Any block used as an expression; `{}` is the void value.
uint32_t Lowerer::LabelledBlock(NodeId id, const Want& want) {
  const auto fields = ast_.Get<node::Block>(id);
  const source::Span span = ast_.span(id);
  if (!fields.label.valid() && ast_.List(fields.statements).empty()) return Emit(Op::kVoid, span);
  const uint32_t type = TypeOf(want, span);
  const uint32_t extra = ReserveExtra(2);
  const uint32_t result = Emit(Op::kBlock, span, kNone, extra, type);
  EnterJump(fields.label, false, result, type);
  BodyAt(extra, [&] { Statements(fields.statements); });
  jumps_.pop_back();
  return result;
}

uint32_t Lowerer::Comptime(NodeId id, bool is_value, const Want& want) {
  const NodeId operand = ast_.Get<node::Comptime>(id).operand;
  const source::Span span = ast_.span(id);
  const uint32_t type = is_value ? TypeOf(want, span) : kNone;
  const uint32_t extra = ReserveExtra(2);
  const uint32_t result = Emit(Op::kComptime, span, kNone, extra, type);
  BodyAt(extra, [&] { Branch(operand, is_value, Want::Type(type)); });
  return result;
}

void Lowerer::For(NodeId id) {
  const auto fields = ast_.Get<node::For>(id);
  const uint32_t iterable = Place(fields.iterable);
  const uint32_t extra = ReserveExtra(4);
  const uint32_t result = Emit(Op::kFor, ast_.span(id), iterable, extra);
  if (fields.flags & parse::kInline) inst(result).flags |= lower::kInline;
  const size_t scope = EnterScope();
  out_.extra[extra] = NewSlot();
  out_.extra[extra + 1] = fields.index.valid() ? NewSlot() : kNone;
  const auto bind = [&](TokenId name, uint32_t slot) {
    Bind(Intern(ast_.tokens().text(name)), slot, ast_.tokens().span(name));
  };
  bind(fields.element, out_.extra[extra]);
  if (fields.index.valid()) bind(fields.index, out_.extra[extra + 1]);
  EnterJump(fields.label, true, result, kNone);
  BodyAt(extra + 2, [&] { Branch(fields.body, false, {}); });
  jumps_.pop_back();
  LeaveScope(scope);
}

void Lowerer::While(NodeId id) {
  const auto fields = ast_.Get<node::While>(id);
  const uint32_t extra = ReserveExtra(6);
  const uint32_t result = Emit(Op::kWhile, ast_.span(id), kNone, extra);
  BodyAt(extra, [&] { Yield(fields.condition, Want::Nothing()); });
  BodyAt(extra + 2, [&] {
    if (fields.update.valid()) Statement(fields.update);
  });
  EnterJump(fields.label, true, result, kNone);
  BodyAt(extra + 4, [&] { Branch(fields.body, false, {}); });
  jumps_.pop_back();
}

}  // namespace csl::lower
