// SPDX-License-Identifier: Apache-2.0
#include "appliance/domain/job.h"

#include <algorithm>
#include <array>

#include "base/digest/sha256.h"

namespace csl::appliance {
namespace {

constexpr std::array<std::string_view, 3> kWorkerStates = {"READY", "DRAINING", "LOST"};
constexpr std::array<std::string_view, 4> kRoles = {"admin", "user", "worker", "monitor"};
constexpr std::array<std::string_view, 5> kCommandStates = {"accepted", "dispatched", "started",
                                                            "exited", "lost"};

template <typename Enum, size_t N>
StatusOr<Enum> Parse(const std::array<std::string_view, N>& texts, std::string_view what,
                     std::string_view text) {
  for (size_t i = 0; i < N; ++i) {
    if (texts[i] == text) return static_cast<Enum>(i);
  }
  std::string allowed;
  for (const std::string_view one : texts)
    allowed += (allowed.empty() ? "" : ", ") + std::string(one);
  return InvalidArgument(std::string(what) + " is '" + std::string(text) + "'; must be one of " +
                         allowed);
}

}  // namespace

std::string_view WorkerStateText(WorkerState state) {
  return kWorkerStates[static_cast<size_t>(state)];
}
std::string_view RoleText(Role role) { return kRoles[static_cast<size_t>(role)]; }
StatusOr<Role> ParseRole(std::string_view text) { return Parse<Role>(kRoles, "role", text); }
std::string_view CommandStateText(CommandState state) {
  return kCommandStates[static_cast<size_t>(state)];
}
StatusOr<CommandState> ParseCommandState(std::string_view text) {
  return Parse<CommandState>(kCommandStates, "command state", text);
}

bool Principal::MaySee(std::string_view name_space) const {
  return std::any_of(namespaces.begin(), namespaces.end(), [name_space](const std::string& one) {
    return one == "*" || one == name_space;
  });
}

std::string NewId(std::string_view prefix, int length) {
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const std::string hex = RandomHex(static_cast<size_t>(length) * 2);
  std::string id(prefix);
  for (int i = 0; i < length; ++i) {
    // Two random bytes a letter: the bias of the remainder is below one in a thousand.
    const auto value = std::stoul(hex.substr(static_cast<size_t>(i) * 4, 4), nullptr, 16);
    id += kLetters[value % kLetters.size()];
  }
  return id;
}

}  // namespace csl::appliance
