// SPDX-License-Identifier: Apache-2.0
// Routes about blobs: whole, and in parts.
#include <unistd.h>

#include <algorithm>

#include "appliance/http/api.h"
#include "base/http/body.h"
#include "base/http/byte_range.h"

namespace csl::appliance {
namespace {

using nlohmann::json;

constexpr int64_t kMaxNumber = int64_t{1} << 60;
constexpr size_t kBlobPiece = 256 * 1024;

Status CheckDigest(const std::string& digest) {
  if (IsSha256Hex(digest)) return OkStatus();
  return InvalidArgument("'" + digest + "' is not a SHA-256 digest");
}

// Whose the parts are: those of another user or namespace are others.
std::string SenderOf(const Principal& who, const std::string& name_space) {
  return Sha256Hex(std::string(RoleText(who.role)) + "\n" + who.user + "\n" + name_space);
}

json PartsJson(const std::string& digest, const PartialBlob* blob) {
  json parts = json::array();
  for (const ByteSpan& span : blob == nullptr ? std::vector<ByteSpan>() : blob->Received()) {
    parts.push_back({{"offset", span.begin}, {"size_bytes", span.end - span.begin}});
  }
  return {{"digest", digest},
          {"size_bytes", blob == nullptr ? 0 : blob->size_bytes()},
          {"parts", parts}};
}

// The bytes of a part into their place; `count` of them came. What came stays there, however the
// request ended.
Status ReceivePart(PartialBlob& blob, const ByteSpan& part, uint64_t& count) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBlobPiece);
  while (part.begin + count < part.end) {
    const ssize_t got = http::ReadBody(buffer.get(), kBlobPiece);
    if (got <= 0) return Aborted("the request's body ended early");
    const std::string_view piece(buffer.get(), static_cast<size_t>(got));
    RETURN_IF_ERROR(blob.Write(part.begin + count, piece));
    count += piece.size();
  }
  return OkStatus();
}

// The rest of a body that is not wanted, so that its sender reads the answer.
void DropBody() {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBlobPiece);
  while (http::ReadBody(buffer.get(), kBlobPiece) > 0) {
  }
}

}  // namespace

Status Api::SendBlob(Context& context, const std::string& digest) {
  ASSIGN_OR_RETURN(const auto file, blobs_.kept().Read(digest));
  // The caller may be about to use it: retention must not remove it.
  (void)blobs_.kept().Touch(digest);
  http::ServeBytes(context.request, context.response, file->size_bytes(),
                   "application/octet-stream", digest,
                   [file, buffer = std::make_shared<std::string>(kBlobPiece, '\0')](
                       uint64_t offset, uint64_t length, const auto& write) {
                     const ssize_t got = ::pread(file->fd(), buffer->data(),
                                                 std::min<uint64_t>(length, buffer->size()),
                                                 static_cast<off_t>(offset));
                     return got > 0 && write(buffer->data(), static_cast<size_t>(got));
                   });
  return OkStatus();
}

Status Api::ReceiveBlob(Context& context, const std::string& digest, uint64_t* size) {
  RETURN_IF_ERROR(CheckDigest(digest));
  ASSIGN_OR_RETURN(const auto writer, blobs_.Begin(digest));
  for (;;) {
    const std::span<char> room = writer->Room();
    const ssize_t got = http::ReadBody(room.data(), room.size());
    if (got < 0) return Aborted("the request's body ended early");
    if (got == 0) break;
    RETURN_IF_ERROR(writer->Took(static_cast<size_t>(got)));
  }
  *size = writer->size_bytes();
  return writer->Commit(digest);
}

// A power cut must not take the blob of a job that was accepted.
Status Api::SyncBlob(const Principal& who, const JobRequest& request) {
  const std::string& digest =
      request.kind == JobKind::kCompile ? request.compile.source : request.launch.artifact;
  if (!IsSha256Hex(digest) || blobs_.kept().IsSynced(digest)) return OkStatus();
  Principal reader = who;
  reader.namespaces = {request.name_space};
  if (!who.MaySee(request.name_space)) return OkStatus();  // Submit refuses it
  ASSIGN_OR_RETURN(const bool may, service_.MayReadBlob(reader, digest));
  if (!may) return OkStatus();
  const Status synced = blobs_.kept().Sync(digest);
  if (synced.code() != StatusCode::kNotFound) return synced;
  return NotFound(synced.message() + " any more; upload it again");
}

Status Api::GetBlob(Context& context) {
  const std::string digest = context.Param(0);
  RETURN_IF_ERROR(CheckDigest(digest));
  // With a namespace: whether a job of that one could be given it.
  Principal reader = context.who;
  if (const std::string one = context.Query("namespace"); !one.empty() && reader.MaySee(one)) {
    reader.namespaces = {one};
  }
  ASSIGN_OR_RETURN(const bool may, service_.MayReadBlob(reader, digest));
  if (!may) return NotFound("blob " + digest + " does not exist");
  return SendBlob(context, digest);
}

// The namespace that a blob is sent to, or is asked about.
StatusOr<std::string> Api::BlobNamespace(const Context& context) {
  std::string name_space = context.Query("namespace");
  if (name_space.empty()) name_space = kDefaultNamespace;
  if (context.who.MaySee(name_space)) return name_space;
  return NotFound("namespace '" + name_space + "' does not exist");
}

Status Api::PutBlob(Context& context) {
  const std::string digest = context.Param(0);
  ASSIGN_OR_RETURN(const std::string name_space, BlobNamespace(context));
  if (context.request.has_param("offset") || context.request.has_param("size")) {
    return PutPart(context, digest, name_space);
  }
  // Before its bytes come; and once more when they are there, since others send at the same time.
  RETURN_IF_ERROR(
      service_.CheckBlobRoom(context.who, name_space, digest,
                             context.request.get_header_value<uint64_t>("Content-Length")));
  uint64_t size = 0;
  RETURN_IF_ERROR(ReceiveBlob(context, digest, &size));
  RETURN_IF_ERROR(service_.AddBlob(context.who, name_space, digest, size));
  context.Reply(201, {{"digest", digest}, {"size_bytes", size}});
  return OkStatus();
}

Status Api::PutPart(Context& context, const std::string& digest, const std::string& name_space) {
  RETURN_IF_ERROR(CheckDigest(digest));
  ASSIGN_OR_RETURN(const int64_t offset, context.Number("offset", 0, kMaxNumber));
  ASSIGN_OR_RETURN(const int64_t size, context.Number("size", 0, kMaxNumber));
  const auto length = context.request.get_header_value<uint64_t>("Content-Length");
  const ByteSpan part{static_cast<uint64_t>(offset), static_cast<uint64_t>(offset) + length};
  const std::string sender = SenderOf(context.who, name_space);
  const auto total = static_cast<uint64_t>(size);
  RETURN_IF_ERROR(service_.CheckBlobRoom(context.who, name_space, digest,
                                         total + blobs_.partial().OtherBytes(sender, digest)));
  if (part.begin >= part.end || part.end > total) {
    return Status{StatusCode::kOutOfRange, "offset is " + std::to_string(offset) +
                                               " and the part has " + std::to_string(length) +
                                               " bytes, size is " + std::to_string(size)};
  }
  // A part that is repeated, because the answer to its first was lost, may find all of it there.
  Principal reader = context.who;
  reader.namespaces = {name_space};
  ASSIGN_OR_RETURN(const bool is_there, service_.MayReadBlob(reader, digest));
  if (is_there && blobs_.kept().Read(digest).ok()) {
    DropBody();
    context.Reply(201, {{"digest", digest}, {"size_bytes", total}});
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const auto blob, blobs_.GetPartial(sender, digest, total));
  const Status reserved = blob->Reserve(part);
  if (reserved.code() == StatusCode::kAlreadyExists) {
    DropBody();
  } else {
    RETURN_IF_ERROR(reserved);
    uint64_t count = 0;
    const Status received = ReceivePart(*blob, part, count);
    const Status released = blob->Release(part, count);
    RETURN_IF_ERROR(received);
    RETURN_IF_ERROR(released);
  }
  bool is_kept = false;
  if (blob->IsWhole()) {
    ASSIGN_OR_RETURN(is_kept, blobs_.FinishPartial(blob));
  }
  if (is_kept) RETURN_IF_ERROR(service_.AddBlob(context.who, name_space, digest, total));
  if (is_kept) {
    context.Reply(201, {{"digest", digest}, {"size_bytes", total}});
  } else {
    context.Reply(202, PartsJson(digest, blob.get()));
  }
  return OkStatus();
}

Status Api::GetParts(Context& context) {
  const std::string digest = context.Param(0);
  RETURN_IF_ERROR(CheckDigest(digest));
  ASSIGN_OR_RETURN(const std::string name_space, BlobNamespace(context));
  const auto blob = blobs_.partial().Find(SenderOf(context.who, name_space), digest);
  context.Reply(200, PartsJson(digest, blob.get()));
  return OkStatus();
}

}  // namespace csl::appliance
