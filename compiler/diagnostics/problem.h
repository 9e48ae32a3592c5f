// SPDX-License-Identifier: Apache-2.0
// Problem: what is wrong with a program, as a value, from code that has no engine and no place to
// report it at. ProblemOr<T>: a value, or why there is none.
#ifndef COMPILER_DIAGNOSTICS_PROBLEM_H_
#define COMPILER_DIAGNOSTICS_PROBLEM_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "compiler/diagnostics/diagnostic.h"

namespace csl::diagnostics {

class [[nodiscard]] Problem {
 public:
  Problem() = default;  // none
  Problem(Kind kind, std::initializer_list<Argument> arguments)
      : kind_(kind), message_(Format(kind, arguments)) {}

  bool ok() const { return !kind_.has_value(); }
  Kind kind() const { return *kind_; }                     // not of an ok one
  const std::string& message() const { return message_; }  // without a place
  // The same about a part of what is looked at: "field 'x': ...".
  Problem OfField(std::string_view name) const;

 private:
  std::optional<Kind> kind_;
  std::string message_;
};

inline Problem NoProblem() { return Problem(); }
inline Problem NotSupported(std::string_view what) { return {Kind::kNotSupportedYet, {what}}; }

// Of a failure of source::ImportResolver::Load.
Problem ImportProblem(const Status& failure);

// As StatusOr: works with ASSIGN_OR_RETURN.
template <typename T>
class [[nodiscard]] ProblemOr {
 public:
  ProblemOr(Problem problem) : problem_(std::move(problem)) {  // NOLINT: implicit on purpose
    CHECK(!problem_.ok()) << "ProblemOr made from no problem holds no value";
  }
  ProblemOr(T value) : value_(std::move(value)) {}  // NOLINT: implicit on purpose

  bool ok() const { return value_.has_value(); }
  const Problem& status() const { return problem_; }

  T& value() & { return Checked(); }
  const T& value() const& { return Checked(); }
  T&& value() && { return std::move(Checked()); }
  T& operator*() & { return Checked(); }
  const T& operator*() const& { return Checked(); }
  T&& operator*() && { return std::move(Checked()); }
  T* operator->() { return &Checked(); }
  const T* operator->() const { return &Checked(); }

 private:
  T& Checked() {
    CHECK(ok()) << problem_.message();
    return *value_;
  }
  const T& Checked() const {
    CHECK(ok()) << problem_.message();
    return *value_;
  }

  Problem problem_;
  std::optional<T> value_;
};

#define RETURN_IF_PROBLEM(expr)                                                \
  do {                                                                         \
    if (::csl::diagnostics::Problem csl_problem_ = (expr); !csl_problem_.ok()) \
      return csl_problem_;                                                     \
  } while (false)

}  // namespace csl::diagnostics

#endif  // COMPILER_DIAGNOSTICS_PROBLEM_H_
