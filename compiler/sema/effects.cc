// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/effects.h"

#include <algorithm>

#include "compiler/lower/walk.h"

namespace csl::sema {

using lower::Op;
using types::TypeId;

namespace {

enum class RootKind : uint8_t { kUnknown, kLocal, kDecl };

// The variable that storage is part of; unknown behind a pointer.
struct Root {
  RootKind kind = RootKind::kUnknown;
  LocalId local;
  lower::DeclId decl;
  TypeId type;  // of the part, where it is known

  bool IsSameVariable(const Root& other) const {
    return kind == other.kind && local == other.local && decl == other.decl;
  }
};

// What the body yields: an instruction, or none.
InstId YieldedBy(const lower::InstList& insts, lower::Body body) {
  if (body.empty()) return {};
  const auto yield = insts.As<untyped::Yield>(body.last());
  return yield ? yield->value : InstId();
}

// Whether the text of a variable that is not resolved yet makes it an array. (Resolving it here
// could report errors of code that is never reached.)
bool IsWrittenAsArray(const Frame& f, InstId at) {
  const lower::InstList& insts = f.file.insts;
  const auto ref = insts.As<untyped::DeclRef>(at);
  if (!ref) return false;
  const lower::Decl& decl = f.file.decls[ref->decl.index];
  if (decl.kind != lower::DeclKind::kVar) return false;
  const InstId type = YieldedBy(insts, decl.type);
  if (!decl.type.empty()) return insts.As<untyped::ArrayType>(type).has_value();
  const InstId value = YieldedBy(insts, decl.init);
  if (insts.As<untyped::ArrayLit>(value)) return true;
  const auto init = insts.As<untyped::Builtin>(value);
  return init && (init->kind == lower::BuiltinKind::k_zeros ||
                  init->kind == lower::BuiltinKind::k_constants);
}

Root LocalRoot(const Frame& f, LocalId local) {
  return {.kind = RootKind::kLocal, .local = local, .type = f.slot(local).type};
}

Root DeclRoot(const Frame& f, lower::DeclId decl) {
  if (f.file.decls[decl.index].storage == lower::Storage::kExtern) return {};
  return {.kind = RootKind::kDecl, .decl = decl, .type = f.instance.decls[decl.index].type};
}

Root RootOf(Frame& f, InstId at) {
  if (!at.valid()) return {};
  types::TypeStore& s = f.sema.types;
  const lower::InstList& insts = f.file.insts;
  switch (insts.op(at)) {
    case Op::kLocalRef:
      return LocalRoot(f, insts.Get<untyped::LocalRef>(at).local);
    case Op::kLocalGet:
      return LocalRoot(f, insts.Get<untyped::LocalGet>(at).local);
    case Op::kDeclRef:
      return DeclRoot(f, insts.Get<untyped::DeclRef>(at).decl);
    case Op::kDeclGet:
      return DeclRoot(f, insts.Get<untyped::DeclGet>(at).decl);
    case Op::kLoad:
      return RootOf(f, insts.Get<untyped::Load>(at).place);
    case Op::kMember: {
      const auto member = insts.Get<untyped::Member>(at);
      Root root = RootOf(f, member.place);
      if (!root.type.valid() || s.kind(root.type) != types::Kind::kStruct) return {};
      const std::optional<uint32_t> n = s.FindField(root.type, f.file.str(member.name));
      if (!n) return {};
      root.type = s.fields(root.type)[*n].type;
      return root;
    }
    case Op::kIndex: {
      const InstId place = insts.Get<untyped::Index>(at).place;
      Root root = RootOf(f, place);
      if (!root.type.valid()) return IsWrittenAsArray(f, place) ? root : Root();
      if (s.kind(root.type) != types::Kind::kArray) return {};
      root.type = s.element(root.type);
      return root;
    }
    default:
      return {};
  }
}

// Whether the chain of places that ends at `at` starts at the local.
bool StartsAt(const Frame& f, InstId at, LocalId local) { return StartOfChain(f, at) == local; }

// A local that no pointer or descriptor refers to: only stores to it by name change it.
bool IsPrivate(const Frame& f, const Root& root) {
  if (root.kind != RootKind::kLocal) return false;
  const lower::InstList& insts = f.file.insts;
  for (const InstId j : f.decl.all.ids()) {
    if (const auto address = insts.As<untyped::AddrOf>(j)) {
      if (StartsAt(f, address->place, root.local)) return false;
    } else if (const auto access = insts.As<untyped::TensorAccess>(j)) {
      if (StartsAt(f, access->tensor, root.local)) return false;
    } else if (const auto call = insts.As<untyped::Builtin>(j)) {
      for (const InstId arg : insts.List(call->args)) {
        if (StartsAt(f, arg, root.local)) return false;
      }
    }
  }
  return true;
}

bool StoreMayChange(Frame& f, const Root& source, bool is_private, InstId place) {
  const Root target = RootOf(f, place);
  if (target.kind == RootKind::kUnknown) return !is_private;
  if (source.kind == RootKind::kUnknown) return !IsPrivate(f, target);
  return target.IsSameVariable(source);
}

// The place that the instruction stores to, or none.
InstId StoredPlace(const lower::InstList& insts, InstId i) {
  if (const auto store = insts.As<untyped::Store>(i)) return store->place;
  if (const auto store = insts.As<untyped::StoreOp>(i)) return store->place;
  return {};
}

// Whether the instruction may run code that writes memory.
bool MayCall(const lower::InstList& insts, InstId i) {
  if (insts.Is<untyped::Call>(i) || insts.Is<untyped::Asm>(i)) return true;
  const auto builtin = insts.As<untyped::Builtin>(i);
  return builtin && MayWriteMemory(builtin->kind);
}

bool Uses(const lower::InstList& insts, InstId user, InstId i) {
  bool found = false;
  lower::ForEachOperand(insts, user, [&](InstId operand) { found = found || operand == i; });
  return found;
}

bool IsUnstable(const Operand& o) {
  if (o.kind == OperandKind::kMemory) return !o.is_stable;
  if (o.kind != OperandKind::kFields) return false;
  return std::any_of(o.fields->begin(), o.fields->end(), IsUnstable);
}

}  // namespace

LocalId StartOfChain(const Frame& f, InstId at) {
  const lower::InstList& insts = f.file.insts;
  while (true) {
    if (const auto member = insts.As<untyped::Member>(at)) {
      at = member->place;
    } else if (const auto index = insts.As<untyped::Index>(at)) {
      at = index->place;
    } else {
      const auto local = insts.As<untyped::LocalRef>(at);
      return local ? local->local : LocalId();
    }
  }
}

bool MayChange(Frame& f, InstId source, lower::Body body) {
  const lower::InstList& insts = f.file.insts;
  const Root root = RootOf(f, source);
  std::optional<bool> is_private;  // found out when first needed
  for (const InstId j : body.ids()) {
    const InstId stored = StoredPlace(insts, j);
    if (!stored.valid() && !MayCall(insts, j)) continue;
    if (!is_private) is_private = IsPrivate(f, root);
    if (stored.valid() ? StoreMayChange(f, root, *is_private, stored) : !*is_private) return true;
  }
  return false;
}

void KeepUntilUsed(Frame& f, InstId i, lower::Body behind) {
  if (!IsUnstable(f.result(i))) return;
  for (const InstId user : behind.ids()) {
    if (!Uses(f.file.insts, user, i)) continue;
    if (MayChange(f, i, {behind.first, user})) f.result(i) = Detach(f, f.result(i), f.span(i));
    return;
  }
}

}  // namespace csl::sema
