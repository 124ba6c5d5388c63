// SPDX-License-Identifier: Apache-2.0
// A store of which a part is damaged.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

bool is_damaged(const std::string &found) {
  return found.rfind("failed: read: stored data that this needs is damaged", 0) == 0;
}

// A leaf of SQLite's tree of the items, with pages of 4 KiB, where the text lies or lay.
void overwrite_leaf(const std::string &path, const std::string &text) {
  constexpr size_t kPage = 4'096;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  constexpr char kLeaf = 10;  // https://www.sqlite.org/fileformat.html 1.6
  size_t at = bytes.find(text);
  while (bytes.at(at / kPage * kPage) != kLeaf) at = bytes.find(text, at + 1);
  file.clear();
  file.seekp(static_cast<std::streamoff>(at / kPage * kPage));
  file << std::string(kPage, '\xff') << std::flush;
}

}  // namespace

TEST_SUITE("core/store/damage") {
  TEST_CASE("damage: of some data is no death of the store") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    {
      const Lock lock(trial.mutex);
      trial.read_status = NAVI_DAMAGED;
    }
    CHECK(is_damaged(get(*store, "a")));
    {
      const Lock lock(trial.mutex);
      trial.next_status = NAVI_DAMAGED;
    }
    CHECK(run(*store, put("a", "1")) == "failed corrupt");
    CHECK(run(*store, put("a", "1")) == "committed found=0");
    CHECK(store->healthy().ok());
    CHECK(store->metrics().reopened == 0);
  }

  TEST_CASE("damage: where changes cannot be read, watchers begin anew and writes go on") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    auto watcher = store->feed().watch({{Interest::Kind::kPrefix, ""}, store->revision()}, [] {});
    {
      const Lock lock(trial.mutex);
      trial.next_status = NAVI_MAYBE;
      trial.effect = Trial::Effect::kCommits;
      trial.changes_status = NAVI_DAMAGED;
    }
    CHECK(run(*store, put("a", "1")) == "failed outcome-unknown");
    CHECK(run(*store, put("a", "2")) == "committed found=1");
    CHECK(eventually([&] { return watcher->take(1).state == Watcher::State::kCursorGone; }));
    CHECK(store->metrics().reopened == 0);
  }

  TEST_CASE("damage: beside a damaged page of SQLite's all other keys are served and written") {
    constexpr int kKeys = 2'000;
    const auto key = [](int i) { return "key" + std::to_string(10'000 + i); };
    const auto value = [](int i) { return "<" + std::to_string(i) + ">" + std::string(100, 'v'); };
    const ScratchDirectory directory;
    const StoreOptions options = options_in(directory);
    {
      auto store = open_store(sqlite_backend(), options);
      for (int i = 0; i < kKeys; i += 100) {
        Transaction many;
        for (int j = i; j < i + 100; ++j) {
          many.operations.push_back(put(key(j), value(j)).operations.front());
        }
        REQUIRE(commit(*store, std::move(many)).kind == CommitResult::Kind::kCommitted);
      }
    }
    overwrite_leaf(options.data_dir + "/default.db", value(1'000));
    auto store = open_store(sqlite_backend(), options);
    std::vector<std::string> lost;
    for (int i = 0; i < kKeys; ++i) {
      const std::string found = get(*store, key(i));
      if (is_damaged(found)) lost.push_back(key(i));
      CHECK((found == value(i) || is_damaged(found)));
    }
    REQUIRE(!lost.empty());
    CHECK(lost.size() < 50);
    for (int i = 0; i < 100; ++i) {
      CHECK(is_damaged(get(*store, lost[0])));
      CHECK(run(*store, put(lost[0], "x")) == "failed corrupt");
      CHECK(run(*store, put("other", "x")).rfind("committed", 0) == 0);
      CHECK(get(*store, key(0)) == value(0));
    }
    CHECK(store->metrics().reopened == 0);
  }
}

}  // namespace navistore::store
