// SPDX-License-Identifier: Apache-2.0
// Blobs that come in parts: each part at its offset, in any order, several at once, and over as
// many connections and days as it takes. Thread safe.
//
// One sender's parts are its own: another one who sends a blob of the same digest fills another
// file. What was received once is never written again, so that bytes which were hashed stay what
// they were. The digest of all is checked before the blob gets its name: what a crash of the
// machine took from the file is found then.
#ifndef APPLIANCE_ARTIFACTS_PARTIAL_BLOBS_H_
#define APPLIANCE_ARTIFACTS_PARTIAL_BLOBS_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest/sha256.h"
#include "base/status.h"

namespace csl::appliance {

// Offsets of bytes, from `begin` to before `end`.
struct ByteSpan {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool operator==(const ByteSpan&) const = default;
};

// One blob on its way in parts, and its file.
class PartialBlob {
 public:
  ~PartialBlob();
  PartialBlob(const PartialBlob&) = delete;
  PartialBlob& operator=(const PartialBlob&) = delete;

  uint64_t size_bytes() const { return size_bytes_; }
  const std::string& digest() const { return digest_; }
  // What is there, in order, neighbours joined.
  std::vector<ByteSpan> Received() const;

  // A part that may be written now. kAlreadyExists: some of it is there. kUnavailable: some of it
  // is coming over another connection. kOutOfRange: it does not lie in the blob.
  Status Reserve(const ByteSpan& part);
  // Writes at an offset of a part that is reserved.
  Status Write(uint64_t offset, std::string_view bytes);
  // The part is over: its first `count` bytes are there now.
  Status Release(const ByteSpan& part, uint64_t count);
  bool IsWhole() const;

 private:
  friend class PartialBlobs;
  PartialBlob(std::filesystem::path data, std::filesystem::path record, std::string owner,
              std::string digest, uint64_t size_bytes, int fd);
  Status HashMore();
  void Add(ByteSpan span);

  const std::filesystem::path data_;
  const std::filesystem::path record_;
  const std::string owner_;
  const std::string digest_;
  const uint64_t size_bytes_;
  const int fd_;
  mutable std::mutex mutex_;
  std::vector<ByteSpan> received_;
  std::vector<ByteSpan> reserved_;
  std::mutex hash_mutex_;  // held with none of the above
  uint64_t hashed_bytes_ = 0;
  Sha256 hash_;
  bool is_over_ = false;
};

class PartialBlobs {
 public:
  static constexpr size_t kMaxEach = 16;  // of one sender
  // One that nobody sends a part of for this long is forgotten.
  static constexpr int64_t kForgottenMs = int64_t{24} * 3600 * 1000;

  // Continues with what a service before this one has left in the folder.
  static StatusOr<std::unique_ptr<PartialBlobs>> Open(const std::filesystem::path& folder);

  // The one that `owner` sends, made if it does not exist. kInvalidArgument: it has another size.
  // kResourceExhausted: the owner has too many.
  StatusOr<std::shared_ptr<PartialBlob>> Get(const std::string& owner, const std::string& digest,
                                             uint64_t size_bytes);
  // Null if there is none.
  std::shared_ptr<PartialBlob> Find(const std::string& owner, const std::string& digest);
  // Of what the owner sends beside this digest.
  uint64_t OtherBytes(const std::string& owner, const std::string& digest);
  // Gives the file of a whole one to `keep`, for the first who asks: true then. kInvalidArgument if
  // it has another digest. It is not a partial blob any more.
  using Keep = std::function<Status(const std::filesystem::path& file)>;
  StatusOr<bool> Finish(const std::shared_ptr<PartialBlob>& blob, const Keep& keep);
  void ForgetOlder(int64_t ms);

 private:
  explicit PartialBlobs(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void Load(const std::filesystem::path& record);
  void Drop(const PartialBlob& blob);

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<PartialBlob>> blobs_;  // by the name of their file
};

}  // namespace csl::appliance

#endif  // APPLIANCE_ARTIFACTS_PARTIAL_BLOBS_H_
