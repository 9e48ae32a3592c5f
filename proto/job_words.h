// SPDX-License-Identifier: Apache-2.0
// The words that service, worker and client say about a job: its kind, its states and why it ended.
// Closed sets; the texts are what is sent and stored.
#ifndef PROTO_JOB_WORDS_H_
#define PROTO_JOB_WORDS_H_

#include <string_view>
#include <vector>

#include "base/status.h"

namespace csl {

enum class JobKind { kCompile, kLaunch };
std::string_view JobKindText(JobKind kind);
StatusOr<JobKind> ParseJobKind(std::string_view text);

enum class JobState {
#define JOB_STATE(name, ...) name,
#include "proto/job_states.def"
};
std::string_view JobStateText(JobState state);
StatusOr<JobState> ParseJobState(std::string_view text);
bool IsEnd(JobState state);
bool MayFollow(JobState from, JobState to);
const std::vector<JobState>& AllJobStates();

enum class EndReason {
#define END_REASON(name, ...) name,
#include "proto/end_reasons.def"
#undef END_REASON
};
std::string_view EndReasonText(EndReason reason);  // "" of kNone
StatusOr<EndReason> ParseEndReason(std::string_view text);
const std::vector<EndReason>& AllEndReasons();

}  // namespace csl

#endif  // PROTO_JOB_WORDS_H_
