// SPDX-License-Identifier: Apache-2.0
// The struct that @set_color_config and @set_local_color_config take, as a value of the machine.
#ifndef COMPILER_SEMA_COLOR_CONFIG_H_
#define COMPILER_SEMA_COLOR_CONFIG_H_

#include <optional>

#include "compiler/sema/handler.h"
#include "fabric/image/color_config.h"

namespace csl::sema {

// nullopt if reported. `color` only decides
// whether it can be switched on this architecture.
std::optional<image::ColorConfig> ReadColorConfig(Frame& f, const Operand& config, uint16_t color,
                                                  source::Span span);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_COLOR_CONFIG_H_
