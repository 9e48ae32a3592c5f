// SPDX-License-Identifier: Apache-2.0
// File scope: params, variables (local ones too), functions, comptime and layout blocks.
#include "compiler/parse/parser.h"

namespace csl::parse {
namespace {

std::string_view VariableWord(uint32_t flags) { return flags & kConst ? "const" : "var"; }

}  // namespace

NodeId Parser::Declaration() {
  switch (kind()) {
    case TokenKind::kParam:
      return ParamDeclaration();
    case TokenKind::kConst:
    case TokenKind::kVar:
    case TokenKind::kFn:
    case TokenKind::kTask:
    case TokenKind::kExport:
    case TokenKind::kExtern:
    case TokenKind::kInline:
    case TokenKind::kNoinline:
      return ModifiedDeclaration();
    case TokenKind::kComptime:
    case TokenKind::kLayout:
      return BlockDeclaration();
    case TokenKind::kRBrace:
      return Fail(Kind::kUnmatchedClose, tokens_.span(at_), {"}"});
    case TokenKind::kIdentifier:
      if (tokens_.text(at_) == "color" && PeekKind(1) == TokenKind::kIdentifier) {
        return OldColorDeclaration();
      }
      [[fallthrough]];
    default:
      return FailExpected("a declaration such as 'const', 'param' or 'fn'");
  }
}

NodeId Parser::ParamDeclaration() {
  Take();
  const TokenId name = DeclaredName("param");
  node::Param fields;
  if (TakeIf(TokenKind::kColon)) fields.type = Type();
  if (!panic() && TakeIf(TokenKind::kEqual)) fields.init = Expression();
  ExpectSemicolon("the param");
  return Add(name, fields);
}

// `color NAME;` stands for `param NAME: color;`.
NodeId Parser::OldColorDeclaration() {
  const TokenId color = Take();
  const NodeId type = Add(color, node::Name{});
  const TokenId name = DeclaredName("color");
  diagnostics_->ReportForm(diagnostics::Form::kColorDeclaration, tokens_.span(color));
  ExpectSemicolon("the declaration");
  return Add(name, node::Param{.type = type});
}

NodeId Parser::BlockDeclaration() {
  const bool is_layout = At(TokenKind::kLayout);
  const TokenId keyword = Take();
  if (!At(TokenKind::kLBrace)) return FailExpected("'{'");
  const NodeId block = Block(TokenId());
  if (is_layout) return Add(keyword, node::LayoutBlock{block});
  return Add(keyword, node::ComptimeBlock{block});
}

NodeId Parser::ModifiedDeclaration() {
  Modifiers modifiers;
  const auto take_modifier = [&](uint32_t flag) {
    modifiers.flags |= flag;
    modifiers.first = Take();
  };
  switch (kind()) {
    case TokenKind::kExport:
      take_modifier(kExport);
      break;
    case TokenKind::kExtern:
      take_modifier(kExtern);
      break;
    case TokenKind::kInline:
      take_modifier(kInline);
      break;
    case TokenKind::kNoinline:
      take_modifier(kNoinline);
      break;
    default:
      break;
  }
  switch (kind()) {
    case TokenKind::kFn:
    case TokenKind::kTask:
      return FunctionDeclaration(modifiers);
    case TokenKind::kVar:
    case TokenKind::kConst: {
      const uint32_t not_for_variables = modifiers.flags & (kInline | kNoinline);
      if (not_for_variables != 0) {
        Error(Kind::kStorageNotAllowed, tokens_.span(modifiers.first),
              {tokens_.text(modifiers.first), "a variable"});
      }
      const NodeId variable = VariableDeclaration(modifiers);
      ExpectSemicolon("the declaration");
      return variable;
    }
    default:
      return FailExpected("'const', 'var', 'fn' or 'task'");
  }
}

// At `var` or `const`, behind the modifiers.
NodeId Parser::VariableDeclaration(Modifiers modifiers) {
  node::Variable fields;
  fields.flags = modifiers.flags;
  if (At(TokenKind::kConst)) fields.flags |= kConst;
  Take();
  const TokenId name = DeclaredName(VariableWord(fields.flags));
  if (panic()) return Invalid();
  if (TakeIf(TokenKind::kColon)) fields.type = Type();
  const size_t first = scratch_.size();
  Attributes(true, "a variable");
  fields.attributes = ListFrom(first);
  if (!panic() && TakeIf(TokenKind::kEqual)) fields.init = Expression();
  CheckVariable(name, fields);
  return Add(name, fields);
}

void Parser::CheckVariable(TokenId name, const node::Variable& fields) {
  const source::Span span = tokens_.span(name);
  const std::string_view word = VariableWord(fields.flags);
  const std::string_view text = tokens_.text(name);
  const bool is_extern = (fields.flags & kExtern) != 0;
  if (is_extern && fields.init.valid()) {
    Error(Kind::kExternWithInitializer, span, {word, text});
  } else if (!is_extern && (fields.flags & kConst) && !fields.init.valid()) {
    Error(Kind::kConstWithoutInitializer, span, {text});
  } else if (!fields.type.valid() && !fields.init.valid()) {
    Error(Kind::kNeitherTypeNorInitializer, span, {word, text});
  }
}

// At `fn` or `task`, behind the modifiers.
NodeId Parser::FunctionDeclaration(Modifiers modifiers) {
  const bool is_task = At(TokenKind::kTask);
  const bool is_extern = (modifiers.flags & kExtern) != 0;
  node::Function fields;
  fields.flags = modifiers.flags;
  if (is_task) fields.flags |= kTask;
  CheckFunctionModifiers(modifiers, is_task);
  Take();
  const std::string_view word = is_task ? "task" : "fn";
  const TokenId name = DeclaredName(word);
  const TokenId open = Expect(TokenKind::kLParen, "the function's name");
  if (panic()) return Invalid();
  fields.parameters =
      CommaList(open, TokenKind::kRParen, [&] { return FunctionParameter(is_extern); });
  const size_t first = scratch_.size();
  Attributes(!is_task, "a task");
  if (!panic() && !At(TokenKind::kLBrace) && !At(TokenKind::kSemicolon)) {
    fields.return_type = Type();
  } else if (!is_task) {
    Error(Kind::kMissingReturnType, tokens_.span(name), {tokens_.text(name)});
  }
  Attributes(!is_task, "a task");
  fields.attributes = ListFrom(first);
  if (panic()) return Invalid();
  if (At(TokenKind::kLBrace)) {
    if (is_extern) Error(Kind::kExternWithBody, tokens_.span(name), {tokens_.text(name)});
    fields.body = Block(TokenId());
  } else if (is_extern || At(TokenKind::kSemicolon)) {
    if (!is_extern) Error(Kind::kMissingBody, tokens_.span(name), {word, tokens_.text(name)});
    ExpectSemicolon("the function");
  } else {
    return FailExpected("'{'");
  }
  return Add(name, fields);
}

void Parser::CheckFunctionModifiers(const Modifiers& modifiers, bool is_task) {
  if (!is_task || (modifiers.flags & (kInline | kNoinline | kExport | kExtern)) == 0) return;
  if (modifiers.flags & (kExport | kExtern)) return;  // the grammar has them
  Error(Kind::kStorageNotAllowed, tokens_.span(modifiers.first),
        {tokens_.text(modifiers.first), "a task"});
}

NodeId Parser::FunctionParameter(bool is_extern) {
  node::Parameter fields;
  if (TakeIf(TokenKind::kComptime)) fields.flags |= kComptime;
  if (is_extern && !(At(TokenKind::kIdentifier) && PeekKind(1) == TokenKind::kColon)) {
    fields.flags |= kUnnamed;
    const TokenId first = at_;
    fields.type = Type();
    return Add(first, fields);
  }
  const TokenId name = DeclaredName("parameter");
  Expect(TokenKind::kColon, "the parameter's name");
  if (panic()) return Invalid();
  if (At(TokenKind::kIdentifier) && tokens_.text(at_) == "anytype") {
    Take();
    fields.flags |= kAnytype;
  } else {
    fields.type = Type();
  }
  return Add(name, fields);
}

// Pushes the attributes that follow on scratch_.
void Parser::Attributes(bool allow_section, std::string_view of_what) {
  while (!panic()) {
    const bool section = At(TokenKind::kLinksection);
    if (!section && !At(TokenKind::kAlign) && !At(TokenKind::kLinkname)) return;
    const TokenId keyword = Take();
    if (section && !allow_section) {
      Error(Kind::kAttributeNotAllowed, tokens_.span(keyword), {tokens_.text(keyword), of_what});
    }
    for (size_t i = scratch_.size(); i > 0; --i) {
      const NodeId before = scratch_[i - 1];
      if (ast_.kind(before) != NodeKind::kAttribute) break;
      if (ast_.token_kind(before) == tokens_.kind(keyword)) {
        Error(Kind::kDuplicateAttribute, tokens_.span(keyword), {tokens_.text(keyword)});
      }
    }
    const TokenId open = Expect(TokenKind::kLParen, tokens_.text(keyword));
    if (panic()) return;
    const NodeId value = Expression();
    ExpectClose(TokenKind::kRParen, open, false);
    scratch_.push_back(Add(keyword, node::Attribute{value}));
  }
}

TokenId Parser::DeclaredName(std::string_view what) {
  if (At(TokenKind::kIdentifier)) return Take();
  if (lex::IsWord(kind())) {
    Fail(Kind::kExpected, tokens_.span(at_),
         {"a name after '" + std::string(what) + "'", "the keyword " + Quoted(at_)});
    return at_;
  }
  FailExpected("a name after '" + std::string(what) + "'");
  return at_;
}

}  // namespace csl::parse
