// SPDX-License-Identifier: Apache-2.0
#include "fabric/router/testing/cut_fabric.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace csl::fabric::router::testing {
namespace {

template <typename Event>
bool Before(const Event& a, const Event& b) {
  return std::tie(a.pe, a.color) < std::tie(b.pe, b.color);
}

image::ColorConfig DropsAll() {
  image::ColorConfig config;
  config.positions[0].rx = image::kWest | image::kEast | image::kSouth | image::kNorth;
  return config;
}

std::vector<int> StripOf(const std::vector<int>& cuts) {
  std::vector<int> out;
  for (int strip = 0; strip + 1 < static_cast<int>(cuts.size()); ++strip) {
    out.resize(static_cast<size_t>(cuts[static_cast<size_t>(strip) + 1]), strip);
  }
  return out;
}

}  // namespace

CutFabric::CutFabric(isa::Arch arch, const Turn& turn, std::vector<int> x_cuts,
                     std::vector<int> y_cuts, FeatureCounts* seen)
    : turn_(turn),
      x_cuts_(std::move(x_cuts)),
      y_cuts_(std::move(y_cuts)),
      column_of_(StripOf(x_cuts_)),
      row_of_(StripOf(y_cuts_)),
      seen_(seen) {
  const size_t columns = x_cuts_.size() - 1;
  const size_t rows = y_cuts_.size() - 1;
  for (size_t y = 0; y < rows; ++y) {
    for (size_t x = 0; x < columns; ++x) {
      const ShardPlace place{arch, x_cuts_[x], y_cuts_[y], x_cuts_[x + 1] - x_cuts_[x],
                             y_cuts_[y + 1] - y_cuts_[y]};
      shards_.push_back({place.x, place.y, std::make_unique<RouterShard>(place)});
    }
  }
  for (size_t y = 0; y < rows; ++y) {
    for (size_t x = 0; x < columns; ++x) {
      const auto at = [&](size_t i) { return shards_[i].routers.get(); };
      const size_t i = y * columns + x;
      if (x > 0) at(i)->Connect(Side::kWest, at(i - 1));
      if (x + 1 < columns) at(i)->Connect(Side::kEast, at(i + 1));
      if (y > 0) at(i)->Connect(Side::kNorth, at(i - columns));
      if (y + 1 < rows) at(i)->Connect(Side::kSouth, at(i + columns));
    }
  }
  DropAround();
}

// PEs around the fabric drop what comes, as does the edge of a program.
void CutFabric::DropAround() {
  for (size_t i = 0; i < shards_.size(); ++i) {
    const auto width = static_cast<uint32_t>(WidthOf(i));
    const size_t row = i / (x_cuts_.size() - 1);
    const auto height = static_cast<uint32_t>(y_cuts_[row + 1] - y_cuts_[row]);
    for (uint32_t pe = 0; pe < width * height; ++pe) {
      if (Global(shards_[i], static_cast<int>(width), pe) >= 0) continue;
      for (int color = 0; color < kNumColors; ++color) {
        shards_[i].routers->SetColor(pe, color, DropsAll());
      }
    }
  }
}

CutFabric::Place CutFabric::At(int pe) const {
  const int turned = turn_.Pe(pe);
  const int x = turned % turn_.turned_width();
  const int y = turned / turn_.turned_width();
  const auto column = static_cast<size_t>(column_of_[static_cast<size_t>(x)]);
  const auto row = static_cast<size_t>(row_of_[static_cast<size_t>(y)]);
  const Shard& shard = shards_[row * (x_cuts_.size() - 1) + column];
  const int shard_width = x_cuts_[column + 1] - x_cuts_[column];
  return {shard.routers.get(), static_cast<uint32_t>((y - shard.y) * shard_width + (x - shard.x))};
}

void CutFabric::Exchange(int64_t t) {
  const int columns = static_cast<int>(x_cuts_.size()) - 1;
  const int count = static_cast<int>(shards_.size());
  for (int i = 0; i < count; ++i) {
    const auto sends = [&](int other, Side side) {
      if (other < 0 || other >= count) return false;
      const Shard& shard = shards_[static_cast<size_t>(other)];
      return shard.stepped == t - 1 && shard.routers->HasOutgoing(side);
    };
    const bool is_due = (i % columns > 0 && sends(i - 1, Side::kEast)) ||
                        (i % columns + 1 < columns && sends(i + 1, Side::kWest)) ||
                        sends(i - columns, Side::kSouth) || sends(i + columns, Side::kNorth);
    if (!is_due) continue;
    ++(*seen_)[Feature::kShardCrossed];
    shards_[static_cast<size_t>(i)].routers->Exchange(t);
  }
}

int CutFabric::Global(const Shard& shard, int shard_width, uint32_t pe) const {
  const int x = shard.x + static_cast<int>(pe) % shard_width;
  const int y = shard.y + static_cast<int>(pe) / shard_width;
  return turn_.OriginalPe(y * turn_.turned_width() + x);
}

int CutFabric::WidthOf(size_t shard) const {
  const size_t column = shard % (x_cuts_.size() - 1);
  return x_cuts_[column + 1] - x_cuts_[column];
}

template <typename Event>
void CutFabric::Take(const Shard& shard, int shard_width, const std::vector<Event>& from,
                     std::vector<Event>* to, std::string* error) const {
  if (!std::ranges::is_sorted(from, Before<Event>)) *error += "results are not in order\n";
  for (Event event : from) {
    const int pe = Global(shard, shard_width, event.pe);
    if (pe < 0) continue;
    event.pe = static_cast<uint32_t>(pe);
    to->push_back(event);
  }
}

StepResults CutFabric::Step(int64_t t, bool everyone, std::string* error) {
  StepResults all;
  for (size_t i = 0; i < shards_.size(); ++i) {
    Shard& shard = shards_[i];
    if (!everyone && shard.routers->NextStepCycle() > t) {
      ++(*seen_)[Feature::kShardAsleep];
      continue;
    }
    StepResults one;
    shard.routers->Step(t, &one);
    shard.stepped = t;
    const int shard_width = WidthOf(i);
    Take(shard, shard_width, one.landings, &all.landings, error);
    Take(shard, shard_width, one.departures, &all.departures, error);
    for (const Teardown& teardown : one.teardowns) {
      if (Global(shard, shard_width, teardown.pe) >= 0) continue;
      shard.routers->SetColor(teardown.pe, teardown.color, DropsAll());
    }
    Take(shard, shard_width, one.teardowns, &all.teardowns, error);
    Take(shard, shard_width, one.rooms, &all.rooms, error);
    Take(shard, shard_width, one.collisions, &all.collisions, error);
  }
  for (Collision& c : all.collisions) {
    c.first = turn_.OriginalSide(c.first);
    c.second = turn_.OriginalSide(c.second);
    if (c.second < c.first) std::swap(c.first, c.second);
  }
  std::ranges::stable_sort(all.landings, Before<Landing>);
  std::ranges::stable_sort(all.departures, Before<Departure>);
  std::ranges::stable_sort(all.teardowns, Before<Teardown>);
  std::ranges::stable_sort(all.rooms, Before<RoomEvent>);
  std::ranges::stable_sort(all.collisions, Before<Collision>);
  return all;
}

std::vector<RouterShard::Waiting> CutFabric::ListWaiting() const {
  std::vector<RouterShard::Waiting> all;
  for (size_t i = 0; i < shards_.size(); ++i) {
    for (RouterShard::Waiting waiting : shards_[i].routers->ListWaiting()) {
      const int pe = Global(shards_[i], WidthOf(i), waiting.pe);
      if (pe < 0) continue;
      waiting.pe = static_cast<uint32_t>(pe);
      waiting.side = turn_.OriginalSide(waiting.side);
      all.push_back(waiting);
    }
  }
  return all;
}

int64_t CutFabric::num_hops() const {
  int64_t out = 0;
  for (const Shard& shard : shards_) out += shard.routers->num_hops();
  return out;
}

}  // namespace csl::fabric::router::testing
