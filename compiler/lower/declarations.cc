// SPDX-License-Identifier: Apache-2.0
// Top-level declarations: their names first, since they may be used before they stand, then each
// one's bodies.
#include "compiler/lower/lowerer.h"

namespace csl::lower {
namespace {

Storage StorageOf(uint32_t flags) {
  if (flags & parse::kExport) return Storage::kExport;
  return flags & parse::kExtern ? Storage::kExtern : Storage::kDefault;
}

}  // namespace

void Lowerer::DeclareNames(std::span<const NodeId> declarations) {
  for (const NodeId id : declarations) {
    const NodeKind kind = ast_.kind(id);
    if (kind == NodeKind::kInvalid) continue;
    const DeclId decl_id(static_cast<uint32_t>(out_.decls.size()));
    Decl& decl = out_.decls.emplace_back();
    decl.span = ast_.span(id);
    if (kind == NodeKind::kComptimeBlock) continue;
    if (kind == NodeKind::kLayoutBlock) {
      if (out_.layout.valid()) {
        Error(Kind::kTwoLayouts, decl.span, {})
            .Note(Kind::kNotePreviousHere, out_.decls[out_.layout.index].span);
      } else {
        out_.layout = decl_id;
      }
      continue;
    }
    decl.name = NameOf(id);
    if (DeclId& first = decl_of_[decl.name.index]; !first.valid()) {
      first = decl_id;
    } else {
      Error(Kind::kRedeclared, decl.span, {ast_.text(id)})
          .Note(Kind::kNotePreviousHere, out_.decls[first.index].span);
    }
  }
}

void Lowerer::Declaration(NodeId id, DeclId decl_id) {
  Decl decl = out_.decls[decl_id.index];
  num_slots_ = 0;
  in_function_ = false;
  decl.all.first = Here();
  switch (ast_.kind(id)) {
    case NodeKind::kParam:
      ParamDeclaration(id, &decl);
      break;
    case NodeKind::kVariable:
      VariableDeclaration(id, &decl);
      break;
    case NodeKind::kFunction:
      FunctionDeclaration(id, &decl);
      break;
    case NodeKind::kComptimeBlock:
      decl.kind = DeclKind::kComptime;
      BlockDeclaration(ast_.Get<node::ComptimeBlock>(id).block, &decl);
      break;
    case NodeKind::kLayoutBlock:
      decl.kind = DeclKind::kLayout;
      BlockDeclaration(ast_.Get<node::LayoutBlock>(id).block, &decl);
      break;
    default:
      CHECK(false) << "not a declaration: " << NodeName(ast_.kind(id));
  }
  decl.all.end = Here();
  decl.num_slots = num_slots_;
  out_.decls[decl_id.index] = decl;
}

void Lowerer::ParamDeclaration(NodeId id, Decl* decl) {
  const auto fields = ast_.Get<node::Param>(id);
  decl->kind = DeclKind::kParam;
  if (fields.type.valid()) decl->type = MakeBody([&] { YieldType(fields.type); });
  if (fields.init.valid()) {
    const Want want = Want::Type(YieldedType(decl->type));
    decl->init = MakeBody([&] { Yield(fields.init, want); });
  }
}

void Lowerer::VariableDeclaration(NodeId id, Decl* decl) {
  const auto fields = ast_.Get<node::Variable>(id);
  decl->kind = fields.flags & parse::kConst ? DeclKind::kConst : DeclKind::kVar;
  decl->storage = StorageOf(fields.flags);
  if (fields.type.valid()) decl->type = MakeBody([&] { YieldType(fields.type); });
  Attributes(fields.attributes, decl);
  if (fields.init.valid()) {
    const Want want = Want::Type(YieldedType(decl->type));
    decl->init = MakeBody([&] { Yield(fields.init, want); });
  }
}

InstId Lowerer::YieldedType(Body body) const {
  if (body.empty()) return {};
  const auto yield = out_.insts.As<untyped::Yield>(body.last());
  return yield ? yield->value : InstId();
}

void Lowerer::Attributes(NodeList attributes, Decl* decl) {
  for (const NodeId id : ast_.List(attributes)) {
    if (ast_.kind(id) != NodeKind::kAttribute) continue;
    const NodeId value = ast_.Get<node::Attribute>(id).value;
    Body* body = nullptr;
    switch (ast_.token_kind(id)) {
      case TokenKind::kAlign:
        body = &decl->align;
        break;
      case TokenKind::kLinksection:
        body = &decl->linksection;
        break;
      default:
        body = &decl->linkname;
        break;
    }
    *body = MakeBody([&] { Yield(value, Want::Nothing()); });
  }
}

void Lowerer::FunctionDeclaration(NodeId id, Decl* decl) {
  const auto fields = ast_.Get<node::Function>(id);
  decl->kind = DeclKind::kFunction;
  decl->storage = StorageOf(fields.flags);
  Function function;
  function.is_task = (fields.flags & parse::kTask) != 0;
  function.is_inline = (fields.flags & parse::kInline) != 0;
  function.is_noinline = (fields.flags & parse::kNoinline) != 0;
  function.has_body = fields.body.valid();
  const size_t scope = EnterScope();
  in_function_ = true;
  Parameters(fields.parameters, &function);
  if (fields.return_type.valid()) {
    function.return_type = MakeBody([&] { YieldType(fields.return_type); });
  }
  Attributes(fields.attributes, decl);
  if (function.has_body && ast_.kind(fields.body) == NodeKind::kBlock) {
    const NodeList statements = ast_.Get<node::Block>(fields.body).statements;
    function.body = MakeBody([&] { Statements(statements); });
  }
  LeaveScope(scope);
  decl->function = static_cast<uint32_t>(out_.functions.size());
  out_.functions.push_back(std::move(function));
}

void Lowerer::Parameters(NodeList parameters, Function* function) {
  for (const NodeId id : ast_.List(parameters)) {
    if (ast_.kind(id) != NodeKind::kParameter) continue;
    const auto fields = ast_.Get<node::Parameter>(id);
    Param param;
    param.span = ast_.span(id);
    param.is_comptime = (fields.flags & parse::kComptime) != 0;
    param.is_anytype = (fields.flags & parse::kAnytype) != 0;
    const bool is_named = (fields.flags & parse::kUnnamed) == 0;
    param.name = is_named ? NameOf(id) : Intern("_");
    if (fields.type.valid()) param.type = MakeBody([&] { YieldType(fields.type); });
    const LocalId local = NewLocal();
    if (is_named && local_of_[param.name.index].valid()) {
      Error(Kind::kDuplicateParameter, param.span, {ast_.text(id)});
    } else {
      Bind(param.name, local, param.span);
    }
    function->params.push_back(param);
  }
}

void Lowerer::BlockDeclaration(NodeId block, Decl* decl) {
  if (ast_.kind(block) != NodeKind::kBlock) return;
  const NodeList statements = ast_.Get<node::Block>(block).statements;
  decl->init = MakeBody([&] { Statements(statements); });
}

}  // namespace csl::lower
