// SPDX-License-Identifier: Apache-2.0
// Literals, names of types and directions, locals and declarations.
#include <bit>

#include "compiler/sema/handler.h"
#include "compiler/sema/suggest.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

// What a word or text was when it was looked at last; null: not known.
const Value* KnownWord(const Frame& f, uint32_t i) {
  if (f.instance.memo == nullptr || !f.instance.memo->words[i].valid()) return nullptr;
  return &f.instance.memo->words[i];
}

Flow SetWord(Frame& f, uint32_t i, Value v) {
  if (f.instance.memo != nullptr) f.instance.memo->words[i] = v;
  return f.Set(i, Operand::Const(std::move(v)));
}

uint64_t Words(const lower::Inst& inst) { return static_cast<uint64_t>(inst.b) << 32 | inst.a; }

}  // namespace

Flow HandleInt(Frame& f, uint32_t i) {
  const uint64_t n = Words(f.inst(i));
  if (n <= INT64_MAX) return f.Set(i, Operand::Const(Value::ComptimeInt(static_cast<int64_t>(n))));
  return f.Set(i, Operand::Const(Value::ComptimeInt(types::BigInt::FromUint64(n))));
}

Flow HandleIntBig(Frame& f, uint32_t i) {
  std::string_view text = f.file.str(f.inst(i).a);
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    if (text[1] == 'x' || text[1] == 'X') base = 16;
    if (text[1] == 'b' || text[1] == 'B') base = 2;
    if (text[1] == 'o' || text[1] == 'O') base = 8;
    if (base != 10) text.remove_prefix(2);
  }
  const std::optional<types::BigInt> n = types::BigInt::Parse(text, base);
  if (!n) return f.Set(i, Fail(f, i, Kind::kBadNumber, {text, "digits expected"}));
  return f.Set(i, Operand::Const(Value::ComptimeInt(*n)));
}

Flow HandleFloat(Frame& f, uint32_t i) {
  return f.Set(i, Operand::Const(Value::ComptimeFloat(std::bit_cast<double>(Words(f.inst(i))))));
}

Flow HandleString(Frame& f, uint32_t i) {
  if (const Value* known = KnownWord(f, i)) return f.Set(i, Operand::Const(*known));
  return SetWord(f, i, Value::String(f.file.str(f.inst(i).a)));
}

Flow HandleBool(Frame& f, uint32_t i) {
  return f.Set(i, Operand::Const(Value::Bool(f.inst(i).a != 0)));
}

Flow HandleVoid(Frame& f, uint32_t i) { return f.Set(i, Operand::Void()); }

Flow HandleInvalid(Frame& f, uint32_t i) { return f.Set(i, Operand::Poison()); }

namespace {

// Declarations of the file, parameters, and locals declared before an instruction.
std::vector<std::string_view> VisibleNames(const Frame& f, uint32_t i) {
  std::vector<std::string_view> names;
  for (const auto& entry : f.file.by_name) names.push_back(entry.first);
  if (f.decl.function != lower::kNone) {
    for (const lower::Param& param : f.file.functions[f.decl.function].params) {
      names.push_back(f.file.str(param.name));
    }
  }
  for (uint32_t at = f.decl.all.first; at < i; ++at) {
    const lower::Inst& inst = f.inst(at);
    if (inst.op == lower::Op::kLocalDecl) names.push_back(f.file.str(f.extra(inst.b)));
  }
  return names;
}

}  // namespace

Flow HandleName(Frame& f, uint32_t i) {
  if (const Value* known = KnownWord(f, i)) return f.Set(i, Operand::Const(*known));
  const std::string& name = f.file.str(f.inst(i).a);
  static constexpr std::string_view kDirections[] = {"NORTH", "SOUTH", "EAST", "WEST", "RAMP"};
  for (size_t n = 0; n < std::size(kDirections); ++n) {
    if (name == kDirections[n]) {
      return SetWord(f, i, Value::OfDirection(static_cast<types::Direction>(n)));
    }
  }
  const types::TypeId type = f.sema.types.FromWord(name);
  if (type.valid()) return SetWord(f, i, Value::Type(type));
  return f.Set(i, Fail(f, i, Kind::kUndeclared, {name, Suggestion(name, VisibleNames(f, i))}));
}

Flow HandleLocalRef(Frame& f, uint32_t i) {
  const Slot& slot = f.slots[f.inst(i).a];
  Place p;
  p.type = slot.type;
  p.is_const = slot.is_const;
  switch (slot.kind) {
    case SlotKind::kGeneric:
      f.failure = Failure::kGeneric;
      return Flow::kError;
    case SlotKind::kUnset:
      return f.Set(i, Operand::Poison());
    case SlotKind::kBound:
      p.kind = PlaceKind::kTemporary;
      p.is_const = true;
      p.base = slot.bound;
      p.type = slot.bound.type;
      if (slot.bound.is_poison()) return f.Set(i, Operand::Poison());
      break;
    case SlotKind::kCell:
      p.kind = PlaceKind::kCell;
      p.cell = slot.cell;
      if (slot.type == types::kComptimeStructType) {
        p.holds_any_struct = true;
        p.type = f.sema.cell(slot.cell).type();
      }
      break;
    case SlotKind::kAlloca:
      p.kind = PlaceKind::kDynamic;
      p.address = slot.address;
      break;
  }
  return f.Set(i, Operand::Of(std::move(p)));
}

Flow HandleLocalGet(Frame& f, uint32_t i) {
  const Slot& slot = f.slots[f.inst(i).a];
  if (slot.kind == SlotKind::kBound) return f.Set(i, slot.bound);
  if (slot.kind == SlotKind::kCell) {
    return f.Set(i, Operand::Const(f.sema.cell(slot.cell)));
  }
  const Flow flow = HandleLocalRef(f, i);
  if (flow != Flow::kNext) return flow;
  return f.Set(i, LoadPlace(f, f.result(i), f.span(i)));
}

Flow HandleDeclRef(Frame& f, uint32_t i) {
  return f.Set(i, f.sema.DeclPlace(f.instance.id, f.inst(i).a, &f, f.span(i)));
}

Flow HandleDeclGet(Frame& f, uint32_t i) {
  const DeclState& state = f.instance.decls[f.inst(i).a];
  if (state.place && state.place->kind == PlaceKind::kTemporary) {
    return f.Set(i, state.place->base);
  }
  const Operand place = f.sema.DeclPlace(f.instance.id, f.inst(i).a, &f, f.span(i));
  return f.Set(i, LoadPlace(f, place, f.span(i)));
}

}  // namespace csl::sema
