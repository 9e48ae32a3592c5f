// SPDX-License-Identifier: Apache-2.0
#include "appliance/artifacts/partial_blobs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <utility>

#include "appliance/artifacts/changed_ms.h"
#include "appliance/artifacts/write_at.h"
#include "base/file.h"

namespace csl::appliance {
namespace {

namespace fs = std::filesystem;

constexpr char kDataSuffix[] = ".data";
constexpr char kRecordSuffix[] = ".parts";  // a head, then a line for each part that is there
constexpr size_t kHashPiece = 1 << 20;

std::string NameOf(const std::string& owner, const std::string& digest) {
  return Sha256Hex(owner + "\n" + digest);
}

bool Overlaps(const std::vector<ByteSpan>& spans, const ByteSpan& one) {
  return std::any_of(spans.begin(), spans.end(), [&one](const ByteSpan& other) {
    return other.begin < one.end && one.begin < other.end;
  });
}

std::string TextOf(const ByteSpan& span) {
  return std::to_string(span.begin) + " to " + std::to_string(span.end);
}

}  // namespace

PartialBlob::PartialBlob(fs::path data, fs::path record, std::string owner, std::string digest,
                         uint64_t size_bytes, int fd)
    : data_(std::move(data)),
      record_(std::move(record)),
      owner_(std::move(owner)),
      digest_(std::move(digest)),
      size_bytes_(size_bytes),
      fd_(fd) {}

PartialBlob::~PartialBlob() { ::close(fd_); }

std::vector<ByteSpan> PartialBlob::Received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

bool PartialBlob::IsWhole() const {
  const std::lock_guard lock(mutex_);
  return received_.size() == 1 && received_[0] == ByteSpan{0, size_bytes_};
}

Status PartialBlob::Reserve(const ByteSpan& part) {
  if (part.begin >= part.end || part.end > size_bytes_) {
    return {StatusCode::kOutOfRange,
            "the part is bytes " + TextOf(part) + ", the blob has " + std::to_string(size_bytes_)};
  }
  const std::lock_guard lock(mutex_);
  if (Overlaps(received_, part)) {
    return AlreadyExists("some of the bytes " + TextOf(part) + " were received already");
  }
  if (Overlaps(reserved_, part)) {
    return Unavailable("some of the bytes " + TextOf(part) + " are coming over another connection");
  }
  reserved_.push_back(part);
  return OkStatus();
}

Status PartialBlob::Write(uint64_t offset, std::string_view bytes) {
  const int error = WriteAt(fd_, offset, bytes);
  return error == 0 ? OkStatus() : DiskFailure("cannot write '" + data_.string() + "'", error);
}

void PartialBlob::Add(ByteSpan span) {
  received_.push_back(span);
  std::sort(received_.begin(), received_.end(),
            [](const ByteSpan& a, const ByteSpan& b) { return a.begin < b.begin; });
  std::vector<ByteSpan> joined;
  for (const ByteSpan& one : received_) {
    if (!joined.empty() && joined.back().end >= one.begin) {
      joined.back().end = std::max(joined.back().end, one.end);
    } else {
      joined.push_back(one);
    }
  }
  received_ = std::move(joined);
}

Status PartialBlob::Release(const ByteSpan& part, uint64_t count) {
  {
    const std::lock_guard lock(mutex_);
    std::erase(reserved_, part);
    if (count == 0) return OkStatus();
    std::ofstream record(record_, std::ios::app);
    record << part.begin << ' ' << count << '\n';
    if (!record.flush()) return DiskFailure("cannot write '" + record_.string() + "'", ENOSPC);
    Add({part.begin, part.begin + count});
  }
  return HashMore();
}

// What is there from the start on, as far as it was not hashed yet.
Status PartialBlob::HashMore() {
  const std::lock_guard hashing(hash_mutex_);
  std::string piece;
  for (;;) {
    uint64_t until = 0;
    {
      const std::lock_guard lock(mutex_);
      if (!received_.empty() && received_[0].begin == 0) until = received_[0].end;
    }
    if (hashed_bytes_ >= until) return OkStatus();
    piece.resize(std::min<uint64_t>(kHashPiece, until - hashed_bytes_));
    const ssize_t got = ::pread(fd_, piece.data(), piece.size(), static_cast<off_t>(hashed_bytes_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return DiskFailure("cannot read '" + data_.string() + "'", got < 0 ? errno : EIO);
    hash_.Update(std::string_view(piece).substr(0, static_cast<size_t>(got)));
    hashed_bytes_ += static_cast<uint64_t>(got);
  }
}

StatusOr<std::unique_ptr<PartialBlobs>> PartialBlobs::Open(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return DiskFailure("cannot make folder '" + folder.string() + "'", error.value());
  std::unique_ptr<PartialBlobs> blobs(new PartialBlobs(folder));
  std::vector<fs::path> records;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == kRecordSuffix) records.push_back(entry.path());
  }
  for (const fs::path& record : records) blobs->Load(record);
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!blobs->blobs_.contains(entry.path().stem())) fs::remove(entry.path(), error);
  }
  return blobs;
}

// A record that does not say what it should is left out, and its files removed.
void PartialBlobs::Load(const fs::path& record) {
  std::ifstream text(record);
  std::string owner;
  std::string digest;
  uint64_t size = 0;
  if (!std::getline(text, owner) || !(text >> digest >> size)) return;
  const std::string name = NameOf(owner, digest);
  const fs::path data = folder_ / (name + kDataSuffix);
  if (name != record.stem() || !IsSha256Hex(digest)) return;
  const int fd = ::open(data.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  std::shared_ptr<PartialBlob> blob(new PartialBlob(data, record, owner, digest, size, fd));
  for (uint64_t offset = 0, count = 0; text >> offset >> count;) {
    if (offset > size || count > size - offset) return;
    if (count > 0) blob->Add({offset, offset + count});
  }
  blobs_[name] = std::move(blob);
}

StatusOr<std::shared_ptr<PartialBlob>> PartialBlobs::Get(const std::string& owner,
                                                         const std::string& digest,
                                                         uint64_t size_bytes) {
  CHECK(IsSha256Hex(digest) && owner.find('\n') == std::string::npos);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  ForgetOlder(std::chrono::duration_cast<std::chrono::milliseconds>(now).count() - kForgottenMs);
  const std::string name = NameOf(owner, digest);
  const std::lock_guard lock(mutex_);
  if (const auto it = blobs_.find(name); it != blobs_.end()) {
    if (it->second->size_bytes() == size_bytes) return it->second;
    return InvalidArgument("size is " + std::to_string(size_bytes) +
                           ", the parts before this said " +
                           std::to_string(it->second->size_bytes()));
  }
  size_t own = 0;
  for (const auto& [key, blob] : blobs_) own += blob->owner_ == owner ? 1 : 0;
  if (own >= kMaxEach) {
    return ResourceExhausted("parts of " + std::to_string(own) +
                             " blobs are on their way; end some of them first");
  }
  const fs::path data = folder_ / (name + kDataSuffix);
  const fs::path record = folder_ / (name + kRecordSuffix);
  RETURN_IF_ERROR(
      WriteFileAtomic(record, owner + "\n" + digest + " " + std::to_string(size_bytes) + "\n"));
  const int fd = ::open(data.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return DiskFailure("cannot create '" + data.string() + "'", errno);
  std::shared_ptr<PartialBlob> blob(new PartialBlob(data, record, owner, digest, size_bytes, fd));
  blobs_[name] = blob;
  return blob;
}

std::shared_ptr<PartialBlob> PartialBlobs::Find(const std::string& owner,
                                                const std::string& digest) {
  const std::lock_guard lock(mutex_);
  const auto it = blobs_.find(NameOf(owner, digest));
  return it == blobs_.end() ? nullptr : it->second;
}

uint64_t PartialBlobs::OtherBytes(const std::string& owner, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const auto& [key, blob] : blobs_) {
    if (blob->owner_ == owner && blob->digest_ != digest) bytes += blob->size_bytes();
  }
  return bytes;
}

StatusOr<bool> PartialBlobs::Finish(const std::shared_ptr<PartialBlob>& blob, const Keep& keep) {
  RETURN_IF_ERROR(blob->HashMore());
  const std::lock_guard hashing(blob->hash_mutex_);
  if (std::exchange(blob->is_over_, true)) return false;
  const std::string digest = blob->hash_.FinishHex();
  if (digest != blob->digest_) {
    Drop(*blob);
    return InvalidArgument("the bytes have the digest " + digest + ", not " + blob->digest_);
  }
  const Status kept = keep(blob->data_);
  Drop(*blob);
  RETURN_IF_ERROR(kept);
  return true;
}

void PartialBlobs::Drop(const PartialBlob& blob) {
  ::unlink(blob.data_.c_str());
  ::unlink(blob.record_.c_str());
  const std::lock_guard lock(mutex_);
  blobs_.erase(NameOf(blob.owner_, blob.digest_));
}

void PartialBlobs::ForgetOlder(int64_t ms) {
  std::vector<std::shared_ptr<PartialBlob>> old;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, blob] : blobs_) {
      const std::lock_guard look(blob->mutex_);
      if (blob->reserved_.empty() && ChangedMs(blob->record_) < ms) old.push_back(blob);
    }
  }
  for (const auto& blob : old) Drop(*blob);
}

}  // namespace csl::appliance
