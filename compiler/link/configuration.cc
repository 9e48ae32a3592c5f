// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/configuration.h"

#include <algorithm>

namespace csl::link {
namespace {

image::TaskKind KindOf(sema::TaskKind kind) {
  switch (kind) {
    case sema::TaskKind::kLocal:
      return image::TaskKind::kLocal;
    case sema::TaskKind::kData:
      return image::TaskKind::kData;
    case sema::TaskKind::kControl:
      return image::TaskKind::kControl;
  }
  return image::TaskKind::kLocal;
}

// Bound tasks with what the hardware must know of their parameters.
void LinkTasks(const sema::TileProgram& program, const std::vector<uint32_t>& index_of,
               image::TileConfiguration* out) {
  for (const sema::TaskBinding& task : program.config.tasks) {
    image::TaskBinding binding;
    binding.id = static_cast<uint8_t>(task.id);
    binding.kind = KindOf(task.kind);
    binding.function = static_cast<uint16_t>(index_of[task.function.index]);
    if (task.kind != sema::TaskKind::kLocal) {
      const ir::Function& f = program.module.function(task.function);
      for (size_t i = 0; i < std::min<size_t>(f.params.size(), 2); ++i) {
        const uint32_t bits = ir::BitWidth(f.value(f.params[i]).type);
        binding.param_bits[i] = static_cast<uint8_t>(bits > 16 ? 32 : 16);
      }
    }
    out->tasks.push_back(binding);
    if (task.kind != sema::TaskKind::kControl) out->blocked_tasks &= ~(uint64_t{1} << task.id);
  }
  const bool separate = out->separate_control_table;
  std::sort(out->tasks.begin(), out->tasks.end(), [&](const auto& a, const auto& b) {
    auto key = [&](const image::TaskBinding& t) {
      return std::pair(separate && t.kind == image::TaskKind::kControl, t.id);
    };
    return key(a) < key(b);
  });
  for (uint16_t id : program.config.active) out->active_tasks |= uint64_t{1} << id;
  for (const sema::TaskBits& bit : program.config.blocked) {
    if (bit.value) {
      out->blocked_tasks |= uint64_t{1} << bit.id;
    } else {
      out->blocked_tasks &= ~(uint64_t{1} << bit.id);
    }
  }
}

void LinkFifos(const sema::TileConfig& config, const std::vector<uint32_t>& address_of,
               image::TileConfiguration* out) {
  for (size_t n = 0; n < config.fifos.size(); ++n) {
    const sema::Fifo& fifo = config.fifos[n];
    image::Fifo linked;
    linked.id = static_cast<uint8_t>(n);
    linked.base =
        static_cast<uint16_t>(static_cast<int32_t>(address_of[fifo.buffer.index]) + fifo.offset);
    linked.capacity = fifo.capacity;
    linked.element_bytes = fifo.element_bytes;
    linked.activate_pop = fifo.activate_pop;
    linked.activate_push = fifo.activate_push;
    linked.empty_action = fifo.empty_action;
    linked.full_action = fifo.full_action;
    linked.priority = fifo.priority;
    linked.simd = fifo.simd;
    out->fifos.push_back(linked);
  }
}

// Those of the program, and what operations of code that is there own.
std::vector<sema::InitialDsr> DsrsLoadedBeforeStart(const sema::TileConfig& config,
                                                    const codegen::ObjectCode& code,
                                                    const Reachability& reachable) {
  std::vector<sema::InitialDsr> out = config.dsrs;
  for (const codegen::CodeFunction& f : code.functions) {
    if (!reachable.functions[f.id.index]) continue;
    for (const codegen::LoadedDsr& loaded : f.loaded_dsrs) {
      out.push_back({loaded.dsr, loaded.descriptor, /*load_flags=*/0, loaded.async,
                     loaded.completion_id, loaded.on_control_id});
    }
  }
  return out;
}

// The descriptor is the initial contents of a global, its address words filled in.
Status LinkDsrs(const sema::TileProgram& program, const std::vector<sema::InitialDsr>& dsrs,
                const std::vector<uint32_t>& address_of, image::TileConfiguration* out) {
  for (const sema::InitialDsr& dsr : dsrs) {
    const ir::Global& global = program.module.global(dsr.descriptor);
    std::vector<uint8_t> bytes = global.bytes;
    bytes.resize(global.size_bytes);
    for (const ir::Relocation& r : global.relocations) {
      const uint32_t value = address_of[r.symbol] + static_cast<uint32_t>(r.addend);
      bytes[r.offset] = static_cast<uint8_t>(value);
      bytes[r.offset + 1] = static_cast<uint8_t>(value >> 8);
    }
    image::InitialDsr linked;
    linked.file = static_cast<isa::DsrFile>(dsr.dsr.file);
    linked.number = dsr.dsr.number;
    ASSIGN_OR_RETURN(linked.descriptor, isa::Descriptor::Decode(bytes));
    linked.descriptor.load_flags = dsr.load_flags;
    linked.descriptor.async = dsr.async;
    linked.descriptor.completion_id = dsr.completion_id;
    linked.descriptor.on_control_id = dsr.on_control_id;
    std::erase_if(out->dsrs, [&](const image::InitialDsr& other) {
      return other.file == linked.file && other.number == linked.number;
    });
    out->dsrs.push_back(std::move(linked));
  }
  std::sort(out->dsrs.begin(), out->dsrs.end(), [](const auto& a, const auto& b) {
    return std::pair(a.file, a.number) < std::pair(b.file, b.number);
  });
  return OkStatus();
}

template <typename T, typename Key>
std::vector<T> SortedBy(std::vector<T> list, Key key) {
  std::stable_sort(list.begin(), list.end(),
                   [&](const T& a, const T& b) { return key(a) < key(b); });
  return list;
}

}  // namespace

StatusOr<image::TileConfiguration> LinkConfiguration(const sema::TileProgram& program,
                                                     const codegen::ObjectCode& code,
                                                     const Reachability& reachable,
                                                     const std::vector<uint32_t>& index_of,
                                                     const std::vector<uint32_t>& address_of,
                                                     isa::Arch arch) {
  const sema::TileConfig& config = program.config;
  image::TileConfiguration out;
  // Data ids that no task is bound to start blocked, so that operations may take their wavelets.
  const int num_data_ids = isa::LimitsOf(arch).num_data_task_ids;
  out.blocked_tasks = (uint64_t{1} << num_data_ids) - 1;
  out.separate_control_table = config.separate_control_table;
  out.control_table_instructions = config.control_table_instructions;
  out.control_table_stride = config.control_table_stride;
  out.blocked_microthreads = config.blocked_microthreads;
  LinkTasks(program, index_of, &out);
  LinkFifos(config, address_of, &out);
  RETURN_IF_ERROR(
      LinkDsrs(program, DsrsLoadedBeforeStart(config, code, reachable), address_of, &out));
  out.input_queues = SortedBy(config.input_queues, [](const auto& q) { return q.queue; });
  out.output_queues = SortedBy(config.output_queues, [](const auto& q) { return q.queue; });
  out.local_colors = SortedBy(config.local_colors, [](const auto& c) { return c.color; });
  for (const sema::ConfigWord& word : config.words) {
    out.words.push_back({word.address, word.value});
  }
  for (const sema::RotatingTasks& r : config.rotating_tasks) {
    out.rotating_tasks.push_back({static_cast<uint8_t>(r.data_id),
                                  static_cast<uint16_t>(index_of[r.alternative.index]), r.limit,
                                  r.init});
  }
  for (const sema::Handler& h : config.handlers) {
    out.handlers.push_back(
        {h.kind, static_cast<uint8_t>(h.id), static_cast<uint16_t>(index_of[h.function.index])});
  }
  out.handlers = SortedBy(out.handlers, [](const auto& h) { return std::pair(h.kind, h.id); });
  return out;
}

}  // namespace csl::link
