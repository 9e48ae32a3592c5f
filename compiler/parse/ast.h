// SPDX-License-Identifier: Apache-2.0
// The syntax tree of one file, in flat arrays.
//
// A node is a kind, a main token and its fields, which lie side by side in one array of words.
// nodes.def gives each kind's fields and generates a struct for them:
//
//   const auto fields = ast.Get<node::If>(id);
//   Visit(fields.condition);
//   for (NodeId child : ast.List(call.arguments)) ...
//
// Children come before their parents; the root comes last. Immutable once parsed. Borrows the
// TokenBuffer.
#ifndef COMPILER_PARSE_AST_H_
#define COMPILER_PARSE_AST_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "base/strong_id.h"
#include "compiler/lex/token_buffer.h"

namespace csl::parse {

using lex::TokenId;
using lex::TokenKind;
using NodeId = StrongId<struct NodeTag>;

enum class NodeKind : uint8_t {
#define FIELD(type, name)
#define NODE(name, fields) k##name,
#include "compiler/parse/nodes.def"
};

enum NodeFlags : uint32_t {
  kConst = 1 << 0,
  kComptime = 1 << 1,
  kExport = 1 << 2,
  kExtern = 1 << 3,
  kInline = 1 << 4,
  kNoinline = 1 << 5,
  kTask = 1 << 6,
  kAnytype = 1 << 7,
  kUnnamed = 1 << 8,
  kPacked = 1 << 9,
  kUnion = 1 << 10,
  kMany = 1 << 11,
  kVolatile = 1 << 12,
};

// Names a run of children in the tree's list array.
struct NodeList {
  uint32_t first = 0;
};

// The field structs: node::If { NodeId condition; NodeId then_body; NodeId else_body; } and so on.
namespace node {
using NodeField = NodeId;
using OptionalField = NodeId;
using ListField = NodeList;
using TokenField = TokenId;
using FlagsField = uint32_t;
#define FIELD(type, name) type##Field name{};
#define NODE(name, fields)                               \
  struct name {                                          \
    static constexpr NodeKind kKind = NodeKind::k##name; \
    fields                                               \
  };
#include "compiler/parse/nodes.def"
}  // namespace node

class Ast {
 public:
  explicit Ast(const lex::TokenBuffer* tokens) : tokens_(tokens), lists_(1, NodeId(0)) {}

  NodeKind kind(NodeId id) const { return nodes_[id.index].kind; }
  TokenId token(NodeId id) const { return nodes_[id.index].token; }
  TokenKind token_kind(NodeId id) const { return tokens_->kind(token(id)); }
  std::string_view text(NodeId id) const { return tokens_->text(token(id)); }
  source::Span span(NodeId id) const { return tokens_->span(token(id)); }

  // The fields of a node that must be of kind T::kKind.
  template <typename T>
  T Get(NodeId id) const {
    CHECK(kind(id) == T::kKind);
    T fields;
    if constexpr (!std::is_empty_v<T>) {
      std::memcpy(static_cast<void*>(&fields), &words_[nodes_[id.index].first_word], sizeof(T));
    }
    return fields;
  }
  std::span<const NodeId> List(NodeList list) const {
    return {&lists_[list.first] + 1, lists_[list.first].index};
  }

  // Writing, for the parser.
  template <typename T>
  NodeId Add(TokenId token, const T& fields) {
    nodes_.push_back({T::kKind, token, static_cast<uint32_t>(words_.size())});
    if constexpr (!std::is_empty_v<T>) {
      words_.resize(words_.size() + sizeof(T) / sizeof(uint32_t));
      std::memcpy(&words_[nodes_.back().first_word], static_cast<const void*>(&fields), sizeof(T));
    }
    return NodeId(static_cast<uint32_t>(nodes_.size() - 1));
  }
  NodeList AddList(std::span<const NodeId> children);
  void Reserve(size_t num_tokens);

  NodeId root() const { return NodeId(static_cast<uint32_t>(nodes_.size() - 1)); }
  size_t size() const { return nodes_.size(); }
  const lex::TokenBuffer& tokens() const { return *tokens_; }
  // Word number `index` of a node's fields, in the order of nodes.def.
  uint32_t word(NodeId id, uint32_t index) const {
    return words_[nodes_[id.index].first_word + index];
  }

 private:
  struct Node {
    NodeKind kind;
    TokenId token;
    uint32_t first_word;
  };
  const lex::TokenBuffer* tokens_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> words_;
  std::vector<NodeId>
      lists_;  // each list: its length as an index, then the children; at 0 the empty one
};

std::string_view NodeName(NodeKind kind);  // "If"

// `--dump=ast`: a line a node, children indented below it under their field's name.
std::string ToString(const Ast& ast);

}  // namespace csl::parse

#endif  // COMPILER_PARSE_AST_H_
