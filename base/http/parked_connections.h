// SPDX-License-Identifier: Apache-2.0
// The connections of a server that are on no thread, by what they are looked for: socket, deadline,
// channel, and how long they have been idle. Not thread safe.
#ifndef BASE_HTTP_PARKED_CONNECTIONS_H_
#define BASE_HTTP_PARKED_CONNECTIONS_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/http/connection.h"

namespace csl::http {

class ParkedConnections {
 public:
  void Add(std::unique_ptr<Connection> connection);
  // Null if it is not here (any more).
  std::unique_ptr<Connection> Take(int fd);
  // One whose deadline is over; null if there is none.
  std::unique_ptr<Connection> TakeLate(Clock::time_point now);
  // One that serves no request, or whose response is taken slowly; the oldest of those of the
  // address that has the most such. Null if there is none.
  std::unique_ptr<Connection> TakeIdlest();
  std::vector<int> WaitersOf(const std::string& channel) const;
  std::vector<int> AllWaiters() const;  // of every channel
  std::optional<Clock::time_point> NextDeadline() const;
  size_t size() const { return all_.size(); }
  void Clear();

 private:
  using ByTime = std::set<std::pair<Clock::time_point, int>>;

  std::map<int, std::unique_ptr<Connection>> all_;
  ByTime deadlines_;
  std::map<std::string, ByTime> idle_;             // by address
  std::map<std::string, std::set<int>> channels_;  // of those that wait
};

}  // namespace csl::http

#endif  // BASE_HTTP_PARKED_CONNECTIONS_H_
