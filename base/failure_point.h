// SPDX-License-Identifier: Apache-2.0
// Named steps at which a test can make a process die or dawdle, to show that every end is a defined
// one.
//
// Each room lists its steps in one table and passes through them with PassFailurePoint(name). The
// environment variable CS_FAILURE_POINT arms one: `name:kill` ends the process as SIGKILL does,
// `name:delay=MS` waits, `name:kill@N` acts the Nth time. Unarmed, a step costs one comparison.
#ifndef BASE_FAILURE_POINT_H_
#define BASE_FAILURE_POINT_H_

#include <string_view>

#include "base/status.h"

namespace csl {

// What CS_FAILURE_POINT says, for a test of the form itself.
struct ArmedFailurePoint {
  enum class Action { kNone, kKill, kDelay };
  std::string name;
  Action action = Action::kNone;
  int delay_ms = 0;
  int at_pass = 1;
};
StatusOr<ArmedFailurePoint> ParseFailurePoint(std::string_view text);

void PassFailurePoint(std::string_view name);

}  // namespace csl

#endif  // BASE_FAILURE_POINT_H_
