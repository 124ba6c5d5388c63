// SPDX-License-Identifier: Apache-2.0
// Plants one violation of each kind in a history that is otherwise clean, and sees it found.
#include "sdk/conformance/linearizability.hpp"

#include <doctest/doctest.h>
#include <navistore/backend.h>

#include <chrono>
#include <random>

namespace navistore::conformance {
namespace {

using Kind = Operation::Kind;
using History = std::vector<Operation>;

// Builds operations that follow each other in time unless a test moves them.
class Script {
 public:
  Operation &add(Kind kind, uint64_t revision) {
    Operation operation;
    operation.kind = kind;
    operation.revision = revision;
    operation.invoked = ++clock_;
    operation.returned = ++clock_;
    history_.push_back(operation);
    return history_.back();
  }
  Operation &put(uint64_t revision, uint32_t key, uint64_t tag, bool found) {
    Operation &operation = add(Kind::kCommit, revision);
    operation.writes = {{key, tag, found}};
    return operation;
  }
  Operation &read(uint64_t at, std::vector<Operation::Seen> seen) {
    Operation &operation = add(Kind::kRead, at);
    operation.seen = std::move(seen);
    return operation;
  }
  std::string verdict() const { return find_violation(history_, 4).value_or("clean"); }

 private:
  History history_;
  uint64_t clock_ = 0;
};

bool starts_with(const std::string &text, const std::string &prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// What four threads would record on a correct store; calls overlap.
History correct_history(size_t n) {
  constexpr uint32_t kKeys = 8;
  struct State {
    uint64_t revision = 0, tag = 0;
  };
  std::vector<State> state(kKeys);
  std::mt19937_64 random(7);
  History history;
  uint64_t revision = 0;
  for (size_t i = 0; i < n; ++i) {
    Operation operation;
    operation.thread = static_cast<uint32_t>(i % 4);
    operation.invoked = i < 4 ? 3 * i + 1 : 3 * (i - 3) + 1;  // up to four calls are open at once
    operation.returned = 3 * (i + 1);
    const auto key = static_cast<uint32_t>(random() % kKeys);
    State &there = state[key];
    const bool stale = random() % 4 == 0;
    if (random() % 3 == 0) {
      operation.kind = Kind::kRead;
      operation.seen = {{key, there.revision, there.tag}};
    } else if (stale) {
      operation.kind = Kind::kConflict;
      operation.checks = {{key, NAVI_CHECK_REV_EQ, revision + 1}};
      operation.current = there.revision;
    } else {
      operation.kind = Kind::kCommit;
      operation.writes = {{key, i + 1, there.revision != 0}};
      there = {++revision, i + 1};
    }
    operation.revision = revision;
    history.push_back(operation);
  }
  return history;
}

}  // namespace

TEST_SUITE("sdk/linearizability") {
  TEST_CASE("linearizability: a correct history of 400,000 operations is accepted") {
    const History history = correct_history(400'000);
    const auto start = std::chrono::steady_clock::now();
    CHECK(find_violation(history, 8).value_or("clean") == "clean");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    MESSAGE("400,000 operations in " << took.count() << " s");
  }

  TEST_CASE("linearizability: an empty history is accepted") {
    CHECK(Script().verdict() == "clean");
  }

  TEST_CASE("linearizability: two commits of one revision are found") {
    Script script;
    script.put(1, 0, 10, false);
    script.put(1, 1, 11, false);
    CHECK(starts_with(script.verdict(), "two commits share a revision"));
  }

  TEST_CASE("linearizability: a commit without a revision is found") {
    Script script;
    script.put(0, 0, 10, false);
    CHECK(starts_with(script.verdict(), "a commit without a revision"));
  }

  TEST_CASE("linearizability: a lost update is found") {
    Script script;
    script.put(1, 0, 10, false);
    script.put(2, 0, 11, true).checks = {{0, NAVI_CHECK_REV_EQ, 1}};
    script.put(3, 0, 12, true).checks = {{0, NAVI_CHECK_REV_EQ, 1}};
    CHECK(starts_with(script.verdict(), "committed although REV_EQ k0=1 does not hold"));
  }

  TEST_CASE("linearizability: two creations of one key are found") {
    Script script;
    script.put(1, 0, 10, false).checks = {{0, NAVI_CHECK_ABSENT, 0}};
    script.put(2, 0, 11, true).checks = {{0, NAVI_CHECK_ABSENT, 0}};
    CHECK(starts_with(script.verdict(), "committed although ABSENT k0 does not hold"));
  }

  TEST_CASE("linearizability: a wrong found is found") {
    Script script;
    script.put(1, 0, 10, true);
    CHECK(starts_with(script.verdict(), "found of k0 is wrong"));
  }

  TEST_CASE("linearizability: a conflict without reason is found") {
    Script script;
    script.put(1, 0, 10, false);
    Operation &conflict = script.add(Kind::kConflict, 1);
    conflict.checks = {{0, NAVI_CHECK_REV_EQ, 1}};
    conflict.current = 1;
    CHECK(starts_with(script.verdict(), "a conflict without reason"));
  }

  TEST_CASE("linearizability: a conflict that passes over the first failed check is found") {
    Script script;
    script.put(1, 0, 10, false);
    Operation &conflict = script.add(Kind::kConflict, 1);
    conflict.checks = {{1, NAVI_CHECK_PRESENT, 0}, {0, NAVI_CHECK_ABSENT, 0}};
    conflict.failed_check = 1;
    conflict.current = 1;
    CHECK(starts_with(script.verdict(), "a conflict names a later check"));
  }

  TEST_CASE("linearizability: a conflict with a wrong current revision is found") {
    Script script;
    script.put(1, 0, 10, false);
    Operation &conflict = script.add(Kind::kConflict, 1);
    conflict.checks = {{0, NAVI_CHECK_ABSENT, 0}};
    CHECK(starts_with(script.verdict(), "a conflict tells current revision 0, expected 1"));
  }

  TEST_CASE("linearizability: a dirty read is found") {
    Script script;
    script.put(1, 0, 10, false);
    script.read(1, {{0, 1, 99}});
    CHECK(starts_with(script.verdict(), "a read at revision 1 saw in k0 #99"));
  }

  TEST_CASE("linearizability: a torn read is found") {
    Script script;
    script.put(1, 0, 10, false).writes.push_back({1, 10, false});
    script.put(2, 0, 11, true).writes.push_back({1, 11, true});
    script.read(2, {{0, 2, 11}, {1, 1, 10}});
    CHECK(starts_with(script.verdict(), "a read at revision 2 saw in k1 #10"));
  }

  TEST_CASE("linearizability: a read that is consistent but old is found") {
    Script script;
    script.put(1, 0, 10, false);
    script.put(2, 0, 11, true);
    script.read(1, {{0, 1, 10}});
    CHECK(starts_with(script.verdict(), "went back behind what had returned"));
  }

  TEST_CASE("linearizability: an old read is no violation while the commit's call was open") {
    Script script;
    script.put(1, 0, 10, false);
    Operation &commit = script.put(2, 0, 11, true);
    commit.returned = 100;
    script.read(1, {{0, 1, 10}});
    CHECK(script.verdict() == "clean");
  }

  TEST_CASE("linearizability: commits numbered against real time are found") {
    Script script;
    script.put(2, 0, 10, false);
    script.put(1, 1, 11, false);
    CHECK(starts_with(script.verdict(), "went back behind what had returned"));
  }

  TEST_CASE("linearizability: a delete that claims to have found nothing is found") {
    Script script;
    script.put(1, 0, 10, false);
    script.add(Kind::kJudged, 1).writes = {{0, 0, false}};
    CHECK(starts_with(script.verdict(), "changed nothing although k0 holds"));
  }

  TEST_CASE("linearizability: checks that do not hold and change nothing are found") {
    Script script;
    script.add(Kind::kJudged, 0).checks = {{0, NAVI_CHECK_PRESENT, 0}};
    CHECK(starts_with(script.verdict(), "OK although PRESENT k0 does not hold"));
  }

  TEST_CASE("linearizability: an operation without an answer counts once its tag is seen") {
    Script script;
    script.put(1, 0, 10, false);
    script.add(Kind::kUnknown, 0).writes = {{0, 11, false}, {1, 11, false}};
    SUBCASE("seen") {
      script.read(5, {{0, 5, 11}, {1, 5, 11}});
      CHECK(script.verdict() == "clean");
    }
    SUBCASE("never seen") {
      script.read(1, {{0, 1, 10}, {1, 0, 0}});
      CHECK(script.verdict() == "clean");
    }
    SUBCASE("seen in part") {
      script.read(5, {{0, 5, 11}, {1, 0, 0}});
      CHECK(starts_with(script.verdict(), "a read at revision 5 saw in k1 no item"));
    }
    SUBCASE("seen at two revisions") {
      script.read(5, {{0, 5, 11}, {1, 6, 11}});
      CHECK(starts_with(script.verdict(), "seen at revision 5 and at 6"));
    }
  }

  TEST_CASE("linearizability: an operation without an answer that broke a check is found") {
    Script script;
    script.put(1, 0, 10, false);
    script.add(Kind::kUnknown, 0).writes = {{0, 11, false}};
    script.read(2, {{0, 2, 11}});
    script.put(3, 0, 12, true).checks = {{0, NAVI_CHECK_REV_EQ, 1}};
    CHECK(starts_with(script.verdict(), "committed although REV_EQ k0=1 does not hold"));
  }
}

}  // namespace navistore::conformance
