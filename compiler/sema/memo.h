// SPDX-License-Identifier: Apache-2.0
// What the evaluation of a layout block remembers, since it runs the same instructions for each of
// a million tiles: types of literals, values of words, results of pure calls.
#ifndef COMPILER_SEMA_MEMO_H_
#define COMPILER_SEMA_MEMO_H_

#include <span>
#include <unordered_map>
#include <vector>

#include "compiler/lower/untyped.h"
#include "compiler/sema/operand.h"

namespace csl::sema {

// Of the instructions of one file.
struct FileMemo {
  struct Literal {
    std::vector<types::TypeId> parts;
    types::TypeId type;
  };

  explicit FileMemo(size_t num_insts) : words(num_insts), literal_of(num_insts, lower::kNone) {}

  std::vector<types::Value> words;   // by instruction: what a name or string is; invalid: not known
  std::vector<uint32_t> literal_of;  // by instruction: index into `literals`
  std::vector<Literal> literals;     // the types that parts of these types had last
};

// Results of calls that did nothing but compute them from their arguments.
class CallMemo {
 public:
  struct Key {
    types::InstanceId instance;
    uint32_t decl = 0;
    uint64_t hash = 0;  // of all, arguments included
  };
  // The arguments are results `at` of a frame, known and without a provenance.
  static Key KeyOf(types::InstanceId instance, uint32_t decl, std::span<const Operand* const> args);
  // Null: not known.
  const types::Value* Find(const Key& key, std::span<const Operand* const> args) const;
  // False: there is no more room.
  bool Add(const Key& key, std::span<const Operand* const> args, types::Value result);

 private:
  struct Entry {
    types::InstanceId instance;
    uint32_t decl = 0;
    std::vector<types::Value> args;
    types::Value result;
  };
  static constexpr size_t kMostEntries = 1 << 16;

  std::unordered_multimap<uint64_t, Entry> entries_;
};

// Whether the value leads to a comptime variable.
bool RefersToCell(const types::Value& v);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_MEMO_H_
