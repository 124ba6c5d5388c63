// SPDX-License-Identifier: Apache-2.0
// The list of peers, which clients see as the value of a key.
#include <utility>

#include "core/classic/page.hpp"
#include "core/classic/request.hpp"
#include "core/replication/classic_peers.hpp"

namespace navistore::classic {
namespace {

using http::Response;
using replication::Peer;

void replace_peers(const Rooms &rooms, std::vector<Peer> peers, http::Exchange &exchange) {
  answer_on_reader(
      rooms, exchange,
      [&replication = rooms.replication, peers = std::move(peers)](Response &response) {
        const Outcome set = replication.set_peers(Peer::Kind::kClassic, peers);
        if (!set) return write_failure(set.error(), api::Access::kWrite, response);
        write_body("OK", response);
      });
}

}  // namespace

void get_peers(const Rooms &rooms, http::Exchange &exchange) {
  const auto peers = rooms.replication.peers(Peer::Kind::kClassic);
  if (peers.empty()) return write_missing(exchange.response());
  write_body(replication::to_urls(peers), exchange.response());
}

void put_peers(const Rooms &rooms, http::Exchange &exchange) {
  auto peers = replication::parse_classic_peers(exchange.request().body);
  if (!peers) return write_page(400, "Bad Request", peers.error().message, exchange.response());
  replace_peers(rooms, std::move(peers).value(), exchange);
}

void delete_peers(const Rooms &rooms, http::Exchange &exchange) {
  if (rooms.replication.peers(Peer::Kind::kClassic).empty()) {
    return write_missing(exchange.response());
  }
  replace_peers(rooms, {}, exchange);
}

}  // namespace navistore::classic
