// SPDX-License-Identifier: Apache-2.0
// @set_color_config, @set_local_color_config: how routers treat a color.
#include "compiler/sema/color_config.h"
#include "compiler/sema/handler.h"
#include "compiler/sema/reserved.h"
#include "compiler/sema/tile_arg.h"

namespace csl::sema {

using diagnostics::Kind;
using types::Value;

namespace {

// The color that is to be configured.
std::optional<uint16_t> ColorArg(Frame& f, const BuiltinCall& call, size_t n) {
  const Operand& plain = f.result(call.args[n]);
  if (plain.is_const() && plain.type == types::kColorType) {
    const uint64_t number = Use(f, plain).bits();
    if (!CheckRoutable(f, number, f.span(call.args[n]))) return std::nullopt;
    WarnIfReserved(f, Resource::kColor, number, f.span(call.args[n]));
    return static_cast<uint16_t>(number);
  }
  const Operand color = CoercedArg(f, call, n, types::kColorType);
  if (color.is_poison()) return std::nullopt;
  const std::optional<Value> v = KnownValue(f, color, f.span(call.args[n]), "the color");
  if (!v || !CheckRoutable(f, v->bits(), f.span(call.args[n]))) return std::nullopt;
  WarnIfReserved(f, Resource::kColor, v->bits(), f.span(call.args[n]));
  return static_cast<uint16_t>(v->bits());
}

uint32_t InternConfig(LayoutSink& sink, const image::ColorConfig& config) {
  std::vector<image::ColorConfig>& distinct = sink.value.color_configs;
  // The text alone leaves out the filter's unused fields; equality decides.
  const auto [entry, is_new] =
      sink.color_config_by_text.emplace(config.ToString(), static_cast<uint32_t>(distinct.size()));
  if (!is_new && distinct[entry->second] == config) return entry->second;
  distinct.push_back(config);
  return static_cast<uint32_t>(distinct.size() - 1);
}

// Number of the configuration in argument 3; nullopt if reported.
std::optional<uint32_t> ConfigId(Frame& f, const BuiltinCall& call, uint16_t color) {
  LayoutSink& sink = f.sema.layout_sink;
  const Operand operand = Arg(f, call, 3);
  const bool is_known = operand.is_const() && !operand.provenance.valid();
  // Whether a color can be switched depends on its number.
  const uint64_t key = is_known ? HashOf(operand.value) * 31 + color : 0;
  if (is_known) {
    const auto seen = sink.known_configs.find(key);
    if (seen != sink.known_configs.end()) {
      for (const auto& [value, id] : seen->second) {
        if (Identical(value, operand.value)) return id;
      }
    }
  }
  const std::optional<image::ColorConfig> config =
      ReadColorConfig(f, operand, color, f.span(call.args[3]));
  if (!config) return std::nullopt;
  const uint32_t id = InternConfig(sink, *config);
  if (is_known) sink.known_configs[key].emplace_back(operand.value, id);
  return id;
}

}  // namespace

Operand Builtin_set_color_config(Frame& f, const BuiltinCall& call) {
  const std::optional<Tile> tile = TileArg(f, call);
  if (!tile) return Operand::Poison();
  const std::optional<uint16_t> color = ColorArg(f, call, 2);
  if (!color) return Operand::Poison();
  const std::optional<uint32_t> id = ConfigId(f, call, *color);
  if (!id) return Operand::Poison();
  f.sema.layout_sink.colors[*color].push_back({tile->x, tile->y, *color, *id, f.span(call.i)});
  return Operand::Void();
}

Operand Builtin_set_local_color_config(Frame& f, const BuiltinCall& call) {
  const std::optional<uint16_t> color = ColorArg(f, call, 0);
  if (!color) return Operand::Poison();
  const std::optional<image::ColorConfig> config =
      ReadColorConfig(f, Arg(f, call, 1), *color, f.span(call.args[1]));
  if (!config) return Operand::Poison();
  for (const image::LocalColor& other : f.sema.config.local_colors) {
    if (other.color == *color) {
      return Fail(f, call.i, Kind::kConfiguredTwice, {"color", *color});
    }
  }
  f.sema.config.local_colors.push_back({static_cast<uint8_t>(*color), *config});
  f.sema.config.local_color_spans.push_back(f.span(call.i));
  return Operand::Void();
}

}  // namespace csl::sema
