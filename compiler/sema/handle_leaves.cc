// SPDX-License-Identifier: Apache-2.0
// Literals, names of types and directions, locals and declarations.
#include "compiler/sema/handler.h"
#include "compiler/sema/suggest.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

// What a word or text was when it was looked at last; null: not known.
const Value* KnownWord(const Frame& f, InstId i) {
  if (f.instance.memo == nullptr || !f.instance.memo->words[i.index].valid()) return nullptr;
  return &f.instance.memo->words[i.index];
}

Flow SetWord(Frame& f, InstId i, Value v) {
  if (f.instance.memo != nullptr) f.instance.memo->words[i.index] = v;
  return f.Set(i, Operand::Const(std::move(v)));
}

}  // namespace

Flow HandleInt(Frame& f, InstId i, const untyped::Int& inst) {
  const uint64_t n = inst.value;
  if (n <= INT64_MAX) return f.Set(i, Operand::Const(Value::ComptimeInt(static_cast<int64_t>(n))));
  return f.Set(i, Operand::Const(Value::ComptimeInt(types::BigInt::FromUint64(n))));
}

Flow HandleIntBig(Frame& f, InstId i, const untyped::IntBig& inst) {
  std::string_view text = f.file.str(inst.digits);
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

Flow HandleFloat(Frame& f, InstId i, const untyped::Float& inst) {
  return f.Set(i, Operand::Const(Value::ComptimeFloat(inst.value)));
}

Flow HandleString(Frame& f, InstId i, const untyped::String& inst) {
  if (const Value* known = KnownWord(f, i)) return f.Set(i, Operand::Const(*known));
  return SetWord(f, i, Value::String(f.file.str(inst.text)));
}

Flow HandleBool(Frame& f, InstId i, const untyped::Bool& inst) {
  return f.Set(i, Operand::Const(Value::Bool(inst.value)));
}

Flow HandleVoid(Frame& f, InstId i, const untyped::Void& inst) { return f.Set(i, Operand::Void()); }

Flow HandleInvalid(Frame& f, InstId i, const untyped::Invalid& inst) {
  return f.Set(i, Operand::Poison());
}

namespace {

// Declarations of the file, parameters, and locals declared before an instruction.
std::vector<std::string_view> VisibleNames(const Frame& f, InstId i) {
  std::vector<std::string_view> names;
  for (const auto& entry : f.file.by_name) names.push_back(entry.first);
  if (f.decl.function != lower::kNone) {
    for (const lower::Param& param : f.file.functions[f.decl.function].params) {
      names.push_back(f.file.str(param.name));
    }
  }
  for (const InstId at : lower::Body{f.decl.all.first, i}.ids()) {
    const auto local = f.file.insts.As<untyped::LocalDecl>(at);
    if (local) names.push_back(f.file.str(local->name));
  }
  return names;
}

}  // namespace

Flow HandleName(Frame& f, InstId i, const untyped::Name& inst) {
  if (const Value* known = KnownWord(f, i)) return f.Set(i, Operand::Const(*known));
  const std::string& name = f.file.str(inst.name);
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

namespace {

Flow SetPlaceOf(Frame& f, InstId i, const Slot& slot) {
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

}  // namespace

Flow HandleLocalRef(Frame& f, InstId i, const untyped::LocalRef& inst) {
  return SetPlaceOf(f, i, f.slot(inst.local));
}

Flow HandleLocalGet(Frame& f, InstId i, const untyped::LocalGet& inst) {
  const Slot& slot = f.slot(inst.local);
  if (slot.kind == SlotKind::kBound) return f.Set(i, slot.bound);
  if (slot.kind == SlotKind::kCell) {
    return f.Set(i, Operand::Const(f.sema.cell(slot.cell)));
  }
  const Flow flow = SetPlaceOf(f, i, slot);
  if (flow != Flow::kNext) return flow;
  return f.Set(i, LoadPlace(f, f.result(i), f.span(i)));
}

Flow HandleDeclRef(Frame& f, InstId i, const untyped::DeclRef& inst) {
  return f.Set(i, f.sema.DeclPlace(f.instance.id, inst.decl.index, &f, f.span(i)));
}

Flow HandleDeclGet(Frame& f, InstId i, const untyped::DeclGet& inst) {
  const DeclState& state = f.instance.decls[inst.decl.index];
  if (state.place && state.place->kind == PlaceKind::kTemporary) {
    return f.Set(i, state.place->base);
  }
  const Operand place = f.sema.DeclPlace(f.instance.id, inst.decl.index, &f, f.span(i));
  return f.Set(i, LoadPlace(f, place, f.span(i)));
}

}  // namespace csl::sema
