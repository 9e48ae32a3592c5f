// SPDX-License-Identifier: Apache-2.0
#include "compiler/parse/ast.h"

namespace csl::parse {
namespace {

constexpr std::string_view kNames[] = {
#define FIELD(type, name)
#define NODE(name, fields) #name,
#include "compiler/parse/nodes.def"
};

}  // namespace

std::string_view NodeName(NodeKind kind) { return kNames[static_cast<size_t>(kind)]; }

NodeList Ast::AddList(std::span<const NodeId> children) {
  if (children.empty()) return NodeList{0};
  const NodeList list{static_cast<uint32_t>(lists_.size())};
  lists_.push_back(NodeId(static_cast<uint32_t>(children.size())));
  lists_.insert(lists_.end(), children.begin(), children.end());
  return list;
}

void Ast::Reserve(size_t num_tokens) {
  nodes_.reserve(num_tokens * 3 / 4);
  words_.reserve(num_tokens);
  lists_.reserve(num_tokens / 2);
}

}  // namespace csl::parse
