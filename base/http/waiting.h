// SPDX-License-Identifier: Apache-2.0
// Long polls without threads: a handler that finds nothing to say yet lets its request wait, and is
// called again, with the same request, when its channel is woken or the time is over.
//
//   Answer answer = Look();
//   if (answer.empty() && http::WaitFor("job:7", wait)) return;  // whatever was set is not sent
//   Send(answer);
//
// For handlers of a Server alone, on the thread that calls them. A wake that comes between the look
// and the wait is not missed.
#ifndef BASE_HTTP_WAITING_H_
#define BASE_HTTP_WAITING_H_

#include <chrono>
#include <memory>
#include <string>

namespace csl::http {

// Whether the request now waits: its response is dropped and the handler called again. False when
// `wait`, counted from the first call, is over, or when the request cannot wait because its body
// was not read ahead.
bool WaitFor(const std::string& channel, std::chrono::milliseconds wait);
// The same with the time at which the wait is over.
bool WaitUntil(const std::string& channel, std::chrono::steady_clock::time_point until);
// Whether the request could wait at all: all of it is in memory.
bool CanWait();
// Whether the handler is called again for a request that has waited.
bool RunsAgain();
// Something to keep for the next call; goes with the request.
std::shared_ptr<void>& KeptForNextRun();

}  // namespace csl::http

#endif  // BASE_HTTP_WAITING_H_
