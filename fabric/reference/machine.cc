// SPDX-License-Identifier: Apache-2.0
#include "fabric/reference/machine.h"

#include <fmt/format.h>

namespace csl::fabric::reference {

Machine::Machine(const image::Artifact& artifact)
    : width_(artifact.manifest.rectangle.width), height_(artifact.manifest.rectangle.height) {
  const image::Manifest& manifest = artifact.manifest;
  shared_.arch = manifest.arch;
  programs_.resize(artifact.images.size() + artifact.variants.size());
  const auto count = static_cast<size_t>(width_) * static_cast<size_t>(height_);
  ces_.resize(count);
  routers_.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    Router& router = routers_[i];
    Ce& ce = ces_[i];
    ce.index = i;
    ce.x = static_cast<int>(i) % width_;
    ce.y = static_cast<int>(i) / width_;
    ce.name = fmt::format("P{}.{}", manifest.offset.width + ce.x, manifest.offset.height + ce.y);
    ce.program = LoadProgram(artifact, *manifest.ProgramAt(ce.x, ce.y));
    ce.shared = &shared_;
    ce.router = &router;
    router.arch = shared_.arch;
    router.ce = &ce;
    router.shared = &shared_;
    router.MakeRings();
  }
  Connect();
  SetColors(manifest);
  for (Ce& ce : ces_) InitCe(ce);
  for (Router& router : routers_) router.ShowSwaps();
}

const Program* Machine::LoadProgram(const image::Artifact& artifact, uint32_t number) {
  std::unique_ptr<Program>& program = programs_[number];
  if (program == nullptr) {
    const size_t images = artifact.images.size();
    const image::ProgramImage& base = artifact.BaseOf(number);
    program = std::make_unique<Program>(
        number < images ? base : artifact.variants[number - images].Apply(base));
  }
  return program.get();
}

Router* Machine::RouterAt(int x, int y) {
  if (x >= 0 && y >= 0 && x < width_ && y < height_) {
    return &routers_[static_cast<size_t>(y * width_ + x)];
  }
  outside_.push_back(std::make_unique<Router>());
  outside_.back()->shared = &shared_;
  outside_.back()->MakeRings();
  return outside_.back().get();
}

void Machine::Connect() {
  for (Ce& ce : ces_) {
    ce.router->neighbours[kWest] = RouterAt(ce.x - 1, ce.y);
    ce.router->neighbours[kEast] = RouterAt(ce.x + 1, ce.y);
    ce.router->neighbours[kSouth] = RouterAt(ce.x, ce.y + 1);
    ce.router->neighbours[kNorth] = RouterAt(ce.x, ce.y - 1);
  }
}

// The layout's settings, then those of the programs.
void Machine::SetColors(const image::Manifest& manifest) {
  for (const image::ColorRun& run : manifest.color_runs) {
    for (int y = run.y; y < run.y + run.height; ++y) {
      for (int x = run.x; x < run.x + run.width; ++x) {
        RouterAt(x, y)->colors[run.color] = ColorState(manifest.color_configs[run.config]);
      }
    }
  }
  for (Ce& ce : ces_) {
    for (const image::LocalColor& local : ce.program->image.configuration.local_colors) {
      ce.router->colors[local.color] = ColorState(local.config);
    }
  }
}

void Machine::Step(int64_t t) {
  for (Ce& ce : ces_) StepCe(ce, t);
  for (Router& router : routers_) {
    const Fault collision = router.Step(t);
    if (!collision.ok()) router.ce->Stop(collision, 0, t);
  }
  for (Router& router : routers_) router.ShowSwaps();
  for (const Ce& ce : ces_) {
    if (!first_fault_.has_value() && ce.fault_cycle == t) first_fault_ = ce.index;
  }
}

bool Machine::CanDoSomething(int64_t t) const {
  for (const Ce& ce : ces_) {
    if (reference::CanDoSomething(ce, t)) return true;
  }
  for (const Router& router : routers_) {
    if (router.CanMove()) return true;
  }
  return false;
}

}  // namespace csl::fabric::reference
