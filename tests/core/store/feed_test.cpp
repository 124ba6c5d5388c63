// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "core/store/change_feed.hpp"
#include "core/store/prefix_revisions.hpp"
#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

CommitPtr change(uint64_t revision, const std::vector<std::string> &keys) {
  auto commit = std::make_shared<Commit>();
  commit->revision = revision;
  for (const std::string &key : keys) {
    Event event;
    event.key = key;
    event.revision = revision;
    event.place = Event::Place::kInside;
    commit->events.push_back(event);
  }
  commit->events.back().place = Event::Place::kLast;
  return commit;
}

ChangeFeed::Sources no_sources() {
  ChangeFeed::Sources sources;
  sources.history = [](uint64_t, HistoryLimits) { return Error{Code::kUnsupported, "none"}; };
  sources.post = [](const std::function<void()> &task) { task(); };
  return sources;
}

Interest key(const std::string &text) { return {Interest::Kind::kKey, text}; }
Interest prefix(const std::string &text) { return {Interest::Kind::kPrefix, text}; }

// Revisions that a callback was told, in order.
class Told {
 public:
  std::function<void(uint64_t)> callback() {
    return [this](uint64_t revision) {
      const Lock lock(mutex_);
      revisions_.push_back(revision);
    };
  }
  std::vector<uint64_t> revisions() const {
    const Lock lock(mutex_);
    return revisions_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<uint64_t> revisions_ NAVISTORE_GUARDED_BY(mutex_);
};

}  // namespace

TEST_SUITE("core/store/feed") {
  TEST_CASE(
      "feed: a callback hears of its key or prefix, once a transaction, and of nothing else") {
    Told of_key;
    Told of_prefix;
    Told of_all;
    ChangeFeed feed(10, {}, no_sources());
    feed.start();
    const auto first = feed.on_change(key("a/b"), of_key.callback());
    const auto second = feed.on_change(prefix("a/"), of_prefix.callback());
    const auto third = feed.on_change(prefix(""), of_all.callback());
    feed.append(change(11, {"a/b"}));
    feed.append(change(12, {"a/b", "a/c", "z"}));
    feed.append(change(13, {"a/c"}));
    feed.append(change(14, {"a"}));
    feed.append(change(15, {"a/bc"}));
    REQUIRE(eventually([&] { return feed.position() == 15; }));
    CHECK(of_key.revisions() == std::vector<uint64_t>{11, 12});
    CHECK(of_prefix.revisions() == std::vector<uint64_t>{11, 12, 13, 15});
    CHECK(of_all.revisions() == std::vector<uint64_t>{11, 12, 13, 14, 15});
  }

  TEST_CASE(
      "feed: who commits tells few listeners itself, after all, and leaves many to the feed") {
    ChangeFeed feed(10, {}, no_sources());  // whose thread is not started yet
    Told told;
    std::vector<std::unique_ptr<Feed::Registration>> registrations;
    const auto listen = [&](size_t listeners) {
      while (registrations.size() < listeners) {
        registrations.push_back(feed.on_change(prefix("a/"), told.callback()));
      }
    };
    listen(7);
    {
      const WakeLater later;
      feed.append(change(11, {"a/b"}));
      feed.append(change(12, {"a/c"}));
      CHECK(told.revisions().empty());
    }
    CHECK(told.revisions().size() == 14);  // two commits and twice seven listeners: just few
    CHECK(feed.position() == 12);
    listen(15);
    {
      const WakeLater later;
      feed.append(change(13, {"a/b"}));
    }
    CHECK(told.revisions().size() == 14 + 15);
    {
      const WakeLater later;
      feed.append(change(14, {"a/b"}));
      feed.append(change(15, {"b"}));  // one commit more to look at
    }
    CHECK(told.revisions().size() == 14 + 15);
    CHECK(feed.position() == 13);
    listen(16);
    {
      const WakeLater later;
      feed.append(change(16, {"a/b"}));
    }
    CHECK(feed.position() == 13);
    feed.start();
    CHECK(eventually([&] { return feed.position() == 16; }));
    CHECK(told.revisions().size() == 14 + 15 + 15 + 16);
  }

  TEST_CASE("feed: what is appended while one tells is told by that one, or by the feed") {
    ChangeFeed feed(10, {}, no_sources());
    feed.start();
    Told told;
    const auto listener = feed.on_change(prefix(""), told.callback());
    const auto appender = feed.on_change(key("a"), [&](uint64_t revision) {
      std::thread([&feed, revision] {
        const WakeLater later;
        feed.append(change(revision + 1, {"b"}));
      }).join();
    });
    {
      const WakeLater later;
      feed.append(change(11, {"a"}));
    }
    CHECK(eventually([&] { return told.revisions() == std::vector<uint64_t>{11, 12}; }));
  }

  TEST_CASE("feed: a callback hears nothing from before it was registered or after it ended") {
    Told told;
    ChangeFeed feed(0, {}, no_sources());
    feed.start();
    feed.append(change(1, {"a"}));
    auto registration = feed.on_change(key("a"), told.callback());
    feed.append(change(2, {"a"}));
    REQUIRE(eventually([&] { return feed.position() == 2; }));
    registration.reset();
    feed.append(change(3, {"a"}));
    CHECK(feed.position() == 3);
    CHECK(told.revisions() == std::vector<uint64_t>{2});
  }

  TEST_CASE("feed: a registration can be ended inside of its own callback") {
    std::unique_ptr<Feed::Registration> registration;
    std::atomic<int> calls{0};
    ChangeFeed feed(0, {}, no_sources());
    feed.start();
    registration = feed.on_change(key("a"), [&](uint64_t) {
      ++calls;
      registration.reset();
    });
    feed.append(change(1, {"a"}));
    feed.append(change(2, {"a"}));
    REQUIRE(eventually([&] { return feed.position() == 2; }));
    CHECK(calls == 1);
  }

  TEST_CASE("feed: a reset is told to everybody, and nothing is known under any prefix") {
    Told told;
    ChangeFeed feed(0, {}, no_sources());
    feed.start();
    const auto registration = feed.on_change(key("a"), told.callback());
    feed.append(change(1, {"b"}));
    feed.restart(5, Break::kReset);
    REQUIRE(eventually([&] { return !told.revisions().empty(); }));
    CHECK(told.revisions() == std::vector<uint64_t>{5});
    CHECK(feed.newest_under("b") == 5);
    CHECK(feed.newest_under("never") == 5);
  }

  TEST_CASE("feed: who came after a reset is not told of it, however late it is told") {
    Told told;
    ChangeFeed feed(0, {}, no_sources());
    uint64_t epoch = 1;
    feed.append(change(1, {"a"}));
    auto before = feed.watch({prefix(""), 1}, [] {});
    feed.restart(5, Break::kReset, [&] { epoch = 2; });
    CHECK(epoch == 2);
    auto after = feed.watch({prefix(""), 5}, [] {});
    feed.restart(6, Break::kLost);
    const auto registration = feed.on_change(key("a"), told.callback());
    feed.start();  // tells
    feed.append(change(7, {"a"}));
    REQUIRE(eventually([&] { return feed.position() == 7; }));
    CHECK(before->take(10).state == Watcher::State::kReset);
    CHECK(after->take(10).state == Watcher::State::kCursorGone);
    CHECK(told.revisions() == std::vector<uint64_t>{7});
  }

  TEST_CASE("feed: a watcher that still catches up does not outlive a reset") {
    std::vector<std::function<void()>> posted;
    ChangeFeed::Sources sources = no_sources();
    sources.post = [&](std::function<void()> task) { posted.push_back(std::move(task)); };
    ChangeFeed feed(10, {}, std::move(sources));
    auto watcher = feed.watch({prefix(""), 3}, [] {});
    REQUIRE(posted.size() == 1);
    feed.restart(11, Break::kReset);
    posted.front()();
    CHECK(watcher->take(10).state == Watcher::State::kReset);
  }

  TEST_CASE("feed: what is of a past epoch is not looked for, wherever the history has it") {
    ChangeFeed::Sources sources = no_sources();
    std::vector<uint64_t> asked;
    sources.history = [&](uint64_t after, HistoryLimits) {
      asked.push_back(after);
      return HistoryPage{{change(after + 1, {"a"})}, after + 1};
    };
    ChangeFeed feed(10, {}, std::move(sources));
    feed.begin_after(8);
    for (const uint64_t since : {uint64_t{0}, uint64_t{7}}) {
      const Watcher::Taken past = feed.watch({prefix(""), since}, [] {})->take(10);
      CHECK(past.notices.empty());
      CHECK(past.state == Watcher::State::kReset);
      CHECK(past.cursor == 8);
    }
    CHECK(asked.empty());
    CHECK(feed.watch({prefix(""), 8}, [] {})->take(10).notices.size() == 2);
    CHECK(asked == std::vector<uint64_t>{8, 9});
  }

  TEST_CASE("feed: history that was read while the store was reset is not given") {
    ChangeFeed *feed = nullptr;
    ChangeFeed::Sources sources = no_sources();
    sources.history = [&](uint64_t after, HistoryLimits) {
      feed->restart(11, Break::kReset);
      return HistoryPage{{change(after + 1, {"a"})}, 10};
    };
    ChangeFeed of_history(10, {}, std::move(sources));
    feed = &of_history;
    const Watcher::Taken taken = of_history.watch({prefix(""), 3}, [] {})->take(10);
    CHECK(taken.notices.empty());
    CHECK(taken.state == Watcher::State::kReset);
    CHECK(taken.cursor == 11);
  }

  TEST_CASE("feed: a clear that is found in the history is a beginning for all who come later") {
    ChangeFeed::Sources sources = no_sources();
    sources.history = [](uint64_t after, HistoryLimits) {
      auto clear = std::make_shared<Commit>(*change(after + 1, {""}));
      clear->events.front().kind = Event::Kind::kClear;
      const CommitPtr next = after == 5 ? clear : change(after + 1, {"a"});
      return HistoryPage{{next}, after + 1};
    };
    ChangeFeed feed(10, {}, std::move(sources));
    CHECK(feed.watch({prefix(""), 3}, [] {})->take(10).cursor == 6);
    CHECK(feed.beginning() == 6);
    const Watcher::Taken later = feed.watch({prefix(""), 3}, [] {})->take(10);
    CHECK(later.notices.empty());
    CHECK(later.cursor == 6);
  }

  TEST_CASE("feed: the newest under a prefix is the newest, and other changes leave it alone") {
    ChangeFeed feed(100, {}, no_sources());
    CHECK(feed.newest_under("a/") == 100);
    feed.append(change(101, {"a/x"}));
    feed.append(change(102, {"b"}));
    CHECK(feed.newest_under("a/") == 101);
    CHECK(feed.newest_under("b") == 102);
    CHECK(feed.newest_under("c") == 100);
    CHECK(feed.newest_under("") == 102);
    for (uint64_t revision = 103; revision < 40'000; ++revision) {  // far past the ring
      feed.append(change(revision, {"b/" + std::to_string(revision)}));
    }
    CHECK(feed.newest_under("a/") == 101);
    CHECK(feed.newest_under("c") == 100);
    CHECK(feed.newest_under("b") == 39'999);
  }

  // The rule of the list's tag: two answers for a prefix are equal only if no change under it lies
  // between them, and, while it is remembered, different only if one does.
  TEST_CASE("feed: the newest under a prefix agrees with a model that forgets nothing") {
    const std::vector<std::string> prefixes = {"", "a", "a/", "a/b", "a/b/", "b", "c/", "cc", "d"};
    const std::vector<std::string> keys = {"a", "a/b", "a/b/c", "a/c", "b",
                                           "c", "c/d", "cc",    "ccd"};
    std::mt19937_64 random(42);
    ChangeFeed::Options options;
    options.ring.max_events = 8;
    const bool forgetful[] = {false, true};
    for (const bool forgets : forgetful) {
      options.max_prefix_bytes = forgets ? 2 * 202 : 100 * 202;
      ChangeFeed feed(1'000, options, no_sources());
      std::map<std::string, uint64_t> newest;                         // by the model
      std::map<std::string, std::pair<uint64_t, uint64_t>> answered;  // prefix: answer, model then
      uint64_t revision = 1'000;
      for (int step = 0; step < 20'000; ++step) {
        if (random() % 2 == 0) {
          const std::string &changed = keys[random() % (random() % 8 == 0 ? keys.size() : 3)];
          feed.append(change(++revision, {changed}));
          for (const std::string &each : prefixes) {
            if (changed.compare(0, each.size(), each) == 0) newest[each] = revision;
          }
          continue;
        }
        const std::string &asked = prefixes[random() % prefixes.size()];
        const uint64_t answer = feed.newest_under(asked);
        REQUIRE(answer >= newest[asked]);
        // The ring holds the newest eight commits; the floor below them bounds what was forgotten.
        const uint64_t floor = std::max<uint64_t>(1'000, revision - 8);
        REQUIRE(answer <= std::max(newest[asked], floor));
        const auto before = answered.find(asked);
        if (before != answered.end()) {
          const bool changed = before->second.second != newest[asked];
          if (changed) REQUIRE(answer > before->second.first);
          if (!changed && !forgets) REQUIRE(answer == before->second.first);
        }
        answered[asked] = {answer, newest[asked]};
      }
    }
  }

  TEST_CASE("feed: the newest under each of 10,000 prefixes stays while others change") {
    ChangeFeed::Options options;
    options.ring.max_events = 8;
    ChangeFeed feed(1'000, options, no_sources());
    const auto prefix = [](int i) { return "agents/" + std::to_string(i) + "/"; };
    std::vector<uint64_t> before;
    for (int i = 0; i < 10'000; ++i) before.push_back(feed.newest_under(prefix(i)));
    for (uint64_t revision = 1'001; revision <= 1'100; ++revision) {
      feed.append(change(revision, {"other"}));
    }
    int moved = 0;
    for (int i = 0; i < 10'000; ++i)
      moved += feed.newest_under(prefix(i)) != before.at(static_cast<size_t>(i)) ? 1 : 0;
    CHECK(moved == 0);
  }

  TEST_CASE("feed: of prefixes as many are remembered as fit, those that were asked for last") {
    PrefixRevisions prefixes(3 * 202);
    prefixes.remember("a", 1);
    prefixes.remember("b", 2);
    prefixes.remember("c", 3);
    CHECK(prefixes.find("a") == 1);
    prefixes.remember("d", 4);
    CHECK(prefixes.find("b") == std::nullopt);
    CHECK(prefixes.find("a") == 1);
    CHECK(prefixes.find("d") == 4);
    prefixes.remember(std::string(100, 'e'), 5);  // as much as two
    CHECK(prefixes.find("c") == std::nullopt);
    CHECK(prefixes.find("a") == std::nullopt);
    CHECK(prefixes.find("d") == 4);
    prefixes.clear();
    prefixes.remember("a", 6);
    prefixes.remember("b", 7);
    prefixes.remember("c", 8);
    CHECK(prefixes.find("a") == 6);
  }

  TEST_CASE("feed: concurrent writers enter it in revision order, and every commit is in it") {
    for (const host::Backend &backend : {memory_backend(), Trial::backend()}) {
      Trial trial(NAVI_CAP_FAST_WRITES);
      auto store = open_store(backend);
      auto watcher = store->feed().watch({prefix(""), store->revision(), 100'000}, [] {});
      constexpr int kWriters = 4;
      constexpr int kWrites = 500;
      std::vector<std::thread> threads;
      for (int i = 0; i < kWriters; ++i) {
        threads.emplace_back([&, i] {
          for (int n = 0; n < kWrites; ++n)
            commit(*store, put(std::to_string(i), std::to_string(n)));
        });
      }
      for (std::thread &thread : threads) thread.join();
      std::vector<uint64_t> revisions;
      std::map<std::string, int> last;
      bool in_order = true;
      REQUIRE(eventually([&] {
        for (const Notice &notice : watcher->take(1'000).notices) {
          in_order = in_order && (revisions.empty() || revisions.back() < notice.event->revision);
          revisions.push_back(notice.event->revision);
          const int value = std::stoi(notice.event->value);
          in_order = in_order && value == last[notice.event->key]++;
        }
        return revisions.size() == kWriters * kWrites;
      }));
      CHECK(in_order);
    }
  }

  TEST_CASE("feed: an answered commit is included in the newest under its prefix") {
    auto store = open_store(memory_backend());
    for (int i = 0; i < 200; ++i) {
      const uint64_t revision = commit(*store, put("a/" + std::to_string(i), "v")).revision;
      CHECK(store->feed().newest_under("a/") == revision);
    }
  }

  TEST_CASE("feed: a delete of nothing is no change") {
    auto store = open_store(memory_backend());
    commit(*store, put("a", "1"));
    const uint64_t before = store->feed().newest_under("");
    CHECK(run(*store, remove("b")) == "committed found=0");
    CHECK(store->feed().newest_under("") == before);
  }
}

}  // namespace navistore::store
