// SPDX-License-Identifier: Apache-2.0
// TileConfig: what the top-level comptime blocks of a tile program configure, before link.
//
// The same facts as image::TileConfiguration, with functions and globals named by their ids in the
// program's ir::Module; link replaces these by function indices and addresses. Ids are numbers of
// the machine (task id 0..63 ...). Lists are sorted by id.
#ifndef COMPILER_SEMA_TILE_CONFIG_H_
#define COMPILER_SEMA_TILE_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/ir.h"
#include "compiler/source/location.h"
#include "fabric/image/tile_configuration.h"

namespace csl::sema {

enum class TaskKind : uint8_t { kLocal, kData, kControl };

struct TaskBinding {
  uint16_t id = 0;  // of the task table; data: color (WSE-2) or input queue (WSE-3)
  TaskKind kind = TaskKind::kLocal;
  ir::FunctionId function;
  source::Span span;  // for messages
};

// Initial active and blocked bits that differ from the default (not active; bound local and data
// tasks not blocked).
struct TaskBits {
  uint16_t id = 0;
  bool value = false;
};

struct ConfigWord {
  uint16_t address = 0;  // word address
  uint16_t value = 0;
};

// A DSR loaded before the start, from the initial contents of a global.
struct InitialDsr {
  ir::DsrRef dsr;
  ir::GlobalId descriptor;
  uint8_t load_flags = 0;  // isa::DsrLoadFlag
  isa::AsyncSettings async;
  uint16_t completion_id = 0;
  uint16_t on_control_id = 0;
};

// One @allocate_fifo. Its position is the FIFO's id. The function of a task that is activated is
// known by its id.
struct Fifo {
  ir::GlobalId buffer;
  int32_t offset = 0;  // bytes into the buffer
  uint16_t capacity = 0;
  uint8_t element_bytes = 2;
  uint8_t activate_pop = image::kNoTask;
  uint8_t activate_push = image::kNoTask;
  image::FifoAction empty_action = image::FifoAction::kTestOrSuspend;
  image::FifoAction full_action = image::FifoAction::kTestOrSuspend;
  isa::Priority priority = isa::Priority::kDefault;
  isa::SimdMode simd = isa::SimdMode::kDefault;
  int8_t dsr =
      -1;  // in the files dest and src1, if the program chose it; then `dsrs` holds it, too
};

struct RotatingTasks {
  uint16_t data_id = 0;
  ir::FunctionId alternative;
  uint16_t limit = 0;
  uint16_t init = 0;
  source::Span span;  // for messages
};

struct Handler {
  image::Handler::Kind kind = image::Handler::Kind::kTeardown;
  uint16_t id = 0;  // color or queue
  ir::FunctionId function;
};

// A fabric DSD that the program makes. kNoId: not known at compile time, or not given.
struct FabricUse {
  static constexpr uint16_t kNoId = 0xffff;
  bool is_output = false;
  bool sends_control = false;
  uint16_t queue = kNoId;
  uint16_t color = kNoId;
  source::Span span;
};

struct TileConfig {
  std::vector<TaskBinding> tasks;
  std::vector<uint16_t> active;      // task ids active at the start
  std::vector<TaskBits> blocked;     // explicit @block and @unblock of task ids, the last one wins
  uint8_t blocked_microthreads = 0;  // bit = ut id
  std::vector<image::InputQueue> input_queues;
  std::vector<image::OutputQueue> output_queues;
  std::vector<image::LocalColor> local_colors;
  std::vector<source::Span> local_color_spans;  // by local_colors; for messages
  std::vector<InitialDsr> dsrs;   // in the order of the loads; a later one of a register wins
  std::vector<Fifo> fifos;        // by FIFO id
  std::vector<ConfigWord> words;  // @set_config, the last write wins
  std::vector<RotatingTasks> rotating_tasks;
  std::vector<Handler> handlers;
  // For checks of the whole layout; no part of the image.
  std::vector<FabricUse> fabric_uses;
  uint32_t reconfigured_colors = 0;  // bits: routes or switches that the program changes itself
  bool separate_control_table = false;
  uint8_t control_table_instructions = 4;
  uint8_t control_table_stride = 1;
};

// Text form, part of `--dump=ir`.
std::string ToString(const TileConfig& config, const ir::Module& module);

}  // namespace csl::sema

#endif  // COMPILER_SEMA_TILE_CONFIG_H_
