// SPDX-License-Identifier: Apache-2.0
// Long polls without threads: a handler that finds nothing to say yet lets its request wait, and is
// called again, with the same request, when its channel is woken or the time is over.
//
//   Answer answer = Look();
//   if (answer.empty() && http::WaitFor("job:7", wait)) return;  // whatever was set is not sent
//   Send(answer);
//
// An answer of events is the same with pieces: it begins with the first, as text/event-stream, and
// continues each time that the handler is called, until it ends it.
//
//   if (http::StreamAndWait(NewEvents(), "job:7", std::chrono::seconds(15))) return;
//   Refuse();  // it cannot be streamed, or its principal has too many that wait
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
// `wait`, counted from the first call, is over, when the request cannot wait because its body was
// not read ahead, and when its principal has too many that wait.
bool WaitFor(const std::string& channel, std::chrono::milliseconds wait);
// The same with the time at which the wait is over.
bool WaitUntil(const std::string& channel, std::chrono::steady_clock::time_point until);
// Whether the request could wait at all: all of it is in memory.
bool CanWait();
// Whether the answer may be streamed: to a GET of HTTP/1.1, all of which is in memory.
bool CanStream();
// Whether an earlier call has begun the stream; nothing but pieces reaches the client any more.
bool IsStreaming();
// Sends the piece, which may be empty; the handler is called again when the channel is woken, or
// after `wait`. False, and nothing is sent: it cannot be streamed, or its principal has too many
// requests that wait.
bool StreamAndWait(std::string piece, const std::string& channel, std::chrono::milliseconds wait);
// Sends the last piece. A call that returns without one of these two ends the stream, too.
bool StreamEnd(std::string piece);
// Whether the handler is called again for a request that has waited.
bool RunsAgain();
// Something to keep for the next call; goes with the request.
std::shared_ptr<void>& KeptForNextRun();

}  // namespace csl::http

#endif  // BASE_HTTP_WAITING_H_
