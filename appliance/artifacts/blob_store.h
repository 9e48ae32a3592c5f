// SPDX-License-Identifier: Apache-2.0
// Blobs on disk, named by the SHA-256 of their bytes: `FOLDER/ab/abcdef...`. Who may read one is
// not decided here. Thread safe; writers of the same blob do not disturb each other.
#ifndef APPLIANCE_ARTIFACTS_BLOB_STORE_H_
#define APPLIANCE_ARTIFACTS_BLOB_STORE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/artifacts/block_hasher.h"
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
  // Durable under its name when this returns ok. kInvalidArgument if the bytes have another digest.
  Status Commit(const std::string& expected_digest);
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  friend class BlobStore;
  BlobWriter(std::filesystem::path folder, std::filesystem::path working, int fd, uint64_t limit,
             std::shared_ptr<std::mutex> names);
  Status WriteBlock();

  std::filesystem::path folder_;
  std::filesystem::path working_;
  int fd_;
  uint64_t limit_;
  uint64_t size_bytes_ = 0;
  uint64_t written_bytes_ = 0;  // of those, what is in the file
  uint64_t begun_bytes_ = 0;    // of those, what the disk was asked to write already
  BlockHasher hasher_;
  std::shared_ptr<Block> block_;  // that is being filled
  std::shared_ptr<std::mutex> names_;
};

class BlobStore {
 public:
  // What one upload may hold: an artifact of a whole wafer with its data, with room.
  static constexpr uint64_t kMaxBlobBytes = uint64_t{64} << 30;

  // Makes the folder (mode 0700); removes what unfinished uploads left there.
  static StatusOr<std::unique_ptr<BlobStore>> Open(const std::filesystem::path& folder,
                                                   uint64_t max_blob_bytes = kMaxBlobBytes);

  StatusOr<std::unique_ptr<BlobWriter>> Begin();
  // Of blobs that come in parts; see PartialBlobs.
  StatusOr<std::shared_ptr<PartialBlob>> GetPartial(const std::string& owner,
                                                    const std::string& digest, uint64_t size_bytes);
  StatusOr<bool> FinishPartial(const std::shared_ptr<PartialBlob>& blob);
  PartialBlobs& partial() { return *partial_; }
  // Those that were last uploaded or touched before this (milliseconds since 1970).
  std::vector<std::string> OlderThan(int64_t ms) const;
  // Somebody asked for it: he may be about to use it.
  void Touch(const std::string& digest) const;
  // Unless it was uploaded again or touched since then.
  void RemoveIfOlder(const std::string& digest, int64_t ms);
  // `digest` must be one (IsSha256Hex); kNotFound names it.
  StatusOr<std::filesystem::path> PathOf(const std::string& digest) const;

 private:
  BlobStore(std::filesystem::path folder, uint64_t max_blob_bytes)
      : folder_(std::move(folder)), max_blob_bytes_(max_blob_bytes) {}

  std::filesystem::path folder_;
  uint64_t max_blob_bytes_;
  std::unique_ptr<PartialBlobs> partial_;
  // Held while a blob gets its name or loses it.
  std::shared_ptr<std::mutex> names_ = std::make_shared<std::mutex>();
};

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_BLOB_STORE_H_
