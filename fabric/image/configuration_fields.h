// SPDX-License-Identifier: Apache-2.0
// The fields of configuration values in their order on disk (docs/formats/image.md, placement.md).
// Private.
#ifndef FABRIC_IMAGE_CONFIGURATION_FIELDS_H_
#define FABRIC_IMAGE_CONFIGURATION_FIELDS_H_

#include "fabric/image/byte_archive.h"
#include "fabric/image/tile_configuration.h"

namespace csl::image {

template <typename Archive>
void Fields(Archive& ar, Route& v) {
  ar(v.rx, v.tx);
}

template <typename Archive>
void Fields(Archive& ar, Filter& v) {
  ar.Enum(v.kind, FilterKind::kSparseCounter);
  ar(v.min_index, v.max_index, v.count_data, v.count_control, v.filter_control, v.has_limit1,
     v.has_limit2, v.init_counter, v.max_counter, v.limit1, v.limit2);
}

template <typename Archive>
void Fields(Archive& ar, ColorConfig& v) {
  for (Route& route : v.positions) Fields(ar, route);
  ar(v.num_positions, v.current_position, v.ring_mode);
  ar.Enum(v.pop_mode, PopMode::kPopOnAdvanceNop);
  ar(v.color_swap_x, v.color_swap_y, v.teardown);
  Fields(ar, v.filter);
}

template <typename Archive>
void Fields(Archive& ar, TaskBinding& v) {
  ar(v.id);
  ar.Enum(v.kind, TaskKind::kControl);
  ar(v.function, v.param_bits[0], v.param_bits[1]);
}

template <typename Archive>
void Fields(Archive& ar, InputQueue& v) {
  ar(v.queue, v.color);
  ar.Enum(v.priority, isa::Priority::kHigh);
  ar(v.control_table, v.dense, v.filter_enable);
}

template <typename Archive>
void Fields(Archive& ar, OutputQueue& v) {
  ar(v.queue, v.color, v.dense);
}

template <typename Archive>
void Fields(Archive& ar, LocalColor& v) {
  ar(v.color);
  Fields(ar, v.config);
}

template <typename Archive>
void Fields(Archive& ar, isa::Descriptor& v) {
  ar.Enum(v.header.kind, isa::DsdKind::kFifo);
  ar(v.header.dimensions, v.header.wavelet_index_offset, v.header.control, v.header.advance_switch,
     v.header.control_transform, v.base);
  for (int i = 0; i < 4; ++i) ar(v.extent[i], v.stride[i]);
  ar(v.wrap_start, v.wrap_end, v.queue, v.color);
  ar.Enum(v.modes.simd, isa::SimdMode::kMax);
  ar.Enum(v.modes.zero, isa::ZeroSource::kSecond);
  ar.Enum(v.modes.priority, isa::Priority::kHigh);
  ar(v.load_flags, v.async.is_async);
  ar.Enum(v.async.completion, isa::AsyncAction::kTerminate);
  ar.Enum(v.async.on_control, isa::AsyncAction::kTerminate);
  ar(v.async.priority, v.async.microthread, v.completion_id, v.on_control_id, v.index);
}

template <typename Archive>
void Fields(Archive& ar, InitialDsr& v) {
  ar.Enum(v.file, isa::DsrFile::kSrc1);
  ar(v.number);
  Fields(ar, v.descriptor);
}

template <typename Archive>
void Fields(Archive& ar, Fifo& v) {
  ar(v.id, v.base, v.capacity, v.element_bytes, v.activate_pop, v.activate_push);
  ar.Enum(v.empty_action, FifoAction::kFault);
  ar.Enum(v.full_action, FifoAction::kFault);
  ar.Enum(v.priority, isa::Priority::kHigh);
  ar.Enum(v.simd, isa::SimdMode::kMax);
}

template <typename Archive>
void Fields(Archive& ar, ConfigWord& v) {
  ar(v.address, v.value);
}

template <typename Archive>
void Fields(Archive& ar, RotatingTasks& v) {
  ar(v.data_id, v.alternative, v.limit, v.init);
}

template <typename Archive>
void Fields(Archive& ar, Handler& v) {
  ar.Enum(v.kind, Handler::Kind::kEmptyOutputQueue);
  ar(v.id, v.function);
}

template <typename Archive>
void Fields(Archive& ar, TileConfiguration& v) {
  ar.List(v.tasks);
  ar(v.active_tasks, v.blocked_tasks, v.high_priority_tasks, v.separate_control_table,
     v.control_table_instructions, v.control_table_stride, v.blocked_microthreads);
  ar.List(v.input_queues);
  ar.List(v.output_queues);
  ar.List(v.local_colors);
  ar.List(v.dsrs);
  ar.List(v.fifos);
  ar.List(v.words);
  ar.List(v.rotating_tasks);
  ar.List(v.handlers);
}

}  // namespace csl::image

#endif  // FABRIC_IMAGE_CONFIGURATION_FIELDS_H_
