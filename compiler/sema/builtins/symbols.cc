// SPDX-License-Identifier: Apache-2.0
// What a program may ask about the symbols it exports to the host, and @rpc.
#include "compiler/sema/handler.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

bool IsTensor(const types::TypeStore& s, const layout::ExportedName& name) {
  return name.kind == layout::ExportKind::kVar && s.kind(name.type) == types::Kind::kPointer;
}

// The export that the program made of the symbol; null if there is none.
const ExportedSymbol* FindSymbol(Frame& f, const Place& place, source::Span span) {
  const Operand& base = place.base;
  const bool is_function = base.is_const() && base.value.form() == types::Form::kFunction;
  ir::FunctionId function;
  ir::GlobalId global;
  if (is_function) {
    function = f.sema.FunctionFor(base.value, &f, span);
  } else {
    global = f.sema.global(f.sema.SymbolOf(place.instance, place.decl.index));
  }
  for (const ExportedSymbol& symbol : f.sema.exports) {
    const bool is_this = symbol.kind == layout::ExportKind::kFunc
                             ? is_function && symbol.function == function
                             : !is_function && symbol.global == global;
    if (is_this) return &symbol;
  }
  return nullptr;
}

// The id in argument n: known, or a run-time u16. Poison if reported.
Operand IdArg(Frame& f, const BuiltinCall& call, size_t n) {
  const Operand id = CoercedArg(f, call, n, types::kU16Type);
  if (!id.is_const()) return id;
  const uint64_t number = Use(f, id).bits();
  for (const ExportedSymbol& symbol : f.sema.exports) {
    if (symbol.export_id == number) return id;
  }
  return Fail(f, call.args[n], Kind::kNoSymbolWithId, {number});
}

// The value of the exported variable that `id` names among those of `allowed`; those of another id
// are not read. Poison if reported.
Operand SelectVariable(Frame& f, const BuiltinCall& call, const Operand& id, TypeId type,
                       bool (*allowed)(const types::TypeStore&, const layout::ExportedName&,
                                       TypeId),
                       const std::string& what) {
  ir::IrBuilder& b = *f.builder;
  const types::TypeStore& s = f.sema.types;
  ir::ValueId value;
  for (const ExportedSymbol& symbol : f.sema.exports) {
    const layout::ExportedName& name = f.sema.layout->exports[symbol.export_id];
    const bool fits = symbol.kind == layout::ExportKind::kVar && allowed(s, name, type);
    if (id.is_const() && Use(f, id).bits() == symbol.export_id && !fits) {
      return Fail(f, call.i, Kind::kSymbolType, {name.name, name.type_text, what});
    }
    if (!fits || (id.is_const() && Use(f, id).bits() != symbol.export_id)) continue;
    const ir::ValueId here = b.Load(IrType(s, type), b.GlobalAddress(symbol.global));
    if (!value.valid()) {
      value = here;
      continue;
    }
    const ir::ValueId is_this =
        b.Binary(ir::Op::kEq, ToScalar(f, id, f.span(call.i)), b.Int(16, symbol.export_id));
    value = b.Select(is_this, here, value);
  }
  if (value.valid()) return Operand::Runtime(type, value);
  return Fail(f, call.i, Kind::kNoSymbolOfType, {what});
}

}  // namespace

Operand Builtin_get_symbol_id(Frame& f, const BuiltinCall& call) {
  if (f.sema.purpose == Purpose::kLayout) {
    return Fail(f, call.i, Kind::kBuiltinContext, {"get_symbol_id", "in the program of a tile"});
  }
  const Operand& what = f.result(call.args[0]);
  if (!what.is_place() || !what.place->instance.valid() || !what.place->path.empty() ||
      what.place->offset != 0) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"an exported symbol", "a global variable, constant or function", "an expression"});
  }
  const ExportedSymbol* symbol = FindSymbol(f, *what.place, f.span(call.i));
  if (symbol != nullptr) {
    return Operand::Const(Value::Immediate(types::kU16Type, symbol->export_id));
  }
  const Instance& home = f.sema.instance(what.place->instance);
  const std::string& name = home.file->str(home.file->decls[what.place->decl.index].name);
  return Fail(f, call.i, Kind::kNotExported, {name});
}

Operand Builtin_get_symbol_value(Frame& f, const BuiltinCall& call) {
  const std::optional<TypeId> type = TypeArg(f, call, 0);
  const Operand id = IdArg(f, call, 1);
  if (!type || id.is_poison()) return Operand::Poison();
  if (!IsScalar(f.sema.types, *type)) {
    return Fail(f, call.args[0], Kind::kExportNotHostVisible, {f.sema.TypeText(*type)});
  }
  return SelectVariable(
      f, call, id, *type,
      [](const types::TypeStore&, const layout::ExportedName& name, TypeId wanted) {
        return name.type == wanted;
      },
      "variable of type " + f.sema.TypeText(*type));
}

Operand Builtin_get_tensor_ptr(Frame& f, const BuiltinCall& call) {
  const Operand id = IdArg(f, call, 0);
  if (id.is_poison()) return id;
  const TypeId words = f.sema.types.Pointer(types::kU16Type, false, true);
  return SelectVariable(
      f, call, id, words,
      [](const types::TypeStore& s, const layout::ExportedName& name, TypeId) {
        return IsTensor(s, name);
      },
      "tensor");
}

Operand Builtin_has_exported_tensors(Frame& f, const BuiltinCall& call) {
  (void)call;
  const layout::Layout& layout =
      f.sema.layout != nullptr ? *f.sema.layout : f.sema.layout_sink.value;
  bool has = false;
  for (const layout::ExportedName& name : layout.exports) {
    has = has || IsTensor(f.sema.types, name);
  }
  return Operand::Const(Value::Bool(has));
}

// Host commands reach a program through its memcpy module, whatever task is named here.
Operand Builtin_rpc(Frame& f, const BuiltinCall& call) {
  (void)f;
  (void)call;
  return Operand::Void();
}

}  // namespace csl::sema
