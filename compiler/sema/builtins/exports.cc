// SPDX-License-Identifier: Apache-2.0
// @export_symbol: host symbols of the tile program, matched with the layout's @export_name.
#include "compiler/sema/handler.h"
#include "compiler/sema/suggest.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;

namespace {

const layout::ExportedName* FindExport(const layout::Layout& layout, std::string_view name,
                                       uint32_t* id) {
  for (size_t n = 0; n < layout.exports.size(); ++n) {
    if (layout.exports[n].name == name) {
      *id = static_cast<uint32_t>(n);
      return &layout.exports[n];
    }
  }
  return nullptr;
}

// The type without the const of a pointer to it: `const` tensors may be exported read-only.
TypeId Comparable(types::TypeStore& s, TypeId t) {
  if (s.kind(t) != types::Kind::kPointer) return t;
  TypeId pointee = s.pointee(t);
  // *[n]T and [*]T point at the same elements.
  if (s.kind(pointee) == types::Kind::kArray) return s.Pointer(s.element(pointee), false, true);
  return s.Pointer(pointee, false, s.pointer_is_many(t));
}

bool CheckType(Frame& f, const BuiltinCall& call, const layout::ExportedName& wanted, TypeId type) {
  types::TypeStore& s = f.sema.types;
  if (wanted.type == type) return true;
  if (s.kind(type) == types::Kind::kPointer && s.kind(wanted.type) == types::Kind::kPointer &&
      Comparable(s, type) == Comparable(s, wanted.type)) {
    return true;
  }
  f.sema
      .Report(&f, f.span(call.i), Kind::kExportType,
              {wanted.name, wanted.type_text, f.sema.TypeText(type)})
      .Note(Kind::kNoteDeclaredHere, wanted.span, {wanted.name});
  return false;
}

bool CheckMutability(Frame& f, const BuiltinCall& call, const layout::ExportedName& wanted,
                     bool is_mutable) {
  if (wanted.kind == layout::ExportKind::kFunc || wanted.is_mutable == is_mutable) return true;
  f.sema
      .Report(&f, f.span(call.i), Kind::kExportMutability,
              {wanted.name, wanted.is_mutable ? "mutable (true)" : "immutable (false)",
               is_mutable ? "var" : "const"})
      .Note(Kind::kNoteDeclaredHere, wanted.span, {wanted.name});
  return false;
}

bool CheckOnce(Frame& f, const BuiltinCall& call, const std::string& name, uint32_t id) {
  for (size_t n = 0; n < f.sema.exports.size(); ++n) {
    if (f.sema.exports[n].export_id != id) continue;
    f.sema.Report(&f, f.span(call.i), Kind::kExportAgain, {name})
        .Note(Kind::kNotePreviousHere, f.sema.export_spans[n]);
    return false;
  }
  return true;
}

// The name the symbol is exported by: given, or the declaration's own.
std::optional<std::string> ExportName(Frame& f, const BuiltinCall& call, const Place& place) {
  if (call.args.size() > 1) return StringArg(f, call, 1);
  const Instance& home = f.sema.instance(place.instance);
  return home.file->str(home.file->decls[place.decl.index].name);
}

}  // namespace

Operand Builtin_export_symbol(Frame& f, const BuiltinCall& call) {
  const Operand& what = f.result(call.args[0]);
  if (!what.is_place() || !what.place->instance.valid() || !what.place->path.empty() ||
      what.place->offset != 0) {
    return Fail(f, call.args[0], Kind::kExpectedKind,
                {"an exported symbol", "a global variable, constant or function", "an expression"});
  }
  const Place& place = *what.place;
  const std::optional<std::string> name = ExportName(f, call, place);
  if (!name) return Operand::Poison();
  if (f.sema.layout == nullptr) return Operand::Void();  // a block of the layout's file or modules
  uint32_t id = 0;
  const layout::ExportedName* wanted = FindExport(*f.sema.layout, *name, &id);
  if (wanted == nullptr) {
    std::vector<std::string_view> names;
    for (const layout::ExportedName& other : f.sema.layout->exports) names.push_back(other.name);
    return Fail(f, call.i, Kind::kExportUnknown, {*name, Suggestion(*name, names)});
  }
  const Instance& home = f.sema.instance(place.instance);
  const bool is_mutable = home.file->decls[place.decl.index].kind == lower::DeclKind::kVar;
  if (!CheckType(f, call, *wanted, place.type) || !CheckMutability(f, call, *wanted, is_mutable) ||
      !CheckOnce(f, call, *name, id)) {
    return Operand::Poison();
  }
  ExportedSymbol symbol;
  symbol.export_id = id;
  symbol.kind = wanted->kind;
  if (wanted->kind == layout::ExportKind::kFunc) {
    symbol.function = f.sema.FunctionFor(Use(f, place.base), &f, f.span(call.i));
    if (!symbol.function.valid()) return Operand::Poison();
    f.sema.module.function(symbol.function).is_entry = true;
  } else {
    symbol.global = f.sema.global(f.sema.SymbolOf(place.instance, place.decl.index));
    f.sema.module.global(symbol.global).is_used = true;
  }
  f.sema.exports.push_back(symbol);
  f.sema.export_spans.push_back(f.span(call.i));
  return Operand::Void();
}

}  // namespace csl::sema
