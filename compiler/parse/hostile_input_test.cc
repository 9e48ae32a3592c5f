// SPDX-License-Identifier: Apache-2.0
// Input made to exhaust the stack or the time: one clear error, quickly.
#include <gtest/gtest.h>

#include "compiler/lex/lex.h"
#include "compiler/parse/parse.h"

namespace csl::parse {
namespace {

std::string Repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

std::string Messages(std::string text) {
  source::Sources sources;
  diagnostics::Engine engine(&sources);
  const auto file = sources.AddText("hostile.csl", std::move(text));
  const lex::TokenBuffer tokens = lex::Lex(sources.file(file), &engine);
  const Ast ast = Parse(tokens, &engine);
  ToString(ast);
  return engine.Render();
}

class DeepNesting : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(DeepNesting, IsOneError) {
  const auto [before, repeated] = GetParam();
  const std::string messages = Messages(std::string(before) + Repeat(repeated, 100000));
  EXPECT_NE(messages.find("nested too deeply"), std::string::npos) << messages.substr(0, 2000);
  EXPECT_EQ(messages.find("errors"), std::string::npos) << messages.substr(0, 2000);
}

INSTANTIATE_TEST_SUITE_P(
    Constructs, DeepNesting,
    ::testing::Values(
        std::pair{"const x = ", "("}, std::pair{"const x = ", "-"}, std::pair{"const x = ", "["},
        std::pair{"const x = ", ".{"}, std::pair{"const x = ", "f("},
        std::pair{"const x = ", "@f("}, std::pair{"const x = ", "comptime "},
        std::pair{"const x = ", "if (a) b else "}, std::pair{"const x = ", "switch (a) { b => "},
        std::pair{"const x: ", "*"}, std::pair{"const x: ", "[1]"}, std::pair{"const x: ", "fn("},
        std::pair{"const x = ", "struct { a: "}, std::pair{"fn f() void ", "{"},
        std::pair{"fn f() void {", "if (a) "}, std::pair{"fn f() void {", "a: {"},
        std::pair{"fn f() void {", "while (a) "}, std::pair{"fn f() void {", "comptime "}));

TEST(HostileInput, ALongChainIsNotANesting) {
  EXPECT_EQ(Messages("const x = 1" + Repeat(" + 1", 100000) + ";"), "");
  EXPECT_EQ(Messages("const x = a" + Repeat(".b", 100000) + ";"), "");
}

TEST(HostileInput, NestingUpToTheLimitIsFine) {
  // A parenthesis takes two levels: itself and the expression in it.
  const int count = kMaxNesting / 2 - 2;
  EXPECT_EQ(Messages("const x = " + Repeat("(", count) + "1" + Repeat(")", count) + ";"), "");
}

TEST(HostileInput, ManyErrorsAreCounted) {
  const std::string messages = Messages(Repeat("}\n", 1000));
  EXPECT_NE(messages.find("1000 errors"), std::string::npos)
      << messages.substr(messages.size() - 200);
}

}  // namespace
}  // namespace csl::parse
