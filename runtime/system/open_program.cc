// SPDX-License-Identifier: Apache-2.0
// How a program reaches the system: names and digests first, then the files it has not seen yet.
#include <algorithm>
#include <utility>

#include "base/digest/sha256.h"
#include "runtime/system/session.h"
#include "runtime/wire/convert.h"
#include "runtime/wire/limits.h"

namespace csl::runtime {
namespace {

using proto::ClientMessage;
using proto::ServerMessage;

constexpr uint32_t kMaxShards = 4096;

Status CheckOptions(const proto::OpenProgram& open) {
  if (open.num_threads() < 1 || open.num_threads() > fabric::kMaxThreads) {
    return InvalidArgument("num_threads = " + std::to_string(open.num_threads()) + ": must be 1.." +
                           std::to_string(fabric::kMaxThreads));
  }
  if (open.num_shards() > kMaxShards) {
    return InvalidArgument("num_shards = " + std::to_string(open.num_shards()) + ": must be 0.." +
                           std::to_string(kMaxShards));
  }
  if (open.command_limit_cycles() > static_cast<uint64_t>(fabric::kMaxCommandLimitCycles)) {
    return InvalidArgument("command_limit_cycles = " + std::to_string(open.command_limit_cycles()) +
                           ": must be 0.." + std::to_string(fabric::kMaxCommandLimitCycles));
  }
  if (open.warn_after_cycles() > static_cast<uint64_t>(fabric::kMaxCommandLimitCycles)) {
    return InvalidArgument("warn_after_cycles = " + std::to_string(open.warn_after_cycles()) +
                           ": must be 0.." + std::to_string(fabric::kMaxCommandLimitCycles));
  }
  return OkStatus();
}

Status CheckFiles(const proto::OpenProgram& open) {
  if (static_cast<size_t>(open.files_size()) > wire::kMaxArtifactFiles) {
    return ResourceExhausted("a program of " + std::to_string(open.files_size()) +
                             " files; must be at most " + std::to_string(wire::kMaxArtifactFiles));
  }
  uint64_t total = 0;
  for (const proto::FileEntry& entry : open.files()) {
    if (entry.path().empty() || entry.path().size() > wire::kMaxPathBytes) {
      return InvalidArgument("a file name of " + std::to_string(entry.path().size()) + " bytes");
    }
    if (!IsSha256Hex(entry.sha256())) return InvalidArgument("a digest that is none");
    if (entry.size_bytes() > wire::kMaxArtifactBytes - total) {
      return ResourceExhausted("a program of more than " + std::to_string(wire::kMaxArtifactBytes) +
                               " bytes");
    }
    total += entry.size_bytes();
  }
  return OkStatus();
}

}  // namespace

StatusOr<Blob> Session::ReceiveBlob(const proto::FileEntry& entry) {
  std::vector<uint8_t> bytes;
  Sha256 digest;
  RETURN_IF_ERROR(wire::ReceiveChunks<ClientMessage>(
      stream_, entry.size_bytes(), [&](std::span<const uint8_t> part) {
        bytes.insert(bytes.end(), part.begin(), part.end());
        digest.Update(part);
      }));
  if (digest.FinishHex() != entry.sha256()) {
    return DataLoss("the content of '" + entry.path() + "' does not match its digest");
  }
  return Blob(std::make_shared<const std::vector<uint8_t>>(std::move(bytes)));
}

StatusOr<Program> Session::ReceiveProgram(const proto::OpenProgram& open) {
  std::vector<Blob> blobs;
  ServerMessage answer;
  answer.mutable_missing();
  for (int i = 0; i < open.files_size(); ++i) {
    Blob blob = cache_->Find(open.files(i).sha256());
    if (blob != nullptr && blob->size() != open.files(i).size_bytes()) {
      return InvalidArgument("the size of '" + open.files(i).path() + "' is wrong");
    }
    if (blob == nullptr) answer.mutable_missing()->add_files(static_cast<uint32_t>(i));
    blobs.push_back(std::move(blob));
  }
  RETURN_IF_ERROR(Answer(answer));
  for (const uint32_t index : answer.missing().files()) {
    const proto::FileEntry& entry = open.files(static_cast<int>(index));
    ASSIGN_OR_RETURN(blobs[index], ReceiveBlob(entry));
    cache_->Add(entry.sha256(), blobs[index]);
  }
  std::vector<image::ArtifactFile> files;
  for (int i = 0; i < open.files_size(); ++i) {
    files.push_back({open.files(i).path(), *blobs[static_cast<size_t>(i)]});
  }
  return ParseProgram(std::move(files));
}

Status Session::OpenProgram(const proto::OpenProgram& open) {
  if (device_ != nullptr) return Violation("it opened a second program");
  Status valid = CheckOptions(open);
  if (valid.ok()) valid = CheckFiles(open);
  if (!valid.ok()) return Violation(valid.message());
  StatusOr<Program> program = ReceiveProgram(open);
  if (!program.ok()) {
    RETURN_IF_ERROR(Refuse(program.status()));
    return program.status();
  }
  DeviceOptions options;
  options.num_threads = static_cast<int>(open.num_threads());
  options.num_shards = static_cast<int>(open.num_shards());
  options.engine = open.engine() == proto::ENGINE_PLAIN ? fabric::EngineKind::kReference
                                                        : fabric::EngineKind::kSharded;
  options.command_limit_cycles = static_cast<int64_t>(open.command_limit_cycles());
  if (open.has_warn_after_cycles()) {
    options.warn_after_cycles = static_cast<int64_t>(open.warn_after_cycles());
  }
  options.refuse_long_copies = open.refuse_long_copies();
  options.min_log_level = static_cast<fabric::LogLevel>(
      std::min(open.min_log_level(), static_cast<uint32_t>(fabric::LogLevel::kError)));
  options.trace = open.trace();
  options.log_sink = [this](const fabric::LogRecord& record) { SendLog(record); };
  options.check_interrupt = [this] { return CheckInterrupt(); };
  if (open.debug()) {
    options.debugger = [this](const DebugTarget& target, const fabric::DebugView& view) {
      return ShowDebugger(target, view);
    };
  }
  std::unique_ptr<Device> device = (*make_device_)(std::move(options));
  manifest_ = program->artifact.manifest;
  if (Status status = device->Load(*program); !status.ok()) {
    RETURN_IF_ERROR(Refuse(status));
    return status;
  }
  device_ = std::move(device);
  ServerMessage answer;
  answer.mutable_opened();
  return Answer(answer);
}

}  // namespace csl::runtime
