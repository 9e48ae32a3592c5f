// SPDX-License-Identifier: Apache-2.0
// Blobs on their way to the service: small ones whole, large ones in parts, over several
// connections. What an earlier try, or an earlier process, has brought there is not sent again.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/archive/beneath.h"
#include "base/digest/sha256.h"
#include "client/native/meter.h"
#include "client/native/service.h"

namespace csl::client {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kPartsFromBytes = uint64_t{32} << 20;
constexpr uint64_t kPartBytes = uint64_t{8} << 20;
constexpr int kConnections = 3;
// Each brings what is still missing; more than one only where parts get lost on their way.
constexpr int kRounds = 5;

struct Part {
  uint64_t offset = 0;
  uint64_t size_bytes = 0;
};

// What of the blob is missing, in parts; the answer of the service says what is there.
StatusOr<std::vector<Part>> MissingParts(const std::string& answer, uint64_t size_bytes) {
  const json body = json::parse(answer, nullptr, false);
  const json given = body.is_object() ? body.value("parts", json::array()) : json();
  if (!given.is_array()) return DataLoss("the service's answer about parts is not understood");
  std::vector<Part> missing;
  uint64_t at = 0;
  const auto until = [&](uint64_t end) {
    for (; at < end; at += missing.back().size_bytes) {
      missing.push_back({at, std::min(kPartBytes, end - at)});
    }
  };
  for (const json& part : given) {
    if (!part.is_object() || !part.value("offset", json()).is_number_unsigned() ||
        !part.value("size_bytes", json()).is_number_unsigned()) {
      return DataLoss("the service's answer about parts is not understood");
    }
    const auto offset = part["offset"].get<uint64_t>();
    until(std::min(offset, size_bytes));
    at = std::max(at, offset + part["size_bytes"].get<uint64_t>());
  }
  until(size_bytes);
  return missing;
}

StatusOr<std::string> ReadPart(int file, const Part& part) {
  std::string bytes(part.size_bytes, '\0');
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got = ::pread(file, bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(part.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Unavailable("the file became shorter while it was sent");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

// The parts that are left, and what became of those that were sent. Thread safe.
class Sending {
 public:
  Sending(std::vector<Part> parts, uint64_t size_bytes, Meter& meter)
      : left_(std::move(parts)), size_bytes_(size_bytes), meter_(meter) {
    for (const Part& part : left_) missing_bytes_ += part.size_bytes;
    std::reverse(left_.begin(), left_.end());  // the first is taken first
  }

  bool Take(Part& part) {
    const std::lock_guard lock(mutex_);
    if (left_.empty() || !failure_.ok()) return false;
    part = left_.back();
    left_.pop_back();
    return true;
  }
  void Done(const Part& part, const StatusOr<http::Reply>& reply) {
    const std::lock_guard lock(mutex_);
    if (!reply.ok()) {
      failure_ = reply.status();
      return;
    }
    is_whole_ = is_whole_ || reply->status == 201;
    missing_bytes_ -= part.size_bytes;
    meter_.Show(size_bytes_ - missing_bytes_, size_bytes_);
  }
  void Fail(Status why) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(why);
  }
  const Status& failure() const { return failure_; }
  bool is_whole() const { return is_whole_; }

 private:
  std::mutex mutex_;
  std::vector<Part> left_;
  uint64_t missing_bytes_ = 0;
  const uint64_t size_bytes_;
  Meter& meter_;
  Status failure_;
  bool is_whole_ = false;
};

bool TakesParts(const StatusOr<std::string>& version) {
  const json body = version.ok() ? json::parse(*version, nullptr, false) : json();
  const json features = body.is_object() ? body.value("features", json::array()) : json::array();
  return std::find(features.begin(), features.end(), "blob_parts") != features.end();
}

}  // namespace

Status Service::UploadInParts(const fs::path& file, uint64_t size_bytes, const std::string& digest,
                              const std::string& name_space) {
  const std::string blob = "/v1/blobs/" + digest;
  const std::string of = "namespace=" + http::UrlEncode(name_space);
  const archive::Fd source(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.valid()) return NotFound("'" + file.string() + "': " + std::strerror(errno));
  Meter meter(progress_, "upload of " + file.filename().string());
  for (int round = 0; round < kRounds; ++round) {
    ASSIGN_OR_RETURN(const std::string answer, Get(blob + "/parts?" + of));
    ASSIGN_OR_RETURN(std::vector<Part> parts, MissingParts(answer, size_bytes));
    // All of it is there, and its last part was not heard to be: it is asked for once more.
    if (parts.empty()) parts.push_back({0, std::min(kPartBytes, size_bytes)});
    Sending sending(std::move(parts), size_bytes, meter);
    const auto send = [&] {
      for (Part part; sending.Take(part);) {
        auto bytes = ReadPart(source.get(), part);
        if (!bytes.ok()) return sending.Fail(bytes.status());
        http::Call put;
        put.method = "PUT";
        put.path = blob + "?" + of + "&offset=" + std::to_string(part.offset) +
                   "&size=" + std::to_string(size_bytes);
        put.body = *std::move(bytes);
        put.content_type = "application/octet-stream";
        sending.Done(part, Do(std::move(put)));
      }
    };
    std::vector<std::thread> others;
    for (int i = 1; i < kConnections; ++i) others.emplace_back(send);
    send();
    for (std::thread& other : others) other.join();
    RETURN_IF_ERROR(sending.failure());
    if (sending.is_whole()) return OkStatus();
  }
  return Unavailable("'" + file.string() + "' did not arrive whole");
}

StatusOr<std::string> Service::UploadFile(const fs::path& file, const std::string& name_space) {
  ASSIGN_OR_RETURN(const std::string digest, Sha256HexOfFile(file));
  const std::string path = "/v1/blobs/" + digest + "?namespace=" + http::UrlEncode(name_space);
  http::Call head;
  head.method = "HEAD";
  head.path = path;
  const auto known = Do(std::move(head));
  if (known.ok()) return digest;
  if (known.status().code() != StatusCode::kNotFound) return known.status();
  std::error_code error;
  const uint64_t size = fs::file_size(file, error);
  if (!error && size >= kPartsFromBytes && TakesParts(Version())) {
    RETURN_IF_ERROR(UploadInParts(file, size, digest, name_space));
    return digest;
  }
  http::Call put;
  put.method = "PUT";
  put.path = path;
  put.body_file = file.string();
  Meter meter(progress_, "upload of " + file.filename().string());
  put.on_sent = [&meter](uint64_t done, uint64_t size) { meter.Show(done, size); };
  RETURN_IF_ERROR(Do(std::move(put)).status());
  return digest;
}

}  // namespace csl::client
