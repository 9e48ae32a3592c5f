// SPDX-License-Identifier: Apache-2.0
// Blobs on disk, named by the SHA-256 of their bytes, and uploads of them. Access control is the
// caller's. Thread safe; writers of the same blob do not disturb each other.
#ifndef APPLIANCE_ARTIFACTS_BLOB_STORE_H_
#define APPLIANCE_ARTIFACTS_BLOB_STORE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/artifacts/block_hasher.h"
#include "appliance/artifacts/kept_blobs.h"
#include "appliance/artifacts/partial_blobs.h"
#include "base/digest/sha256.h"
#include "base/status.h"

namespace csl::appliance {

// A blob on its way in. Nothing is left of one that is not committed.
class BlobWriter {
 public:
  ~BlobWriter();
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;

  // kResourceExhausted past the store's limit or on a full disk.
  Status Append(std::string_view bytes);
  // The same without a copy: bytes go into Room, which is never empty, and Took says how many did.
  std::span<char> Room();
  Status Took(size_t count);
  // After ok the blob has its name and survives the end of this process; for power cuts see
  // KeptBlobs::Sync. kInvalidArgument if the bytes have another digest.
  Status Commit(const std::string& expected_digest);
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  friend class BlobStore;
  BlobWriter(std::filesystem::path working, int fd, uint64_t limit,
             std::shared_ptr<KeptBlobs> kept);
  Status WriteBlock();

  std::filesystem::path working_;
  int fd_;  // -1: the store has the blob, so that the bytes are only hashed
  uint64_t limit_;
  uint64_t size_bytes_ = 0;
  BlockHasher hasher_;
  std::shared_ptr<Block> block_;  // that is being filled
  std::shared_ptr<KeptBlobs> kept_;
};

class BlobStore {
 public:
  // What one upload may hold: an artifact of a whole wafer with its data, with room.
  static constexpr uint64_t kMaxBlobBytes = uint64_t{64} << 30;

  // Makes the folder (mode 0700); removes what unfinished uploads left there.
  static StatusOr<std::unique_ptr<BlobStore>> Open(const std::filesystem::path& folder,
                                                   uint64_t max_blob_bytes = kMaxBlobBytes);

  // If the store has the blob `digest`, the writer writes nothing; "" if the digest is not known.
  StatusOr<std::unique_ptr<BlobWriter>> Begin(const std::string& digest = "");
  // Of blobs that come in parts; see PartialBlobs.
  StatusOr<std::shared_ptr<PartialBlob>> GetPartial(const std::string& owner,
                                                    const std::string& digest, uint64_t size_bytes);
  StatusOr<bool> FinishPartial(const std::shared_ptr<PartialBlob>& blob);
  PartialBlobs& partial() { return *partial_; }
  KeptBlobs& kept() { return *kept_; }
  // Those that were last uploaded or touched before this (milliseconds since 1970).
  std::vector<std::string> OlderThan(int64_t ms) const;
  // Unless it was uploaded again or touched since then.
  void RemoveIfOlder(const std::string& digest, int64_t ms) { kept_->RemoveIfOlder(digest, ms); }

 private:
  BlobStore(std::filesystem::path folder, uint64_t max_blob_bytes)
      : folder_(std::move(folder)), max_blob_bytes_(max_blob_bytes) {}

  std::filesystem::path folder_;
  uint64_t max_blob_bytes_;
  std::shared_ptr<KeptBlobs> kept_;
  std::unique_ptr<PartialBlobs> partial_;
};

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_BLOB_STORE_H_
