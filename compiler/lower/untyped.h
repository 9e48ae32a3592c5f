// SPDX-License-Identifier: Apache-2.0
// Untyped: one CSL file as a flat list of untyped instructions, names resolved to slots and
// declarations.
//
// It depends on the file's text alone, so it is made once however many module instances there
// are. Sema interprets it; see untyped.def for each instruction. Immutable after lowering, and
// then safe to share between threads.
#ifndef COMPILER_LOWER_UNTYPED_H_
#define COMPILER_LOWER_UNTYPED_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strong_id.h"
#include "compiler/source/location.h"

namespace csl::lower {

inline constexpr uint32_t kNone = 0xffffffff;

enum class Op : uint8_t {
#define UNTYPED_OP(name, ...) k##name,
#include "compiler/lower/untyped.def"
};
enum class BinaryOp : uint8_t {
#define BINARY_OP(name, text) k##name,
#include "compiler/lower/operators.def"
};
enum class UnaryOp : uint8_t {
#define UNARY_OP(name, text) k##name,
#include "compiler/lower/operators.def"
};
enum class BuiltinKind : uint16_t {
#define BUILTIN(name, ...) k_##name,
#include "compiler/lower/builtins.def"
};

using InstId = StrongId<struct InstTag>;
using StringId = StrongId<struct UntypedStringTag>;  // into Untyped::strings, unique texts
using DeclId = StrongId<struct DeclTag>;             // top-level declaration, in source order

// Bits of Inst::flags; which apply is said at each instruction.
enum InstFlags : uint8_t {
  kPtrConst = 1,
  kPtrMany = 2,
  kFnTask = 1,
  kExtern = 1,
  kPacked = 2,
  kUnion = 4,
  kHasElse = 1,
  kInline = 1,
  kConst = 1,
  kComptime = 2,
};

struct Inst {
  Op op = Op::kInvalid;
  uint8_t flags = 0;
  uint16_t aux = 0;  // BinaryOp, UnaryOp or BuiltinKind
  uint32_t a = kNone, b = kNone, c = kNone;

  BinaryOp binary_op() const { return static_cast<BinaryOp>(aux); }
  UnaryOp unary_op() const { return static_cast<UnaryOp>(aux); }
  BuiltinKind builtin() const { return static_cast<BuiltinKind>(aux); }
};

// Instructions [first, end). Equal: absent or empty.
struct Body {
  uint32_t first = 0;
  uint32_t end = 0;
  bool empty() const { return first == end; }
};

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
  std::vector<Param> params;  // parameter i is local slot i
  // yields the type; empty: omitted (void, tasks only). May read parameter slots (@type_of(x))
  Body return_type;
  Body body;  // statements
};

// One top-level declaration. All its bodies lie inside `all`, and use local slots 0 ..
// num_slots-1 of their own. Declarations with the same name: lowering reports it and keeps the
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
  std::vector<Inst> insts;
  std::vector<source::Span> spans;  // one an instruction: where the caret goes
  std::vector<uint32_t> extra;
  std::vector<std::string> strings;
  std::vector<Decl> decls;
  std::vector<Function> functions;
  // views into strings, which must not change afterwards
  std::unordered_map<std::string_view, DeclId> by_name;
  // the layout block, or none. A second one is an error that lowering reports
  DeclId layout;

  const std::string& str(StringId id) const { return strings[id.index]; }
  const std::string& str(uint32_t id) const { return strings[id]; }
  Body body_at(uint32_t extra_index) const { return {extra[extra_index], extra[extra_index + 1]}; }
};

std::string_view OpName(Op op);
std::string_view BinaryOpText(BinaryOp op);
std::string_view UnaryOpText(UnaryOp op);

// `--dump=untyped`: declarations with their instructions, nested bodies indented, results as
// %index.
std::string ToString(const Untyped& untyped);

}  // namespace csl::lower

#endif  // COMPILER_LOWER_UNTYPED_H_
