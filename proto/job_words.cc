// SPDX-License-Identifier: Apache-2.0
#include "proto/job_words.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace csl {
namespace {

struct StateRow {
  JobState value;
  std::string_view text;
  bool is_end;
};
template <typename Enum>
struct WordRow {
  Enum value;
  std::string_view text;
};

constexpr StateRow kStates[] = {
#define JOB_STATE(name, text, is_end, meaning) {JobState::name, text, is_end},
#include "proto/job_states.def"
};
constexpr std::pair<JobState, JobState> kTransitions[] = {
#define JOB_TRANSITION(from, to, when) {JobState::from, JobState::to},
#include "proto/job_states.def"
};
constexpr WordRow<EndReason> kReasons[] = {
#define END_REASON(name, text, ...) {EndReason::name, text},
#include "proto/end_reasons.def"
#undef END_REASON
};
constexpr WordRow<JobKind> kKinds[] = {{JobKind::kCompile, "compile"},
                                       {JobKind::kLaunch, "launch"}};

template <typename Row, size_t N>
auto Parse(const Row (&rows)[N], std::string_view what, std::string_view text)
    -> StatusOr<decltype(Row::value)> {
  std::string allowed;
  for (const Row& row : rows) {
    if (row.text == text) return row.value;
    allowed += (allowed.empty() ? "" : ", ") + std::string(row.text.empty() ? "''" : row.text);
  }
  return InvalidArgument(std::string(what) + " is '" + std::string(text) + "'; must be one of " +
                         allowed);
}

template <typename Row, size_t N>
auto Values(const Row (&rows)[N]) {
  std::vector<decltype(Row::value)> all;
  for (const Row& row : rows) all.push_back(row.value);
  return all;
}

}  // namespace

std::string_view JobKindText(JobKind kind) { return kKinds[static_cast<size_t>(kind)].text; }
StatusOr<JobKind> ParseJobKind(std::string_view text) { return Parse(kKinds, "job kind", text); }

std::string_view JobStateText(JobState state) { return kStates[static_cast<size_t>(state)].text; }
bool IsEnd(JobState state) { return kStates[static_cast<size_t>(state)].is_end; }
StatusOr<JobState> ParseJobState(std::string_view text) {
  return Parse(kStates, "job state", text);
}
bool MayFollow(JobState from, JobState to) {
  return std::find(std::begin(kTransitions), std::end(kTransitions), std::pair(from, to)) !=
         std::end(kTransitions);
}
const std::vector<JobState>& AllJobStates() {
  static const std::vector<JobState> all = Values(kStates);
  return all;
}

std::string_view EndReasonText(EndReason reason) {
  return kReasons[static_cast<size_t>(reason)].text;
}
StatusOr<EndReason> ParseEndReason(std::string_view text) {
  return Parse(kReasons, "reason", text);
}
const std::vector<EndReason>& AllEndReasons() {
  static const std::vector<EndReason> all = Values(kReasons);
  return all;
}

}  // namespace csl
