// SPDX-License-Identifier: Apache-2.0
// Senders over a channel that leads straight into another store, and can be cut.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "core/replication/applier.hpp"
#include "core/replication/sender.hpp"
#include "tests/core/store/support/stores.hpp"

namespace navistore::replication::testing {

struct Target {
  explicit Target(std::unique_ptr<store::Store> opened) : store(std::move(opened)) {}
  std::unique_ptr<store::Store> store;
  Applier applier{*store};
  std::atomic<bool> cut{false};
  std::atomic<bool> refusing{false};  // what has changes in it
  std::atomic<int> attempts{0};
  std::atomic<size_t> largest{0};  // batch, in bytes
  std::atomic<int> deliveries{0};
};

// A way to a peer in the same process.
class DirectChannel final : public Channel {
 public:
  explicit DirectChannel(Target &target) : target_(target) {}
  Result<Receipt> deliver(const ChangeBatch &batch) override {
    ++target_.attempts;
    if (target_.cut) return Error{Code::kUnavailable, "cut"};
    if (target_.refusing && batch.changes() != 0) return Error{Code::kRefused, "not this"};
    ++target_.deliveries;
    const std::string encoded = encode(batch);
    target_.largest = std::max(target_.largest.load(), encoded.size());
    return target_.applier.apply(encoded);
  }
  void cancel() override {}

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

inline bool has_all(const Sender &sender, store::Store &source) {
  return sender.acknowledged() == source.revision();
}

}  // namespace navistore::replication::testing
