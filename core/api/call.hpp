// SPDX-License-Identifier: Apache-2.0
// One request on its way to its answer, and what all resources share.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "core/api/etag.hpp"
#include "core/api/headers.hpp"
#include "core/api/negotiation.hpp"
#include "core/api/problem.hpp"
#include "core/api/service.hpp"
#include "core/gate.hpp"

namespace navistore::api {

class Detached;
class ListCache;
class RenderedEvents;
class ValueCache;
class WaitRoom;

struct Shared {
  store::Store &store;
  const ServiceOptions &options;
  telemetry::RequestMetrics &metrics;
  WaitRoom &waits;    // of blocking reads
  WaitRoom &watches;  // of watchers: their own, so that they do not hold up the others
  ListCache &lists;
  ValueCache &values;
  RenderedEvents &rendered;  // for watchers: on their thread alone
  // Work for a request on a thread of the store or of replication passes here, with a share of its
  // own: those threads may come when all of this is gone.
  std::shared_ptr<Gate> gate;
  std::atomic<bool> draining{false};
};

// Lives on the stack of the thread that works on the request at the moment.
class Call {
 public:
  using Clock = std::chrono::steady_clock;

  Call(Shared &shared, http::Exchange &exchange, Detached *detached);
  Call(const Call &) = delete;
  Call &operator=(const Call &) = delete;

  Shared &shared() const { return shared_; }
  store::Store &store() const { return shared_.store; }
  http::Exchange &exchange() const { return exchange_; }
  Detached *detached() const { return detached_; }
  const http::Request &request() const { return request_; }
  http::Response &response() const { return response_; }
  const Headers &headers() const { return headers_; }
  std::string_view request_id() const { return request_id_; }
  bool is_head() const { return request_.method == http::Method::kHead; }

  // How long the answer may be waited for: set by what could wait when Prefer asks for it.
  std::optional<std::chrono::seconds> wait;
  // For the metrics; travels with the request from thread to thread.
  struct Trace {
    size_t route = 0;
    Clock::time_point started;
    enum class Waited : uint8_t { kNo, kYes } waited = Waited::kNo;
  } trace;

  // The state that the answer is valid at. Not called: the newest one when the answer is made.
  void valid_at(uint64_t revision) { revision_ = revision; }
  Version version(uint64_t revision) const { return {shared_.store.epoch(), revision}; }

  // Makes the answer a problem.
  void fail(const Fault &fault);
  void fail(const Fault &fault, Specifics specifics);
  void fail(Problem problem, std::string detail) { fail(Fault{problem, std::move(detail), 0}); }

  // The answer comes later, from somewhere else: finish() is not for this thread any more.
  void hold() { held_ = true; }
  bool held() const { return held_; }
  // Adds what every answer carries.
  void finish();

 private:
  Shared &shared_;
  http::Exchange &exchange_;
  Detached *detached_;
  const http::Request &request_;
  http::Response &response_;
  Headers headers_;
  std::array<char, 16> made_id_;
  std::string_view request_id_;
  uint64_t revision_ = 0;
  bool held_ = false;
};

// Runs one step on a call. What it throws becomes 500 and a line in the log, never a detail for the
// client. This is the one catch site of the HTTP handler.
void guarded(Call &call, FunctionRef<void(Call &)> step) noexcept;

// Whether a client's request id is one that may be echoed.
bool is_sane_request_id(std::string_view id);

// A request id: 16 hex digits that no other call of this process has.
void make_request_id(std::array<char, 16> &id);

}  // namespace navistore::api
