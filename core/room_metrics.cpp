// SPDX-License-Identifier: Apache-2.0
#include "core/room_metrics.hpp"

#include <string>
#include <string_view>

namespace navistore {
namespace {

using telemetry::MetricsText;

// The store's buckets are powers of two of a count or of microseconds: bucket i holds what is below
// 2^i.
void write_distribution(std::string_view name, std::string_view help,
                        const store::Distribution &distribution, MetricsText &text) {
  text.family(name, MetricsText::Kind::kHistogram, help);
  uint64_t below = 0;
  for (size_t i = 0; i + 1 < store::Distribution::kBuckets; ++i) {
    below += distribution.buckets.at(i);
    const uint64_t most = (uint64_t{1} << i) - 1;  // whole numbers: below 2^i is at most 2^i - 1
    text.sample("_bucket", "le=\"" + std::to_string(most) + "\"", std::to_string(below));
  }
  text.sample("_bucket", "le=\"+Inf\"", std::to_string(distribution.count));
  text.sample("_sum", "", std::to_string(distribution.sum));
  text.sample("_count", "", std::to_string(distribution.count));
}

void write_one(std::string_view name, MetricsText::Kind kind, std::string_view help, uint64_t value,
               MetricsText &text) {
  text.family(name, kind, help).sample("", value);
}

}  // namespace

void write_store_metrics(const store::Metrics &metrics, MetricsText &text) {
  write_distribution("navistore_commit_batch_transactions", "Transactions in one group commit.",
                     metrics.batch_transactions, text);
  write_distribution("navistore_commit_wait_microseconds",
                     "Time of a transaction from its submission to its group's commit.",
                     metrics.wait_us, text);
  write_distribution("navistore_commit_apply_microseconds", "Time of one group commit.",
                     metrics.apply_us, text);
  write_one("navistore_commit_queued_bytes", MetricsText::Kind::kGauge,
            "Bytes of writes that wait for a commit.", metrics.queued_bytes, text);
  write_one("navistore_commit_refused_total", MetricsText::Kind::kCounter,
            "Writes refused because too much was queued.", metrics.refused_busy, text);
  write_one("navistore_backend_reopened_total", MetricsText::Kind::kCounter,
            "Times that a dead store was opened again.", metrics.reopened, text);
}

void write_http_metrics(const http::ServerCounters &counters, MetricsText &text) {
  write_one("navistore_http_connections", MetricsText::Kind::kGauge, "Open connections.",
            counters.connections, text);
  write_one("navistore_http_connections_accepted_total", MetricsText::Kind::kCounter,
            "Connections accepted.", counters.accepted, text);
  write_one("navistore_http_connections_refused_total", MetricsText::Kind::kCounter,
            "Connections turned away.", counters.refused_connections, text);
  write_one("navistore_http_connections_moved_total", MetricsText::Kind::kCounter,
            "Moves of connections to the worker of the processor that brings their packets.",
            counters.moved_connections, text);
  write_one("navistore_http_received_bytes_total", MetricsText::Kind::kCounter,
            "Bytes read from connections.", counters.bytes_in, text);
  write_one("navistore_http_sent_bytes_total", MetricsText::Kind::kCounter,
            "Bytes written to connections.", counters.bytes_out, text);
  write_one("navistore_http_gathered_bytes", MetricsText::Kind::kGauge,
            "Bytes of request bodies that are being received.", counters.gathered_bytes, text);
  write_one("navistore_http_bodies_refused_total", MetricsText::Kind::kCounter,
            "Requests refused because too much of others was being received.",
            counters.refused_bodies, text);
}

}  // namespace navistore
