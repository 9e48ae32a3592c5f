// SPDX-License-Identifier: Apache-2.0
// Any tree lowers: operands come before their users, bodies lie in order behind their owner and
// inside their declaration.
#include <cstdint>

#include "base/check.h"
#include "compiler/lex/lex.h"
#include "compiler/lower/lower.h"
#include "compiler/parse/parse.h"

namespace {

using namespace csl;  // NOLINT: a fuzz entry point

void CheckBody(const lower::Untyped& untyped, const lower::Decl& decl, lower::Body body) {
  if (body.empty()) return;
  CHECK(decl.all.first <= body.first && body.end <= decl.all.end);
  CHECK(body.end <= untyped.insts.size());
}

void CheckUntyped(const lower::Untyped& untyped) {
  CHECK(untyped.insts.size() == untyped.spans.size());
  uint32_t end = 0;
  for (const lower::Decl& decl : untyped.decls) {
    CHECK(decl.all.first == end) << "declarations lie side by side";
    end = decl.all.end;
    for (const lower::Body body :
         {decl.type, decl.init, decl.align, decl.linksection, decl.linkname}) {
      CheckBody(untyped, decl, body);
    }
  }
  CHECK(end == untyped.insts.size());
  for (uint32_t i = 0; i < untyped.insts.size(); ++i) {
    const lower::Inst& inst = untyped.insts[i];
    if (inst.op == lower::Op::kBinary) CHECK(inst.a < i && inst.b < i);
    if (inst.op == lower::Op::kIf) {
      const lower::Body then_body = untyped.body_at(inst.b);
      CHECK(then_body.first == i + 1 && then_body.end == untyped.body_at(inst.b + 2).first);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > source::kMaxFileBytes) return 0;
  source::Sources sources;
  const auto file = sources.AddText("fuzz.csl", std::string(data, data + size));
  diagnostics::Engine diagnostics(&sources);
  const lex::TokenBuffer tokens = lex::Lex(sources.file(file), &diagnostics);
  const parse::Ast ast = parse::Parse(tokens, &diagnostics);
  const lower::Untyped untyped = lower::Lower(ast, &diagnostics);
  CheckUntyped(untyped);
  lower::ToString(untyped);
  return 0;
}
