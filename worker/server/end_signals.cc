// SPDX-License-Identifier: Apache-2.0
#include "worker/server/end_signals.h"

#include <signal.h>

#include <utility>

namespace csl::worker {
namespace {

sigset_t EndSignalSet() {
  sigset_t end;
  ::sigemptyset(&end);
  ::sigaddset(&end, SIGTERM);
  ::sigaddset(&end, SIGINT);
  return end;
}

}  // namespace

void BlockEndSignals() {
  const sigset_t end = EndSignalSet();
  ::pthread_sigmask(SIG_BLOCK, &end, nullptr);
}

EndSignals::EndSignals(std::function<void()> action)
    : action_(std::move(action)), thread_([this] { Wait(); }) {}

EndSignals::~EndSignals() {
  leaving_ = true;
  // To that thread alone; one that has ended but is not joined yet ignores it.
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void EndSignals::Wait() {
  const sigset_t end = EndSignalSet();
  int signal = 0;
  ::sigwait(&end, &signal);
  if (!leaving_) action_();
}

}  // namespace csl::worker
