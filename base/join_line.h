// SPDX-License-Identifier: Apache-2.0
// What a worker needs to know of its service, as one word that an operator copies from one machine
// to another: "URL#NAME#TOKEN". It is as secret as the token in it.
#ifndef BASE_JOIN_LINE_H_
#define BASE_JOIN_LINE_H_

#include <string>

#include "base/status.h"

namespace csl {

struct JoinLine {
  std::string service;  // url
  std::string worker;   // the name that the token is good for
  std::string token;
};

// A worker's name as such a line takes it: 1 to 64 letters, digits, '.', '_' and '-'.
Status CheckWorkerName(const std::string& name);

std::string FormatJoinLine(const JoinLine& line);
// kInvalidArgument says what a line must look like, without the line: it holds a secret.
StatusOr<JoinLine> ParseJoinLine(const std::string& text);

}  // namespace csl

#endif  // BASE_JOIN_LINE_H_
