// SPDX-License-Identifier: Apache-2.0
// Walks over the fields of instructions, for code that treats all of them alike.
#ifndef COMPILER_LOWER_WALK_H_
#define COMPILER_LOWER_WALK_H_

#include "compiler/lower/insts.h"

namespace csl::lower {

// A visitor has a method for each kind of field, called as visitor.Inst("condition", id). Those
// that it inherits from here do nothing.
struct IgnoreFields {
#define FIELD_KIND(kind, type) \
  void kind(const char* /*name*/, const untyped::kind##Field&) {}
#include "compiler/lower/untyped.def"
};

// VisitFields(inst, visitor): each field of the struct, in order.
namespace untyped {
#define FIELD(kind, name) visitor.kind(#name, inst.name);
#define UNTYPED(name, mnemonic, fields)                             \
  template <typename Visitor>                                       \
  constexpr void VisitFields(const name& inst, Visitor&& visitor) { \
    fields                                                          \
  }
#include "compiler/lower/untyped.def"
}  // namespace untyped

// The same for an instruction that may be any.
template <typename Visitor>
void VisitFieldsOf(const InstList& insts, InstId id, Visitor&& visitor) {
  switch (insts.op(id)) {
#define UNTYPED(name, ...) \
  case Op::k##name:        \
    return VisitFields(insts.Get<untyped::name>(id), visitor);
#include "compiler/lower/untyped.def"
  }
}

// Calls fn(InstId) for each operand: each instruction whose result the instruction uses itself, not
// in a body.
template <typename Fn>
void ForEachOperand(const InstList& insts, InstId id, Fn fn) {
  struct Visitor : IgnoreFields {
    Visitor(const InstList& insts, Fn& fn) : insts(insts), fn(fn) {}
    void Inst(const char*, InstId operand) { fn(operand); }
    void Optional(const char*, InstId operand) {
      if (operand.valid()) fn(operand);
    }
    void Part(const char* name, InstId operand) { Optional(name, operand); }
    void Insts(const char*, ListOf<InstId> list) {
      for (const InstId operand : insts.List(list)) fn(operand);
    }
    void Named(const char* name, ListOf<NamedInst> list) {
      for (const NamedInst& named : insts.List(list)) Optional(name, named.value);
    }
    void Variables(const char*, ListOf<Variable> list) {
      for (const Variable& variable : insts.List(list)) fn(variable.extent);
    }
    const InstList& insts;
    Fn& fn;
  };
  VisitFieldsOf(insts, id, Visitor(insts, fn));
}

// Calls fn(Body) for each body that the instruction owns, in the order in which they lie.
template <typename Fn>
void ForEachBody(const InstList& insts, InstId id, Fn fn) {
  struct Visitor : IgnoreFields {
    Visitor(const InstList& insts, Fn& fn) : insts(insts), fn(fn) {}
    void Body(const char*, const lower::Body& body) {
      if (body.is_given()) fn(body);
    }
    void Bodies(const char* name, ListOf<lower::Body> list) {
      for (const lower::Body& body : insts.List(list)) Body(name, body);
    }
    void Prongs(const char* name, ListOf<Prong> list) {
      for (const Prong& prong : insts.List(list)) {
        Bodies(name, prong.items);
        Body(name, prong.body);
      }
    }
    const InstList& insts;
    Fn& fn;
  };
  VisitFieldsOf(insts, id, Visitor(insts, fn));
}

}  // namespace csl::lower

#endif  // COMPILER_LOWER_WALK_H_
