// SPDX-License-Identifier: Apache-2.0
// Which blobs a principal may read.
#include "appliance/service/job_service.h"

namespace csl::appliance {

Status JobService::AddBlob(const Principal& who, const std::string& name_space,
                           const std::string& digest, uint64_t size_bytes) {
  if (!who.MaySee(name_space)) return NotFound("namespace '" + name_space + "' does not exist");
  const auto size = static_cast<int64_t>(size_bytes);
  Lock lock(mutex_, store_);
  RETURN_IF_ERROR(CheckBlobQuotas(who, name_space, digest, size));
  return store_.AddBlobReference(digest, name_space, size, who.user);
}

Status JobService::AddResult(const Principal& owner, const std::string& name_space,
                             const std::string& digest, uint64_t size_bytes) {
  Lock lock(mutex_, store_);
  return store_.AddBlobReference(digest, name_space, static_cast<int64_t>(size_bytes), owner.user);
}

StatusOr<bool> JobService::MayReadBlob(const Principal& who, const std::string& digest) {
  Lock lock(mutex_, store_);
  return store_.HasBlobReference(digest, who.namespaces);
}

}  // namespace csl::appliance
