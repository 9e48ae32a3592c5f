// SPDX-License-Identifier: Apache-2.0
#include "worker/executor/spare_sandboxes.h"

#include <utility>

#include "base/archive/beneath.h"
#include "base/digest/sha256.h"
#include "base/log.h"

namespace csl::worker {
namespace {

constexpr size_t kNameBytes = 6;

void Discard(std::unique_ptr<IdleSandbox> spare) {
  const std::filesystem::path folder = spare->folder();
  spare.reset();
  (void)archive::RemoveTree(folder);
}

}  // namespace

SpareSandboxes::SpareSandboxes(std::filesystem::path folder, const Sandbox& sandbox, size_t count)
    : folder_(std::move(folder)),
      sandbox_(sandbox),
      count_(sandbox.protection() == Protection::kFull ? count : 0),
      thread_([this] { Loop(); }) {}

SpareSandboxes::~SpareSandboxes() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::unique_ptr<IdleSandbox> SpareSandboxes::Take(const std::filesystem::path& folder) {
  for (;;) {
    std::unique_ptr<IdleSandbox> spare;
    {
      std::lock_guard lock(mutex_);
      if (ready_.empty()) return nullptr;
      spare = std::move(ready_.front());
      ready_.pop_front();
    }
    if (spare->IsGood() && spare->MoveTo(folder).ok()) return spare;
    Discard(std::move(spare));
  }
}

void SpareSandboxes::Refill() {
  std::lock_guard lock(mutex_);
  wanted_ = true;
  changed_.notify_all();
}

// On the thread of this object alone: what it starts ends with it.
void SpareSandboxes::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || (wanted_ && ready_.size() < count_); });
    if (ending_) break;
    MakeOne(lock);
  }
  std::deque<std::unique_ptr<IdleSandbox>> left = std::exchange(ready_, {});
  lock.unlock();
  for (auto& spare : left) Discard(std::move(spare));
}

void SpareSandboxes::MakeOne(std::unique_lock<std::mutex>& lock) {
  const std::filesystem::path folder = folder_ / (kFolderPrefix + std::to_string(++made_));
  lock.unlock();
  auto spare = IdleSandbox::Start(folder, kGroupPrefix + RandomHex(kNameBytes), sandbox_);
  Status status = spare.status();
  if (status.ok())
    status = (*spare)->AwaitReady([this] {
      std::lock_guard look(mutex_);
      return ending_;
    });
  if (!status.ok()) {
    if (spare.ok()) spare->reset();
    (void)archive::RemoveTree(folder);
    // Jobs make their own, and say why they cannot.
    if (status.code() != StatusCode::kCancelled) {
      Log(LogLevel::kWarning, "no spare sandbox: " + status.message());
    }
  }
  lock.lock();
  if (status.ok()) {
    ready_.push_back(std::move(*spare));
  } else {
    wanted_ = false;  // until the next job asks
  }
  if (ready_.size() >= count_) wanted_ = false;
}

}  // namespace csl::worker
