// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/json_text.h"

namespace csl {
namespace {

struct Settings {
  std::string program = "csl";
  LogFormat format = LogFormat::kText;
};
Settings& Current() {
  static Settings settings;
  return settings;
}

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

std::string TimeText(int64_t now_ms) {
  const time_t seconds = now_ms / 1000;
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char day[32];
  ::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[48];
  std::snprintf(text, sizeof text, "%s.%03dZ", day, static_cast<int>(now_ms % 1000));
  return text;
}

}  // namespace

void SetLog(std::string program, LogFormat format) { Current() = {std::move(program), format}; }

std::string LogLine(const std::string& program, LogFormat format, LogLevel level,
                    std::string_view message, int64_t now_ms) {
  if (format == LogFormat::kJson) {
    return "{\"time\":\"" + TimeText(now_ms) + "\",\"level\":\"" + LevelName(level) +
           "\",\"program\":" + JsonString(program) + ",\"message\":" + JsonString(message) + "}\n";
  }
  std::string text(message);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return program + ": " + (level == LogLevel::kWarning ? "WARNING: " : "") + text + "\n";
}

void Log(LogLevel level, std::string_view message) {
  using std::chrono::milliseconds;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const std::string line = LogLine(Current().program, Current().format, level, message,
                                   std::chrono::duration_cast<milliseconds>(since).count());
  // In one piece, so that lines of several threads stay apart. Nobody can be told if it fails.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;
}

std::string LogFormatProblem(const std::string& text) {
  if (text == "text" || text == "json") return "";
  return "'" + text + "' must be text or json";
}

LogFormat ParseLogFormat(const std::string& text) {
  return text == "json" ? LogFormat::kJson : LogFormat::kText;
}

}  // namespace csl
