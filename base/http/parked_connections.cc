// SPDX-License-Identifier: Apache-2.0
#include "base/http/parked_connections.h"

#include <algorithm>

namespace csl::http {

void ParkedConnections::Add(std::unique_ptr<Connection> connection) {
  const int fd = connection->fd;
  deadlines_.emplace(connection->deadline, fd);
  if (connection->state == ConnectionState::kWaits) {
    channels_[connection->channel].insert(fd);
  } else {
    idle_[connection->peer_address].emplace(connection->idle_since, fd);
  }
  all_[fd] = std::move(connection);
}

std::unique_ptr<Connection> ParkedConnections::Take(int fd) {
  const auto it = all_.find(fd);
  if (it == all_.end()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(it->second);
  all_.erase(it);
  deadlines_.erase({connection->deadline, fd});
  if (connection->state == ConnectionState::kWaits) {
    const auto channel = channels_.find(connection->channel);
    channel->second.erase(fd);
    if (channel->second.empty()) channels_.erase(channel);
  } else {
    const auto address = idle_.find(connection->peer_address);
    address->second.erase({connection->idle_since, fd});
    if (address->second.empty()) idle_.erase(address);
  }
  return connection;
}

std::unique_ptr<Connection> ParkedConnections::TakeLate(Clock::time_point now) {
  if (deadlines_.empty() || deadlines_.begin()->first > now) return nullptr;
  return Take(deadlines_.begin()->second);
}

std::unique_ptr<Connection> ParkedConnections::TakeIdlest() {
  const auto most = std::max_element(idle_.begin(), idle_.end(), [](const auto& a, const auto& b) {
    return a.second.size() < b.second.size();
  });
  return most == idle_.end() ? nullptr : Take(most->second.begin()->second);
}

std::vector<int> ParkedConnections::WaitersOf(const std::string& channel) const {
  const auto it = channels_.find(channel);
  if (it == channels_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

std::vector<int> ParkedConnections::AllWaiters() const {
  std::vector<int> all;
  for (const auto& [channel, waiters] : channels_) {
    all.insert(all.end(), waiters.begin(), waiters.end());
  }
  return all;
}

std::optional<Clock::time_point> ParkedConnections::NextDeadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void ParkedConnections::Clear() {
  all_.clear();
  deadlines_.clear();
  idle_.clear();
  channels_.clear();
}

}  // namespace csl::http
