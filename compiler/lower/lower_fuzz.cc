// SPDX-License-Identifier: Apache-2.0
// Any tree lowers: operands come before their users, bodies lie in order behind their owner and
// inside their declaration.
#include <cstdint>

#include "base/check.h"
#include "compiler/lex/lex.h"
#include "compiler/lower/lower.h"
#include "compiler/lower/walk.h"
#include "compiler/parse/parse.h"

namespace {

using namespace csl;  // NOLINT: a fuzz entry point

void CheckBody(const lower::Untyped& untyped, const lower::Decl& decl, lower::Body body) {
  if (body.empty()) return;
  CHECK(decl.all.first <= body.first && body.end <= decl.all.end);
  CHECK(body.end.index <= untyped.insts.size());
}

void CheckUntyped(const lower::Untyped& untyped) {
  lower::InstId end(0);
  for (const lower::Decl& decl : untyped.decls) {
    CHECK(decl.all.first == end) << "declarations lie side by side";
    end = decl.all.end;
    for (const lower::Body body :
         {decl.type, decl.init, decl.align, decl.linksection, decl.linkname}) {
      CheckBody(untyped, decl, body);
    }
  }
  CHECK(end.index == untyped.insts.size());
  for (uint32_t i = 0; i < untyped.insts.size(); ++i) {
    const lower::InstId id(i);
    lower::ForEachOperand(untyped.insts, id, [&](lower::InstId operand) { CHECK(operand < id); });
    lower::InstId end(i + 1);
    lower::ForEachBody(untyped.insts, id, [&](lower::Body body) {
      CHECK(body.first == end && body.first <= body.end) << "bodies lie side by side";
      end = body.end;
    });
    CHECK(untyped.insts.Next(id) == end);
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
