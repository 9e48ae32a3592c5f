// SPDX-License-Identifier: Apache-2.0
// The floating-point mode all arithmetic here needs: round to nearest even, subnormals kept, no
// traps.
#ifndef FABRIC_ISA_ARITH_FLOAT_MODE_H_
#define FABRIC_ISA_ARITH_FLOAT_MODE_H_

#include <cfenv>

namespace csl::isa::arith {

// Sets the mode of the calling thread while it lives: the host process may have changed it. Every
// engine thread, and every thread that folds constants, makes one.
class ScopedFloatMode {
 public:
  ScopedFloatMode() {
    std::fegetenv(&saved_);
    std::fesetenv(FE_DFL_ENV);  // on x86 also clears flush-to-zero and denormals-are-zero
  }
  ~ScopedFloatMode() { std::fesetenv(&saved_); }
  ScopedFloatMode(const ScopedFloatMode&) = delete;
  ScopedFloatMode& operator=(const ScopedFloatMode&) = delete;

 private:
  std::fenv_t saved_;
};

}  // namespace csl::isa::arith

#endif  // FABRIC_ISA_ARITH_FLOAT_MODE_H_
