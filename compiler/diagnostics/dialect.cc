// SPDX-License-Identifier: Apache-2.0
#include "compiler/diagnostics/dialect.h"

#include "base/check.h"

namespace csl::diagnostics {
namespace {

constexpr FormRow kRows[] = {
#define FORM(name, age, spelling, first, last, replacement, effect, test) \
  {#name, Age::age, spelling, first, last, replacement, effect, test},
#include "compiler/diagnostics/dialects.def"
};

}  // namespace

std::optional<Language> FindLanguage(std::string_view text) {
  if (text == "all") return Language::kAll;
  if (text == "1.4") return Language::k1_4;
  if (text == "2.10") return Language::k2_10;
  return std::nullopt;
}

const FormRow& RowOf(Form form) {
  CHECK(form != Form::kNone);
  return kRows[static_cast<size_t>(form)];
}

std::span<const FormRow> AllForms() { return kRows; }

Verdict VerdictOn(Form form, Language language) {
  switch (RowOf(form).age) {
    case Age::Old:
      if (language == Language::k1_4) return Verdict::kSilent;
      return language == Language::k2_10 ? Verdict::kError : Verdict::kWarning;
    case Age::Early:
      return language == Language::kAll ? Verdict::kWarning : Verdict::kError;
    case Age::Changed:
      return language == Language::kAll ? Verdict::kWarning : Verdict::kSilent;
    case Age::Aging:
      return language == Language::k1_4 ? Verdict::kSilent : Verdict::kWarning;
    case Age::Ancient:
      return Verdict::kError;
    case Age::Recent:
      return language == Language::k1_4 ? Verdict::kError : Verdict::kSilent;
  }
  return Verdict::kSilent;
}

}  // namespace csl::diagnostics
