// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

namespace csl {
namespace {

struct CodeRow {
  std::string_view identifier;
  std::string_view text;
  int http;
  int exit_code;
};

constexpr CodeRow kRows[] = {
#define STATUS_CODE(name, identifier, text, http, exit_code, exception) \
  {identifier, text, http, exit_code},
#include "base/status_codes.def"
#undef STATUS_CODE
};

const CodeRow& Row(StatusCode code) { return kRows[static_cast<int>(code)]; }

}  // namespace

std::string_view StatusCodeText(StatusCode code) { return Row(code).text; }
std::string_view StatusCodeIdentifier(StatusCode code) { return Row(code).identifier; }
int StatusCodeToHttp(StatusCode code) { return Row(code).http; }
int StatusCodeToExitCode(StatusCode code) { return Row(code).exit_code; }

std::string Status::ToString() const {
  std::string text(StatusCodeText(code_));
  if (!message_.empty()) text += ": " + message_;
  return text;
}

}  // namespace csl
