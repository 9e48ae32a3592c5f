// SPDX-License-Identifier: Apache-2.0
// CHECK(condition) << "why": ends the process when a programmer error shows. Never for bad input:
// that is a Status.
#ifndef BASE_CHECK_H_
#define BASE_CHECK_H_

#include <sstream>

namespace csl {

// Collects the message of a failed CHECK; its destructor prints it to stderr and aborts.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  [[noreturn]] ~CheckFailure();
  CheckFailure(const CheckFailure&) = delete;
  CheckFailure& operator=(const CheckFailure&) = delete;

  template <typename T>
  CheckFailure& operator<<(const T& value) {
    message_ << value;
    return *this;
  }

 private:
  std::ostringstream message_;
};

// Makes both sides of CHECK's conditional void.
struct CheckVoid {
  void operator&(const CheckFailure&) {}
};

}  // namespace csl

#define CHECK(condition)             \
  __builtin_expect(!!(condition), 1) \
      ? (void)0                      \
      : ::csl::CheckVoid() & ::csl::CheckFailure(__FILE__, __LINE__, #condition) << ""

#endif  // BASE_CHECK_H_
