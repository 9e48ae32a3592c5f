// SPDX-License-Identifier: Apache-2.0
// Function types, instantiation, and the emission of bodies from the worklist.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "compiler/sema/handler.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;
using types::Value;

namespace {

// A type of the signature without a call; kAnytypeType if it depends on parameters.
TypeId TypeOrAny(Frame& f, lower::Body body) {
  f.failure = Failure::kNone;
  const Operand v = RunComptime(f, body);
  if (v.is_poison()) return f.failure == Failure::kGeneric ? types::kAnytypeType : TypeId();
  const std::optional<Value> type = KnownValue(f, v, f.span(body.first), "a type");
  if (!type) return {};
  if (type->type() == types::kTypeType) return type->AsType();
  FailAt(f, f.span(body.first), Kind::kExpectedType, {f.sema.TypeText(type->type())});
  return {};
}

// Whether an exported or extern function has types that others know. False if reported.
bool CheckSharedFunction(Frame& f, std::span<const types::FnParam> params, TypeId result) {
  types::TypeStore& s = f.sema.types;
  TypeId bad;
  for (const types::FnParam& param : params) {
    if (!bad.valid() && !types::IsExportCompatible(s, param.type)) bad = param.type;
  }
  if (!bad.valid() && result != types::kVoidType && !types::IsExportCompatible(s, result)) {
    bad = result;
  }
  if (!bad.valid()) return true;
  ReportIncompatible(f, bad);
  return false;
}

}  // namespace

void ReportIncompatible(Frame& f, TypeId type) {
  const bool is_export = f.decl.storage == lower::Storage::kExport;
  f.sema.Report(
      &f, f.decl.span, Kind::kExportIncompatible,
      {f.file.str(f.decl.name), is_export ? "exported" : "extern", f.sema.TypeText(type)});
}

TypeId Analyzer::FunctionType(types::InstanceId id, uint32_t decl, Frame* user) {
  const uint64_t key = static_cast<uint64_t>(id.index) << 32 | decl;
  const auto known = function_types_.find(key);
  if (known != function_types_.end()) return known->second;
  function_types_[key] = TypeId();  // a signature that needs itself is reported below
  Frame f(*this, instance(id), decl);
  f.caller = nullptr;
  const lower::Function& function = f.file.functions[f.decl.function];
  for (Slot& slot : f.slots) slot.kind = SlotKind::kGeneric;
  std::vector<types::FnParam> params;
  TypeId result = types::kVoidType;
  bool ok = true;
  for (const lower::Param& param : function.params) {
    const TypeId type = param.is_anytype ? types::kAnytypeType : TypeOrAny(f, param.type);
    ok = ok && type.valid();
    params.push_back({type, param.is_comptime});
  }
  if (!function.return_type.empty()) result = TypeOrAny(f, function.return_type);
  ok = ok && result.valid();
  const bool is_shared = f.decl.storage != lower::Storage::kDefault;
  ok = ok && (!is_shared || CheckSharedFunction(f, params, result));
  const TypeId type = ok ? types.Fn(params, result, function.is_task) : TypeId();
  function_types_[key] = type;
  return type;
}

ir::FunctionId Analyzer::FunctionFor(const Value& function, Frame* user, source::Span span) {
  const TypeId type = FunctionType(function.instance(), function.decl().index, user);
  if (!type.valid()) return {};
  FunctionInstance f;
  f.instance = function.instance();
  f.decl = function.decl().index;
  f.type = type;
  f.first_use = span;
  bool usable = types.result(type) != types::kAnytypeType &&
                !types::IsComptimeOnly(types, types.result(type));
  for (const types::FnParam& param : types.params(type)) {
    usable = usable && !param.is_comptime && param.type != types::kAnytypeType &&
             !types::IsComptimeOnly(types, param.type);
    f.known.push_back(Operand::None());
  }
  if (usable) return Instantiate(std::move(f));
  Report(user, span, Kind::kRunTimeComptimeOnly, {TypeText(type)});
  return {};
}

namespace {

uint64_t KeyHash(const FunctionInstance& f) {
  uint64_t hash = static_cast<uint64_t>(f.instance.index) << 32 | f.decl;
  hash = hash * 0x9e3779b97f4a7c15u + f.type.index;
  for (const Operand& known : f.known) {
    hash = hash * 0x9e3779b97f4a7c15u + (known.is_const() ? HashOf(known.value) : 0);
  }
  return hash;
}

bool SameKey(const FunctionInstance& a, const FunctionInstance& b) {
  if (a.instance != b.instance || a.decl != b.decl || a.type != b.type) return false;
  for (size_t n = 0; n < a.known.size(); ++n) {
    if (a.known[n].kind != b.known[n].kind) return false;
    if (a.known[n].is_const() && !Identical(a.known[n].value, b.known[n].value)) return false;
  }
  return true;
}

}  // namespace

ir::FunctionId Analyzer::Instantiate(FunctionInstance wanted) {
  std::vector<uint32_t>& candidates = function_index_[KeyHash(wanted)];
  for (uint32_t n : candidates) {
    if (SameKey(functions_[n], wanted)) return functions_[n].ir;
  }
  const Instance& home = instance(wanted.instance);
  const lower::Decl& decl = home.file->decls[wanted.decl];
  const lower::Function& function = home.file->functions[decl.function];
  std::string name = DeclName(wanted.instance, wanted.decl);
  wanted.first_user = emitting_;
  wanted.is_specialised = std::any_of(wanted.known.begin(), wanted.known.end(),
                                      [](const Operand& o) { return o.is_const(); }) ||
                          wanted.type != FunctionType(wanted.instance, wanted.decl, nullptr);
  if (wanted.is_specialised) name += fmt::format(".{}", functions_.size());
  wanted.ir = module.AddFunction(name);
  ir::Function& out = module.function(wanted.ir);
  out.type_text = TypeText(wanted.type);
  out.location = IrLocation(decl.span);
  out.is_noinline = function.is_noinline;
  if (decl.storage == lower::Storage::kExport) out.linkage = ir::Linkage::kExport;
  const TypeId result = types.result(wanted.type);
  if (types::HasRuntimeBits(types, result)) {
    if (IsScalar(types, result)) {
      out.result = IrType(types, result);
    } else {
      out.AddParam(ir::kPointerType);
    }
  }
  const auto params = types.params(wanted.type);
  for (size_t n = 0; n < params.size(); ++n) {
    if (wanted.known[n].is_const() || !types::HasRuntimeBits(types, params[n].type)) continue;
    out.AddParam(IsScalar(types, params[n].type) ? IrType(types, params[n].type)
                                                 : ir::kPointerType);
  }
  if (!function.has_body) {
    out.is_external = true;
    out.linkage = ir::Linkage::kExtern;
  }
  candidates.push_back(static_cast<uint32_t>(functions_.size()));
  functions_.push_back(std::move(wanted));
  return functions_.back().ir;
}

void Analyzer::EmitBody(FunctionInstance& wanted) {
  Frame f(*this, instance(wanted.instance), wanted.decl);
  f.emitted = &wanted;
  emitting_ = &wanted;
  const lower::Function& function = f.file.functions[f.decl.function];
  if (!function.has_body) return;
  ir::IrBuilder builder(module, wanted.ir);
  builder.SetLocation(IrLocation(f.decl.span));
  f.is_comptime = false;
  f.builder = &builder;
  f.return_type = types.result(wanted.type);
  size_t next = 0;
  if (types::HasRuntimeBits(types, f.return_type) && !IsScalar(types, f.return_type)) {
    f.result_address = builder.Param(next++);
  }
  const auto params = types.params(wanted.type);
  for (size_t n = 0; n < params.size(); ++n) {
    Slot& slot = f.slots[n];
    const TypeId type = params[n].type;
    slot.kind = SlotKind::kBound;
    slot.is_const = true;
    slot.type = type;
    if (wanted.known[n].is_const()) {
      slot.bound = wanted.known[n];
    } else if (!types::HasRuntimeBits(types, type)) {
      slot.bound = Operand::Void();
    } else if (IsScalar(types, type)) {
      slot.bound = Operand::Runtime(type, builder.Param(next++));
    } else {
      slot.bound = Operand::StableMemory(type, builder.Param(next++));
    }
  }
  const Flow flow = RunBody(f, function.body);
  if (flow == Flow::kEnded) return;
  if (flow == Flow::kNext) {
    if (f.return_type == types::kVoidType) {
      builder.Ret();
      return;
    }
    // Behind an error the path may be one that returns.
    if (f.failure != Failure::kReported) {
      Report(&f, f.decl.span, Kind::kMissingReturn,
             {f.file.str(f.decl.name), TypeText(f.return_type)});
    }
  }
  builder.Unreachable();
}

void Analyzer::DrainWorklist() {
  while (emitted_ < functions_.size()) EmitBody(functions_[emitted_++]);
  JoinExterns();
}

}  // namespace csl::sema
