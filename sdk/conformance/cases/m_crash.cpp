// SPDX-License-Identifier: Apache-2.0
// Crashes at chosen steps of the plugin's own I/O.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/sweep.hpp"

namespace navistore::conformance {
namespace {

constexpr unsigned kGatePoints = 60;
constexpr unsigned kFullPoints = 500;

unsigned points(const Fixture &fixture) {
  return fixture.tier() == kGate ? kGatePoints : kFullPoints;
}

}  // namespace

NAVI_CASE("M.kill_durable", kGate, needs(kPersistent)) {
  run_sweep(fixture, {io::Fault::kKill, Sweep::Writes::kDurable, points(fixture) / 2});
}

NAVI_CASE("M.kill_relaxed", kGate, needs(kPersistent)) {
  run_sweep(fixture, {io::Fault::kKill, Sweep::Writes::kRelaxed, points(fixture) / 2});
}

NAVI_CASE("M.power_cut_durable", kGate, needs(kPersistent)) {
  run_sweep(fixture, {io::Fault::kPowerCut, Sweep::Writes::kDurable, points(fixture)});
}

NAVI_CASE("M.power_cut_relaxed", kGate, needs(kPersistent)) {
  run_sweep(fixture, {io::Fault::kPowerCut, Sweep::Writes::kRelaxed, points(fixture)});
}

}  // namespace navistore::conformance
