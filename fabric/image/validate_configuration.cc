// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "fabric/image/tile_configuration.h"

namespace csl::image {
namespace {

Status Wrong(std::string_view what, int64_t value) {
  return DataLoss(fmt::format("configuration: {} {}", what, value));
}

// Every item passes `check`, and keys ascend strictly.
template <typename T, typename Key, typename Check>
Status CheckList(const std::vector<T>& list, std::string_view what, Key key, Check check) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (!check(list[i])) return Wrong(what, static_cast<int64_t>(i));
    if (i > 0 && !(key(list[i - 1]) < key(list[i])))
      return Wrong(fmt::format("{} out of order:", what), i);
  }
  return OkStatus();
}

bool IsColor(uint8_t color, const isa::Limits& limits) { return color < limits.num_colors; }

// On WSE-2 a queue may have several colors; the order of its entries says which is its first.
Status CheckInputQueues(const std::vector<InputQueue>& queues, isa::Arch arch) {
  const isa::Limits& limits = isa::LimitsOf(arch);
  for (size_t i = 0; i < queues.size(); ++i) {
    const InputQueue& queue = queues[i];
    if (queue.queue >= limits.num_input_queues || !IsColor(queue.color, limits))
      return Wrong("input queue", static_cast<int64_t>(i));
    const bool may_share = arch == isa::Arch::kWse2;
    for (size_t k = 0; k < i; ++k) {
      const bool is_same = queues[k].queue == queue.queue;
      if (queues[k].queue > queue.queue ||
          (is_same && (!may_share || queues[k].color == queue.color)))
        return Wrong("input queue out of order:", static_cast<int64_t>(i));
    }
  }
  return OkStatus();
}

bool IsTask(const TaskBinding& t, const isa::Limits& limits, size_t num_functions) {
  const auto bits_ok = [](uint8_t bits) { return bits == 0 || bits == 16 || bits == 32; };
  return t.id < limits.num_task_ids && t.function < num_functions && bits_ok(t.param_bits[0]) &&
         bits_ok(t.param_bits[1]);
}

bool IsFifo(const Fifo& f, const isa::Limits& limits) {
  const auto task_ok = [&](uint8_t id) { return id == kNoTask || id < limits.num_task_ids; };
  return f.id < limits.num_fifos && (f.element_bytes == 2 || f.element_bytes == 4) &&
         f.base + uint32_t{f.capacity} * f.element_bytes <=
             static_cast<uint32_t>(limits.memory_bytes) &&
         task_ok(f.activate_pop) && task_ok(f.activate_push);
}

bool IsDsr(const InitialDsr& d, const isa::Limits& limits) {
  return d.number < limits.virtual_dsrs_per_file && d.descriptor.header.dimensions >= 1 &&
         d.descriptor.header.dimensions <= 4;
}

}  // namespace

Status ValidateColorConfig(const ColorConfig& config) {
  if (config.num_positions < 1 || config.num_positions > 4)
    return Wrong("switch positions:", config.num_positions);
  if (config.current_position >= config.num_positions)
    return Wrong("current position", config.current_position);
  for (int i = 0; i < 4; ++i) {
    const Route& route = config.positions[static_cast<size_t>(i)];
    const bool may_inherit = i > 0 && i < config.num_positions;
    for (const uint8_t mask : {route.rx, route.tx}) {
      if (mask > kAllDirections && !(mask == kInherited && may_inherit))
        return Wrong("direction mask", mask);
    }
    if (route.rx == kInherited && route.tx == kInherited) return Wrong("empty switch position", i);
  }
  return OkStatus();
}

Status ValidateConfiguration(const TileConfiguration& c, isa::Arch arch, size_t num_functions) {
  const isa::Limits& limits = isa::LimitsOf(arch);
  const auto by_table = [&](const TaskBinding& t) {
    return std::pair(c.separate_control_table && t.kind == TaskKind::kControl, t.id);
  };
  RETURN_IF_ERROR(CheckList(c.tasks, "task", by_table, [&](const TaskBinding& t) {
    return IsTask(t, limits, num_functions);
  }));
  RETURN_IF_ERROR(CheckInputQueues(c.input_queues, arch));
  RETURN_IF_ERROR(CheckList(
      c.output_queues, "output queue", [](const OutputQueue& q) { return q.queue; },
      [&](const OutputQueue& q) {
        return q.queue < limits.num_output_queues &&
               (q.color == isa::kNoColor || IsColor(q.color, limits));
      }));
  RETURN_IF_ERROR(CheckList(
      c.local_colors, "color", [](const LocalColor& l) { return l.color; },
      [&](const LocalColor& l) {
        return IsColor(l.color, limits) && ValidateColorConfig(l.config).ok();
      }));
  RETURN_IF_ERROR(CheckList(
      c.dsrs, "DSR", [](const InitialDsr& d) { return std::pair(d.file, d.number); },
      [&](const InitialDsr& d) { return IsDsr(d, limits); }));
  RETURN_IF_ERROR(CheckList(
      c.fifos, "FIFO", [](const Fifo& f) { return f.id; },
      [&](const Fifo& f) { return IsFifo(f, limits); }));
  RETURN_IF_ERROR(CheckList(
      c.words, "configuration word", [](const ConfigWord& w) { return w.address; },
      [](const ConfigWord&) { return true; }));
  for (const ConfigWord& word : c.words) {
    if (word.address != kExceptionMask || !UnmasksExceptions(word.value)) continue;
    return Unimplemented(fmt::format(
        "configuration: not supported yet: exceptions that stop a PE (exception mask {:#06x}; bits "
        "2 to 7 must be 1)",
        word.value));
  }
  RETURN_IF_ERROR(CheckList(
      c.rotating_tasks, "rotating tasks", [](const RotatingTasks& r) { return r.data_id; },
      [&](const RotatingTasks& r) {
        return r.data_id < limits.num_data_task_ids && r.alternative < num_functions;
      }));
  RETURN_IF_ERROR(CheckList(
      c.handlers, "handler", [](const Handler& h) { return std::pair(h.kind, h.id); },
      [&](const Handler& h) { return h.id < limits.num_colors && h.function < num_functions; }));
  if (c.control_table_stride < 1 || c.control_table_stride > 7)
    return Wrong("control table stride", c.control_table_stride);
  return OkStatus();
}

}  // namespace csl::image
