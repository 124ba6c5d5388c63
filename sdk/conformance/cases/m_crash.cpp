// SPDX-License-Identifier: Apache-2.0
// Crashes at chosen steps of the plugin's own I/O.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/sweep.hpp"

namespace navistore::conformance {
namespace {

constexpr unsigned kGatePoints = 60;
constexpr unsigned kFullPoints = 500;

// Of all crash points of a kind, the part that goes to one of its two cases.
unsigned points(const Fixture &fixture, unsigned percent) {
  return (fixture.tier() == kGate ? kGatePoints : kFullPoints) * percent / 100;
}

}  // namespace

NAVI_CASE("M.kill_durable", kGate, needs(kPersistent)) {
  run_sweep(fixture, {io::Fault::kKill, Sweep::Writes::kDurable, points(fixture, 50)});
}

NAVI_CASE("M.kill_relaxed", kGate, needs(kPersistent)) {
  run_sweep(fixture, {io::Fault::kKill, Sweep::Writes::kRelaxed, points(fixture, 50)});
}

NAVI_CASE("M.power_cut_durable", kGate, needs(kPersistent)) {
  run_sweep(fixture, {io::Fault::kPowerCut, Sweep::Writes::kDurable, points(fixture, 70)});
}

NAVI_CASE("M.power_cut_relaxed", kGate, needs(kPersistent)) {
  run_sweep(fixture, {io::Fault::kPowerCut, Sweep::Writes::kRelaxed, points(fixture, 30)});
}

}  // namespace navistore::conformance
