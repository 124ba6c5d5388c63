// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "faults.hpp"
#include "store_fixture.hpp"

namespace navistore::sqlite::test {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

// A scan's sink that waits in its first item until it is let go.
struct Gate {
  std::promise<void> entered, release;
  std::shared_future<void> released = release.get_future().share();
  bool first = true;
};

int32_t wait_at_gate(void *context, uint64_t /*index*/, const navi_item * /*item*/) noexcept {
  auto &gate = *static_cast<Gate *>(context);
  if (!gate.first) return 0;
  gate.first = false;
  gate.entered.set_value();
  gate.released.wait();
  return 0;
}

navi_status scan_through(SqliteStore &store, Gate &gate) {
  const navi_sink sink = {&gate, wait_at_gate};
  navi_scan request = {};
  request.now_ms = kNow;
  navi_reply reply = {sizeof reply, 0, 0};
  try {
    store.scan(request, backend::ItemSink(sink), reply);
    return NAVI_OK;
  } catch (const backend::Failure &failure) {
    return failure.status();
  }
}

navi_status read_one(SqliteStore &store, uint64_t timeout_ms) {
  const navi_sink sink = {
      nullptr, [](void *, uint64_t, const navi_item *) noexcept -> int32_t { return 0; }};
  const navi_bytes key = backend::bytes("a");
  navi_read request = {};
  request.timeout_ms = timeout_ms;
  request.keys = &key;
  request.n = 1;
  navi_reply reply = {sizeof reply, 0, 0};
  try {
    store.read(request, backend::ItemSink(sink), reply);
    return NAVI_OK;
  } catch (const backend::Failure &failure) {
    return failure.status();
  }
}

std::string compact(SqliteStore &store) {
  try {
    store.compact(0);
    return "OK";
  } catch (const backend::Failure &failure) {
    return status_name(failure.status());
  }
}

// Until a thread of this process waits for something, or a while.
void wait_until_asleep(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/stat";
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::string line;
  while (line.find(") S ") == std::string::npos && std::chrono::steady_clock::now() < until) {
    std::ifstream stat(path);
    std::getline(stat, line);
    std::this_thread::yield();
  }
}

void put_many(SqliteStore &store, int count) {
  for (int i = 0; i < count; ++i) {
    run(store, Txn().put("key" + std::to_string(i), std::string(20000, 'v')), 0);
  }
}

}  // namespace

TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("upkeep: a backup opens as the same store") {
  const TempDir dir;
  const TempDir copy;
  auto store = open_store(dir.path());
  run(*store, Txn().put("a", "1").put("b", std::string(100000, 'x'), 5000));
  run(*store, Txn().remove("a").put("c", "3"));
  navi_reply reply = {sizeof reply, 0, 0};
  store->backup(copy.path().c_str(), reply);
  CHECK(reply.revision == 2);
  const std::string state = dump(*store) + changes(*store, 0);
  run(*store, Txn().put("d", "4"));
  auto restored = open_store(copy.path());
  CHECK(dump(*restored) + changes(*restored, 0) == state);
  CHECK_THROWS_AS(store->backup(copy.path().c_str(), reply), backend::Failure);
}

TEST_CASE("upkeep: compact gives the space of deleted items back") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal"})"});
  put_many(*store, 500);
  navi_apply request = {};
  navi_reply reply = {sizeof reply, 0, 0};
  store->clear(request, reply);
  run(*store, Txn().put("a", "1"));
  store->compact(0);
  CHECK(std::filesystem::file_size(dir.path() + "/test.db") < 100000);
  CHECK(std::filesystem::file_size(dir.path() + "/test.db-wal") == 0);
  store->verify(0);
  CHECK(dump(*store) == "a=1@502 rev=502");
}

TEST_CASE("upkeep: reads beside a compaction are not in its way") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"row_cache_bytes":0})"});
  put_many(*store, 10);
  std::atomic<int> reads{0};
  const SyncHook hook([&](const std::string &path) {
    if (path == dir.path() + "/test.db" && read_one(*store, 0) == NAVI_OK) ++reads;
  });
  CHECK(compact(*store) == "OK");
  CHECK(reads > 0);
  CHECK(std::filesystem::file_size(dir.path() + "/test.db-wal") == 0);
}

TEST_CASE("checkpointer: the log's bound holds for a file of larger pages than configured") {
  const TempDir dir;
  open_store(dir.path(), {R"({"page_bytes":65536})"});
  auto store = open_store(dir.path(), {R"({"synchronous":"normal","log_bytes":1048576})"});
  uintmax_t largest = 0;
  for (int round = 0; round < 20; ++round) {
    put_many(*store, 20);
    largest = std::max(largest, std::filesystem::file_size(dir.path() + "/test.db-wal"));
  }
  // 16 times as much before a checkpoint begins, were the pages taken for those configured.
  CHECK_MESSAGE(largest < 16U << 20, largest);
}

TEST_CASE("checkpointer: the log stays bounded while reads and writes go on") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal","log_bytes":1048576})"});
  run(*store, Txn().put("a", "1"));
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) read_one(*store, 0);
  });
  uintmax_t largest = 0;
  for (int round = 0; round < 40; ++round) {
    put_many(*store, 100);
    largest = std::max(largest, std::filesystem::file_size(dir.path() + "/test.db-wal"));
  }
  stop = true;
  reader.join();
  CHECK(largest >= 1U << 20);
  // 80 MiB went through it.
  CHECK_MESSAGE(largest < 8U << 20, largest);
}

TEST_CASE("checkpointer: commits go on while what was copied is brought to the disk") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal","log_bytes":1048576})"});
  struct Outcome {  // outlives a call of the hook that began before its end
    std::promise<std::string> text;
    std::atomic<bool> decided{false};
  };
  const auto outcome = std::make_shared<Outcome>();
  auto future = outcome->text.get_future();
  std::future<std::string> late;  // ends when the sync that it waits for does
  const SyncHook hook([&, outcome, writes = std::this_thread::get_id()](const std::string &path) {
    if (outcome->decided || std::this_thread::get_id() == writes) return;
    // A commit beside the sync of the log, too: else SQLite took what it copies then for all.
    auto beside = std::async(std::launch::async,
                             [&] { return run(*store, Txn().put("a", path), 0).substr(0, 2); });
    const bool in_time = beside.wait_for(kPatience) == std::future_status::ready;
    if (in_time && path != dir.path() + "/test.db") return;
    outcome->decided = true;
    const std::string text = in_time ? beside.get() : "waits for " + path;
    if (!in_time) late = std::move(beside);
    outcome->text.set_value(text);
  });
  put_many(*store, 60);
  REQUIRE(future.wait_for(2 * kPatience) == std::future_status::ready);
  CHECK(future.get() == "OK");
}

// The system tells that a sync failed once: the next one succeeds, whatever is on the disk.
TEST_CASE("checkpointer: a compaction that waits for one whose sync fails keeps the log") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal","log_bytes":1048576})"});
  std::atomic<unsigned> syncs{0};  // from the first one of the file on
  std::optional<FailingSync> failing;
  std::future<std::string> compaction;
  std::promise<void> began;
  const SyncHook hook([&, writes = std::this_thread::get_id()](const std::string &path) {
    const bool of_file = path == dir.path() + "/test.db";
    if (std::this_thread::get_id() == writes || (syncs == 0 && !of_file)) return;
    if (++syncs > 1) return failing.reset();
    std::promise<pid_t> thread;
    compaction = std::async(std::launch::async, [&] {
      thread.set_value(::gettid());
      return compact(*store);
    });
    wait_until_asleep(thread.get_future().get());
    failing.emplace();
    began.set_value();
  });
  run(*store, Txn().put("a", std::string(1'200'000, 'v')), 0);
  REQUIRE(began.get_future().wait_for(kPatience) == std::future_status::ready);
  CHECK(compaction.get() == "IO");
  CHECK(syncs == 1);
  CHECK(std::filesystem::file_size(dir.path() + "/test.db-wal") >= 1'200'000);
}

TEST_CASE("deadline: a call that waits for a reader ends in time, and when it is interrupted") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"readers":1,"row_cache_bytes":0})"});
  run(*store, Txn().put("a", "1").put("b", "2"));
  Gate gate;
  auto scan = std::async(std::launch::async, [&] { return scan_through(*store, gate); });
  gate.entered.get_future().wait();
  CHECK(read_one(*store, 10) == NAVI_UNAVAILABLE);
  auto read = std::async(std::launch::async, [&] { return read_one(*store, 0); });
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (read.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready &&
         std::chrono::steady_clock::now() < until) {
    store->interrupt();
  }
  gate.release.set_value();
  CHECK(read.get() == NAVI_CANCELLED);
  CHECK(scan.get() == NAVI_CANCELLED);
  CHECK(read_one(*store, 0) == NAVI_OK);
}

TEST_CASE("reader: every read sees what was answered before it began") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal","log_bytes":1048576})"});
  std::atomic<uint64_t> answered{0};
  std::atomic<bool> stop{false};
  std::atomic<int> stale{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        const uint64_t least = answered;
        const std::string text = get(*store, "a");
        const uint64_t seen = std::stoull(text.substr(text.find("rev=") + 4));
        if (seen < least || (seen != 0 && text.rfind("a=" + std::to_string(seen) + "@", 0) != 0)) {
          ++stale;
        }
      }
    });
  }
  for (uint64_t i = 1; i <= 3000; ++i) {
    run(*store, Txn().put("a", std::to_string(i)), 0);
    answered = i;
  }
  stop = true;
  for (std::thread &reader : readers) reader.join();
  CHECK(stale == 0);
}

TEST_SUITE_END();
}  // namespace navistore::sqlite::test
