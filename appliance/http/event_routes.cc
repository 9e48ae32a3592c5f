// SPDX-License-Identifier: Apache-2.0
// What has happened to jobs, and their logs: once, as a long poll, or as a stream of events.
#include <algorithm>
#include <charconv>

#include "appliance/http/api.h"
#include "base/http/waiting.h"

namespace csl::appliance {
namespace {

using nlohmann::json;
using Ms = std::chrono::milliseconds;

constexpr int64_t kMaxNumber = int64_t{1} << 60;
constexpr int64_t kMaxLogPiece = 1 << 20;
constexpr int64_t kMaxStreamedLogPiece = 64 * 1024;
constexpr Ms kKeepAlive{15'000};
constexpr Ms kAtOnce{1};  // there is more already
constexpr char kComment[] = ": nothing new\n\n";
constexpr char kEnd[] = "event: end\ndata: {}\n\n";
constexpr char kNow[] = "now";

json EventJson(const Event& event) {
  json out = {{"seq", event.sequence},
              {"job", event.job},
              {"time_ms", event.time_ms},
              {"type", event.type},
              {"message", event.message}};
  if (event.from) out["from"] = JobStateText(*event.from);
  if (event.to) out["to"] = JobStateText(*event.to);
  return out;
}

// With the number to ask behind next time.
json EventsJson(const std::vector<Event>& events, int64_t after) {
  json list = json::array();
  for (const Event& event : events) list.push_back(EventJson(event));
  return {{"events", list}, {"last", events.empty() ? after : events.back().sequence}};
}

bool WantsStream(const Context& context) {
  const std::string accept = context.request.get_header_value("Accept");
  return accept.find("text/event-stream") != std::string::npos && http::CanStream();
}

// One event of a stream. The data is JSON, so that no text of a user ends a line.
std::string Streamed(int64_t id, const std::string& type, const json& data) {
  return "id: " + std::to_string(id) + "\nevent: " + type +
         "\ndata: " + data.dump(-1, ' ', false, json::error_handler_t::replace) + "\n\n";
}

std::string Streamed(const std::vector<Event>& events) {
  std::string piece;
  for (const Event& event : events) piece += Streamed(event.sequence, event.type, EventJson(event));
  return piece;
}

// Where a stream has come to, kept between two pieces.
int64_t& Place() { return *std::static_pointer_cast<int64_t>(http::KeptForNextRun()); }

// Where the client says that its stream broke off, or what the query says.
StatusOr<int64_t> FirstPlace(const Context& context, const char* query) {
  const std::string last = context.request.get_header_value("Last-Event-ID");
  if (last.empty()) return context.Number(query, 0, kMaxNumber);
  int64_t value = -1;
  const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), value);
  if (error == std::errc() && end == last.data() + last.size() && value >= 0) return value;
  return InvalidArgument("Last-Event-ID is '" + last + "'; must be the id of an event");
}

void Begin(int64_t place) { http::KeptForNextRun() = std::make_shared<int64_t>(place); }

Status GoOn(std::string piece, const std::string& channel, Ms wait) {
  if (piece.empty() && http::IsStreaming()) piece = kComment;
  if (http::StreamAndWait(std::move(piece), channel, wait)) return OkStatus();
  return ResourceExhausted("too many requests of this token wait; end some of them");
}

// How many bytes at the end are the beginning of a character.
size_t CutCharacter(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;  // inside of one
    const size_t size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return size > back ? back : 0;
  }
  return 0;
}

}  // namespace

Status Api::GetEvents(Context& context) {
  const std::string id = context.Param(0);
  if (WantsStream(context)) return StreamEvents(context, id);
  ASSIGN_OR_RETURN(const int64_t after, context.Number("after", 0, kMaxNumber));
  ASSIGN_OR_RETURN(const int64_t wait_ms, context.WaitMs());
  ASSIGN_OR_RETURN(const auto events, service_.WaitEvents(context.who, id, after, 0));
  if (events.empty() && http::WaitFor(JobService::JobChannel(id), Ms(wait_ms))) return OkStatus();
  context.Reply(200, EventsJson(events, after));
  return OkStatus();
}

Status Api::StreamEvents(Context& context, const std::string& id) {
  const bool begins = !http::IsStreaming();
  if (begins) {
    ASSIGN_OR_RETURN(const int64_t after, FirstPlace(context, "after"));
    Begin(after);
  }
  // In this order: a job that has ended has all its events.
  ASSIGN_OR_RETURN(const JobView view, service_.Get(context.who, id));
  ASSIGN_OR_RETURN(const auto events, service_.WaitEvents(context.who, id, Place(), 0));
  if (!events.empty()) Place() = events.back().sequence;
  const bool more = static_cast<int>(events.size()) == JobService::kMaxEvents;
  if (!IsEnd(view.job.state) || more) {
    return GoOn(Streamed(events), JobService::JobChannel(id), more ? kAtOnce : kKeepAlive);
  }
  if (begins && events.empty()) {
    context.response.status = 204;  // by which clients know that they need not come again
    return OkStatus();
  }
  http::StreamEnd(Streamed(events) + kEnd);
  return OkStatus();
}

Status Api::GetAllEvents(Context& context) {
  const bool streams = WantsStream(context);
  int64_t after = 0;
  if (http::IsStreaming()) {
    after = Place();
  } else if (context.Query("after") == kNow && !context.request.has_header("Last-Event-ID")) {
    auto& kept = http::KeptForNextRun();  // a long poll asks again for what is new since it began
    if (kept == nullptr) {
      ASSIGN_OR_RETURN(const int64_t last, service_.LastEvent());
      Begin(last);
    }
    after = Place();
  } else if (streams) {
    ASSIGN_OR_RETURN(after, FirstPlace(context, "after"));
  } else {
    ASSIGN_OR_RETURN(after, context.Number("after", 0, kMaxNumber));
  }
  ASSIGN_OR_RETURN(const int64_t wait_ms, context.WaitMs());
  ASSIGN_OR_RETURN(const auto events, service_.AllEvents(context.who, after));
  if (!events.empty()) after = events.back().sequence;
  if (streams) {
    Begin(after);
    const bool more = static_cast<int>(events.size()) == JobService::kMaxEvents;
    return GoOn(Streamed(events), JobService::kEventsChannel, more ? kAtOnce : kKeepAlive);
  }
  if (events.empty() && http::WaitFor(JobService::kEventsChannel, Ms(wait_ms))) return OkStatus();
  context.Reply(200, EventsJson(events, after));
  return OkStatus();
}

Status Api::GetLog(Context& context) {
  const std::string id = context.Param(0);
  if (WantsStream(context)) return StreamLog(context, id);
  RETURN_IF_ERROR(service_.Get(context.who, id).status());
  ASSIGN_OR_RETURN(const int64_t offset, context.Number("offset", 0, kMaxNumber));
  ASSIGN_OR_RETURN(const int64_t wait_ms, context.WaitMs());
  ASSIGN_OR_RETURN(LogStore::Piece piece, ReadLog(context, id, offset, kMaxLogPiece));
  const bool nothing_yet = piece.bytes.empty() && !piece.complete;
  if (nothing_yet && http::WaitFor(JobService::JobChannel(id), Ms(wait_ms))) return OkStatus();
  context.response.set_header("X-Next-Offset", std::to_string(piece.next_offset));
  context.response.set_header("X-Complete", piece.complete ? "true" : "false");
  context.ReplyBytes(std::move(piece.bytes), "application/octet-stream");
  return OkStatus();
}

StatusOr<LogStore::Piece> Api::ReadLog(Context& context, const std::string& id, int64_t offset,
                                       int64_t max_bytes) {
  const auto ended = [&] {
    const auto view = service_.Get(context.who, id);
    return !view.ok() || IsEnd(view->job.state);
  };
  return logs_.Read(id, static_cast<uint64_t>(offset), static_cast<uint64_t>(max_bytes), 0, ended);
}

Status Api::StreamLog(Context& context, const std::string& id) {
  RETURN_IF_ERROR(service_.Get(context.who, id).status());
  const bool begins = !http::IsStreaming();
  if (begins) {
    ASSIGN_OR_RETURN(const int64_t offset, FirstPlace(context, "offset"));
    Begin(offset);
  }
  ASSIGN_OR_RETURN(LogStore::Piece log, ReadLog(context, id, Place(), kMaxStreamedLogPiece));
  if (!log.complete) log.bytes.resize(log.bytes.size() - CutCharacter(log.bytes));
  std::string piece;
  if (!log.bytes.empty()) {
    const int64_t offset = Place();
    Place() += static_cast<int64_t>(log.bytes.size());
    piece = Streamed(Place(), "log", {{"offset", offset}, {"text", log.bytes}});
  }
  if (!log.complete) {
    const bool more = static_cast<int64_t>(log.bytes.size()) > kMaxStreamedLogPiece - 4;
    return GoOn(std::move(piece), JobService::JobChannel(id), more ? kAtOnce : kKeepAlive);
  }
  if (begins && log.bytes.empty()) {
    context.response.status = 204;
    return OkStatus();
  }
  http::StreamEnd(piece + kEnd);
  return OkStatus();
}

}  // namespace csl::appliance
