// SPDX-License-Identifier: Apache-2.0
#include "compiler/sema/tile_config.h"

#include <fmt/format.h>

namespace csl::sema {
namespace {

std::string TaskLines(const TileConfig& config, const ir::Module& module) {
  static constexpr std::string_view kKinds[] = {"local", "data", "control"};
  std::string out;
  for (const TaskBinding& task : config.tasks) {
    out += fmt::format("task {} {} {}\n", task.id, kKinds[static_cast<size_t>(task.kind)],
                       module.function(task.function).name);
  }
  for (const RotatingTasks& r : config.rotating_tasks) {
    out += fmt::format("rotate data {} with {} limit {} init {}\n", r.data_id,
                       module.function(r.alternative).name, r.limit, r.init);
  }
  for (const Handler& h : config.handlers) {
    static constexpr std::string_view kHandlers[] = {"teardown of color", "empty input queue",
                                                     "empty output queue"};
    out += fmt::format("handler {} {} {}\n", kHandlers[static_cast<size_t>(h.kind)], h.id,
                       module.function(h.function).name);
  }
  for (uint16_t id : config.active) out += fmt::format("active {}\n", id);
  for (const TaskBits& bits : config.blocked) {
    out += fmt::format("{} {}\n", bits.value ? "blocked" : "unblocked", bits.id);
  }
  if (config.blocked_microthreads != 0) {
    out += fmt::format("blocked microthreads {:#04x}\n", config.blocked_microthreads);
  }
  if (config.separate_control_table) {
    out += fmt::format("control table instructions {} stride {}\n",
                       config.control_table_instructions, config.control_table_stride);
  }
  return out;
}

std::string DsrSettings(const InitialDsr& d) {
  static constexpr std::string_view kActions[] = {"", " activate", " unblock", " terminate"};
  std::string out = d.load_flags != 0 ? fmt::format(" flags {}", d.load_flags) : "";
  if (d.async.is_async) out += " async";
  if (d.async.completion != isa::AsyncAction::kNone) {
    out += fmt::format("{} {}", kActions[static_cast<size_t>(d.async.completion)], d.completion_id);
  }
  if (d.async.on_control != isa::AsyncAction::kNone) {
    out += fmt::format(" on control{} {}", kActions[static_cast<size_t>(d.async.on_control)],
                       d.on_control_id);
  }
  if (d.async.priority != 0) out += fmt::format(" priority {}", d.async.priority);
  if (d.async.microthread != 15) out += fmt::format(" microthread {}", d.async.microthread);
  return out;
}

}  // namespace

std::string ToString(const TileConfig& config, const ir::Module& module) {
  std::string out = TaskLines(config, module);
  for (const image::InputQueue& q : config.input_queues) {
    out += fmt::format("input queue {} color {}", q.queue, q.color);
    if (q.priority != isa::Priority::kDefault) {
      out += fmt::format(" priority {}", static_cast<int>(q.priority));
    }
    if (q.control_table != 0) out += fmt::format(" control table {}", q.control_table);
    if (q.filter_enable) out += " filter";
    out += q.dense ? " dense\n" : "\n";
  }
  for (const image::OutputQueue& q : config.output_queues) {
    out += fmt::format("output queue {}", q.queue);
    if (q.color != isa::kNoColor) out += fmt::format(" color {}", q.color);
    out += q.dense ? " dense\n" : "\n";
  }
  for (const image::LocalColor& c : config.local_colors) {
    out += fmt::format("color {}: {}\n", c.color, c.config.ToString());
  }
  for (const InitialDsr& d : config.dsrs) {
    static constexpr std::string_view kFiles[] = {"dest", "src0", "src1"};
    out += fmt::format("dsr {} {} = {}{}\n", kFiles[static_cast<size_t>(d.dsr.file)], d.dsr.number,
                       module.global(d.descriptor).name, DsrSettings(d));
  }
  for (size_t n = 0; n < config.fifos.size(); ++n) {
    const Fifo& fifo = config.fifos[n];
    out += fmt::format("fifo {}: {} + {}, {} elements of {} bytes\n", n,
                       module.global(fifo.buffer).name, fifo.offset, fifo.capacity,
                       fifo.element_bytes);
  }
  for (const ConfigWord& word : config.words) {
    out += fmt::format("word {:#06x} = {:#06x}\n", word.address, word.value);
  }
  return out;
}

}  // namespace csl::sema
