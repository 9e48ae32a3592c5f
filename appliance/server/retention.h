// SPDX-License-Identifier: Apache-2.0
// Forgets jobs that ended long ago, their logs, and blobs that no job knows and nobody has asked
// for since: now and then, on a thread of its own.
#ifndef APPLIANCE_SERVER_RETENTION_H_
#define APPLIANCE_SERVER_RETENTION_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "appliance/artifacts/blob_store.h"
#include "appliance/http/log_store.h"
#include "appliance/service/job_service.h"
#include "base/clock.h"

namespace csl::appliance {

class Retention {
 public:
  // `keep_ms` 0: everything is kept.
  Retention(JobService& service, BlobStore& blobs, LogStore& logs, const Clock& clock,
            int64_t keep_ms);
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

 private:
  void Run();
  Status Pass();
  bool MustStop();

  JobService& service_;
  BlobStore& blobs_;
  LogStore& logs_;
  const Clock& clock_;
  const int64_t keep_ms_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_SERVER_RETENTION_H_
