// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/route_facts.h"

#include <algorithm>
#include <string_view>

#include "fabric/isa/descriptor.h"

namespace csl::link {

namespace {

uint32_t Bit(uint16_t color) { return color < kNumColors ? uint32_t{1} << color : 0; }

source::Span Find(const std::vector<std::pair<uint16_t, source::Span>>& spans, uint16_t color) {
  for (const auto& [of, span] : spans) {
    if (of == color) return span;
  }
  return {};
}

// The color of an operation: that of its queue, or its own on WSE-2 and where it has no queue.
template <typename Use, typename Queue>
uint16_t ColorOf(const Use& use, const std::vector<Queue>& queues) {
  if (use.color != sema::FabricUse::kNoId) return use.color;
  for (const Queue& queue : queues) {
    if (queue.queue == use.queue) return queue.color;
  }
  return sema::FabricUse::kNoId;
}

void AddUses(const sema::TileConfig& config, RouteFacts* out) {
  for (const sema::FabricUse& use : config.fabric_uses) {
    const uint16_t color =
        use.is_output ? ColorOf(use, config.output_queues) : ColorOf(use, config.input_queues);
    if (color >= kNumColors) {
      // It may be any: nothing is known to be missing.
      if (!use.is_output) out->takes = UINT32_MAX;
      if (use.is_output) out->sends_control = UINT32_MAX;
      continue;
    }
    if (use.is_output) {
      out->sends |= Bit(color);
      if (use.sends_control) out->sends_control |= Bit(color);
    } else {
      out->takes |= Bit(color);
    }
  }
}

// Blocks that run whenever their function does: from the entry on, without a choice.
std::vector<ir::BlockId> CertainBlocks(const ir::Function& function) {
  std::vector<ir::BlockId> blocks;
  if (function.order.empty()) return blocks;
  ir::BlockId at = function.order.front();
  while (blocks.size() < function.order.size()) {
    blocks.push_back(at);
    const ir::Instruction& last = function.value(function.terminator(at));
    if (last.op != ir::Op::kBr) break;
    at = last.targets[0];
  }
  return blocks;
}

constexpr uint32_t kStartEntry = 63;

// The entry that a function of this name is; the same in all programs.
uint32_t EntryOf(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return static_cast<uint32_t>(hash % kStartEntry);
}

// Entries that may run: the number of each, its function.
std::vector<std::pair<uint32_t, uint32_t>> EntriesOf(const sema::TileProgram& program) {
  std::vector<std::pair<uint32_t, uint32_t>> entries;
  for (const sema::ExportedSymbol& e : program.exports) {
    if (e.kind != layout::ExportKind::kFunc) continue;
    entries.emplace_back(e.export_id % kStartEntry, e.function.index);
  }
  for (uint32_t n = 0; n < program.module.functions.size(); ++n) {
    if (program.module.functions[n].linkage == ir::Linkage::kExport) {
      entries.emplace_back(EntryOf(program.module.functions[n].name), n);
    }
  }
  for (const sema::TaskBinding& task : program.config.tasks) {
    const auto& active = program.config.active;
    if (std::find(active.begin(), active.end(), task.id) != active.end()) {
      entries.emplace_back(kStartEntry, task.function.index);
    }
  }
  return entries;
}

// Calls visit(function, instruction) for what certainly runs when the function does, in order.
template <typename Visit>
void VisitCertain(const ir::Module& module, uint32_t first, Visit visit) {
  struct At {
    uint32_t function;
    std::vector<ir::BlockId> blocks;
    size_t block = 0, instruction = 0;
  };
  std::vector<bool> runs(module.functions.size());
  std::vector<At> stack;
  const auto enter = [&](uint32_t function) {
    if (function >= runs.size() || runs[function]) return;
    runs[function] = true;
    stack.push_back({function, CertainBlocks(module.functions[function])});
  };
  enter(first);
  while (!stack.empty()) {
    At& at = stack.back();
    if (at.block == at.blocks.size()) {
      stack.pop_back();
      continue;
    }
    const ir::Function& function = module.functions[at.function];
    const auto& instructions = function.block(at.blocks[at.block]).instructions;
    if (at.instruction == instructions.size()) {
      ++at.block;
      at.instruction = 0;
      continue;
    }
    const ir::ValueId id = instructions[at.instruction++];
    visit(function, id);
    if (function.value(id).op == ir::Op::kCall) enter(function.value(id).symbol);
  }
}

// Whether the operation takes something from the fabric, and so waits for it.
bool Receives(const ir::Function& function, ir::ValueId id) {
  const ir::DsdOpInfo& info = function.dsd_ops[static_cast<size_t>(function.value(id).imm)];
  for (size_t n = 1; n < info.operands.size(); ++n) {
    if (info.operands[n].has_value() && info.operands[n].is_fabric) return true;
  }
  return false;
}

// The operands of an operation that are constant fabric DSDs: visit(is_output, queue, color).
template <typename Visit>
void VisitFabricOperands(const ir::Module& module, const ir::Function& function, ir::ValueId id,
                         Visit visit) {
  constexpr size_t kQueueAt = isa::kDsdBaseOffset, kColorAt = isa::kDsdBaseOffset + 1;
  const ir::DsdOpInfo& info = function.dsd_ops[static_cast<size_t>(function.value(id).imm)];
  size_t at = 0;
  for (size_t n = 0; n < info.operands.size(); ++n) {
    if (!info.operands[n].has_value()) continue;
    const ir::Instruction& value = function.value(function.operand(id, at++));
    if (!info.operands[n].is_fabric || value.op != ir::Op::kGlobalAddr) continue;
    const ir::Global& global = module.globals[value.symbol];
    if (!global.is_const || global.bytes.size() <= kColorAt) continue;
    visit(n == 0, global.bytes[kQueueAt], global.bytes[kColorAt]);
  }
}

void AddOperations(const sema::TileProgram& program, RouteFacts* out) {
  const sema::TileConfig& config = program.config;
  uint32_t entry = 0;
  bool is_prompt = true;
  const auto add = [&](bool is_output, uint8_t queue, uint8_t own) {
    sema::FabricUse use = {is_output, false, queue, own, {}};
    if (own == isa::kNoColor) use.color = sema::FabricUse::kNoId;
    const uint16_t color =
        is_output ? ColorOf(use, config.output_queues) : ColorOf(use, config.input_queues);
    auto& spans = is_output ? out->certain_sends : out->certain_receives;
    if (color >= kNumColors) return;
    if (is_output && is_prompt) {
      auto& prompt = out->prompt_sends;
      auto known = std::find_if(prompt.begin(), prompt.end(),
                                [&](const auto& entry) { return entry.first == color; });
      if (known == prompt.end()) known = prompt.insert(prompt.end(), {color, 0});
      known->second |= uint64_t{1} << entry;
    }
    if (Find(spans, color).begin.valid()) return;
    // The descriptor's place: those of operations are lines alone.
    for (const sema::FabricUse& made : config.fabric_uses) {
      const uint16_t its =
          made.is_output ? ColorOf(made, config.output_queues) : ColorOf(made, config.input_queues);
      if (made.is_output == is_output && its == color) {
        spans.emplace_back(color, made.span);
        return;
      }
    }
  };
  for (const auto& [number, function] : EntriesOf(program)) {
    entry = number;
    is_prompt = true;
    VisitCertain(program.module, function, [&](const ir::Function& f, ir::ValueId id) {
      if (f.value(id).op != ir::Op::kDsdOp) return;
      // What an operation sends on may be what it takes.
      if (Receives(f, id)) is_prompt = false;
      VisitFabricOperands(program.module, f, id, add);
    });
  }
}

}  // namespace

source::Span RouteFacts::SendSpan(uint16_t color) const { return Find(certain_sends, color); }
source::Span RouteFacts::ReceiveSpan(uint16_t color) const { return Find(certain_receives, color); }

uint64_t RouteFacts::PromptEntries(uint16_t color) const {
  for (const auto& [of, entries] : prompt_sends) {
    if (of == color) return entries;
  }
  return 0;
}

RouteFacts RouteFactsOf(const sema::TileProgram& program, isa::Arch arch) {
  const sema::TileConfig& config = program.config;
  RouteFacts out;
  for (const image::InputQueue& queue : config.input_queues) {
    out.queues |= Bit(queue.color);
    out.takes |= Bit(queue.color);
  }
  AddUses(config, &out);
  AddOperations(program, &out);
  for (const sema::TaskBinding& task : config.tasks) {
    // On WSE-3 a data task has a queue, which has been counted.
    // What activates control tasks may come on any color.
    if (task.kind == sema::TaskKind::kControl) out.takes = UINT32_MAX;
    if (task.kind == sema::TaskKind::kData && arch == isa::Arch::kWse2) out.takes |= Bit(task.id);
  }
  out.changed = config.reconfigured_colors;
  for (const sema::Handler& handler : config.handlers) {
    if (handler.kind == image::Handler::Kind::kTeardown) out.changed |= Bit(handler.id);
  }
  out.local_colors = config.local_colors;
  out.local_spans = config.local_color_spans;
  return out;
}

}  // namespace csl::link
