// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/http/server.hpp"
#include "core/store/metrics.hpp"
#include "core/telemetry/metrics.hpp"

namespace navistore {

// The figures of the write path and of the HTTP engine, in Prometheus text.
void write_store_metrics(const store::Metrics &metrics, telemetry::MetricsText &text);
void write_http_metrics(const http::ServerCounters &counters, telemetry::MetricsText &text);

}  // namespace navistore
