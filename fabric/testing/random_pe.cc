// SPDX-License-Identifier: Apache-2.0
#include "fabric/testing/random_pe.h"

#include <fmt/format.h>

#include <algorithm>

namespace csl::fabric::testing {

int RandomPe::TakeOutput(int color) {
  const bool wse2 = arch_ == isa::Arch::kWse2;
  for (int unit = 0; unit < (wse2 ? 6 : 8); ++unit) {
    if (!IsFree(unit)) continue;
    units_ |= 1u << unit;
    image::OutputQueue queue;
    queue.queue = static_cast<uint8_t>(unit);
    if (!wse2) queue.color = static_cast<uint8_t>(color);
    outputs_.push_back(queue);
    return unit;
  }
  return -1;
}

int RandomPe::TakeInput(int color, bool filter) {
  if (arch_ == isa::Arch::kWse2 && color % 3 == 2 && !inputs_.empty()) {
    image::InputQueue queue = inputs_.back();
    queue.color = static_cast<uint8_t>(color);
    queue.filter_enable = filter;
    inputs_.push_back(queue);
    ++coverage_["shared input queue"];
    return queue.queue;
  }
  for (int unit = 7; unit >= 0; --unit) {
    if (!IsFree(unit)) continue;
    units_ |= 1u << unit;
    image::InputQueue queue;
    queue.queue = static_cast<uint8_t>(unit);
    queue.color = static_cast<uint8_t>(color);
    queue.filter_enable = filter;
    if (arch_ == isa::Arch::kWse2) queue.priority = static_cast<isa::Priority>(random_.Below(4));
    if (queue.priority != isa::Priority::kDefault) ++coverage_["priority of an input queue"];
    inputs_.push_back(queue);
    return unit;
  }
  return -1;
}

isa::Descriptor RandomPe::Input(int queue, int color, int extent, bool names_queue) const {
  isa::Descriptor in = isa::Descriptor::Fabin(
      static_cast<uint8_t>(queue), static_cast<uint8_t>(color), static_cast<uint16_t>(extent));
  if (arch_ != isa::Arch::kWse2) return in;
  if (extent % 4 == 1 && !names_queue) in.queue = isa::kNoQueue;
  if (extent % 4 == 2) in.color = isa::kNoColor;
  return in;
}

int RandomPe::AddTask(const std::string& body, bool active) {
  // The system's id and that of a data task (WSE-2).
  if (next_task_ == 22 || next_task_ == kStreamIn) ++next_task_;
  if (next_task_ > 28) return -1;
  tasks_.push_back({image::TaskKind::kLocal, next_task_, body, 0, 0, active});
  return next_task_++;
}

void RandomPe::AppendToTask(int id, const std::string& text) {
  for (Task& task : tasks_) {
    if (task.kind == image::TaskKind::kLocal && task.id == id) task.body += text;
  }
}

void RandomPe::AddDataTask(int id, const std::string& body, int bits0, int bits1) {
  tasks_.push_back({image::TaskKind::kData, id, body, bits0, bits1, false});
}

void RandomPe::AddControlTask(int entry, const std::string& body) {
  for (const Task& task : tasks_) {
    if (task.kind == image::TaskKind::kControl && task.id == entry) return;
  }
  tasks_.push_back(
      {image::TaskKind::kControl, entry, body, 16, random_.Chance(50) ? 16 : 0, false});
}

void RandomPe::AddHandler(image::Handler::Kind kind, int id, const std::string& body) {
  extras_.push_back({id, body, kind});
}

void RandomPe::FlushInput(int queue) {
  constexpr int kInputQueueFlush = 0x7a48;
  Main(fmt::format("  ldi r16, {}\n  queue.flush r16\n", queue));
  AddHandler(image::Handler::Kind::kEmptyInputQueue, queue,
             fmt::format("  ldi r16, {}\n  ldi r17, {}\n  cfg.write r16, r17\n", kInputQueueFlush,
                         1 << queue));
  ++coverage_["queue.flush of an input queue"];
}

void RandomPe::Rotate(int data_id, const std::string& body, int limit, int init) {
  extras_.push_back({data_id, body, {}, limit, init});
}

int RandomPe::AddFifo(image::Fifo fifo) {
  if (fifos_.size() == 8) return -1;
  fifo.id = static_cast<uint8_t>(fifos_.size());
  fifo.base = static_cast<uint16_t>(0x5000 + 0x40 * fifo.id);
  fifos_.push_back(fifo);
  return fifo.id;
}

// PEs with a control task of odd entry have a table of control tasks for every third input queue.
void RandomPe::SeparateControlTable(image::TileConfiguration* configuration) {
  constexpr int kTables = 3;
  image::TileConfiguration& c = *configuration;
  std::vector<image::TaskBinding> control;
  for (const image::TaskBinding& task : c.tasks) {
    if (task.kind == image::TaskKind::kControl) control.push_back(task);
  }
  const auto is_odd = [](const image::TaskBinding& task) { return task.id % 2 == 1; };
  if (arch_ == isa::Arch::kWse2 || std::none_of(control.begin(), control.end(), is_odd)) return;
  c.separate_control_table = true;
  c.control_table_stride = static_cast<uint8_t>(1 + control.size() % 4);
  for (image::InputQueue& queue : c.input_queues) queue.control_table = queue.queue % kTables;
  const auto key = [](const image::TaskBinding& task) {
    return std::pair(task.kind == image::TaskKind::kControl, task.id);
  };
  for (const image::TaskBinding& task : control) {
    for (int table = 1; table < kTables; ++table) {
      image::TaskBinding other = task;
      other.id = static_cast<uint8_t>(task.id + table * c.control_table_stride);
      const auto same = [&](const image::TaskBinding& t) { return key(t) == key(other); };
      if (std::none_of(c.tasks.begin(), c.tasks.end(), same)) c.tasks.push_back(other);
    }
  }
  std::sort(c.tasks.begin(), c.tasks.end(),
            [&](const auto& x, const auto& y) { return key(x) < key(y); });
  ++coverage_["control task tables"];
}

void RandomPe::Write(ArtifactBuilder* b) {
  image::TileConfiguration& c = b->image().configuration;
  b->Function("leaf", code_.Statements(3) + "  ret\n", 16);
  const auto add = [&](const std::string& name, const std::string& body) {
    b->Function(name, body + "  ret\n", 16);
    return static_cast<uint16_t>(b->image().functions.size() - 1);
  };
  for (const Task& task : tasks_) {
    const std::string name = fmt::format("task{}_{}", static_cast<int>(task.kind), task.id);
    add(name, task.body);
    if (task.kind == image::TaskKind::kLocal) {
      const bool is_high = random_.Chance(15);
      if (is_high) ++coverage_["priority of a task"];
      b->Task(task.id, name, task.active, false, is_high);
    } else if (task.kind == image::TaskKind::kData) {
      b->DataTask(task.id, name, task.bits0, task.bits1);
      if (random_.Chance(15)) c.high_priority_tasks |= uint64_t{1} << task.id;
    } else {
      b->ControlTask(task.id, name, task.bits0, task.bits1);
    }
  }
  for (size_t i = 0; i < extras_.size(); ++i) {
    const Extra& extra = extras_[i];
    const uint16_t function = add(fmt::format("extra{}", i), extra.body);
    const auto id = static_cast<uint8_t>(extra.id);
    if (extra.limit >= 0) {
      c.rotating_tasks.push_back(
          {id, function, static_cast<uint16_t>(extra.limit), static_cast<uint16_t>(extra.init)});
    } else {
      c.handlers.push_back({extra.kind, id, function});
    }
  }
  const auto sort = [](auto& list, auto key) {
    std::stable_sort(list.begin(), list.end(),
                     [&](const auto& x, const auto& y) { return key(x) < key(y); });
  };
  sort(c.rotating_tasks, [](const auto& r) { return r.data_id; });
  sort(c.handlers, [](const auto& h) { return std::pair(h.kind, h.id); });
  c.input_queues = inputs_;
  c.output_queues = outputs_;
  sort(c.input_queues, [](const auto& q) { return q.queue; });
  sort(c.output_queues, [](const auto& q) { return q.queue; });
  SeparateControlTable(&c);
  c.fifos = fifos_;
  c.blocked_tasks |= blocked_;
  add("main", main_);
  b->ExportFunction(kMainExport, "main", {"u32"});
  std::vector<uint16_t> scratch((kScratchEnd - kScratch) / 2);
  for (uint16_t& word : scratch) word = static_cast<uint16_t>(random_.Word());
  b->Words("scratch", kScratch, scratch);
  std::vector<uint16_t> buffers(0x800);
  for (uint16_t& word : buffers) word = static_cast<uint16_t>(random_.Word());
  b->Words("buffers", kBuffers, buffers);
  b->ExportPointer(kScratchExport, "scratch_pointer", kScratch, 0x100);
  b->ExportPointer(kBufferExport, "buffer_pointer", kBuffers, 0x110);
  if (!code_.descriptor_words().empty()) {
    b->Words("descriptors", kDescriptors, code_.descriptor_words());
  }
}

}  // namespace csl::fabric::testing
