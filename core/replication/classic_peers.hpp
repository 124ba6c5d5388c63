// SPDX-License-Identifier: Apache-2.0
// Peers as the classic API names them: URLs with commas between.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/replication/peer.hpp"
#include "core/result.hpp"

namespace navistore::replication {

// Of the classic API: its value is the list of peers, and no item.
inline constexpr std::string_view kClassicPeersKey = "_replication_slaves";
inline constexpr std::string_view kClassicIdPrefix = "classic-";

// Blanks around a URL and empty places between commas mean nothing; a URL given twice counts once.
// Each peer gets an id that depends on its URL alone. kInvalid, with the URL: of another form.
Result<std::vector<Peer>> parse_classic_peers(std::string_view urls);
std::string to_urls(const std::vector<Peer> &peers);

}  // namespace navistore::replication
