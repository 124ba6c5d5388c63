// SPDX-License-Identifier: Apache-2.0
// Senders over a channel that leads straight into another store, and can be cut.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "core/mutex.hpp"
#include "core/replication/applier.hpp"
#include "core/replication/sender.hpp"
#include "tests/core/store/support/stores.hpp"

namespace navistore::replication::testing {

// Lets through as many batches with changes as it was told to; further ones wait.
class Gate {
 public:
  void let_pass(int batches) {
    const Lock lock(mutex_);
    left_ = batches;
    changed_.notify_all();
  }
  void open() { let_pass(INT_MAX); }
  bool somebody_waits() {
    const Lock lock(mutex_);
    return waiting_;
  }
  void pass() {
    const Lock lock(mutex_);
    waiting_ = true;
    while (left_ == 0) changed_.wait(mutex_);
    waiting_ = false;
    if (left_ != INT_MAX) --left_;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  int left_ NAVISTORE_GUARDED_BY(mutex_) = INT_MAX;
  bool waiting_ NAVISTORE_GUARDED_BY(mutex_) = false;
};

struct Target {
  explicit Target(std::unique_ptr<store::Store> opened) : store(std::move(opened)) {}
  std::unique_ptr<store::Store> store;
  Applier applier{*store};
  std::atomic<bool> cut{false};
  std::atomic<bool> refusing{false};  // what has changes in it
  std::atomic<int> attempts{0};
  std::atomic<size_t> largest{0};  // batch, in bytes
  std::atomic<int> deliveries{0};
  Gate gate;
};

// A way to a peer in the same process.
class DirectChannel final : public Channel {
 public:
  explicit DirectChannel(Target &target) : target_(target) {}
  Result<Receipt> deliver(const ChangeBatch &batch) override {
    ++target_.attempts;
    if (batch.changes() != 0) target_.gate.pass();
    if (target_.cut) return Error{Code::kUnavailable, "cut"};
    if (target_.refusing && batch.changes() != 0) return Error{Code::kRefused, "not this"};
    ++target_.deliveries;
    const std::string encoded = encode(batch);
    target_.largest = std::max(target_.largest.load(), encoded.size());
    return target_.applier.apply(encoded);
  }
  void cancel() override { target_.gate.open(); }

 private:
  Target &target_;
};

inline SenderOptions quick() {
  SenderOptions options;
  options.retention_ms = 3'600'000;
  options.heartbeat = std::chrono::milliseconds(20);
  options.longest_backoff = std::chrono::milliseconds(20);
  return options;
}

inline std::unique_ptr<Sender> sender_to(store::Store &source, Target &target,
                                         SenderOptions options = quick()) {
  REQUIRE(source.start_replicating());
  return std::make_unique<Sender>(source, Peer{"b", "http://b", {}, Peer::Kind::kV1},
                                  std::make_unique<DirectChannel>(target), options, [] {});
}

inline void reset(store::Store &store) {
  std::promise<void> done;
  store.reset([&](const Result<uint64_t> &) { done.set_value(); });
  done.get_future().get();
}

inline bool has_all(const Sender &sender, store::Store &source) {
  return sender.acknowledged() == source.revision();
}

}  // namespace navistore::replication::testing
