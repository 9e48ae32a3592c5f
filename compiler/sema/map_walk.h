// SPDX-License-Identifier: Apache-2.0
// Walk: one DSD or DSR that the loop of @map goes through, element by element.
//
// Memory is walked by address, with a counter for each dimension but the outermost one; what
// changes from one iteration to the next are parameters of the loop's block. A DSR moves by itself.
// A fabric DSD is read and written by operations on one element.
#ifndef COMPILER_SEMA_MAP_WALK_H_
#define COMPILER_SEMA_MAP_WALK_H_

#include <span>
#include <vector>

#include "compiler/sema/handler.h"

namespace csl::sema {

class Walk {
 public:
  // `is_output`: the loop writes its elements. nullopt if reported.
  static std::optional<Walk> Start(Frame& f, const Operand& o, types::TypeId element,
                                   bool is_output, source::Span span);

  // i16. Where it is kEndlessExtent and `may_be_endless`, there is no end.
  ir::ValueId length() const { return length_; }
  bool may_be_endless() const { return medium_ != Medium::kMemory; }

  // What the loop carries: the values for the first iteration, and, with `now` the values of one
  // iteration, those of the next.
  std::vector<ir::ValueId> First() const;
  std::vector<ir::ValueId> Next(Frame& f, std::span<const ir::ValueId> now) const;

  Operand Read(Frame& f, std::span<const ir::ValueId> now) const;
  void Write(Frame& f, std::span<const ir::ValueId> now, const Operand& value,
             source::Span span) const;

 private:
  enum class Medium : uint8_t { kMemory, kDsr, kFabric };

  void StartMemory(Frame& f, const Operand& o, source::Span span);
  void StartFabric(Frame& f, const Operand& o, source::Span span);
  ir::DsdOp MoveOp(const types::TypeStore& s) const;

  Medium medium_ = Medium::kMemory;
  types::TypeId element_;
  ir::ValueId length_;
  ir::ValueId base_;                  // kMemory
  std::vector<ir::ValueId> extents_;  // kMemory: fastest dimension first
  std::vector<ir::ValueId> steps_;    // kMemory: in bytes
  ir::DsrRef dsr_;                    // kDsr
  ir::ValueId one_element_;           // kFabric: address of the DSD, its extent set to 1
  ir::ValueId buffer_;                // kFabric, inputs: where elements arrive
};

}  // namespace csl::sema

#endif  // COMPILER_SEMA_MAP_WALK_H_
