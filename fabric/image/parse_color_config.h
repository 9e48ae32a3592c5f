// SPDX-License-Identifier: Apache-2.0
// Color configurations from their text.
#ifndef FABRIC_IMAGE_PARSE_COLOR_CONFIG_H_
#define FABRIC_IMAGE_PARSE_COLOR_CONFIG_H_

#include <string_view>

#include "base/status.h"
#include "fabric/image/color_config.h"

namespace csl::image {

// The opposite of ColorConfig::ToString(). kInvalidArgument says what is wrong with which word.
StatusOr<ColorConfig> ParseColorConfig(std::string_view text);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_PARSE_COLOR_CONFIG_H_
