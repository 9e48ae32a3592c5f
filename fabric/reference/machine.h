// SPDX-License-Identifier: Apache-2.0
// All PEs of a program's rectangle, in lockstep: every CE, then every router, every cycle.
#ifndef FABRIC_REFERENCE_MACHINE_H_
#define FABRIC_REFERENCE_MACHINE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fabric/image/artifact.h"
#include "fabric/reference/ce.h"
#include "fabric/reference/program.h"
#include "fabric/reference/router.h"

namespace csl::fabric::reference {

class Machine {
 public:
  explicit Machine(const image::Artifact& artifact);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  int width() const { return width_; }
  int height() const { return height_; }
  uint32_t num_pes() const { return static_cast<uint32_t>(ces_.size()); }
  Ce& ce(uint32_t index) { return ces_[index]; }
  const Ce& ce(uint32_t index) const { return ces_[index]; }
  Router& router(uint32_t index) { return routers_[index]; }
  Shared& shared() { return shared_; }
  const Shared& shared() const { return shared_; }

  void Step(int64_t t);
  // Whether a PE does anything in t or later, commands that have not arrived aside.
  bool CanDoSomething(int64_t t) const;
  // The first PE that stopped with a fault, by cycle, then index.
  std::optional<uint32_t> FirstFault() const { return first_fault_; }

 private:
  const Program* LoadProgram(const image::Artifact& artifact, uint32_t number);
  void Connect();
  void SetColors(const image::Manifest& manifest);
  Router* RouterAt(int x, int y);

  int width_;
  int height_;
  Shared shared_;
  std::vector<std::unique_ptr<Program>> programs_;  // by number; null: no PE runs it
  std::vector<Ce> ces_;
  std::vector<Router> routers_;
  std::vector<std::unique_ptr<Router>> outside_;
  std::optional<uint32_t> first_fault_;
};

}  // namespace csl::fabric::reference

#endif  // FABRIC_REFERENCE_MACHINE_H_
