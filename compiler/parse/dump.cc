// SPDX-License-Identifier: Apache-2.0
// The tree as text, from the table of nodes.
#include "compiler/parse/ast.h"
#include "compiler/parse/parse.h"

namespace csl::parse {
namespace {

enum class FieldType { Node, Optional, List, Token, Flags };

struct FieldRow {
  FieldType type;
  std::string_view name;
};

// The fields of every kind of node, those of kind k at kRows[k].
struct NodeRow {
  std::vector<FieldRow> fields;
};

const std::vector<NodeRow>& Rows() {
  static const std::vector<NodeRow> rows = {
#define FIELD(type, name) FieldRow{FieldType::type, #name},
#define NODE(name, fields) NodeRow{{fields}},
#include "compiler/parse/nodes.def"
  };
  return rows;
}

constexpr std::string_view kFlagNames[] = {"const",    "comptime", "export",  "extern",  "inline",
                                           "noinline", "task",     "anytype", "unnamed", "packed",
                                           "union",    "many",     "volatile"};

class Dumper {
 public:
  explicit Dumper(const Ast& ast) : ast_(ast) {}

  void Print(NodeId id, std::string_view role, uint32_t depth) {
    Indent(depth);
    if (!role.empty()) out_.append(role).append(": ");
    out_.append(NodeName(ast_.kind(id)));
    if (ast_.tokens().length(ast_.token(id)) != 0) out_.append(" ").append(ast_.text(id));
    const std::vector<FieldRow>& fields = Rows()[static_cast<size_t>(ast_.kind(id))].fields;
    for (uint32_t i = 0; i < fields.size(); ++i) PrintInline(fields[i], ast_.word(id, i));
    out_ += '\n';
    if (depth > kMaxNesting) {  // a long chain of operators: too deep to print by recursion
      Indent(depth + 1);
      out_.append("...\n");
      return;
    }
    for (uint32_t i = 0; i < fields.size(); ++i) PrintBelow(fields[i], ast_.word(id, i), depth + 1);
  }
  std::string Take() && { return std::move(out_); }

 private:
  void Indent(uint32_t depth) { out_.append(2 * depth, ' '); }

  void PrintInline(const FieldRow& field, uint32_t word) {
    if (field.type == FieldType::Flags) {
      for (size_t bit = 0; bit < std::size(kFlagNames); ++bit) {
        if (word >> bit & 1) out_.append(" +").append(kFlagNames[bit]);
      }
    }
    if (field.type == FieldType::Token && field.name != "close" && TokenId(word).valid()) {
      out_.append(" ").append(field.name).append("=").append(ast_.tokens().text(TokenId(word)));
    }
  }
  void PrintBelow(const FieldRow& field, uint32_t word, uint32_t depth) {
    const bool is_child = field.type == FieldType::Node || field.type == FieldType::Optional;
    if (is_child && NodeId(word).valid()) Print(NodeId(word), field.name, depth);
    if (field.type != FieldType::List) return;
    for (const NodeId child : ast_.List(NodeList{word})) Print(child, field.name, depth);
  }

  const Ast& ast_;
  std::string out_;
};

}  // namespace

std::string ToString(const Ast& ast) {
  Dumper dumper(ast);
  dumper.Print(ast.root(), "", 0);
  return std::move(dumper).Take();
}

}  // namespace csl::parse
