// SPDX-License-Identifier: Apache-2.0
// Extern declarations and what they stand for: the export of that name, of this or another module.
#include <map>

#include "compiler/sema/handler.h"

namespace csl::sema {

using diagnostics::Kind;
using types::TypeId;

namespace {

constexpr uint32_t kUnmapped = 0xffffffff;

// "var", "const" or "fn", as declared.
std::string_view KindOf(const lower::Decl& decl) {
  switch (decl.kind) {
    case lower::DeclKind::kVar:
      return "var";
    case lower::DeclKind::kConst:
      return "const";
    default:
      return "fn";
  }
}

struct Declared {
  const lower::Decl* decl = nullptr;
  TypeId type;
};

class Joiner {
 public:
  explicit Joiner(Analyzer& a) : a_(a) {}

  // What the extern symbol `name` becomes; kUnmapped if reported.
  uint32_t Join(const std::string& name, const Declared& wanted, uint32_t found,
                const Declared& given) {
    if (found == kUnmapped) {
      a_.Report(nullptr, wanted.decl->span, Kind::kExternUndefined, {KindOf(*wanted.decl), name});
      return kUnmapped;
    }
    if (wanted.type == given.type && wanted.decl->kind == given.decl->kind) return found;
    a_.Report(nullptr, wanted.decl->span, Kind::kExternMismatch,
              {KindOf(*wanted.decl), name, a_.TypeText(wanted.type), KindOf(*given.decl),
               a_.TypeText(given.type)})
        .Note(Kind::kNoteDeclaredHere, given.decl->span, {name});
    return kUnmapped;
  }

 private:
  Analyzer& a_;
};

void Replace(const std::vector<uint32_t>& map, uint32_t* symbol) {
  if (*symbol < map.size() && map[*symbol] != kUnmapped) *symbol = map[*symbol];
}

void Replace(const std::vector<uint32_t>& map, ir::FunctionId* function) {
  if (function->valid()) Replace(map, &function->index);
}

void ReplaceInCode(ir::Module& module, const std::vector<uint32_t>& globals,
                   const std::vector<uint32_t>& functions) {
  for (ir::Function& f : module.functions) {
    for (uint32_t n = 0; n < f.num_values(); ++n) {
      ir::Instruction& v = f.value(ir::ValueId(n));
      if (v.op == ir::Op::kGlobalAddr) Replace(globals, &v.symbol);
      if (v.op == ir::Op::kFuncAddr || v.op == ir::Op::kCall) Replace(functions, &v.symbol);
    }
  }
  for (ir::Global& global : module.globals) {
    for (ir::Relocation& r : global.relocations) {
      Replace(r.is_function ? functions : globals, &r.symbol);
    }
  }
}

void ReplaceInConfig(TileConfig& config, const std::vector<uint32_t>& globals,
                     const std::vector<uint32_t>& functions) {
  for (TaskBinding& task : config.tasks) Replace(functions, &task.function);
  for (RotatingTasks& tasks : config.rotating_tasks) Replace(functions, &tasks.alternative);
  for (Handler& handler : config.handlers) Replace(functions, &handler.function);
  for (InitialDsr& dsr : config.dsrs) Replace(globals, &dsr.descriptor.index);
  for (Fifo& fifo : config.fifos) Replace(globals, &fifo.buffer.index);
}

}  // namespace

void Analyzer::JoinExterns() {
  Joiner joiner(*this);
  auto declared = [&](types::InstanceId home, uint32_t decl, TypeId type) {
    return Declared{&instance(home).file->decls[decl], type};
  };
  std::map<std::string, uint32_t> exports;
  for (uint32_t n = 0; n < module.globals.size(); ++n) {
    if (module.globals[n].linkage == ir::Linkage::kExport)
      exports.emplace(module.globals[n].name, n);
  }
  std::vector<uint32_t> globals(module.globals.size(), kUnmapped);
  bool any = false;
  for (uint32_t n = 0; n < globals.size(); ++n) {
    if (module.globals[n].linkage != ir::Linkage::kExtern) continue;
    any = true;
    const std::string& name = module.globals[n].name;
    const auto found = exports.find(name);
    const uint32_t to = found == exports.end() ? kUnmapped : found->second;
    const auto of = [&](uint32_t k) {
      return declared(symbols_[k].instance, symbols_[k].decl.index, symbols_[k].type);
    };
    globals[n] = joiner.Join(name, of(n), to, to == kUnmapped ? Declared() : of(to));
  }
  std::map<std::string, uint32_t> exported_functions;
  for (uint32_t k = 0; k < functions_.size(); ++k) {
    const ir::Function& f = module.function(functions_[k].ir);
    if (f.linkage == ir::Linkage::kExport) exported_functions.emplace(f.name, k);
  }
  std::vector<uint32_t> functions(module.functions.size(), kUnmapped);
  for (const FunctionInstance& wanted : functions_) {
    const ir::Function& f = module.function(wanted.ir);
    if (f.linkage != ir::Linkage::kExtern) continue;
    any = true;
    const auto found = exported_functions.find(f.name);
    const FunctionInstance* given =
        found == exported_functions.end() ? nullptr : &functions_[found->second];
    functions[wanted.ir.index] = joiner.Join(
        f.name, declared(wanted.instance, wanted.decl, wanted.type),
        given == nullptr ? kUnmapped : given->ir.index,
        given == nullptr ? Declared() : declared(given->instance, given->decl, given->type));
  }
  if (!any) return;
  ReplaceInCode(module, globals, functions);
  ReplaceInConfig(config, globals, functions);
  for (ExportedSymbol& e : this->exports) {
    Replace(functions, &e.function);
    if (e.global.valid()) Replace(globals, &e.global.index);
  }
}

}  // namespace csl::sema
