// SPDX-License-Identifier: Apache-2.0
#include "compiler/lower/lower.h"

#include "compiler/lower/lowerer.h"

namespace csl::lower {

Lowerer::Lowerer(const parse::Ast& ast, diagnostics::Engine* diagnostics)
    : ast_(ast), diagnostics_(diagnostics) {
  out_.file = ast.tokens().file().id;
  out_.insts.reserve(ast.size());
  out_.spans.reserve(ast.size());
  out_.extra.reserve(ast.size());
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

uint32_t Lowerer::Emit(Op op, source::Span span, uint32_t a, uint32_t b, uint32_t c) {
  out_.insts.push_back({.op = op, .a = a, .b = b, .c = c});
  out_.spans.push_back(span);
  return Here() - 1;
}

uint32_t Lowerer::ReserveExtra(size_t count) {
  const auto at = static_cast<uint32_t>(out_.extra.size());
  out_.extra.resize(out_.extra.size() + count, 0);
  return at;
}

uint32_t Lowerer::AddExtra(std::span<const uint32_t> words) {
  const auto at = static_cast<uint32_t>(out_.extra.size());
  out_.extra.insert(out_.extra.end(), words.begin(), words.end());
  return at;
}

Untyped Lower(const parse::Ast& ast, diagnostics::Engine* diagnostics) {
  return Lowerer(ast, diagnostics).Run();
}

}  // namespace csl::lower
