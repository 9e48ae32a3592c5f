// SPDX-License-Identifier: Apache-2.0
// Status and StatusOr<T>: how every room reports failure. Exceptions do not cross a room.
//
// A Status is ok or carries a code of the closed set in status_codes.def and a message that names
// the thing that is wrong, its value and what was allowed. Values are immutable and safe to share
// between threads.
#ifndef BASE_STATUS_H_
#define BASE_STATUS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace csl {

enum class StatusCode {
#define STATUS_CODE(name, ...) name,
#include "base/status_codes.def"
#undef STATUS_CODE
};

std::string_view StatusCodeText(StatusCode code);        // "not found"
std::string_view StatusCodeIdentifier(StatusCode code);  // "NOT_FOUND"
int StatusCodeToHttp(StatusCode code);
int StatusCodeToExitCode(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // "not found: symbol 'y' ..."; "ok" for an ok status.
  std::string ToString() const;

  friend bool operator==(const Status& a, const Status& b) = default;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

inline Status OkStatus() { return Status(); }
inline Status InvalidArgument(std::string m) {
  return {StatusCode::kInvalidArgument, std::move(m)};
}
inline Status NotFound(std::string m) { return {StatusCode::kNotFound, std::move(m)}; }
inline Status AlreadyExists(std::string m) { return {StatusCode::kAlreadyExists, std::move(m)}; }
inline Status FailedPrecondition(std::string m) {
  return {StatusCode::kFailedPrecondition, std::move(m)};
}
inline Status OutOfRange(std::string m) { return {StatusCode::kOutOfRange, std::move(m)}; }
inline Status ResourceExhausted(std::string m) {
  return {StatusCode::kResourceExhausted, std::move(m)};
}
inline Status Internal(std::string m) { return {StatusCode::kInternal, std::move(m)}; }
inline Status Unimplemented(std::string m) { return {StatusCode::kUnimplemented, std::move(m)}; }
inline Status Unavailable(std::string m) { return {StatusCode::kUnavailable, std::move(m)}; }
inline Status DataLoss(std::string m) { return {StatusCode::kDataLoss, std::move(m)}; }
inline Status Aborted(std::string m) { return {StatusCode::kAborted, std::move(m)}; }

// Either a value or a Status that is not ok. Reading the value of a failed one is a programmer
// error.
template <typename T>
class [[nodiscard]] StatusOr {
 public:
  StatusOr(Status status) : status_(std::move(status)) {  // NOLINT: implicit on purpose
    CHECK(!status_.ok()) << "StatusOr made from an ok status holds no value";
  }
  StatusOr(T value) : value_(std::move(value)) {}  // NOLINT: implicit on purpose

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  T& value() & {
    CHECK(ok()) << status_.ToString();
    return *value_;
  }
  const T& value() const& {
    CHECK(ok()) << status_.ToString();
    return *value_;
  }
  T&& value() && {
    CHECK(ok()) << status_.ToString();
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

#define CSL_CONCAT_INNER(a, b) a##b
#define CSL_CONCAT(a, b) CSL_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expr)                                                      \
  do {                                                                             \
    if (::csl::Status csl_status_ = (expr); !csl_status_.ok()) return csl_status_; \
  } while (false)

// ASSIGN_OR_RETURN(auto x, F()); declares or assigns the left side, or returns the failure.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_INNER(CSL_CONCAT(csl_status_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                           \
  if (!tmp.ok()) return tmp.status();          \
  lhs = std::move(tmp).value()

}  // namespace csl

#endif  // BASE_STATUS_H_
