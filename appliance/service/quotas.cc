// SPDX-License-Identifier: Apache-2.0
// What namespaces and users may have, and what waits or is refused because of it.
#include <algorithm>

#include "appliance/service/job_service.h"

namespace csl::appliance {
namespace {

constexpr size_t kMaxNameBytes = 256;

bool MayAsk(const Principal& who, const QuotaSubject& subject) {
  if (who.role == Role::kAdmin) return true;
  return subject.kind == QuotaKind::kUser ? subject.name == who.user : who.MaySee(subject.name);
}

}  // namespace

bool JobService::IsFor(const QuotaSubject& subject, const std::string& name_space,
                       const std::string& user) {
  return subject.name == (subject.kind == QuotaKind::kUser ? user : name_space);
}

StatusOr<std::map<QuotaSubject, Amounts>> JobService::UsedByRunning() {
  std::map<QuotaSubject, Amounts> used;
  for (const auto& [subject, quota] : quotas_) used[subject];
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  for (const auto& [id, job] : *active) {
    if (job.state == JobState::kQueued) continue;
    for (auto& [subject, amounts] : used) {
      if (IsFor(subject, job.name_space, job.user)) amounts += AmountsOf(job.wanted);
    }
  }
  return used;
}

StatusOr<std::vector<QuotaView>> JobService::ListQuotas(const Principal& who) {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(auto used, UsedByRunning());
  std::vector<QuotaView> views;
  for (const auto& [subject, quota] : quotas_) {
    if (!MayAsk(who, subject)) continue;
    ASSIGN_OR_RETURN(used[subject][QuotaLimit::kBlobBytes], store_.BlobBytes(subject));
    views.push_back({subject, quota, used[subject]});
  }
  return views;
}

Status JobService::SetQuota(const Principal& who, const QuotaSubject& subject, const Quota& quota) {
  if (who.role != Role::kAdmin) {
    return {StatusCode::kPermissionDenied, "setting a quota takes an administrator"};
  }
  if (subject.name.empty() || subject.name.size() > kMaxNameBytes) {
    return InvalidArgument("the name has " + std::to_string(subject.name.size()) +
                           " bytes; must be 1 to " + std::to_string(kMaxNameBytes));
  }
  for (const auto& [limit, most] : quota) {
    if (most >= 0) continue;
    return InvalidArgument("'" + std::string(QuotaLimitText(limit)) + "' is " +
                           std::to_string(most) + "; must be a whole number of at least 0");
  }
  Lock lock(mutex_, store_);
  const Quotas before = quotas_;
  if (quota.empty()) {
    quotas_.erase(subject);
  } else {
    quotas_[subject] = quota;
  }
  // What waited for it may start.
  const Status status = Transact(Planning::kNow, [&] { return store_.PutQuota(subject, quota); });
  if (!status.ok()) quotas_ = before;
  return status;
}

// A job that could not run if nothing else did is refused: it would wait for ever.
Status JobService::CheckQuotas(const Job& job) {
  for (const auto& [subject, quota] : quotas_) {
    if (!IsFor(subject, job.name_space, job.user)) continue;
    const std::string broken = WhatBreaks(subject, quota, {}, AmountsOf(job.wanted));
    if (!broken.empty()) return ResourceExhausted("beyond the quota: " + broken);
    const auto blobs = quota.find(QuotaLimit::kBlobBytes);
    if (job.kind != JobKind::kCompile || blobs == quota.end()) continue;
    ASSIGN_OR_RETURN(const int64_t bytes, store_.BlobBytes(subject));
    if (bytes >= blobs->second) {
      return ResourceExhausted("beyond the quota: " + subject.Text() + " may have " +
                               std::to_string(blobs->second) + " bytes of blobs and has " +
                               std::to_string(bytes) + ", so that nothing new is compiled");
    }
  }
  return OkStatus();
}

// Takes jobs out of the snapshot that must wait for jobs of their own namespace or user to end, in
// the order in which they would start.
StatusOr<JobService::HeldJobs> JobService::HoldByQuotas(Snapshot& snapshot) {
  HeldJobs held;
  if (quotas_.empty()) return held;
  ASSIGN_OR_RETURN(auto used, UsedByRunning());
  ASSIGN_OR_RETURN(const ActiveJobs* active, Active());
  std::stable_sort(snapshot.waiting.begin(), snapshot.waiting.end(),
                   [](const WaitingJob& a, const WaitingJob& b) {
                     return std::pair(a.priority, a.sequence) < std::pair(b.priority, b.sequence);
                   });
  std::vector<WaitingJob> free;
  for (WaitingJob& waiting : snapshot.waiting) {
    const std::string& user = active->at(waiting.id).user;
    std::string broken;
    for (const auto& [subject, quota] : quotas_) {
      if (!broken.empty() || !IsFor(subject, waiting.name_space, user)) continue;
      broken = WhatBreaks(subject, quota, used[subject], AmountsOf(waiting.wanted));
    }
    if (!broken.empty()) {
      held.emplace_back(waiting.id, "waits for its quota: " + broken);
      continue;
    }
    for (auto& [subject, amounts] : used) {
      if (IsFor(subject, waiting.name_space, user)) amounts += AmountsOf(waiting.wanted);
    }
    free.push_back(std::move(waiting));
  }
  snapshot.waiting = std::move(free);
  return held;
}

StatusOr<std::string> JobService::WhyHeld(const Job& job) {
  if (quotas_.empty()) return std::string();
  ASSIGN_OR_RETURN(const auto used, UsedByRunning());
  for (const auto& [subject, quota] : quotas_) {
    if (!IsFor(subject, job.name_space, job.user)) continue;
    const std::string broken = WhatBreaks(subject, quota, used.at(subject), AmountsOf(job.wanted));
    if (!broken.empty()) return "waits for its quota: " + broken;
  }
  return std::string();
}

void JobService::Hold(const std::string& id, const std::string& why) {
  plan_.queue.push_back(id);
  plan_.waiting[id] = {static_cast<int>(plan_.queue.size()), std::nullopt};
  held_[id] = why;
}

Status JobService::CheckBlobQuotas(const Principal& who, const std::string& name_space,
                                   const std::string& digest, int64_t size_bytes) {
  if (quotas_.empty()) return OkStatus();
  ASSIGN_OR_RETURN(const bool known, store_.HasBlobReference(digest, {name_space}));
  if (known) return OkStatus();
  Amounts more;
  more[QuotaLimit::kBlobBytes] = size_bytes;
  for (const auto& [subject, quota] : quotas_) {
    if (!IsFor(subject, name_space, who.user) || !quota.contains(QuotaLimit::kBlobBytes)) continue;
    Amounts used;
    ASSIGN_OR_RETURN(used[QuotaLimit::kBlobBytes], store_.BlobBytes(subject));
    const std::string broken = WhatBreaks(subject, quota, used, more);
    if (!broken.empty()) return ResourceExhausted("beyond the quota: " + broken);
  }
  return OkStatus();
}

Status JobService::CheckBlobRoom(const Principal& who, const std::string& name_space,
                                 const std::string& digest, uint64_t size_bytes) {
  Lock lock(mutex_, store_);
  return CheckBlobQuotas(who, name_space, digest, static_cast<int64_t>(size_bytes));
}

}  // namespace csl::appliance
