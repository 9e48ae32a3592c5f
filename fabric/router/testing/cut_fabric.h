// SPDX-License-Identifier: Apache-2.0
// A fabric cut into shards, and turned, seen as one that is not: PEs are numbered row by row over
// all of it, as they were before the turn.
#ifndef FABRIC_ROUTER_TESTING_CUT_FABRIC_H_
#define FABRIC_ROUTER_TESTING_CUT_FABRIC_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fabric/router/router_shard.h"
#include "fabric/router/testing/features.h"
#include "fabric/router/testing/turn.h"

namespace csl::fabric::router::testing {

class CutFabric {
 public:
  // Ascending cuts, from 0 to the turned fabric's size: {0, 3, 8} are two columns of shards.
  CutFabric(isa::Arch arch, const Turn& turn, std::vector<int> x_cuts, std::vector<int> y_cuts,
            FeatureCounts* seen);

  struct Place {
    RouterShard* shard;
    uint32_t pe;  // in the shard
  };
  Place At(int pe) const;
  // What waits at the PEs that were there before the turn.
  std::vector<RouterShard::Waiting> ListWaiting() const;

  // Exchanges where the neighbours have something to take over.
  void Exchange(int64_t t);
  // Steps the shards that must be; `everyone`: all of them. In order of PE, then color; an order
  // within a shard that is wrong is appended to `error`.
  StepResults Step(int64_t t, bool everyone, std::string* error);

  const Turn& turn() const { return turn_; }
  int width() const { return turn_.width; }
  int height() const { return turn_.height; }
  int64_t num_hops() const;

 private:
  struct Shard {
    int x;
    int y;
    std::unique_ptr<RouterShard> routers;
    int64_t stepped = -1;
  };
  // As before the turn; -1: it did not exist.
  int Global(const Shard& shard, int shard_width, uint32_t pe) const;
  int WidthOf(size_t shard) const;
  void DropAround();
  template <typename Event>
  void Take(const Shard& shard, int width, const std::vector<Event>& from, std::vector<Event>* to,
            std::string* error) const;

  Turn turn_;
  std::vector<int> x_cuts_;
  std::vector<int> y_cuts_;
  std::vector<Shard> shards_;   // row by row
  std::vector<int> column_of_;  // of shards, by x
  std::vector<int> row_of_;
  FeatureCounts* seen_;
};

}  // namespace csl::fabric::router::testing

#endif  // FABRIC_ROUTER_TESTING_CUT_FABRIC_H_
