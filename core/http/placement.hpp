// SPDX-License-Identifier: Apache-2.0
// Which worker serves a connection. Connections whose packets come in on the same processor
// (SO_INCOMING_CPU, socket(7)) are a group, and at home with one worker: the scheduler brings that
// worker to them, their data is in the cache there, and a client on the same machine and its worker
// wake each other without crossing processors. No worker is given much more than its share for
// that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace navistore::http {

// Events a second. Row: a worker; column: those of its connections that are of this group. Square:
// processors beyond the number of workers share groups.
using Traffic = std::vector<std::vector<uint64_t>>;

// Where each group is at home: with the worker that serves most of it already, the busiest first,
// so that clients that only change processors move nobody.
std::vector<size_t> homes_of(const Traffic &traffic);

// What a worker gives away, so that with what all others give away by the same rule connections
// are at home, and nobody has more than 10 % above the mean. Events a second, by worker.
struct Surplus {
  std::vector<size_t> homes;    // by group
  std::vector<double> to_home;  // of connections that are at home there
  std::vector<double> to_any;   // of any connections, to those who have little to do

  bool overloaded() const;  // something of to_any is not 0
};

// Where there is next to nothing to do, nobody moves.
Surplus surplus_of(const Traffic &traffic, size_t self);

// Where a new connection goes. connections: by worker. processor: -1 if it has none. self: who
// accepted it, whom equals do not get it from. To the worker of that number, unless it has half
// more than the fewest.
size_t place_of_new(const std::vector<size_t> &connections, int processor, size_t self);

}  // namespace navistore::http
