// SPDX-License-Identifier: Apache-2.0
// What the connections of one worker share: limits, time, buffers that are used again, counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "core/http/body_budget.hpp"
#include "core/http/mailbox.hpp"
#include "core/http/message.hpp"
#include "core/http/output_queue.hpp"
#include "core/http/request_parser.hpp"
#include "core/http/server.hpp"

namespace navistore::http {

// Written by one worker, read by anyone.
class Counter {
 public:
  void add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct WorkerCounters {
  Counter requests;
  Counter bytes_in;
  Counter bytes_out;
  Counter moved;  // connections, to other workers
};

// [worker] but for counters and mailbox.
struct Workspace {
  Workspace(const ServerOptions &server_options, const std::atomic<bool> &server_draining,
            BodyBudget &server_bodies, std::shared_ptr<Mailbox> own_mailbox)
      : options(server_options),
        draining(server_draining),
        bodies(server_bodies),
        limits{options.max_uri_bytes, options.max_header_bytes, options.max_header_lines},
        mailbox(std::move(own_mailbox)) {}

  const ServerOptions &options;
  const std::atomic<bool> &draining;  // answers are the last of their connections
  BodyBudget &bodies;                 // that are being gathered, on all workers
  const HeadLimits limits;
  const std::shared_ptr<Mailbox> mailbox;
  int64_t now_ms = 0;  // monotonic; as of the current batch of events
  std::string date;    // the Date line, as of the current batch of events
  BufferPool buffers;
  Request request;    // the request at hand: its vector keeps its capacity
  Response response;  // the answer at hand
  WorkerCounters counters;
};

}  // namespace navistore::http
