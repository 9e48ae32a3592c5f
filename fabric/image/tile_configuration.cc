// SPDX-License-Identifier: Apache-2.0
#include "fabric/image/tile_configuration.h"

#include <fmt/format.h>

namespace csl::image {
namespace {

std::string Directions(uint8_t mask) {
  if (mask == kInherited) return "";
  std::string out;
  for (const auto& [bit, name] : {std::pair{kWest, 'W'},
                                  {kEast, 'E'},
                                  {kSouth, 'S'},
                                  {kNorth, 'N'},
                                  {kRamp, 'R'},
                                  {kHost, 'H'}}) {
    if (mask & bit) out += name;
  }
  return out.empty() ? "-" : out;
}

std::string FilterText(const Filter& f) {
  switch (f.kind) {
    case FilterKind::kNone:
      return "";
    case FilterKind::kRange:
      return fmt::format(" filter=range[{},{}]", f.min_index, f.max_index);
    default:
      break;
  }
  std::string out = fmt::format(" filter={}(init={} max={}",
                                f.kind == FilterKind::kCounter ? "counter" : "sparse",
                                f.init_counter, f.max_counter);
  if (f.has_limit1) out += fmt::format(" limit1={}", f.limit1);
  if (f.has_limit2) out += fmt::format(" limit2={}", f.limit2);
  if (f.count_data) out += " data";
  if (f.count_control) out += " control";
  if (f.filter_control) out += " filter_control";
  return out + ")";
}

std::string BitList(uint64_t bits) {
  std::string out;
  for (int i = 0; i < 64; ++i) {
    if (bits >> i & 1) out += fmt::format(" {}", i);
  }
  return out;
}

std::string ColorText(uint8_t color) {
  return color == isa::kNoColor ? "-" : fmt::format("{}", color);
}

std::string TaskText(const TaskBinding& t) {
  static constexpr const char* kKinds[] = {"local", "data", "control"};
  std::string out =
      fmt::format("task {} {} f{}", t.id, kKinds[static_cast<int>(t.kind)], t.function);
  if (t.param_bits[0] != 0) out += fmt::format(" params {}", t.param_bits[0]);
  if (t.param_bits[1] != 0) out += fmt::format(" {}", t.param_bits[1]);
  return out;
}

std::string FifoText(const Fifo& f) {
  std::string out = fmt::format("fifo {} base=0x{:04x} capacity={} bytes={}", f.id, f.base,
                                f.capacity, f.element_bytes);
  if (f.activate_pop != kNoTask) out += fmt::format(" pop={}", f.activate_pop);
  if (f.activate_push != kNoTask) out += fmt::format(" push={}", f.activate_push);
  if (f.empty_action != FifoAction())
    out += fmt::format(" empty={}", static_cast<int>(f.empty_action));
  if (f.full_action != FifoAction())
    out += fmt::format(" full={}", static_cast<int>(f.full_action));
  return out;
}

}  // namespace

Route ColorConfig::RouteOf(int position) const {
  Route out = positions[0];
  for (int i = 1; i <= position; ++i) {
    const Route& route = positions[static_cast<size_t>(i)];
    // A position that does not exist, which a program made the current one.
    if (((route.rx | route.tx) & (kInherited | 63)) == 0) continue;
    if (route.rx != kInherited) out.rx = route.rx;
    if (route.tx != kInherited) out.tx = route.tx;
  }
  return out;
}

std::string ColorConfig::ToString() const {
  static constexpr const char* kPop[] = {"", " pop=always", " pop=advance", " pop=advance_nop"};
  std::string out;
  for (int i = 0; i < num_positions && i < 4; ++i) {
    if (i > 0) out += " | ";
    if (num_positions > 1 && i == current_position) out += '*';
    out += Directions(positions[i].rx) + "->" + Directions(positions[i].tx);
  }
  if (ring_mode) out += " ring";
  out += kPop[static_cast<int>(pop_mode)];
  if (color_swap_x) out += " swap_x";
  if (color_swap_y) out += " swap_y";
  if (teardown) out += " teardown";
  return out + FilterText(filter);
}

std::string TileConfiguration::ToString() const {
  static constexpr const char* kFiles[] = {"dest", "src0", "src1"};
  static constexpr const char* kHandlers[] = {"teardown", "empty_input_queue",
                                              "empty_output_queue"};
  std::string out;
  const auto line = [&out](const std::string& text) { out += text + "\n"; };
  for (const TaskBinding& t : tasks) line(TaskText(t));
  if (active_tasks != 0) line("active" + BitList(active_tasks));
  if (blocked_tasks != 0) line("blocked" + BitList(blocked_tasks));
  if (high_priority_tasks != 0) line("high_priority" + BitList(high_priority_tasks));
  if (separate_control_table) {
    line(fmt::format("control_table instructions={} stride={}", control_table_instructions,
                     control_table_stride));
  }
  if (blocked_microthreads != 0) line("blocked_microthreads" + BitList(blocked_microthreads));
  for (const InputQueue& q : input_queues) {
    std::string text = fmt::format("input_queue {} color={}", q.queue, ColorText(q.color));
    if (q.priority != isa::Priority::kDefault)
      text += fmt::format(" priority={}", static_cast<int>(q.priority));
    if (q.control_table != 0) text += fmt::format(" control_table={}", q.control_table);
    if (q.dense) text += " dense";
    if (q.filter_enable) text += " filter";
    line(text);
  }
  for (const OutputQueue& q : output_queues) {
    line(fmt::format("output_queue {} color={}{}", q.queue, ColorText(q.color),
                     q.dense ? " dense" : ""));
  }
  for (const LocalColor& c : local_colors)
    line(fmt::format("color {} {}", c.color, c.config.ToString()));
  for (const InitialDsr& d : dsrs) {
    line(fmt::format("dsr {}.{} {}", kFiles[static_cast<int>(d.file)], d.number,
                     d.descriptor.ToString()));
  }
  for (const Fifo& f : fifos) line(FifoText(f));
  for (const ConfigWord& w : words)
    line(fmt::format("config 0x{:04x} = 0x{:04x}", w.address, w.value));
  for (const RotatingTasks& r : rotating_tasks) {
    line(fmt::format("rotating {} alternative=f{} limit={} init={}", r.data_id, r.alternative,
                     r.limit, r.init));
  }
  for (const Handler& h : handlers) {
    line(fmt::format("handler {} {} f{}", kHandlers[static_cast<int>(h.kind)], h.id, h.function));
  }
  return out;
}

}  // namespace csl::image
