// SPDX-License-Identifier: Apache-2.0
// Reads off and on event loops, and what the backend says meanwhile.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <numeric>

#include "tests/core/store/support/stores.hpp"
#include "tests/core/store/support/trial_backend.hpp"

namespace navistore::store {
namespace {

using namespace testing;

constexpr size_t kMebibyte = size_t{1} << 20;

std::string text(const Result<ReadAnswer> &answer) {
  if (!answer) return "failed " + testing::text(answer.error().code);
  std::vector<std::string> parts;
  for (const auto &found : answer.value().items) {
    parts.push_back(std::to_string(found.index) + ":" + found.item.key + "=" + found.item.value);
  }
  std::sort(parts.begin(), parts.end());
  std::string out;
  for (const std::string &part : parts) out += part + " ";
  return out;
}

std::future<std::string> ask(Store &store, std::vector<std::string> keys,
                             Values values = Values::kWith) {
  auto promise = std::make_shared<std::promise<std::string>>();
  store.read_later(std::move(keys), values, [promise](const Result<ReadAnswer> &answer) {
    promise->set_value(text(answer));
  });
  return promise->get_future();
}

// Reads that are asked while it lives gather behind two that are inside the backend.
class HeldReads {
 public:
  HeldReads(Trial &trial, Store &store) : trial_(trial) {
    set_held(true);
    for (unsigned inside = 1; inside <= 2; ++inside) {
      first_.push_back(ask(store, {"first"}));
      const Lock lock(trial_.mutex);
      while (trial_.waiting < inside) trial_.changed.wait(trial_.mutex);
    }
  }
  ~HeldReads() {
    set_held(false);
    for (auto &answer : first_) answer.wait();
  }
  HeldReads(const HeldReads &) = delete;
  HeldReads &operator=(const HeldReads &) = delete;

 private:
  void set_held(bool held) {
    const Lock lock(trial_.mutex);
    trial_.reads_held = held;
    trial_.changed.notify_all();
  }
  Trial &trial_;
  std::vector<std::future<std::string>> first_;
};

// Keys of each call that came after the two held ones.
std::vector<size_t> later_calls(Trial &trial) {
  const Lock lock(trial.mutex);
  return {trial.reads.begin() + 2, trial.reads.end()};
}

std::string inline_read(Store &store, const std::vector<std::string_view> &keys) {
  size_t visited = 0;
  const auto revision = store.read_inline(keys.data(), keys.size(), Values::kWith,
                                          [&](size_t, const ItemView &) { return ++visited > 0; });
  if (!revision) return "failed";
  return (revision.value() ? "read " : "too much ") + std::to_string(visited);
}

}  // namespace

TEST_SUITE("core/store/read") {
  TEST_CASE(
      "read: requests that wait share calls of a slow backend, and each gets its own answer") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    for (int i = 0; i < 100; ++i) commit(*store, put(std::to_string(i), "v" + std::to_string(i)));
    std::vector<std::future<std::string>> answers;
    {
      const HeldReads held(trial, *store);
      for (int i = 0; i < 100; ++i) answers.push_back(ask(*store, {std::to_string(i)}));
      answers.push_back(ask(*store, {"7", "none", "7", "8"}));
      answers.push_back(ask(*store, {"9"}, Values::kWithout));
      answers.push_back(ask(*store, {}));
    }
    for (size_t i = 0; i < 100; ++i) {
      const std::string n = std::to_string(i);
      CHECK(answers[i].get() == "0:" + n + "=v" + n + " ");
    }
    CHECK(answers[100].get() == "0:7=v7 2:7=v7 3:8=v8 ");
    CHECK(answers[101].get() == "0:9= ");
    CHECK(answers[102].get().empty());
    CHECK(later_calls(trial) == std::vector<size_t>{105});
  }

  TEST_CASE("read: a call asks for at most 128 keys, unless one request wants more") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    std::vector<std::future<std::string>> answers;
    {
      const HeldReads held(trial, *store);
      for (int i = 0; i < 129; ++i) answers.push_back(ask(*store, {"a"}));
      answers.push_back(ask(*store, std::vector<std::string>(200, "a")));
    }
    for (auto &answer : answers) answer.wait();
    auto calls = later_calls(trial);
    std::sort(calls.begin(), calls.end());
    CHECK(calls == std::vector<size_t>{1, 128, 200});
  }

  TEST_CASE("read: what would follow 1 MiB of values is read by another call") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    const std::string half(kMebibyte / 2, 'x');
    for (const char *key : {"a", "b", "c"}) commit(*store, put(key, half));
    std::vector<std::future<std::string>> answers;
    {
      const HeldReads held(trial, *store);
      for (const char *key : {"a", "b", "c"}) answers.push_back(ask(*store, {key}));
      answers.push_back(ask(*store, {"c", "a", "b"}));
    }
    for (size_t i = 0; i < 3; ++i) CHECK(answers[i].get().size() == half.size() + 5);
    CHECK(answers[3].get().size() == 3 * (half.size() + 5));
    const auto calls = later_calls(trial);
    CHECK(std::accumulate(calls.begin(), calls.end(), size_t{0}) == 6 + 4);
  }

  TEST_CASE("read: all keys of a request are from one state, whatever is written meanwhile") {
    Trial trial(NAVI_CAP_PERSISTENT);
    for (const auto &backend : {Trial::backend(), sqlite_backend()}) {
      ScratchDirectory directory;
      auto store = open_store(backend, options_in(directory));
      std::atomic<bool> stop{false};
      auto writer = std::async(std::launch::async, [&] {
        for (int i = 0; !stop; ++i) {
          Transaction both = put("a", std::to_string(i));
          both.operations.push_back(put("b", std::to_string(i)).operations.front());
          commit(*store, std::move(both));
        }
      });
      std::string torn;
      for (int i = 0; i < 200; ++i) {
        auto single = ask(*store, {"a"});
        auto pair = ask(*store, {"a", "b"}).get();
        single.wait();
        const auto a = pair.substr(0, pair.find(' '));
        if (pair != (a.empty() ? "" : a + " 1:b" + a.substr(3) + " ")) torn += pair + "; ";
      }
      stop = true;
      writer.wait();
      CHECK(torn.empty());
    }
  }

  TEST_CASE("read: reads that wait fail when the backend is gone") {
    Trial trial(NAVI_CAP_PERSISTENT);
    auto store = open_store(Trial::backend());
    {
      const Lock lock(trial.mutex);
      trial.open_status = NAVI_UNAVAILABLE;
      trial.next_status = NAVI_IO;
    }
    run(*store, put("a", "1"));
    CHECK(ask(*store, {"a"}).get() == "failed unavailable");
  }

  TEST_CASE("read: an event loop reads values of 1 MiB together, and not a byte more") {
    ScratchDirectory directory;
    StoreOptions options = options_in(directory);
    options.max_value = 2 * kMebibyte;
    auto store = open_store(memory_backend(), options);
    REQUIRE(store->reads_inline(128));
    CHECK_FALSE(store->reads_inline(129));
    run(*store, put("limit", std::string(kMebibyte, 'x')));
    run(*store, put("past", std::string(kMebibyte + 1, 'x')));
    run(*store, put("half", std::string(kMebibyte / 2, 'x')));
    run(*store, put("empty", ""));
    run(*store, put("byte", "x"));
    CHECK(inline_read(*store, {"limit"}) == "read 1");
    CHECK(inline_read(*store, {"past"}) == "too much 0");
    CHECK(inline_read(*store, {"half", "half", "empty"}) == "read 3");
    CHECK(inline_read(*store, {"half", "half", "byte"}).substr(0, 8) == "too much");
    CHECK(ask(*store, {"past"}).get().size() == kMebibyte + 1 + 8);
  }

  TEST_CASE("log: what a backend says comes to the log of the store, with its level") {
    Trial trial(NAVI_CAP_PERSISTENT);
    {
      const Lock lock(trial.mutex);
      trial.says = {{NAVI_LOG_DEBUG, "d"}, {NAVI_LOG_INFO, "i"}, {NAVI_LOG_WARNING, "w"},
                    {NAVI_LOG_ERROR, "e"}, {-1, "below"},        {99, "above"}};
    }
    std::string said;
    StoreOptions options;
    options.log = [&](LogLevel level, std::string_view line) {
      said += std::to_string(static_cast<int>(level)) + std::string(line) + " ";
    };
    open_store(Trial::backend(), options).reset();
    CHECK(said == "0d 1i 2w 3e 0below 3above ");
    CHECK(open_store(Trial::backend())->healthy().ok());  // nobody listens
  }
}

}  // namespace navistore::store
