// SPDX-License-Identifier: Apache-2.0
// Any bytes lex: tokens lie in order inside the text, do not overlap, and end with the end of the
// file.
#include <cstdint>

#include "base/check.h"
#include "compiler/lex/lex.h"
#include "compiler/lex/literals.h"

namespace {

using namespace csl;  // NOLINT: a fuzz entry point

void CheckTokens(const lex::TokenBuffer& tokens, size_t size) {
  CHECK(tokens.size() > 0);
  uint32_t end = 0;
  for (uint32_t i = 0; i < tokens.size(); ++i) {
    const lex::TokenId id(i);
    const bool is_last = i + 1 == tokens.size();
    CHECK((tokens.kind(id) == lex::TokenKind::kEndOfFile) == is_last);
    CHECK(tokens.start(id) >= end) << "token " << i << " overlaps the one before";
    CHECK(is_last || tokens.length(id) > 0);
    end = tokens.end(id);
    CHECK(end <= size);
    switch (tokens.kind(id)) {
      case lex::TokenKind::kInteger:
        lex::IntegerValue(tokens.text(id));
        break;
      case lex::TokenKind::kFloat:
        lex::FloatValue(tokens.text(id));
        break;
      case lex::TokenKind::kCharacter:
        lex::CharacterValue(tokens.text(id));
        break;
      case lex::TokenKind::kString:
        CHECK(lex::StringValue(tokens.text(id)).size() <= tokens.length(id));
        break;
      default:
        break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > source::kMaxFileBytes) return 0;
  source::Sources sources;
  const auto file = sources.AddText("fuzz.csl", std::string(data, data + size));
  diagnostics::Engine diagnostics(&sources);
  CheckTokens(lex::Lex(sources.file(file), &diagnostics), size);
  diagnostics.Render();
  return 0;
}
