// SPDX-License-Identifier: Apache-2.0
#include "base/failure_point.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace csl {
namespace {

const ArmedFailurePoint& Armed() {
  static const ArmedFailurePoint armed = [] {
    const char* text = std::getenv("CS_FAILURE_POINT");
    if (text == nullptr) return ArmedFailurePoint();
    auto parsed = ParseFailurePoint(text);
    CHECK(parsed.ok()) << parsed.status().message();
    return *parsed;
  }();
  return armed;
}

bool ParseNumber(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0;
}

}  // namespace

StatusOr<ArmedFailurePoint> ParseFailurePoint(std::string_view text) {
  const Status wrong = InvalidArgument("CS_FAILURE_POINT is '" + std::string(text) +
                                       "'; must be name:kill, name:kill@N or name:delay=MS");
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return wrong;
  ArmedFailurePoint armed;
  armed.name = text.substr(0, colon);
  std::string_view action = text.substr(colon + 1);
  if (const size_t at = action.find('@'); at != std::string_view::npos) {
    if (!ParseNumber(action.substr(at + 1), armed.at_pass) || armed.at_pass < 1) return wrong;
    action = action.substr(0, at);
  }
  if (action == "kill") {
    armed.action = ArmedFailurePoint::Action::kKill;
  } else if (action.starts_with("delay=") && ParseNumber(action.substr(6), armed.delay_ms)) {
    armed.action = ArmedFailurePoint::Action::kDelay;
  } else {
    return wrong;
  }
  return armed;
}

void PassFailurePoint(std::string_view name) {
  const ArmedFailurePoint& armed = Armed();
  if (armed.action == ArmedFailurePoint::Action::kNone || armed.name != name) return;
  static std::atomic<int> passes{0};
  if (++passes != armed.at_pass) return;
  if (armed.action == ArmedFailurePoint::Action::kKill) {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(armed.delay_ms));
}

}  // namespace csl
