// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/reachability.h"

namespace csl::link {
namespace {

class Walk {
 public:
  Walk(const sema::TileProgram& program, const codegen::ObjectCode& code)
      : module_(program.module), code_of_(program.module.functions.size()) {
    out_.functions.resize(module_.functions.size());
    out_.globals.resize(module_.globals.size());
    for (const codegen::CodeFunction& f : code.functions) code_of_[f.id.index] = &f;
    for (uint32_t i = 0; i < module_.functions.size(); ++i) {
      const ir::Function& f = module_.functions[i];
      if (f.is_entry || f.linkage == ir::Linkage::kExport) Function(i);
    }
    for (uint32_t i = 0; i < module_.globals.size(); ++i) {
      const ir::Global& g = module_.globals[i];
      if (g.is_used || g.linkage == ir::Linkage::kExport) Global(i);
    }
    for (const sema::TaskBinding& task : program.config.tasks) Function(task.function.index);
    for (const sema::ExportedSymbol& symbol : program.exports) {
      if (symbol.global.valid()) Global(symbol.global.index);
      if (symbol.function.valid()) Function(symbol.function.index);
    }
  }

  Reachability Run() {
    while (!functions_.empty() || !globals_.empty()) {
      if (!functions_.empty()) {
        const uint32_t index = functions_.back();
        functions_.pop_back();
        if (code_of_[index] == nullptr) continue;
        for (const codegen::Relocation& r : code_of_[index]->relocations)
          Name(r.is_function, r.symbol);
        // What a descriptor names is there; the descriptor itself is in its register.
        for (const codegen::LoadedDsr& loaded : code_of_[index]->loaded_dsrs) {
          for (const ir::Relocation& r : module_.global(loaded.descriptor).relocations)
            Name(r.is_function, r.symbol);
        }
      } else {
        const uint32_t index = globals_.back();
        globals_.pop_back();
        for (const ir::Relocation& r : module_.globals[index].relocations)
          Name(r.is_function, r.symbol);
      }
    }
    return std::move(out_);
  }

 private:
  void Name(bool is_function, uint32_t symbol) {
    if (is_function) {
      Function(symbol);
    } else {
      Global(symbol);
    }
  }
  void Function(uint32_t index) {
    if (out_.functions[index]) return;
    out_.functions[index] = true;
    functions_.push_back(index);
  }
  void Global(uint32_t index) {
    if (out_.globals[index]) return;
    out_.globals[index] = true;
    globals_.push_back(index);
  }

  const ir::Module& module_;
  std::vector<const codegen::CodeFunction*> code_of_;
  Reachability out_;
  std::vector<uint32_t> functions_;
  std::vector<uint32_t> globals_;
};

}  // namespace

Reachability FindReachable(const sema::TileProgram& program, const codegen::ObjectCode& code) {
  return Walk(program, code).Run();
}

}  // namespace csl::link
