// SPDX-License-Identifier: Apache-2.0
// Module instances: imports, top-level comptime blocks, exported storage.
#include <map>

#include "compiler/sema/handler.h"
#include "compiler/sema/library_forms.h"
#include "compiler/sema/signature.h"
#include "compiler/sema/suggest.h"
#include "compiler/sema/task_checks.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

types::InstanceId Analyzer::AddInstance(const lower::Untyped* file, std::string prefix) {
  auto added = std::make_unique<Instance>();
  added->id = types::InstanceId(static_cast<uint32_t>(instances_.size()));
  added->file = file;
  added->memo = MemoOf(*file);
  added->prefix = std::move(prefix);
  added->decls.resize(file->decls.size());
  instances_.push_back(std::move(added));
  return instances_.back()->id;
}

void Analyzer::ResolveImports(types::InstanceId id) {
  const lower::Untyped& file = *instance(id).file;
  for (uint32_t d = 0; d < file.decls.size(); ++d) {
    const lower::Decl& decl = file.decls[d];
    if (decl.kind != lower::DeclKind::kConst) continue;
    for (const InstId i : decl.init.ids()) {
      const auto builtin = file.insts.As<untyped::Builtin>(i);
      if (builtin && builtin->kind == lower::BuiltinKind::k_import_module) {
        Resolve(id, d, nullptr, decl.span);
        break;
      }
    }
  }
}

void Analyzer::RunComptimeBlocks() {
  in_top_level = true;
  // Imported modules first: what a program sets, it may set on top of what its libraries set.
  for (size_t n = instances_.size(); n > 0; --n) {
    Instance& home = *instances_[n - 1];
    for (uint32_t d = 0; d < home.file->decls.size(); ++d) {
      const lower::Decl& decl = home.file->decls[d];
      if (decl.kind != lower::DeclKind::kComptime) continue;
      Frame f(*this, home, d);
      f.is_tolerant = true;
      const Flow flow = RunBody(f, decl.init);
      if (flow == Flow::kError || f.failure == Failure::kReported) top_level_failed = true;
    }
  }
  in_top_level = false;
  for (const auto& work : after_top_level) work();
  after_top_level.clear();
  CheckTasks(*this);
}

void Analyzer::ResolveStorageExports() {
  for (const auto& home : instances_) {
    for (uint32_t d = 0; d < home->file->decls.size(); ++d) {
      const lower::Decl& decl = home->file->decls[d];
      if (decl.storage != lower::Storage::kExport) continue;
      const DeclState& state = Resolve(home->id, d, nullptr, decl.span);
      if (state.status != DeclStatus::kResolved) continue;
      if (!AddStorageName(DeclName(home->id, d), decl.span, nullptr)) continue;
      if (decl.kind == lower::DeclKind::kFunction) {
        Frame f(*this, *home, d);
        FunctionFor(state.value.value, &f, decl.span);
      } else if (state.type.valid()) {
        SymbolOf(home->id, d);
      }
    }
  }
}

bool Analyzer::AddStorageName(const std::string& name, source::Span span, const Frame* user) {
  const auto [other, is_new] = storage_names_.emplace(name, span);
  if (is_new) return true;
  Report(user, span, Kind::kSymbolAgain, {name}).Note(Kind::kNotePreviousHere, other->second);
  return false;
}

namespace {

// "sys_mod." for `const sys_mod = @import_module(...)`.
std::string Prefix(const Frame& f) { return f.instance.prefix + f.file.str(f.decl.name) + "."; }

bool IsCycle(Analyzer& a, const Frame& f, source::FileId file) {
  types::InstanceId at = f.instance.id;
  while (at.valid()) {
    const Instance& home = a.instance(at);
    if (home.file->file == file) return true;
    at = home.importer;
  }
  return false;
}

// Binds the fields of the struct to the params of the module. False if reported.
bool BindParams(Frame& f, const BuiltinCall& call, Instance& target) {
  if (call.args.size() < 2) return true;
  types::TypeStore& s = f.sema.types;
  const source::Span span = f.span(call.args[1]);
  const Operand bindings = Arg(f, call, 1);
  if (bindings.is_poison()) return false;
  if (bindings.type.valid() && s.is_tuple(bindings.type) && s.fields(bindings.type).empty()) {
    return true;
  }
  if (!bindings.type.valid() || s.kind(bindings.type) != types::Kind::kStruct ||
      !AsPassedOn(bindings)) {
    FailAt(f, span, Kind::kExpectedKind,
           {"the parameters of an import", "a struct known at compile time",
            f.sema.TypeText(bindings.type)});
    return false;
  }
  const auto fields = s.fields(bindings.type);
  for (uint32_t n = 0; n < fields.size(); ++n) {
    const std::string name(fields[n].name);
    const auto found = target.file->by_name.find(name);
    if (found == target.file->by_name.end() ||
        target.file->decls[found->second.index].kind != lower::DeclKind::kParam) {
      f.sema.Report(&f, span, Kind::kUnknownBinding,
                    {f.sema.context.sources->file(target.file->file).stable_name, name,
                     ParamSuggestion(*target.file, name)});
      continue;
    }
    ReportOldParam(f, target, name, span);
    target.bindings[name] = {PartOf(f, bindings, n), span, false};
  }
  return true;
}

}  // namespace

Operand Builtin_import_module(Frame& f, const BuiltinCall& call) {
  const std::optional<std::string> path = StringArg(f, call, 0);
  if (!path) return Operand::Poison();
  const StatusOr<source::FileId> file = f.sema.context.resolver->Load(*path, f.file.file);
  if (!file.ok()) {
    return FailWith(f, f.span(call.args[0]), diagnostics::ImportProblem(file.status()));
  }
  if (IsCycle(f.sema, f, *file)) return Fail(f, call.args[0], Kind::kImportCycle, {*path});
  const lower::Untyped* lowered = f.sema.context.lowered(*file);
  if (lowered == nullptr) return Operand::Poison();
  ReportOldImport(f, *path, f.span(call.args[0]));
  const types::InstanceId id = f.sema.AddInstance(lowered, Prefix(f));
  Instance& target = f.sema.instance(id);
  target.importer = f.instance.id;
  target.imported_at = f.span(call.i);
  if (!BindParams(f, call, target)) return Operand::Poison();
  ReportLeftOut(f, target, f.span(call.i));
  f.sema.ResolveImports(id);
  return Operand::Const(Value::Module(id));
}

}  // namespace csl::sema
