// SPDX-License-Identifier: Apache-2.0
// What the workers of one server share, and the server itself knows of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "core/http/body_budget.hpp"
#include "core/http/listener.hpp"
#include "core/http/mailbox.hpp"
#include "core/http/server.hpp"
#include "core/http/tls.hpp"
#include "core/http/workspace.hpp"
#include "core/mutex.hpp"

namespace navistore::http {

class Worker;

// One worker, as others see it.
struct Seat {
  size_t number = 0;  // its index in Engine::seats
  Worker *worker = nullptr;
  std::shared_ptr<Mailbox> mailbox;
  const WorkerCounters *counters = nullptr;
  std::atomic<size_t> load{0};                 // its connections
  std::vector<std::atomic<uint64_t>> traffic;  // events a second, lately, by group
};

struct Engine {
  explicit Engine(ServerOptions server_options)
      : options(std::move(server_options)), tls(options.tls), bodies(options.max_gathered_bytes) {}

  const ServerOptions options;
  TlsKeeper tls;
  BodyBudget bodies;
  std::vector<Listener> listeners;           // constant while workers run, but for close()
  std::vector<std::unique_ptr<Seat>> seats;  // filled before the workers run
  std::atomic<bool> draining{false};
  std::atomic<size_t> connections{0};
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> refused{0};
  // Workers that gave their reserve descriptor up and did not get one back: while there are any,
  // whoever accepts a client has caught it, and must let go.
  std::atomic<unsigned> reserves_missing{0};

  // Runs task on each worker's thread. Blocks until all are done, at most until limit.
  // Returns false when some are not. [any thread but a worker]
  bool on_each_worker(const std::function<void(Worker &)> &task,
                      std::chrono::steady_clock::time_point limit);

  // For drain(): when the last connection went away.
  Mutex mutex;
  Condition emptied;
};

}  // namespace navistore::http
