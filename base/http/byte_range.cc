// SPDX-License-Identifier: Apache-2.0
#include "base/http/byte_range.h"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/http/problem.h"
#include "base/http/server.h"

namespace csl::http {
namespace {

std::optional<uint64_t> Number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

RangeKind ParseRange(std::string_view text, uint64_t size, ByteRange& range) {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return RangeKind::kWhole;
  text.remove_prefix(kUnit.size());
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return RangeKind::kWhole;
  const auto first = Number(text.substr(0, dash));
  const auto last = Number(text.substr(dash + 1));
  if (dash == 0) {  // the last so many bytes
    if (!last) return RangeKind::kWhole;
    const uint64_t count = std::min(*last, size);
    if (count == 0) return RangeKind::kUnsatisfiable;
    range = {size - count, count};
    return RangeKind::kPart;
  }
  const bool open = dash + 1 == text.size();
  if (!first || (!last && !open) || (last && *last < *first)) return RangeKind::kWhole;
  if (*first >= size) return RangeKind::kUnsatisfiable;
  const uint64_t end = open ? size - 1 : std::min(*last, size - 1);
  range = {*first, end - *first + 1};
  return RangeKind::kPart;
}

void ServeBytes(const httplib::Request& request, httplib::Response& response, uint64_t size,
                const std::string& type, const std::string& tag, PieceSource source) {
  ByteRange range{0, size};
  RangeKind kind = ParseRange(request.get_header_value(kRangeHeader), size, range);
  const std::string quoted = tag.empty() ? "" : "\"" + tag + "\"";
  if (request.has_header("If-Range") &&
      (quoted.empty() || request.get_header_value("If-Range") != quoted)) {
    kind = RangeKind::kWhole;
    range = {0, size};
  }
  response.set_header("Accept-Ranges", "bytes");
  if (!quoted.empty()) response.set_header("ETag", quoted);
  if (kind == RangeKind::kUnsatisfiable) {
    response.status = 416;
    response.set_header("Content-Range", "bytes */" + std::to_string(size));
    response.set_content(
        ProblemBody({StatusCode::kOutOfRange, "the range begins behind the end: there are " +
                                                  std::to_string(size) + " bytes"},
                    416),
        kProblemType);
    return;
  }
  response.status = kind == RangeKind::kPart ? 206 : 200;
  if (kind == RangeKind::kPart) {
    response.set_header("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                             std::to_string(range.first + range.size - 1) + "/" +
                                             std::to_string(size));
  }
  if (range.size == 0) {
    response.set_content("", type.c_str());
    return;
  }
  response.set_content_provider(
      range.size, type.c_str(),
      [source = std::move(source), from = range.first](size_t offset, size_t length,
                                                       httplib::DataSink& sink) {
        return source(from + offset, length,
                      [&sink](const char* data, size_t count) { return sink.write(data, count); });
      });
}

}  // namespace csl::http
