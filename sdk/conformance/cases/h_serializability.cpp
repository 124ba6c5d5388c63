// SPDX-License-Identifier: Apache-2.0
// Group H: what many threads see at once is what one after another would have seen.
#include "sdk/conformance/case.hpp"
#include "sdk/conformance/cases/workload.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

// False, and the case has failed, when the history is not what a serial order could have been.
bool check_history(std::vector<Operation> history, uint32_t keys) {
  size_t commits = 0;
  size_t conflicts = 0;
  for (const Operation &operation : history) {
    commits += operation.kind == Operation::Kind::kCommit ? 1 : 0;
    conflicts += operation.kind == Operation::Kind::kConflict ? 1 : 0;
  }
  CHECK_MESSAGE(commits > 0, "the workload committed nothing");
  const size_t total = history.size();
  const std::optional<std::string> violation = find_violation(std::move(history), keys);
  CHECK_MESSAGE(!violation, violation.value_or("") << " [of " << total << " operations, " << commits
                                                   << " commits, " << conflicts << " conflicts]");
  return !violation;
}

}  // namespace

NAVI_CASE("H.strict_serializability", kGate, needs()) {
  WorkloadPlan plan;
  Store &store = fixture.store();
  check_history(run_workload(fixture, {&store}, plan), plan.keys);
}

// Ten minutes in rounds, each from an empty store, so that a history fits into memory.
NAVI_CASE("H.strict_serializability_long", kSoak, needs()) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(10);
  bool correct = true;
  for (size_t round = 0; correct && std::chrono::steady_clock::now() < end; ++round) {
    Store &store =
        round % 8 == 7 && fixture.store().has(kPersistent) ? fixture.reopen() : fixture.store();
    REQUIRE(store.clear().ok());
    WorkloadPlan plan;
    plan.threads = 2 + round % 7;
    plan.keys = static_cast<uint32_t>(2 + fixture.random()() % 15);
    plan.duration = std::chrono::seconds(2);
    CAPTURE(round);
    correct = check_history(run_workload(fixture, {&store}, plan), plan.keys);
  }
}

NAVI_CASE("H.two_handles", kGate, needs(kShared)) {
  Store &store = fixture.store();
  const std::unique_ptr<Store> other = fixture.second_handle();
  WorkloadPlan plan;
  plan.duration = std::chrono::milliseconds(300);
  check_history(run_workload(fixture, {&store, other.get()}, plan), plan.keys);
}

}  // namespace navistore::conformance
