// SPDX-License-Identifier: Apache-2.0
// @export: gives a global variable or function a symbol of its own, as `export` does.
#include "compiler/sema/handler.h"
#include "compiler/sema/struct_reader.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// Argument 0 as a pointer to a global or as a function: both may be named or pointed at.
std::optional<Value> ExportedThing(Frame& f, const BuiltinCall& call) {
  const source::Span span = f.span(call.args[0]);
  const Operand given = ValueOf(f, f.result(call.args[0]), span);
  if (given.is_poison()) return std::nullopt;
  if (given.is_const()) {
    const types::Form form = given.value.form();
    const bool is_whole = form == types::Form::kSymbol && given.value.byte_offset() == 0;
    if (is_whole || form == types::Form::kFunction) return Use(f, given);
  }
  Fail(f, call.args[0], Kind::kExpectedKind,
       {"the first argument of @export", "a pointer to a global variable or a function",
        f.sema.TypeText(given.type)});
  return std::nullopt;
}

std::optional<std::string> ExportName(Frame& f, const BuiltinCall& call) {
  StructReader config(f, Arg(f, call, 1), f.span(call.args[1]), "the configuration of @export");
  config.Allow({"name"});
  const Operand name = config.Required("name");
  if (!config.ok()) return std::nullopt;
  const std::optional<Value> v = KnownValue(f, name, config.span(), "'.name'");
  if (!v) return std::nullopt;
  if (v->type() == types::kComptimeStringType) return v->string();
  config.Error(Kind::kExpectedString, {f.sema.TypeText(v->type())});
  return std::nullopt;
}

bool CheckType(Frame& f, const BuiltinCall& call, TypeId type, bool is_compatible) {
  if (is_compatible) return true;
  Fail(f, call.args[0], Kind::kExportSymbolType, {f.sema.TypeText(type)});
  return false;
}

bool IsFunctionCompatible(const types::TypeStore& s, TypeId type) {
  if (s.fn_is_task(type)) return false;
  for (const types::FnParam& param : s.params(type)) {
    if (!types::IsExportCompatible(s, param.type)) return false;
  }
  return s.result(type) == types::kVoidType || types::IsExportCompatible(s, s.result(type));
}

// Once per symbol.
bool TakeLinkage(Frame& f, const BuiltinCall& call, const std::string& name, ir::Linkage* linkage,
                 std::string* symbol_name) {
  if (!f.sema.AddStorageName(name, f.span(call.i), &f)) return false;
  if (*linkage == ir::Linkage::kExtern) {
    Fail(f, call.args[0], Kind::kExportOfExtern, {*symbol_name});
    return false;
  }
  if (f.sema.dynamic_exports.contains(*symbol_name)) {
    Fail(f, call.i, Kind::kSymbolExported);
    return false;
  }
  *linkage = ir::Linkage::kExport;
  *symbol_name = name;
  f.sema.dynamic_exports.insert(name);
  return true;
}

}  // namespace

Operand Builtin_export(Frame& f, const BuiltinCall& call) {
  const types::TypeStore& s = f.sema.types;
  const std::optional<Value> thing = ExportedThing(f, call);
  const std::optional<std::string> name = ExportName(f, call);
  if (!thing || !name) return Operand::Poison();
  if (thing->form() == types::Form::kFunction) {
    TypeId type = thing->type();
    if (s.kind(type) == types::Kind::kPointer) type = s.pointee(type);
    if (!CheckType(f, call, type, IsFunctionCompatible(s, type))) return Operand::Poison();
    const ir::FunctionId id = f.sema.FunctionFor(*thing, &f, f.span(call.i));
    if (!id.valid()) return Operand::Poison();
    ir::Function& function = f.sema.module.function(id);
    const bool ok = TakeLinkage(f, call, *name, &function.linkage, &function.name);
    return ok ? Operand::Void() : Operand::Poison();
  }
  const TypeId type = s.pointee(thing->type());
  if (!CheckType(f, call, type, types::IsExportCompatible(s, type))) return Operand::Poison();
  ir::Global& global = f.sema.module.global(f.sema.global(thing->symbol()));
  if (!TakeLinkage(f, call, *name, &global.linkage, &global.name)) return Operand::Poison();
  global.is_used = true;
  return Operand::Void();
}

}  // namespace csl::sema
