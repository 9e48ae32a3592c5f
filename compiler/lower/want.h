// SPDX-License-Identifier: Apache-2.0
// What type the context of an expression asks for, if any. Only control flow needs it as an
// instruction, so it is described first and lowered when an `if`, `switch`, block or `comptime`
// asks. Lives on the stack: a Want refers to the one around it.
#ifndef COMPILER_LOWER_WANT_H_
#define COMPILER_LOWER_WANT_H_

#include <cstdint>

#include "compiler/lower/untyped.h"

namespace csl::lower {

struct Want {
  enum class Kind : uint8_t {
    kNothing,
    kType,
    kPlace,
    kField,
    kEntry,
    kElement,
    kArgument,
    kReturn
  };

  Kind kind = Kind::kNothing;
  InstId inst;                   // kType, kPlace, kArgument: the callee
  StringId name;                 // kField
  uint32_t number = 0;           // kEntry, kArgument
  const Want* around = nullptr;  // kField, kEntry, kElement

  static Want Nothing() { return {}; }
  // The type that an instruction yields; none gives Nothing.
  static Want Type(InstId inst) {
    if (!inst.valid()) return {};
    return {.kind = Kind::kType, .inst = inst};
  }
  // The type of a place that is assigned to.
  static Want Place(InstId inst) { return {.kind = Kind::kPlace, .inst = inst}; }
  static Want Field(const Want* around, StringId name) {
    if (around->kind == Kind::kNothing) return {};
    return {.kind = Kind::kField, .name = name, .around = around};
  }
  static Want Entry(const Want* around, uint32_t number) {
    if (around->kind == Kind::kNothing) return {};
    return {.kind = Kind::kEntry, .number = number, .around = around};
  }
  static Want Element(const Want* around) {
    if (around->kind == Kind::kNothing) return {};
    return {.kind = Kind::kElement, .around = around};
  }
  static Want Argument(InstId callee, uint32_t number) {
    return {.kind = Kind::kArgument, .inst = callee, .number = number};
  }
  static Want Return() { return {.kind = Kind::kReturn}; }
};

}  // namespace csl::lower

#endif  // COMPILER_LOWER_WANT_H_
