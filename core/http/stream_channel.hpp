// SPDX-License-Identifier: Apache-2.0
// The state of one Stream, shared with the connection that sends it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http/ticket.hpp"

namespace navistore::http {

class StreamChannel final : public Letter, public std::enable_shared_from_this<StreamChannel> {
 public:
  explicit StreamChannel(ReturnAddress address) : address_(std::move(address)) {}

  // [any thread] As in Stream. finish(kCut): the last handle went away without end().
  Stream::State write(Part part) NAVISTORE_EXCLUDES(mutex_);
  void finish(Ending ending) NAVISTORE_EXCLUDES(mutex_);
  Stream::State state() const;
  size_t queued_bytes() const { return mailed_.load() + held_.load(); }
  void on_ready(std::function<void()> ready) NAVISTORE_EXCLUDES(mutex_);
  void on_closed(std::function<void()> closed) NAVISTORE_EXCLUDES(mutex_);
  void on_drain(std::function<void()> drain) NAVISTORE_EXCLUDES(mutex_);

  // [worker]
  void deliver() override NAVISTORE_EXCLUDES(mutex_);
  // bytes of this stream wait in the connection: below the low-water mark the writer is called.
  void held(size_t bytes) NAVISTORE_EXCLUDES(mutex_);
  void closed() NAVISTORE_EXCLUDES(mutex_);
  void draining() NAVISTORE_EXCLUDES(mutex_);

 private:
  void post() NAVISTORE_REQUIRES(mutex_);
  void tell() NAVISTORE_EXCLUDES(mutex_);

  const ReturnAddress address_;
  std::atomic<size_t> mailed_{0};  // on the way to the worker
  std::atomic<size_t> held_{0};    // in the connection
  std::atomic<bool> full_{false};
  std::atomic<bool> closed_{false};

  Mutex mutex_;
  std::vector<Part> parts_ NAVISTORE_GUARDED_BY(mutex_);
  Ending ending_ NAVISTORE_GUARDED_BY(mutex_) = Ending::kOpen;
  bool posted_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool draining_ NAVISTORE_GUARDED_BY(mutex_) = false;
  std::function<void()> on_ready_ NAVISTORE_GUARDED_BY(mutex_);
  std::function<void()> on_closed_ NAVISTORE_GUARDED_BY(mutex_);
  std::function<void()> on_drain_ NAVISTORE_GUARDED_BY(mutex_);

  std::vector<Part> delivering_;  // the worker's; keeps its capacity
};

// What a handler holds; its end without end() cuts the connection, so that the client sees that
// something is missing.
std::shared_ptr<Stream> make_stream(std::shared_ptr<StreamChannel> channel);

}  // namespace navistore::http
