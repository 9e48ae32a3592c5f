// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/lower.h"

#include "compiler/lower/lowerer.h"

namespace csl::lower {

Lowerer::Lowerer(const parse::Ast& ast, diagnostics::Engine* diagnostics)
    : ast_(ast), diagnostics_(diagnostics) {
  out_.file = ast.tokens().file().id;
  out_.insts.Reserve(ast.size());
}

Untyped Lowerer::Run() && {
  const auto file = ast_.Get<node::File>(ast_.root());
  DeclareNames(ast_.List(file.declarations));
  uint32_t index = 0;
  for (const NodeId id : ast_.List(file.declarations)) {
    if (ast_.kind(id) != NodeKind::kInvalid) Declaration(id, DeclId(index++));
  }
  for (uint32_t i = 0; i < out_.strings.size(); ++i) {
    if (decl_of_[i].valid()) out_.by_name.emplace(out_.strings[i], decl_of_[i]);
  }
  return std::move(out_);
}

Untyped Lower(const parse::Ast& ast, diagnostics::Engine* diagnostics) {
  return Lowerer(ast, diagnostics).Run();
}

}  // namespace csl::lower
