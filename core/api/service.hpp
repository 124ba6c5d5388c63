// SPDX-License-Identifier: Apache-2.0
// The REST API: turns requests into what the store is asked, and its replies into answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/http/message.hpp"
#include "core/replication/replication.hpp"
#include "core/store/store.hpp"
#include "core/telemetry/metrics.hpp"

namespace navistore::api {

struct ServiceOptions {
  std::string version;                          // of this program
  uint64_t max_body = uint64_t{16} << 20U;      // of JSON and NDJSON requests, bytes
  size_t max_waiting = 10'000;                  // requests that wait for a change
  size_t max_watchers = 10'000;                 // streams and long polls of /v1/watch
  size_t list_cache_bytes = size_t{16} << 20;   // of lists that may be asked for again; 0: none
  size_t value_cache_bytes = size_t{64} << 20;  // of large values that may be; 0: none
  std::chrono::milliseconds progress_every{15'000};  // on a stream on which nothing happens
  std::string data_dir;  // whose file system /readyz looks at; empty: none
  uint64_t least_free_bytes = uint64_t{16} << 20U;  // there; with less the server is not ready
  enum class Writes : uint8_t { kAccepted, kRefused } writes = Writes::kAccepted;
  // Borrowed, outlives the service; null: this server does not replicate.
  replication::Replication *replication = nullptr;
  // Adds the metrics of other rooms to /metrics. [reader pool]
  std::function<void(telemetry::MetricsText &)> more_metrics;
};

class Service final : public http::Handler {
 public:
  // store is borrowed and outlives the service; the HTTP server is stopped before the service ends.
  Service(store::Store &store, ServiceOptions options);
  ~Service() override;  // stops
  Service(const Service &) = delete;
  Service &operator=(const Service &) = delete;

  http::BodyPlan plan(const http::Request &head) override;
  void handle(http::Exchange &exchange) override;
  void refuse(const http::Refusal &refusal, http::Response &response) override;

  // From now on /readyz answers 503, so that a load balancer sends no more. [any thread]
  void set_draining();

  // From now on no other thread works on a request; waits for those that do. Who waited for one, or
  // for the store, gets no answer. [one thread]
  void stop();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace navistore::api
