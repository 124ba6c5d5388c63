// SPDX-License-Identifier: Apache-2.0
#include "core/replication/metrics.hpp"

#include <string>

namespace navistore::replication {
namespace {

using Kind = telemetry::MetricsText::Kind;

struct Family {
  const char *name;
  Kind kind;
  const char *help;
  uint64_t (*figure)(const PeerStatus &peer);
};

constexpr Family kFamilies[] = {
    {"navistore_replication_cursor", Kind::kGauge, "Revision up to which the peer has everything.",
     [](const PeerStatus &peer) { return peer.cursor; }},
    {"navistore_replication_lag_revisions", Kind::kGauge, "Revisions that the peer does not have.",
     [](const PeerStatus &peer) { return peer.lag_revisions; }},
    {"navistore_replication_lag_seconds", Kind::kGauge,
     "Time since the oldest change that the peer does not have was committed here.",
     [](const PeerStatus &peer) { return peer.lag_ms / 1'000; }},
    {"navistore_replication_last_ok_seconds", Kind::kGauge,
     "Unix time of the peer's last acknowledgement.",
     [](const PeerStatus &peer) { return peer.last_ok_ms / 1'000; }},
    {"navistore_replication_sent_total", Kind::kCounter, "Changes that the peer acknowledged.",
     [](const PeerStatus &peer) { return peer.sent; }},
    {"navistore_replication_ignored_total", Kind::kCounter,
     "Changes that the peer acknowledged and did not need.",
     [](const PeerStatus &peer) { return peer.ignored; }},
};

}  // namespace

void write_metrics(const Replication &replication, telemetry::MetricsText &text) {
  const auto peers = replication.status();
  for (const Family &family : kFamilies) {
    text.family(family.name, family.kind, family.help);
    for (const PeerStatus &peer : peers) {
      text.sample("peer=\"" + peer.id + "\"", family.figure(peer));
    }
  }
  text.family("navistore_replication_state", Kind::kGauge, "1 for the state that the peer is in.");
  for (const PeerStatus &peer : peers) {
    text.sample("peer=\"" + peer.id + "\",state=\"" + std::string(name_of(peer.state)) + "\"", 1);
  }
  const Applier::Counts received = replication.applier().counts();
  text.family("navistore_replication_applied_total", Kind::kCounter,
              "Changes of other servers that were applied.");
  text.sample({}, received.applied);
  text.family("navistore_replication_not_needed_total", Kind::kCounter,
              "Changes of other servers that were ignored as older.");
  text.sample({}, received.ignored);
  text.family("navistore_replication_refused_total", Kind::kCounter,
              "Batches of other servers that were refused.");
  text.sample({}, received.refused);
}

}  // namespace navistore::replication
