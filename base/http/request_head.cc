// SPDX-License-Identifier: Apache-2.0
#include "base/http/request_head.h"

#include <algorithm>
#include <charconv>

namespace csl::http {
namespace {

constexpr size_t kMaxLengthDigits = 18;  // far beyond any body, and no overflow

bool IsTokenCharacter(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z') || kOthers.find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenCharacter);
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), Lower);
  return out;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Each '%' begins an escaped byte: what else it may mean is read differently by different readers.
bool IsEscaped(std::string_view target) {
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] != '%') continue;
    if (i + 2 >= target.size() || HexDigit(target[i + 1]) < 0 || HexDigit(target[i + 2]) < 0) {
      return false;
    }
    i += 2;
  }
  return true;
}

class Reader {
 public:
  Reader(RequestHead& head, HeadRefusal& refusal) : head_(head), refusal_(refusal) {}

  bool RequestLine(std::string_view line);
  bool Field(std::string_view line);
  bool Meaning();

 private:
  bool Refuse(int status, std::string why) {
    refusal_ = {status, std::move(why)};
    return false;
  }
  bool Length(std::string_view text);
  size_t Count(std::string_view name) const {
    return static_cast<size_t>(
        std::count_if(head_.headers.begin(), head_.headers.end(),
                      [name](const auto& one) { return one.first == name; }));
  }

  RequestHead& head_;
  HeadRefusal& refusal_;
  bool is_old_ = false;  // HTTP/1.0
};

bool Reader::RequestLine(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Refuse(400, "the request line must be METHOD TARGET HTTP/1.1");
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(line.substr(0, first))) return Refuse(400, "the method must be a token");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool is_http = version.starts_with("HTTP/") && version.size() == 8;
    return is_http ? Refuse(505, "the version must be HTTP/1.1")
                   : Refuse(400, "the request line must end in HTTP/1.1");
  }
  if (target.size() > kMaxTargetBytes) return Refuse(414, "the target is too long");
  const bool plain = std::all_of(target.begin(), target.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f && c != '#';
  });
  if (!plain || target.front() != '/' || !IsEscaped(target)) {
    return Refuse(400, "the target must be an escaped path");
  }
  head_.method = line.substr(0, first);
  head_.target = target;
  is_old_ = head_.is_old = version == "HTTP/1.0";
  return true;
}

bool Reader::Field(std::string_view line) {
  if (line.size() > kMaxFieldBytes) return Refuse(431, "a header field is too long");
  if (head_.headers.size() >= kMaxFields) return Refuse(431, "there are too many header fields");
  const size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  // A name that begins with a blank is a folded line; one that ends with it hides the field.
  if (colon == std::string_view::npos || !IsToken(name) || name.front() == '_') {
    return Refuse(400, "a header field must be NAME: VALUE");
  }
  const std::string_view value = Trimmed(line.substr(colon + 1));
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
      return Refuse(400, "a header field holds a control character");
    }
  }
  head_.headers.emplace_back(LowerCase(name), value);
  return true;
}

bool Reader::Length(std::string_view text) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.size() > kMaxLengthDigits) {
    return Refuse(400, "Content-Length must be one plain number");
  }
  std::from_chars(text.data(), text.data() + text.size(), head_.content_length);
  return true;
}

bool Reader::Meaning() {
  const size_t hosts = Count("host");
  if (hosts > 1 || (hosts == 0 && !is_old_)) return Refuse(400, "there must be one Host");
  const size_t lengths = Count("content-length");
  if (lengths > 1) return Refuse(400, "there must be one Content-Length at most");
  if (lengths == 1 && !Length(head_.Header("content-length"))) return false;
  if (const size_t codings = Count("transfer-encoding"); codings > 0) {
    if (lengths > 0 || codings > 1 || is_old_) {
      return Refuse(400, "Transfer-Encoding must stand alone");
    }
    return LowerCase(head_.Header("transfer-encoding")) == "chunked"
               ? Refuse(411, "a body needs a Content-Length")
               : Refuse(501, "this transfer coding is not known");
  }
  // The length counts the bytes that come: what they unpack to is nobody's to guess.
  for (const auto& [name, value] : head_.headers) {
    if (name == "content-encoding" && LowerCase(value) != "identity") {
      return Refuse(415, "a body must come as it is, without Content-Encoding");
    }
  }
  if (Count("expect") > 0) {
    if (LowerCase(head_.Header("expect")) != "100-continue") {
      return Refuse(417, "only 100-continue can be expected");
    }
    head_.expects_continue = true;
  }
  const std::string connection = LowerCase(head_.Header("connection"));
  head_.wants_close = connection.find("close") != std::string::npos ||
                      (is_old_ && connection.find("keep-alive") == std::string::npos);
  return true;
}

}  // namespace

std::string RequestHead::Header(std::string_view name) const {
  for (const auto& [one, value] : headers) {
    if (one == name) return value;
  }
  return "";
}

std::string RequestHead::Path() const {
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  std::string out;
  for (size_t i = 0; i < path.size(); ++i) {
    const int high = path[i] == '%' && i + 2 < path.size() ? HexDigit(path[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(path[i + 2]) : -1;
    out += low >= 0 ? static_cast<char>(high * 16 + low) : path[i];
    if (low >= 0) i += 2;
  }
  return out;
}

bool ParseRequestHead(std::string_view bytes, RequestHead& head, HeadRefusal& refusal) {
  head = RequestHead();
  Reader reader(head, refusal);
  size_t at = 0;
  for (bool first = true;; first = false) {
    const size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) {
      refusal = {400, "the head does not end"};
      return false;
    }
    const std::string_view line = bytes.substr(at, end - at);
    at = end + 2;
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      refusal = {400, "a line of the head must end in CR LF"};
      return false;
    }
    if (line.empty() && !first) break;
    if (!(first ? reader.RequestLine(line) : reader.Field(line))) return false;
  }
  head.size_bytes = at;
  return reader.Meaning();
}

void HideField(std::string& bytes, size_t head_bytes, std::string_view lower_name) {
  for (size_t at = bytes.find("\r\n"); at != std::string::npos && at + 2 < head_bytes;
       at = bytes.find("\r\n", at + 2)) {
    const std::string_view line = std::string_view(bytes).substr(at + 2);
    if (line.size() <= lower_name.size() || line[lower_name.size()] != ':') continue;
    if (LowerCase(line.substr(0, lower_name.size())) == lower_name) bytes[at + 2] = '_';
  }
}

}  // namespace csl::http
