// SPDX-License-Identifier: Apache-2.0
// Declarations resolve when first asked for: constants and parameters to values, variables to
// symbols, functions to function values.
#include <fmt/format.h>

#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/signature.h"
#include "compiler/types/coercion.h"
#include "compiler/types/predicates.h"
#include "compiler/types/type_layout.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// The declared type: invalid if there is none; nullopt if that was reported.
std::optional<TypeId> DeclaredType(Frame& f) {
  if (f.decl.type.empty()) return TypeId();
  const source::Span span = f.span(f.decl.type.first);
  const Operand v = RunExpression(f, f.decl.type);
  const std::optional<Value> type = KnownValue(f, v, span, "a type");
  if (!type) return std::nullopt;
  if (type->type() == types::kTypeType) return type->AsType();
  FailAt(f, span, Kind::kExpectedType, {f.sema.TypeText(type->type())});
  return std::nullopt;
}

// The initial value in the declared type; kNone if there is none.
Operand InitialValue(Frame& f, TypeId type) {
  if (f.decl.init.empty()) return Operand::None();
  const source::Span span = f.span(f.decl.init.last());
  Operand v = RunExpression(f, f.decl.init);
  v = ValueOf(f, v, span);
  if (v.is_poison()) return v;
  if (type.valid()) v = Coerce(f, v, type, span);
  if (v.is_poison() || AsPassedOn(v)) return v;
  return FailAt(f, span, Kind::kNotComptime, {"the initial value of a global"});
}

// Attribute such as align(...) or linkname(...): its value, or an invalid Value.
Value Attribute(Frame& f, lower::Body body) {
  if (body.empty()) return {};
  const std::optional<Value> v =
      KnownValue(f, RunExpression(f, body), f.span(body.first), "an attribute");
  return v ? *v : Value();
}

ir::Global DescribeGlobal(Analyzer& a, Frame& f, TypeId type) {
  ir::Global global;
  global.name = a.DeclName(f.instance.id, f.decl_index);
  global.size_bytes = static_cast<uint32_t>(types::SizeOf(a.types, type));
  global.alignment = types::AlignOf(a.types, type);
  global.type_text = a.TypeText(type);
  global.location = a.IrLocation(f.decl.span);
  if (f.decl.storage == lower::Storage::kExport) global.linkage = ir::Linkage::kExport;
  if (f.decl.storage == lower::Storage::kExtern) global.linkage = ir::Linkage::kExtern;
  const Value align = Attribute(f, f.decl.align);
  if (align.valid()) {
    const std::optional<uint32_t> bytes = AlignmentOf(f, align, f.span(f.decl.align.first));
    global.alignment = std::max(global.alignment, bytes.value_or(1));
  }
  const Value section = Attribute(f, f.decl.linksection);
  if (section.valid() && section.type() == types::kComptimeStringType) {
    global.section = section.string();
  }
  return global;
}

void Fail(DeclState& state) { state.status = DeclStatus::kFailed; }

void ResolveParam(Analyzer& a, Frame& f, DeclState& state) {
  const std::string& name = f.file.str(f.decl.name);
  const auto bound = f.instance.bindings.find(name);
  const std::optional<TypeId> type = DeclaredType(f);
  if (!type) return Fail(state);
  Operand v;
  if (bound != f.instance.bindings.end()) {
    v = bound->second.value;
    // SDK 1.0: what <memcpy/get_params> does not have is a color that none is.
    const bool is_no_color = v.type == types::kVoidType && *type == types::kColorType;
    if (is_no_color && !f.decl.init.empty()) {
      f.sema.ReportForm(diagnostics::Form::kNoColor, bound->second.span);
      v = InitialValue(f, *type);
    } else if (bound->second.is_color_number && *type == types::kColorType) {
      v.value = Value::Immediate(types::kColorType, v.value.bits());
      v.type = types::kColorType;
    } else if (type->valid()) {
      v = Coerce(f, v, *type, bound->second.span);
    }
  } else {
    v = InitialValue(f, *type);
  }
  if (v.is_poison()) return Fail(state);
  state.type = v.is_none() ? *type : v.type;
  state.value = std::move(v);
  state.status = state.value.is_none() ? DeclStatus::kUnset : DeclStatus::kResolved;
  (void)a;
}

// What is exported or extern has a type that others know. False if reported.
bool CheckShared(Frame& f, TypeId type) {
  if (f.decl.storage == lower::Storage::kDefault) return true;
  if (type.valid() && types::IsExportCompatible(f.sema.types, type)) return true;
  ReportIncompatible(f, type);
  return false;
}

void ResolveConst(Frame& f, DeclState& state) {
  const std::optional<TypeId> type = DeclaredType(f);
  if (!type) return Fail(state);
  state.value = InitialValue(f, *type);
  if (state.value.is_poison() || state.value.is_none()) return Fail(state);
  state.type = state.value.type;
  if (!CheckShared(f, state.type)) return Fail(state);
  state.status = DeclStatus::kResolved;
}

void ResolveVar(Analyzer& a, Frame& f, DeclState& state) {
  const std::optional<TypeId> declared = DeclaredType(f);
  if (!declared) return Fail(state);
  const Operand init = InitialValue(f, *declared);
  if (init.is_poison()) return Fail(state);
  state.type = declared->valid() ? *declared : init.type;
  if (!CheckShared(f, state.type)) return Fail(state);
  if (types::IsComptimeOnly(a.types, state.type)) {
    a.Report(&f, f.decl.span, Kind::kRunTimeComptimeOnly, {a.TypeText(state.type)});
    return Fail(state);
  }
  state.value = init;
  state.status = DeclStatus::kResolved;
  if (!types::HasRuntimeBits(a.types, state.type)) return;
  state.symbol = a.AddSymbol({state.type, false, f.instance.id, types::DeclId(f.decl_index)},
                             DescribeGlobal(a, f, state.type));
  if (init.is_none()) return;
  const std::optional<Value> v = AsKnown(f, init);
  CHECK(v.has_value());
  a.SetInitialValue(state.symbol, *v, &f, f.decl.span);
}

}  // namespace

DeclState& Analyzer::Resolve(types::InstanceId id, uint32_t decl, Frame* user, source::Span span) {
  Instance& home = instance(id);
  DeclState& state = home.decls[decl];
  if (state.status == DeclStatus::kResolving) {
    const lower::Decl& d = home.file->decls[decl];
    Report(user, d.span, Kind::kDependsOnItself, {home.file->str(d.name)});
    state.status = DeclStatus::kFailed;
    return state;
  }
  if (state.status != DeclStatus::kUnresolved) return state;
  state.status = DeclStatus::kResolving;
  ResolveValue(id, decl, user, span);
  if (state.status == DeclStatus::kResolving) state.status = DeclStatus::kFailed;
  return state;
}

void Analyzer::ResolveValue(types::InstanceId id, uint32_t decl, Frame* user, source::Span span) {
  Instance& home = instance(id);
  DeclState& state = home.decls[decl];
  Frame f(*this, home, decl);
  switch (f.decl.kind) {
    case lower::DeclKind::kParam:
      return ResolveParam(*this, f, state);
    case lower::DeclKind::kConst:
      if (f.decl.storage == lower::Storage::kExtern) return ResolveVar(*this, f, state);
      return ResolveConst(f, state);
    case lower::DeclKind::kVar:
      return ResolveVar(*this, f, state);
    case lower::DeclKind::kFunction: {
      const TypeId type = FunctionType(id, decl, user);
      if (!type.valid()) return Fail(state);
      state.type = type;
      state.value = Operand::Const(Value::Function(type, id, types::DeclId(decl)));
      state.status = DeclStatus::kResolved;
      return;
    }
    case lower::DeclKind::kComptime:
    case lower::DeclKind::kLayout:
      CHECK(false) << "blocks have no name";
  }
}

Operand Analyzer::DeclPlace(types::InstanceId id, uint32_t decl, Frame* user, source::Span span) {
  DeclState& state = Resolve(id, decl, user, span);
  if (state.place) {
    Operand known;
    known.kind = OperandKind::kPlace;
    known.type = state.type;
    known.place = state.place;
    return known;
  }
  const lower::Decl& d = instance(id).file->decls[decl];
  if (state.status == DeclStatus::kUnset) {
    const std::string& name = instance(id).file->str(d.name);
    Report(user, span, Kind::kUnsetParam, {name})
        .Note(Kind::kNoteDeclaredHere, d.span, {name})
        .Note(Kind::kNoteUnsetParam, {});
    return Operand::Poison();
  }
  if (state.status != DeclStatus::kResolved) return Operand::Poison();
  Place p;
  p.type = state.type;
  p.instance = id;
  p.decl = types::DeclId(decl);
  if (d.kind == lower::DeclKind::kVar || d.storage == lower::Storage::kExtern) {
    if (d.kind == lower::DeclKind::kFunction) {
      p.base = state.value;
      p.is_const = true;
      return Operand::Of(std::move(p));
    }
    p.kind = PlaceKind::kStatic;
    p.symbol = state.symbol;
    p.is_const = d.kind == lower::DeclKind::kConst;
    return Operand::Of(std::move(p));
  }
  p.is_const = true;
  p.base = state.value;
  Operand place = Operand::Of(std::move(p));
  state.place = place.place;
  return place;
}

types::SymbolId Analyzer::SymbolOf(types::InstanceId id, uint32_t decl) {
  DeclState& state = instance(id).decls[decl];
  if (state.symbol.valid()) return state.symbol;
  Frame f(*this, instance(id), decl);
  ir::Global global = DescribeGlobal(*this, f, state.type);
  global.is_const = true;
  state.symbol = AddSymbol({state.type, true, id, types::DeclId(decl)}, std::move(global));
  const std::optional<Value> v = AsKnown(f, state.value);
  CHECK(v.has_value());
  SetInitialValue(state.symbol, *v, &f, f.decl.span);
  return state.symbol;
}

std::string Analyzer::DeclName(types::InstanceId id, uint32_t decl) {
  const Instance& home = instance(id);
  const lower::Decl& d = home.file->decls[decl];
  if (!d.linkname.empty()) {
    Frame f(*this, instance(id), decl);
    const Value name = Attribute(f, d.linkname);
    if (name.valid() && name.type() == types::kComptimeStringType) return name.string();
  }
  const std::string& name = home.file->str(d.name);
  return d.storage == lower::Storage::kDefault ? home.prefix + name : name;
}

}  // namespace csl::sema
