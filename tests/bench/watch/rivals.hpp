// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace navistore::bench {

// A server whose watch is measured.
struct Rival {
  std::string name;
  enum class Api : uint8_t { kNavistore, kEtcd2, kEtcd3 } api = Api::kNavistore;
  uint16_t port = 0;
};

// Prints, for each, the time from the sending of a PUT to its event at one watcher. The rivals take
// turns, round after round of so many puts.
void measure_latency(const std::vector<Rival> &rivals, int rounds, int puts);

}  // namespace navistore::bench
