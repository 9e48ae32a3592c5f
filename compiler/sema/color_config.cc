// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/color_config.h"

#include <algorithm>

#include "compiler/sema/struct_reader.h"
#include "compiler/types/fold.h"
#include "compiler/types/predicates.h"

namespace csl::sema {

using diagnostics::Kind;
using image::ColorConfig;
using types::Value;

namespace {

uint8_t BitOf(types::Direction direction) {
  switch (direction) {
    case types::Direction::kNorth:
      return image::kNorth;
    case types::Direction::kSouth:
      return image::kSouth;
    case types::Direction::kEast:
      return image::kEast;
    case types::Direction::kWest:
      return image::kWest;
    case types::Direction::kRamp:
      return image::kRamp;
  }
  return 0;
}

// A direction, or a tuple of them, as a mask.
std::optional<uint8_t> Directions(Frame& f, const Operand& o, source::Span span,
                                  std::string_view what) {
  const std::optional<Value> v = KnownValue(f, o, span, what);
  if (!v) return std::nullopt;
  types::TypeStore& s = f.sema.types;
  std::vector<Value> list;
  if (s.is_tuple(v->type()) || s.kind(v->type()) == types::Kind::kArray) {
    for (size_t n = 0; n < v->element_count(); ++n) list.push_back(v->element(n));
  } else {
    list.push_back(*v);
  }
  uint8_t mask = 0;
  for (const Value& d : list) {
    if (d.type() != types::kDirectionType) {
      FailAt(f, span, Kind::kExpectedKind,
             {what, "a direction or a tuple of directions", f.sema.TypeText(d.type())});
      return std::nullopt;
    }
    const uint8_t bit = BitOf(static_cast<types::Direction>(d.bits()));
    if ((mask & bit) != 0) {
      FailAt(f, span, Kind::kDirectionAgain, {what});
      return std::nullopt;
    }
    mask |= bit;
  }
  return mask;
}

// rx in bits 0-4, tx in bits 5-9.
bool IsBitVector(Frame& f, const Operand& o, uint16_t* bits) {
  const std::optional<Value> v = AsKnown(f, o);
  if (!v || !types::IsAnyInt(f.sema.types, v->type())) return false;
  *bits = static_cast<uint16_t>(types::ToBigInt(f.sema.types, *v).Low64() & 0x3ff);
  return true;
}

void ReadPopMode(StructReader& from, ColorConfig* out) {
  const int mode =
      from.Choice("pop_mode", {"no_pop", "always_pop", "pop_on_advance", "pop_on_advance_nop"});
  if (mode >= 0) out->pop_mode = static_cast<image::PopMode>(mode);
}

bool ReadRoutes(Frame& f, StructReader& config, ColorConfig* out) {
  const Operand routes = config.Required("routes");
  if (routes.is_poison()) return false;
  uint16_t bits = 0;
  if (IsBitVector(f, routes, &bits)) {
    out->positions[0] = {static_cast<uint8_t>(bits & 31), static_cast<uint8_t>(bits >> 5)};
    return true;
  }
  StructReader reader(f, routes, config.span(), "'.routes'");
  reader.Allow({"rx", "tx", "color_swap_x", "color_swap_y", "pop_mode"});
  out->color_swap_x = reader.Bool("color_swap_x");
  out->color_swap_y = reader.Bool("color_swap_y");
  if (f.sema.context.options.arch == Arch::kWse3) {
    reader.Refuse("color_swap_x", "WSE-3 has no color swap");
    reader.Refuse("color_swap_y", "WSE-3 has no color swap");
  }
  if (reader.Has("pop_mode")) {
    f.sema.ReportForm(diagnostics::Form::kPopModeInRoutes, reader.span());
  }
  ReadPopMode(reader, out);
  for (const auto& [name, mask] :
       {std::pair{"rx", &out->positions[0].rx}, std::pair{"tx", &out->positions[0].tx}}) {
    if (!reader.Has(name)) continue;
    const std::optional<uint8_t> read =
        Directions(f, reader.Get(name), config.span(), std::string("'.") + name + "'");
    if (!read) return false;
    *mask = *read;
  }
  return reader.ok();
}

// One further switch position. False in `*valid`: the list ends here.
bool ReadPosition(Frame& f, StructReader& switches, std::string_view name, image::Route* out,
                  bool* valid) {
  *valid = false;
  const Operand position = switches.Get(name);
  if (position.is_none()) return true;
  uint16_t bits = 0;
  *out = {image::kInherited, image::kInherited};
  if (IsBitVector(f, position, &bits)) {
    *valid = bits != 0;
    if ((bits & 31) != 0) out->rx = static_cast<uint8_t>(bits & 31);
    if ((bits >> 5) != 0) out->tx = static_cast<uint8_t>(bits >> 5);
    return true;
  }
  StructReader reader(f, position, switches.span(), "'." + std::string(name) + "'");
  reader.Allow({"rx", "tx", "invalid"});
  if (!reader.ok()) return false;
  if (reader.Bool("invalid")) return reader.ok();
  for (const auto& [side, mask] : {std::pair{"rx", &out->rx}, std::pair{"tx", &out->tx}}) {
    if (!reader.Has(side)) continue;
    const std::optional<uint8_t> read =
        Directions(f, reader.Get(side), switches.span(), std::string("'.") + side + "'");
    if (!read) return false;
    *mask = *read;
    *valid = true;
  }
  return reader.ok();
}

bool CanSwitch(Arch arch, uint16_t color) {
  if (arch == Arch::kWse2) return true;
  constexpr uint32_t kSwitchable =
      0x3ff | 1u << 12 | 1u << 13 | 1u << 16 | 1u << 17 | 1u << 20 | 1u << 21;
  return (kSwitchable >> color & 1) != 0;
}

bool ReadSwitches(Frame& f, StructReader& config, uint16_t color, ColorConfig* out) {
  if (!config.Has("switches")) return true;
  StructReader switches = config.Nested("switches");
  switches.Allow({"pos1", "pos2", "pos3", "current_switch_pos", "ring_mode", "pop_mode"});
  if (switches.ok() && !CanSwitch(f.sema.context.options.arch, color)) {
    switches.Error(Kind::kColorNotSwitchable, {color});
  }
  bool ends = false;
  int n = 1;
  for (std::string_view name : {"pos1", "pos2", "pos3"}) {
    bool valid = false;
    image::Route route;
    if (!switches.ok() || !ReadPosition(f, switches, name, &route, &valid)) return false;
    ends = ends || !valid;
    if (ends) continue;
    out->positions[static_cast<size_t>(n)] = route;
    out->num_positions = static_cast<uint8_t>(++n);
  }
  out->current_position = static_cast<uint8_t>(switches.Int("current_switch_pos", 0, 3, 0));
  out->ring_mode = switches.Bool("ring_mode");
  ReadPopMode(switches, out);
  return switches.ok();
}

bool ReadFilter(StructReader& config, ColorConfig* out) {
  if (!config.Has("filter")) return true;
  StructReader filter = config.Nested("filter");
  filter.Allow({"kind", "min_idx", "max_idx", "count_data", "count_control", "init_counter",
                "limit1", "limit2", "max_counter", "filter_control", "fast_mode"});
  const int kind = filter.Choice("kind", {"range", "counter", "sparse_counter"});
  if (kind < 0) filter.Error(Kind::kMissingField, {"'.filter'", "kind"});
  image::Filter& o = out->filter;
  o.kind = static_cast<image::FilterKind>(kind + 1);
  o.min_index = static_cast<uint16_t>(filter.Int("min_idx", 0, 0xffff, 0));
  o.max_index = static_cast<uint16_t>(filter.Int("max_idx", 0, 0xffff, 0));
  o.count_data = filter.Bool("count_data");
  o.count_control = filter.Bool("count_control");
  o.filter_control = filter.Bool("filter_control");
  o.has_limit1 = filter.Has("limit1");
  o.has_limit2 = filter.Has("limit2");
  o.init_counter = static_cast<uint16_t>(filter.Int("init_counter", 0, 0xffff, 0));
  o.max_counter = static_cast<uint16_t>(filter.Int("max_counter", 0, 0xffff, 0));
  o.limit1 = static_cast<uint16_t>(filter.Int("limit1", 0, 0xffff, 0));
  o.limit2 = static_cast<uint16_t>(filter.Int("limit2", 0, 0xffff, 0));
  return filter.ok();
}

}  // namespace

std::optional<ColorConfig> ReadColorConfig(Frame& f, const Operand& operand, uint16_t color,
                                           source::Span span) {
  StructReader config(f, operand, span, "a color configuration");
  if (!config.Has("routes") && (config.Has("rx") || config.Has("tx"))) {
    FailOnForm(f, diagnostics::Form::kRoutesOutside, span);
    return std::nullopt;
  }
  config.Allow({"routes", "switches", "filter", "teardown"});
  if (!config.ok()) return std::nullopt;
  ColorConfig out;
  if (!ReadRoutes(f, config, &out) || !ReadSwitches(f, config, color, &out) ||
      !ReadFilter(config, &out)) {
    return std::nullopt;
  }
  out.teardown = config.Bool("teardown");
  if (!config.ok()) return std::nullopt;
  return out;
}

}  // namespace csl::sema
