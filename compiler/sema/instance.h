// SPDX-License-Identifier: Apache-2.0
// Instance: one import of a file with its parameters bound, and what is known of its declarations.
#ifndef COMPILER_SEMA_INSTANCE_H_
#define COMPILER_SEMA_INSTANCE_H_

#include <map>
#include <string>
#include <vector>

#include "compiler/sema/operand.h"

namespace csl::sema {

enum class DeclStatus : uint8_t { kUnresolved, kResolving, kResolved, kUnset, kFailed };

struct DeclState {
  DeclStatus status = DeclStatus::kUnresolved;
  types::TypeId type;
  Operand value;           // const, param: kConst. var: the initial value
  types::SymbolId symbol;  // var; const and param once their address is taken
  Shared<Place> place;     // what the name designates, once that is known and stays
  // function: whether its results may be worth remembering, and how often that was of use
  bool is_memoised = true;
  uint32_t memo_hits = 0, memo_misses = 0;
  // function: calls at compile time that have not returned, and how many of them were made by one
  uint32_t active_calls = 0;
  uint32_t recursive_calls = 0;
};

struct BoundParam {
  Operand value;  // kConst, with provenance
  source::Span span;
  bool is_color_number = false;  // layout::Binding
};

struct FileMemo;

struct Instance {
  types::InstanceId id;
  const lower::Untyped* file = nullptr;
  FileMemo* memo = nullptr;  // of the file; may be null
  std::string prefix;        // of symbol names: "" for the root, "sys_mod." ...
  std::map<std::string, BoundParam, std::less<>> bindings;
  std::vector<DeclState> decls;  // by DeclId
  source::Span imported_at;
  types::InstanceId importer;  // invalid: the root
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_INSTANCE_H_
