// SPDX-License-Identifier: Apache-2.0
// The kinds of channel that there are.
#pragma once

#include <memory>

#include "core/replication/channel.hpp"
#include "core/replication/echoes.hpp"
#include "core/replication/http_transfer.hpp"
#include "core/replication/peer.hpp"

namespace navistore::replication {

// Speaks to /v1/replication/apply of another server of this kind.
std::unique_ptr<Channel> open_http_channel(const Peer &peer, const PeerTls &tls);

// Speaks the classic API, which servers of the original have, too: a PUT or DELETE for each change,
// so a transaction arrives in parts, and what was sent is counted as applied. A change travels with
// the fields of classic_push.hpp. Of a key that is in a batch more than once the last change is
// sent. echoes outlives the channel.
std::unique_ptr<Channel> open_classic_channel(const Peer &peer, const PeerTls &tls, Echoes &echoes);

}  // namespace navistore::replication
