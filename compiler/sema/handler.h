// SPDX-License-Identifier: Apache-2.0
// The handlers: one function an instruction, one a builtin, found through tables.
//
// An instruction handler gets the fields of its instruction, stores its result with Frame::Set and
// says where control continues. A builtin handler returns its result. Errors are reported with
// Fail(), which yields poison; handlers whose operands are poison are not called. Handlers live one
// construct a file: handle_while.cc, builtins/range.cc. To add one: declare it by a row of
// untyped.def or builtins.def, define it, done.
#ifndef COMPILER_SEMA_HANDLER_H_
#define COMPILER_SEMA_HANDLER_H_

#include <initializer_list>
#include <optional>
#include <span>
#include <string>

#include "compiler/sema/analyzer.h"
#include "compiler/sema/frame.h"

namespace csl::sema {

struct BuiltinCall {
  InstId i;                      // the instruction
  std::span<const InstId> args;  // instructions of the arguments
  lower::BuiltinKind kind;
};
using BuiltinHandler = Operand (*)(Frame& f, const BuiltinCall& call);

#define UNTYPED(name, ...) Flow Handle##name(Frame& f, InstId i, const untyped::name& inst);
#include "compiler/lower/untyped.def"

#define BUILTIN(name, ...) Operand Builtin_##name(Frame& f, const BuiltinCall& call);
#include "compiler/lower/builtins.def"

const char* BuiltinName(lower::BuiltinKind kind);  // "get_dsd"
// False: at run time the builtin writes no memory but that of its result.
bool MayWriteMemory(lower::BuiltinKind kind);

// ---- running bodies (run.cc) ----
// Interprets [body.first, body.end) until it ends or control leaves it.
Flow RunBody(Frame& f, lower::Body body);
// A body that ends in yield: its value, or poison. Control flow that leaves it is an error.
Operand RunExpression(Frame& f, lower::Body body);
// The same in comptime mode, whatever the mode of the frame; the value is comptime-known.
Operand RunComptime(Frame& f, lower::Body body);

// ---- reporting ----
Operand Fail(const Frame& f, InstId i, diagnostics::Kind kind,
             std::initializer_list<diagnostics::Argument> arguments = {});
Operand FailAt(const Frame& f, source::Span span, diagnostics::Kind kind,
               std::initializer_list<diagnostics::Argument> arguments = {});
// A form of releases before 1.0.
Operand FailOnForm(const Frame& f, diagnostics::Form form, source::Span span);
// What the types stage found.
Operand FailWith(const Frame& f, source::Span span, const diagnostics::Problem& problem);
Operand NotSupported(const Frame& f, InstId i, std::string_view what);
// The declaration that the frame evaluates is shared with others, who do not know the type.
void ReportIncompatible(Frame& f, types::TypeId type);

// ---- operands (operands.cc) ----
// The operand as a value: places are loaded.
Operand ValueOf(Frame& f, const Operand& o, source::Span span);
// Arguments of a builtin.
Operand Arg(Frame& f, const BuiltinCall& call, size_t n);
// The comptime-known value of an operand (recorded as read), or nullopt: reported as "`what` must
// be known at compile time".
std::optional<types::Value> KnownValue(Frame& f, const Operand& o, source::Span span,
                                       std::string_view what);
std::optional<types::Value> KnownArg(Frame& f, const BuiltinCall& call, size_t n,
                                     std::string_view what);
std::optional<types::TypeId> TypeArg(Frame& f, const BuiltinCall& call, size_t n);
// A comptime-known integer argument in lowest..highest.
std::optional<int64_t> IntArg(Frame& f, const BuiltinCall& call, size_t n, std::string_view what,
                              int64_t lowest, int64_t highest);
std::optional<std::string> StringArg(Frame& f, const BuiltinCall& call, size_t n);
// The bytes of an align(...): a power of two, or nullopt: reported.
std::optional<uint32_t> AlignmentOf(Frame& f, const types::Value& v, source::Span span);
// Argument n coerced to `type`.
Operand CoercedArg(Frame& f, const BuiltinCall& call, size_t n, types::TypeId type);
// Its value if all of it is comptime-known (recorded as read); says nothing otherwise.
std::optional<types::Value> AsKnown(Frame& f, const Operand& o);
// An aggregate of these parts: one value where all are known. Parts with a provenance stay apart,
// so that they count as read only where they are read.
Operand Assemble(Frame& f, types::TypeId type, std::vector<Operand> parts);
// Marks a comptime value as read and returns it. CHECKs kConst.
const types::Value& Use(Frame& f, const Operand& o);
// Field of a comptime or partly known struct operand; nullopt if there is none.
std::optional<Operand> FieldOf(Frame& f, const Operand& o, std::string_view name,
                               source::Span span);
// Part number n of an aggregate operand of any kind.
Operand PartOf(Frame& f, const Operand& o, uint32_t n);

// ---- conversions (coerce.cc) ----
// Implicit conversion, comptime or emitted. Poison when it cannot be: reported.
Operand Coerce(Frame& f, const Operand& value, types::TypeId to, source::Span span);
// The common type of several values; invalid if reported.
types::TypeId PeerType(Frame& f, std::span<const Operand> values, source::Span span);

// A union whose field is set to the value, coerced to its type (unions.cc).
Operand MakeUnion(Frame& f, types::TypeId type, uint32_t field, const Operand& value,
                  source::Span span);

// ---- places (places.cc, place_member.cc, place_index.cc) ----
Operand LoadPlace(Frame& f, const Operand& place, source::Span span);
// False if that was reported. The value is coerced to the place's type.
bool StorePlace(Frame& f, const Operand& place, const Operand& value, source::Span span);
Operand MemberPlace(Frame& f, const Operand& base, std::string_view name, source::Span span);
Operand IndexPlace(Frame& f, const Operand& base, std::span<const Operand> indices,
                   source::Span span);
Operand DerefPlace(Frame& f, const Operand& pointer, source::Span span);
Operand AddressOfPlace(Frame& f, const Operand& place, source::Span span);
Operand AddressOfFunction(Frame& f, const types::Value& function, source::Span span);
// What a pointer to (part of) a comptime variable points at, under the pointer's type
// (cell_pointers.cc). `n`: elements further on.
Operand CellPlace(Frame& f, const types::Value& pointer, int64_t n, source::Span span);

// ---- emission (emit.cc) ----
ir::Type IrType(const types::TypeStore& s, types::TypeId t);  // scalars only
bool IsScalar(const types::TypeStore& s, types::TypeId t);    // lives in one SSA value
// The SSA value of a scalar operand, comptime-known or not.
ir::ValueId ToScalar(Frame& f, const Operand& o, source::Span span);
// Memory that holds the operand's value: where it is, a constant, or a new alloca.
ir::ValueId ToMemory(Frame& f, const Operand& o, source::Span span);
void StoreTo(Frame& f, ir::ValueId address, int32_t offset, const Operand& o, source::Span span);
Operand LoadFrom(Frame& f, types::TypeId type, ir::ValueId address, int32_t offset);
// A fresh copy, so that later stores to the original do not show.
Operand Detach(Frame& f, const Operand& o, source::Span span);
ir::ValueId PlaceAddress(Frame& f, const Place& place);  // kStatic, kDynamic; offset included

// ---- operators (operators.cc) ----
Operand BinaryOperation(Frame& f, lower::BinaryOp op, const Operand& a, const Operand& b,
                        source::Span span);

// ---- calls (calls.cc) ----
// The result of the call, if it is one of those that layout blocks make for each tile; nullopt: it
// is to be looked at in full.
std::optional<Operand> CallInLayout(Frame& f, InstId i, const untyped::Call& inst);
Operand CallFunction(Frame& f, const Operand& callee, std::span<const Operand> args,
                     std::span<const source::Span> arg_spans, source::Span span);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_HANDLER_H_
