// SPDX-License-Identifier: Apache-2.0
// Forgetting what is old.
#include "appliance/service/job_service.h"

namespace csl::appliance {

StatusOr<std::vector<std::string>> JobService::ForgetJobs(int64_t ended_before_ms, int limit) {
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const auto ids, store_.JobsEndedBefore(ended_before_ms, limit));
  RETURN_IF_ERROR(Transact(Planning::kNo, [&] {
    for (const std::string& id : ids) RETURN_IF_ERROR(store_.ForgetJob(id));
    return store_.ForgetLostWorkers(ended_before_ms);
  }));
  return ids;
}

Status JobService::ForgetBlobs(const std::vector<std::string>& digests,
                               const std::function<void(const std::string&)>& remove) {
  if (digests.empty()) return OkStatus();
  Lock lock(mutex_, store_);
  ASSIGN_OR_RETURN(const auto known, store_.BlobsOfJobs());
  std::vector<std::string> forgotten;
  for (const std::string& digest : digests) {
    if (!known.contains(digest)) forgotten.push_back(digest);
  }
  RETURN_IF_ERROR(Transact(Planning::kNo, [&] {
    for (const std::string& digest : forgotten) {
      RETURN_IF_ERROR(store_.DropBlobReferences(digest));
    }
    return OkStatus();
  }));
  // A blob without its file would be an error to its owner; a file without an owner is none.
  for (const std::string& digest : forgotten) remove(digest);
  return OkStatus();
}

StatusOr<bool> JobService::KnowsJob(const std::string& id) {
  Lock lock(mutex_, store_);
  lock.LeaveForLater();
  ASSIGN_OR_RETURN(const std::optional<Job> job, JobById(id));
  return job.has_value();
}

}  // namespace csl::appliance
