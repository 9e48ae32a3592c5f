// SPDX-License-Identifier: Apache-2.0
// What a tile's hardware is set to before its program starts: the value of all top-level comptime
// blocks.
//
// Functions are indices into ProgramImage::functions, addresses are bytes of PE memory. Lists are
// sorted by their id and hold each id once. Color settings made by the layout are not here but in
// the manifest, since they differ by tile.
#ifndef FABRIC_IMAGE_TILE_CONFIGURATION_H_
#define FABRIC_IMAGE_TILE_CONFIGURATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "fabric/image/color_config.h"
#include "fabric/isa/descriptor.h"

namespace csl::image {

enum class TaskKind : uint8_t { kLocal, kData, kControl };

struct TaskBinding {
  uint8_t id = 0;  // data: color (WSE-2) or input queue (WSE-3)
  TaskKind kind = TaskKind::kLocal;
  uint16_t function = 0;
  // Data and control tasks: the widths in bits (16 or 32) of the parameters, 0 = none.
  uint8_t param_bits[2] = {0, 0};
  friend bool operator==(const TaskBinding&, const TaskBinding&) = default;
};

struct InputQueue {
  uint8_t queue = 0;
  uint8_t color = isa::kNoColor;
  isa::Priority priority = isa::Priority::kDefault;
  uint8_t control_table = 0;
  bool dense = false;
  bool filter_enable = false;
  friend bool operator==(const InputQueue&, const InputQueue&) = default;
};

struct OutputQueue {
  uint8_t queue = 0;
  uint8_t color = isa::kNoColor;  // WSE-2: none, the color travels with each wavelet
  bool dense = false;
  friend bool operator==(const OutputQueue&, const OutputQueue&) = default;
};

struct LocalColor {
  uint8_t color = 0;
  ColorConfig config;
  friend bool operator==(const LocalColor&, const LocalColor&) = default;
};

// A DSR loaded before the start.
struct InitialDsr {
  isa::DsrFile file = isa::DsrFile::kDest;
  uint8_t number = 0;
  isa::Descriptor descriptor;
  friend bool operator==(const InitialDsr&, const InitialDsr&) = default;
};

enum class FifoAction : uint8_t { kTestOrSuspend, kTerminate, kSuspend, kFault };
inline constexpr uint8_t kNoTask = 0xff;

struct Fifo {
  uint8_t id = 0;
  uint16_t base = 0;
  uint16_t capacity = 0;  // elements
  uint8_t element_bytes = 2;
  uint8_t activate_pop = kNoTask;
  uint8_t activate_push = kNoTask;
  FifoAction empty_action = FifoAction::kTestOrSuspend;
  FifoAction full_action = FifoAction::kTestOrSuspend;
  isa::Priority priority = isa::Priority::kDefault;
  isa::SimdMode simd = isa::SimdMode::kDefault;
  friend bool operator==(const Fifo&, const Fifo&) = default;
};

struct ConfigWord {
  uint16_t address = 0;  // word address
  uint16_t value = 0;
  friend bool operator==(const ConfigWord&, const ConfigWord&) = default;
};

// The word whose 0 bits make exceptions stop the PE (docs/formats/configuration_words.md).
inline constexpr uint16_t kExceptionMask = 0x7a40;
// Whether a mask asks for what the machine does not do yet. The performance counters (bits 0 and 1)
// never overflow: they have 48 bits.
constexpr bool UnmasksExceptions(uint16_t mask) { return (mask & 0xfc) != 0xfc; }

struct RotatingTasks {
  uint8_t data_id = 0;
  uint16_t alternative = 0;  // function
  uint16_t limit = 0;
  uint16_t init = 0;
  friend bool operator==(const RotatingTasks&, const RotatingTasks&) = default;
};

// Functions of handlers that the teardown task dispatches to.
struct Handler {
  enum class Kind : uint8_t { kTeardown, kEmptyInputQueue, kEmptyOutputQueue };
  Kind kind = Kind::kTeardown;
  uint8_t id = 0;  // color or queue
  uint16_t function = 0;
  friend bool operator==(const Handler&, const Handler&) = default;
};

struct TileConfiguration {
  std::vector<TaskBinding> tasks;  // by (kind == kControl and separate_control_table, id)
  uint64_t active_tasks = 0;       // bit = task id: active at the start
  uint64_t blocked_tasks = 0;  // bit = task id: blocked at the start, unbound data ids among them
  uint64_t high_priority_tasks = 0;
  bool separate_control_table = false;  // WSE-3
  uint8_t control_table_instructions = 4;
  uint8_t control_table_stride = 1;
  uint8_t blocked_microthreads = 0;  // bit = ut id
  // By queue. On WSE-2 one queue may have several colors, and one color several queues
  // (shared_queues.h).
  std::vector<InputQueue> input_queues;
  std::vector<OutputQueue> output_queues;
  std::vector<LocalColor> local_colors;
  std::vector<InitialDsr> dsrs;  // by (file, number)
  std::vector<Fifo> fifos;
  std::vector<ConfigWord> words;
  std::vector<RotatingTasks> rotating_tasks;
  std::vector<Handler> handlers;

  friend bool operator==(const TileConfiguration&, const TileConfiguration&) = default;
  // One setting a line, nothing for what is at its default.
  std::string ToString() const;
};

// Ids, queues, colors, functions and addresses exist on that architecture, lists are sorted.
// DataLoss otherwise.
Status ValidateConfiguration(const TileConfiguration& configuration, isa::Arch arch,
                             size_t num_functions);
// Positions and masks are what routers have. DataLoss otherwise.
Status ValidateColorConfig(const ColorConfig& config);

}  // namespace csl::image

#endif  // FABRIC_IMAGE_TILE_CONFIGURATION_H_
