// SPDX-License-Identifier: Apache-2.0
// Whom this server pushes to, and how that goes.
#include <string>
#include <utility>

#include "core/api/ascii.hpp"
#include "core/api/detached.hpp"
#include "core/api/item_request.hpp"
#include "core/api/parameters.hpp"
#include "core/api/resources.hpp"
#include "core/api/router.hpp"
#include "core/api/time_text.hpp"
#include "core/replication/replication.hpp"

namespace navistore::api {
namespace {

// Null: the call is answered.
replication::Replication *replication_of(Call &call) {
  replication::Replication *replication = call.shared().options.replication;
  if (replication == nullptr) {
    call.fail(Problem::kNotFound, "this server does not replicate");
    return nullptr;
  }
  Parameters parameters(call.request().query);
  if (const auto fault = parameters.finish()) {
    call.fail(*fault);
    return nullptr;
  }
  return replication;
}

std::string &begin_json(Call &call) {
  call.response().field("Content-Type", kJsonType).field("Cache-Control", "no-store");
  return call.response().body;
}

void write_status(const replication::PeerStatus &peer, json::Writer &json) {
  json.begin_object().member("id", peer.id).member("url", peer.url);
  json.member("state", name_of(peer.state)).member("cursor", peer.cursor);
  json.member("lag_revisions", peer.lag_revisions);
  json.name("lag_seconds").real(static_cast<double>(peer.lag_ms) / 1'000);
  json.name("last_ok");
  if (peer.last_ok_ms == 0) {
    json.null();
  } else {
    std::string moment;
    append_rfc3339(peer.last_ok_ms, moment);
    json.string(moment);
  }
  json.name("last_error");
  if (peer.last_error.empty()) {
    json.null();
  } else {
    json.string(peer.last_error);
  }
  json.member("sent", peer.sent).member("ignored", peer.ignored).end_object();
}

void replace_peers(Call &call) {
  auto peers = replication::parse_peers(call.request().body);
  if (!peers) return call.fail(Problem::kBadRequest, peers.error().message);
  std::string text = to_json(peers.value());
  const Outcome set =
      call.shared().options.replication->set_peers(replication::Peer::Kind::kV1, peers.value());
  if (!set) return call.fail(fault_of(set.error(), Access::kWrite));
  begin_json(call) = std::move(text);
}

}  // namespace

void show_peers(Call &call) {
  const auto *replication = replication_of(call);
  if (replication != nullptr)
    begin_json(call) = to_json(replication->peers(replication::Peer::Kind::kV1));
}

void set_peers(Call &call) {
  if (replication_of(call) != nullptr) on_reader_pool(call, replace_peers);
}

void show_replication(Call &call) {
  const auto *replication = replication_of(call);
  if (replication == nullptr) return;
  const auto received = replication->applier().counts();
  json::Writer json(begin_json(call));
  json.begin_object().name("peers").begin_array();
  for (const replication::PeerStatus &peer : replication->status()) write_status(peer, json);
  json.end_array().name("received").begin_object();
  json.member("applied", received.applied).member("ignored", received.ignored);
  json.member("refused_batches", received.refused).end_object().end_object();
}

void resync_peer(Call &call) {
  auto *replication = replication_of(call);
  if (replication == nullptr) return;
  std::string_view path = call.request().path;
  path.remove_prefix(kPeerPath.size());
  const std::string_view id = cut(path, '/');
  if (path != "resync" || !replication->resync(id)) {
    return call.fail(Problem::kNotFound, "no such peer");
  }
  json::Writer json(begin_json(call));
  json.begin_object().member("resync", id).end_object();
}

}  // namespace navistore::api
