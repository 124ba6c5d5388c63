// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/replication/replication.hpp"
#include "core/telemetry/metrics.hpp"

namespace navistore::replication {

// The status of every peer, and what was received, for /metrics.
void write_metrics(const Replication &replication, telemetry::MetricsText &text);

}  // namespace navistore::replication
