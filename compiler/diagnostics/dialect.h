// SPDX-License-Identifier: Apache-2.0
// The dialects of CSL: which forms a release of the SDK has, and what to write instead.
#ifndef COMPILER_DIAGNOSTICS_DIALECT_H_
#define COMPILER_DIAGNOSTICS_DIALECT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace csl::diagnostics {

// What --language selects.
enum class Language : uint8_t {
  kAll,   // every documented form of SDK 1.0 to 2.10
  k1_4,   // those of SDK 1.4.0 and before
  k2_10,  // those of SDK 2.10.0
};

std::optional<Language> FindLanguage(std::string_view text);  // "all", "1.4", "2.10"

enum class Age : uint8_t { Old, Early, Changed, Aging, Ancient, Recent };

enum class Form : uint8_t {
#define FORM(name, ...) name,
#include "compiler/diagnostics/dialects.def"
  kNone,
};

struct FormRow {
  std::string_view name;  // "kComptimeStruct"
  Age age;
  std::string_view spelling;
  std::string_view first;
  std::string_view last;
  std::string_view replacement;
  std::string_view effect;
  std::string_view test;
};

const FormRow& RowOf(Form form);      // CHECKs that it is not kNone
std::span<const FormRow> AllForms();  // by Form

enum class Verdict : uint8_t { kSilent, kWarning, kError };
Verdict VerdictOn(Form form, Language language);

}  // namespace csl::diagnostics

#endif  // COMPILER_DIAGNOSTICS_DIALECT_H_
