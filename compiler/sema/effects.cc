// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/effects.h"

#include <algorithm>

namespace csl::sema {

using lower::Op;
using types::TypeId;

namespace {

enum class RootKind : uint8_t { kUnknown, kLocal, kDecl };

// The variable that storage is part of; unknown behind a pointer.
struct Root {
  RootKind kind = RootKind::kUnknown;
  uint32_t index = 0;
  TypeId type;  // of the part, where it is known
};

// What the body yields: an instruction, or kNone.
uint32_t YieldedBy(const Frame& f, lower::Body body) {
  if (body.empty() || f.inst(body.end - 1).op != Op::kYield) return lower::kNone;
  return f.inst(body.end - 1).a;
}

// Whether the text of a variable that is not resolved yet makes it an array. (Resolving it here
// could report errors of code that is never reached.)
bool IsWrittenAsArray(const Frame& f, uint32_t at) {
  if (f.inst(at).op != Op::kDeclRef) return false;
  const lower::Decl& decl = f.file.decls[f.inst(at).a];
  if (decl.kind != lower::DeclKind::kVar) return false;
  const uint32_t type = YieldedBy(f, decl.type);
  if (!decl.type.empty()) return type != lower::kNone && f.inst(type).op == Op::kArrayType;
  const uint32_t value = YieldedBy(f, decl.init);
  if (value == lower::kNone) return false;
  const lower::Inst& init = f.inst(value);
  return init.op == Op::kArrayLit ||
         (init.op == Op::kBuiltin && (init.builtin() == lower::BuiltinKind::k_zeros ||
                                      init.builtin() == lower::BuiltinKind::k_constants));
}

Root RootOf(Frame& f, uint32_t at) {
  if (at == lower::kNone) return {};
  types::TypeStore& s = f.sema.types;
  const lower::Inst& inst = f.inst(at);
  switch (inst.op) {
    case Op::kLocalRef:
    case Op::kLocalGet:
      return {RootKind::kLocal, inst.a, f.slots[inst.a].type};
    case Op::kDeclRef:
    case Op::kDeclGet:
      if (f.file.decls[inst.a].storage == lower::Storage::kExtern) return {};
      return {RootKind::kDecl, inst.a, f.instance.decls[inst.a].type};
    case Op::kLoad:
      return RootOf(f, inst.a);
    case Op::kMember: {
      Root root = RootOf(f, inst.a);
      if (!root.type.valid() || s.kind(root.type) != types::Kind::kStruct) return {};
      const std::optional<uint32_t> n = s.FindField(root.type, f.file.str(inst.b));
      if (!n) return {};
      root.type = s.fields(root.type)[*n].type;
      return root;
    }
    case Op::kIndex: {
      Root root = RootOf(f, inst.a);
      if (!root.type.valid()) return IsWrittenAsArray(f, inst.a) ? root : Root();
      if (s.kind(root.type) != types::Kind::kArray) return {};
      root.type = s.element(root.type);
      return root;
    }
    default:
      return {};
  }
}

// Whether the chain of places that ends at `at` starts at the local.
bool StartsAt(const Frame& f, uint32_t at, uint32_t slot) {
  while (f.inst(at).op == Op::kMember || f.inst(at).op == Op::kIndex) at = f.inst(at).a;
  return f.inst(at).op == Op::kLocalRef && f.inst(at).a == slot;
}

// A local that no pointer or descriptor refers to: only stores to it by name change it.
bool IsPrivate(const Frame& f, const Root& root) {
  if (root.kind != RootKind::kLocal) return false;
  for (uint32_t j = f.decl.all.first; j < f.decl.all.end; ++j) {
    const lower::Inst& inst = f.inst(j);
    if (inst.op == Op::kAddrOf || inst.op == Op::kTensorAccess) {
      if (StartsAt(f, inst.a, root.index)) return false;
    } else if (inst.op == Op::kBuiltin) {
      for (uint32_t n = 0; n < inst.c; ++n) {
        if (StartsAt(f, f.extra(inst.b + n), root.index)) return false;
      }
    }
  }
  return true;
}

bool StoreMayChange(Frame& f, const Root& source, bool is_private, uint32_t place) {
  const Root target = RootOf(f, place);
  if (target.kind == RootKind::kUnknown) return !is_private;
  if (source.kind == RootKind::kUnknown) return !IsPrivate(f, target);
  return target.kind == source.kind && target.index == source.index;
}

bool IsAmong(const Frame& f, uint32_t i, uint32_t first, uint32_t count, uint32_t stride) {
  for (uint32_t n = 0; n < count; ++n) {
    if (f.extra(first + n * stride) == i) return true;
  }
  return false;
}

bool Uses(const Frame& f, uint32_t user, uint32_t i) {
  const lower::Inst& inst = f.inst(user);
  if (NamesOperand(inst, i)) return true;
  switch (inst.op) {
    case Op::kIndex:
    case Op::kCall:
    case Op::kBuiltin:
    case Op::kTupleLit:
    case Op::kArrayLit:
      return IsAmong(f, i, inst.b, inst.c, 1);
    case Op::kStructLit:
      return IsAmong(f, i, inst.b + 1, inst.c, 2);
    case Op::kLocalDecl:
      return IsAmong(f, i, inst.b + 1, 3, 1);
    default:
      return false;
  }
}

bool IsUnstable(const Operand& o) {
  if (o.kind == OperandKind::kMemory) return !o.is_stable;
  if (o.kind != OperandKind::kFields) return false;
  return std::any_of(o.fields->begin(), o.fields->end(), IsUnstable);
}

}  // namespace

bool MayChange(Frame& f, uint32_t source, lower::Body body) {
  const Root root = RootOf(f, source);
  std::optional<bool> is_private;  // found out when first needed
  for (uint32_t j = body.first; j < body.end; ++j) {
    const lower::Inst& inst = f.inst(j);
    const bool is_store = inst.op == Op::kStore || inst.op == Op::kStoreOp;
    const bool is_call = inst.op == Op::kCall || inst.op == Op::kAsm ||
                         (inst.op == Op::kBuiltin && MayWriteMemory(inst.builtin()));
    if (!is_store && !is_call) continue;
    if (!is_private) is_private = IsPrivate(f, root);
    if (is_store ? StoreMayChange(f, root, *is_private, inst.a) : !*is_private) return true;
  }
  return false;
}

void KeepUntilUsed(Frame& f, uint32_t i, uint32_t from, uint32_t end) {
  if (!IsUnstable(f.result(i))) return;
  uint32_t user = from;
  while (user < end && !Uses(f, user, i)) ++user;
  if (user == end || !MayChange(f, i, {from, user})) return;
  f.result(i) = Detach(f, f.result(i), f.span(i));
}

}  // namespace csl::sema
