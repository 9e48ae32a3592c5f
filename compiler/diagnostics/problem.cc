// SPDX-License-Identifier: Apache-2.0
#include "compiler/diagnostics/problem.h"

namespace csl::diagnostics {

Problem Problem::OfField(std::string_view name) const {
  Problem out = *this;
  out.message_ = "field '" + std::string(name) + "': " + message_;
  return out;
}

Problem ImportProblem(const Status& failure) {
  switch (failure.code()) {
    case StatusCode::kInvalidArgument:
      return {Kind::kBadImportPath, {failure.message()}};
    case StatusCode::kNotFound:
      return {Kind::kImportNotFound, {failure.message()}};
    default:
      return {Kind::kImportUnreadable, {failure.message()}};
  }
}

}  // namespace csl::diagnostics
