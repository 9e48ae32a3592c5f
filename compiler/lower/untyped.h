// SPDX-License-Identifier: Apache-2.0
// Untyped: one CSL file as a flat list of untyped instructions, names resolved to slots and
// declarations.
//
// It depends on the file's text alone, so it is made once however many module instances there
// are. Sema interprets it; see insts.h for how an instruction is read, untyped.def for each.
// Immutable after lowering, and then safe to share between threads.
#ifndef COMPILER_LOWER_UNTYPED_H_
#define COMPILER_LOWER_UNTYPED_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/lower/insts.h"
#include "compiler/source/location.h"

namespace csl::lower {

inline constexpr uint32_t kNone = 0xffffffff;

enum class Storage : uint8_t { kDefault, kExport, kExtern };
enum class DeclKind : uint8_t { kParam, kConst, kVar, kFunction, kComptime, kLayout };

struct Param {
  StringId name;  // "_" may repeat
  source::Span span;
  bool is_comptime = false;
  bool is_anytype = false;
  // yields the type; may read the slots of the parameters before it. Empty for anytype
  Body type;
};

struct Function {
  bool is_task = false;
  bool is_inline = false;
  bool is_noinline = false;
  bool has_body = false;      // false: extern
  std::vector<Param> params;  // parameter i is local i
  // yields the type; empty: omitted (void, tasks only). May read parameter slots (@type_of(x))
  Body return_type;
  Body body;  // statements
};

// One top-level declaration. All its bodies lie inside `all`, and use locals 0 .. num_slots-1 of
// their own. Declarations with the same name: lowering reports it and keeps the
// first in by_name.
struct Decl {
  DeclKind kind = DeclKind::kConst;
  Storage storage = Storage::kDefault;
  StringId name;      // none for comptime and layout blocks
  source::Span span;  // of the name, or of the keyword of a block
  Body all;
  uint32_t num_slots = 0;
  Body type;  // yields the type. Empty: none given
  // yields the value, R = the type. Comptime and layout blocks: their statements. Empty: none
  // given
  Body init;
  Body align, linksection, linkname;  // each yields its value
  uint32_t function = kNone;          // index into functions
};

struct Untyped {
  source::FileId file;
  InstList insts;
  std::vector<std::string> strings;
  std::vector<Decl> decls;
  std::vector<Function> functions;
  // views into strings, which must not change afterwards
  std::unordered_map<std::string_view, DeclId> by_name;
  // the layout block, or none. A second one is an error that lowering reports
  DeclId layout;

  const std::string& str(StringId id) const { return strings[id.index]; }
};

// `--dump=untyped`: declarations with their instructions, nested bodies indented, results as
// %index.
std::string ToString(const Untyped& untyped);

}  // namespace csl::lower

#endif  // COMPILER_LOWER_UNTYPED_H_
