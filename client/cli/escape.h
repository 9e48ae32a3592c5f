// SPDX-License-Identifier: Apache-2.0
// Text from elsewhere, made safe to show in a terminal.
#ifndef CLIENT_CLI_ESCAPE_H_
#define CLIENT_CLI_ESCAPE_H_

#include <string>
#include <string_view>

namespace csl::cli {

// Control characters (C0 without tab and line feed, DEL, and C1 in UTF-8) and bytes that are not
// UTF-8 become \xNN, so that a log can neither move the cursor nor forge lines.
std::string EscapeControls(std::string_view text);

// The same for one cell of a table: line feeds and tabs too.
std::string EscapeLine(std::string_view text);

}  // namespace csl::cli

#endif  // CLIENT_CLI_ESCAPE_H_
