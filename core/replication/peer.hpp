// SPDX-License-Identifier: Apache-2.0
// Whom this server pushes to, and how that goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace navistore::replication {

struct Peer {
  std::string id;          // 1 to 63 of a-z, 0-9, _ and -
  std::string url;         // http://host:port or https://host:port
  std::string token_file;  // whose content is the bearer token; empty: none
  // Which API it is spoken to in: nothing is probed.
  enum class Kind : uint8_t { kV1, kClassic } kind = Kind::kV1;

  bool operator==(const Peer &other) const {
    return id == other.id && url == other.url && token_file == other.token_file &&
           kind == other.kind;
  }
};

bool is_peer_url(const std::string &url);  // of the form above, as far as that shows

// Peers of kind kV1, as a JSON array of {"id","url"[,"token_file"]}. kInvalid, with the place:
// another shape, an id twice, an id or a URL of another form, an id that classic peers have.
Result<std::vector<Peer>> parse_peers(std::string_view json);
std::string to_json(const std::vector<Peer> &peers);

enum class PeerState : uint8_t { kStreaming, kCatchingUp, kRetrying, kResyncing, kRefused };
std::string_view name_of(PeerState state);

struct PeerStatus {
  std::string id;
  std::string url;
  PeerState state = PeerState::kRetrying;
  uint64_t cursor = 0;         // the peer has every change up to this revision
  uint64_t lag_revisions = 0;  // that it does not have
  uint64_t lag_ms = 0;         // since the oldest of them was committed here
  uint64_t last_ok_ms = 0;     // its last acknowledgement, Unix time; 0: none yet
  std::string last_error;      // empty: none since then
  uint64_t sent = 0;           // changes that it acknowledged
  uint64_t ignored = 0;        // of them, changes that it did not need
};

// How far a peer is, as it is kept over a restart.
struct Cursor {
  uint64_t epoch = 0;  // of the source's store; 0: the peer needs a full resync
  uint64_t revision = 0;
  uint64_t peer_epoch = 0;  // of the peer's store; 0: not known yet
  uint64_t last_ok_ms = 0;
};
std::string to_json(const Cursor &cursor);
Result<Cursor> parse_cursor(std::string_view json);

}  // namespace navistore::replication
