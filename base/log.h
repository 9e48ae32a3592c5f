// SPDX-License-Identifier: Apache-2.0
// What a service or a worker has to say to its operator: one line a message, on standard error, as
// text or as a JSON object.
#ifndef BASE_LOG_H_
#define BASE_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace csl {

enum class LogFormat { kText, kJson };
enum class LogLevel { kInfo, kWarning, kError };

// Once, before there are threads. `program` begins each line of text.
void SetLog(std::string program, LogFormat format);

// Writes one line in one piece. As text: "PROGRAM: [WARNING: ]MESSAGE"; as JSON an object with
// `time` (UTC, RFC 3339), `level`, `program` and `message`. Line ends in the message become blanks
// in text. Thread safe.
void Log(LogLevel level, std::string_view message);

// The line that Log writes, with its end, at that time.
std::string LogLine(const std::string& program, LogFormat format, LogLevel level,
                    std::string_view message, int64_t now_ms);

// What is wrong with a value of --log-format; empty: nothing. For a check of an option.
std::string LogFormatProblem(const std::string& text);
LogFormat ParseLogFormat(const std::string& text);

}  // namespace csl

#endif  // BASE_LOG_H_
