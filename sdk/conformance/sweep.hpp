// SPDX-License-Identifier: Apache-2.0
// Crash sweeps: a worker writes until the shim ends its life at the n-th step, the next worker
// opens what is left, compares it with the journal of what was intended and acknowledged, and
// writes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/io_shim.hpp"

namespace navistore::conformance {

// Shared by the case and its workers. Transaction n puts the number n to the keys a<slot> and
// b<slot> with slot n % kSlots; both must always be equal.
struct Journal {
  static constexpr size_t kSlots = 16;
  std::atomic<uint64_t> intent[kSlots];  // the newest transaction that was begun
  std::atomic<uint64_t> acked[kSlots];   // the newest that must be there
  std::atomic<uint64_t> total;           // transactions begun
  std::atomic<uint64_t> synced;          // relaxed: all up to this transaction must be there
  std::atomic<uint64_t> revision;        // of the newest that must be there
  std::atomic<uint64_t> wrong;           // a worker found a violation
  std::atomic<uint64_t> uncut;           // workers that met no step
  char what[400];                        // the violation
};

struct Sweep {
  enum class Writes { kDurable, kRelaxed };
  io::Fault fault;  // kKill or kPowerCut
  Writes writes;
  unsigned points;
};

// Runs the sweep in the fixture's store; failures fail the case. Warns when the shim saw nothing to
// crash at.
void run_sweep(Fixture &fixture, const Sweep &sweep);

}  // namespace navistore::conformance
