// SPDX-License-Identifier: Apache-2.0
#include "history.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace navistore::memory;

namespace {

class Changes {
 public:
  Changes(uint64_t most, uint64_t most_bytes) : history_(most, most_bytes) {}
  ~Changes() {
    for (Version *version : versions_) free_version(slab_, version);
  }

  // A transaction of `count` changes; each is `bytes` that only the history keeps.
  void commit(uint64_t revision, int count, size_t bytes) {
    const std::string value(bytes, 'v');
    for (int i = 0; i < count; ++i) {
      Version *version = make_version(slab_, NAVI_CHANGE_PUT, value, {});
      versions_.push_back(version);
      version->revision = revision;
      if (bytes != 0) version->state = Version::kReplaced;
      history_.push_back(version);
    }
    drop();
  }

  void trim(uint64_t before) {
    history_.trim(before);
    drop();
  }

  // The revisions above `after`, `most` or up to the next whole transaction.
  std::string revisions(uint64_t after, size_t most) const {
    std::vector<const Version *> out;
    history_.copy(after, most, out);
    std::string text = "gone " + std::to_string(history_.dropped_through()) + ":";
    for (const Version *version : out) text += " " + std::to_string(version->revision);
    return text;
  }

  const History &history() const { return history_; }

 private:
  void drop() {
    while (history_.excess() != nullptr) history_.pop_front();
  }

  Slab slab_;
  History history_;
  std::vector<Version *> versions_;
};

}  // namespace

TEST_SUITE("plugins/memory/history") {
  TEST_CASE("history: keeps the newest within the number of changes") {
    Changes changes(3, 1000000);
    for (uint64_t revision = 1; revision <= 5; ++revision) changes.commit(revision, 1, 0);
    CHECK(changes.revisions(2, 10) == "gone 2: 3 4 5");
    CHECK(changes.revisions(4, 10) == "gone 2: 5");
    CHECK(changes.revisions(5, 10) == "gone 2:");
  }

  TEST_CASE("history: drops whole transactions, the newest never") {
    Changes changes(4, 1000000);
    changes.commit(1, 3, 0);
    changes.commit(2, 2, 0);
    CHECK(changes.revisions(0, 10) == "gone 1: 2 2");
    changes.commit(3, 9, 0);
    CHECK(changes.revisions(2, 10) == "gone 2: 3 3 3 3 3 3 3 3 3");
  }

  TEST_CASE("history: keeps the newest within the bytes that only it needs") {
    Changes changes(1000, 2000);
    for (uint64_t revision = 1; revision <= 9; ++revision) changes.commit(revision, 1, 600);
    CHECK(changes.revisions(6, 10) == "gone 6: 7 8 9");
    CHECK(changes.history().kept_bytes() <= 2000);
  }

  TEST_CASE("history: trim forgets below a revision, and nothing comes back") {
    Changes changes(1000, 1000000);
    for (uint64_t revision = 1; revision <= 5; ++revision) changes.commit(revision, 2, 1);
    changes.trim(4);
    CHECK(changes.revisions(0, 10) == "gone 3: 4 4 5 5");
    changes.trim(2);
    CHECK(changes.revisions(0, 10) == "gone 3: 4 4 5 5");
    changes.trim(6);
    CHECK(changes.revisions(5, 10) == "gone 5:");
    CHECK(changes.history().kept_bytes() == 0);
    changes.commit(6, 1, 0);
    CHECK(changes.revisions(5, 10) == "gone 5: 6");
  }

  TEST_CASE("history: a page ends between transactions") {
    Changes changes(1000, 1000000);
    for (uint64_t revision = 1; revision <= 4; ++revision) changes.commit(revision, 2, 0);
    CHECK(changes.revisions(0, 3) == "gone 0: 1 1 2 2");
    CHECK(changes.revisions(0, 1) == "gone 0: 1 1");
  }
}
