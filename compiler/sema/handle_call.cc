// SPDX-License-Identifier: Apache-2.0
// Calls of functions and builtins.
#include "compiler/sema/handler.h"
#include "compiler/sema/suggest.h"

namespace csl::sema {

using diagnostics::Kind;

namespace {

enum class Where : uint8_t { kAny, kTop, kLayout, kRun, kRunTop, kInit };

struct BuiltinRow {
  const char* name;
  uint16_t min_args, max_args;
  Where where;
  BuiltinHandler handler;
};

constexpr BuiltinRow kBuiltins[] = {
#define BUILTIN(name, min_args, max_args, modes, where) \
  {#name, min_args, max_args, Where::where, &Builtin_##name},
#include "compiler/lower/builtins.def"
};

// Null: allowed here.
const char* WrongPlace(const Frame& f, Where where) {
  const bool top = f.is_comptime && f.sema.in_top_level;
  switch (where) {
    case Where::kAny:
      return nullptr;
    case Where::kTop:
      return top ? nullptr : "while a top-level comptime block is evaluated";
    case Where::kLayout:
      return f.sema.purpose == Purpose::kLayout && f.is_comptime
                 ? nullptr
                 : "while the layout block is evaluated";
    case Where::kRun:
      return f.is_comptime ? "in code that runs on the tile" : nullptr;
    case Where::kRunTop:
      return f.is_comptime && !top ? "in run-time code and top-level comptime blocks" : nullptr;
    case Where::kInit:
      return f.decl.kind == lower::DeclKind::kConst && f.caller == nullptr
                 ? nullptr
                 : "to initialise a global const";
  }
  return nullptr;
}

// Of those that may stand anywhere: whether there is more to a call than its result, or whether it
// depends on more than the arguments.
bool DependsOnState(lower::BuiltinKind kind) {
  switch (kind) {
    case lower::BuiltinKind::k_comptime_print:
    case lower::BuiltinKind::k_get_rectangle:
    case lower::BuiltinKind::k_get_symbol_id:
    case lower::BuiltinKind::k_has_exported_tensors:
      return true;
    default:
      return false;
  }
}

// Nobody reads on; and a loop may give an error for each of a million tiles.
bool HasManyErrors(const Frame& f) { return f.sema.context.diagnostics->num_errors() >= 100; }

std::string CountText(const BuiltinRow& row) {
  if (row.min_args == row.max_args) return std::to_string(row.min_args);
  if (row.max_args == 255) return "at least " + std::to_string(row.min_args);
  return std::to_string(row.min_args) + " to " + std::to_string(row.max_args);
}

}  // namespace

const char* BuiltinName(lower::BuiltinKind kind) {
  return kBuiltins[static_cast<size_t>(kind)].name;
}

bool MayWriteMemory(lower::BuiltinKind kind) {
  const Where where = kBuiltins[static_cast<size_t>(kind)].where;
  return where == Where::kRun || where == Where::kRunTop;
}

Flow HandleBuiltin(Frame& f, InstId i, const untyped::Builtin& inst) {
  const BuiltinRow& row = kBuiltins[static_cast<size_t>(inst.kind)];
  const std::span<const InstId> args = f.List(inst.args);
  if (args.size() < row.min_args || args.size() > row.max_args) {
    return f.Set(i,
                 Fail(f, i, Kind::kBuiltinArgumentCount, {row.name, CountText(row), args.size()}));
  }
  if (const char* place = WrongPlace(f, row.where)) {
    return f.Set(i, Fail(f, i, Kind::kBuiltinContext, {row.name, place}));
  }
  for (const InstId arg : args) {
    if (f.result(arg).is_poison()) return f.Set(i, Operand::Poison());
  }
  if (row.where != Where::kAny || DependsOnState(inst.kind)) f.sema.NoteEffect();
  if (f.emits()) f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
  Operand result = row.handler(f, {i, args, inst.kind});
  if (!result.is_poison() || !f.is_tolerant || HasManyErrors(f)) return f.Set(i, std::move(result));
  f.result(i) = Operand::Poison();
  return Flow::kNext;
}

Flow HandleUnknownBuiltin(Frame& f, InstId i, const untyped::UnknownBuiltin& inst) {
  const std::string& name = f.file.str(inst.name);
  std::vector<std::string> names;
  for (const BuiltinRow& row : kBuiltins) names.push_back(std::string("@") + row.name);
  const std::string tail = Suggestion(name, {names.begin(), names.end()});
  return f.Set(i, Fail(f, i, Kind::kUnknownBuiltin, {name, tail}));
}

Flow HandleAsm(Frame& f, InstId i, const untyped::Asm& inst) {
  return f.Set(i, NotSupported(f, i, "inline assembly"));
}

Flow HandleCall(Frame& f, InstId i, const untyped::Call& inst) {
  if (std::optional<Operand> result = CallInLayout(f, i, inst)) return f.Set(i, *std::move(result));
  if (f.emits()) f.builder->SetLocation(f.sema.IrLocation(f.span(i)));
  const Operand callee = ValueOf(f, f.result(inst.callee), f.span(inst.callee));
  if (callee.is_poison()) return f.Set(i, callee);
  const std::span<const InstId> ids = f.List(inst.args);
  std::vector<Operand> args(ids.size());
  std::vector<source::Span> spans(ids.size());
  for (size_t n = 0; n < ids.size(); ++n) {
    spans[n] = f.span(ids[n]);
    args[n] = ValueOf(f, f.result(ids[n]), spans[n]);
    if (args[n].is_poison()) return f.Set(i, Operand::Poison());
  }
  return f.Set(i, CallFunction(f, callee, args, spans, f.span(i)));
}

}  // namespace csl::sema
