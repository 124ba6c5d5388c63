// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <optional>

#include "faults.hpp"
#include "store_fixture.hpp"

namespace navistore::sqlite::test {
namespace {

std::string verify(SqliteStore &store) {
  try {
    store.verify(0);
    return "OK";
  } catch (const backend::Failure &failure) {
    return status_name(failure.status()) + ": " + failure.what();
  }
}

}  // namespace

TEST_SUITE_BEGIN("plugins/sqlite");

TEST_CASE("failure: a full disk applies nothing, and the store works again with space") {
  const TempDir dir;
  const SmallDisk disk(dir.path(), 4U << 20);
  if (!disk.ok()) {
    MESSAGE("not allowed to mount a tmpfs: not checked");
    return;
  }
  auto store = open_store(dir.path());
  std::ofstream(dir.path() + "/filler") << std::string(1U << 20, 'f') << std::flush;
  const std::string big(200000, 'v');
  std::string answer;
  int written = 0;
  for (int i = 0; i < 100 && answer != "NO_SPACE!"; ++i) {
    answer = run(*store,
                 Txn().put("small" + std::to_string(i), "1").put("big" + std::to_string(i), big));
    if (answer.rfind("OK", 0) == 0) ++written;
  }
  CHECK(answer == "NO_SPACE!");
  CHECK(revision(*store) == static_cast<uint64_t>(written));
  CHECK(get(*store, "small" + std::to_string(written)) == "rev=" + std::to_string(written));
  std::filesystem::remove(dir.path() + "/filler");
  CHECK(run(*store, Txn().put("a", "1")) == "OK " + std::to_string(written + 1) + " found=0");
  CHECK(verify(*store) == "OK");
  store.reset();
  store = open_store(dir.path());
  CHECK(revision(*store) == static_cast<uint64_t>(written + 1));
}

TEST_CASE("failure: after a failed fsync the store writes no more until it is opened again") {
  const TempDir dir;
  auto store = open_store(dir.path());
  CHECK(run(*store, Txn().put("a", "1")) == "OK 1 found=0");
  {
    const FailingSync failing;
    CHECK(run(*store, Txn().put("b", "2")) == "IO!");
  }
  CHECK(run(*store, Txn().put("c", "3")) == "IO!");
  navi_reply reply = {sizeof reply, 0, 0};
  CHECK_THROWS_AS(store->sync(0, reply), backend::Failure);
  CHECK(get(*store, "a") == "a=1@1 rev=1");
  store.reset();
  store = open_store(dir.path());
  CHECK(get(*store, "a").rfind("a=1@1 ", 0) == 0);
  CHECK(get(*store, "c").rfind("rev=", 0) == 0);
  CHECK(run(*store, Txn().put("c", "3")).rfind("OK ", 0) == 0);
}

TEST_CASE("failure: a failed sync ends the store, too") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal"})"});
  CHECK(run(*store, Txn().put("a", "1"), 0) == "OK 1 found=0");
  {
    const FailingSync failing;
    navi_reply reply = {sizeof reply, 0, 0};
    CHECK_THROWS_AS(store->sync(0, reply), backend::Failure);
  }
  CHECK(run(*store, Txn().put("b", "2"), 0) == "IO!");
}

namespace {

void clear(SqliteStore &store) {
  navi_apply request = {};
  navi_reply reply = {sizeof reply, 0, 0};
  store.clear(request, reply);
}
void purge(SqliteStore &store) {
  navi_reply reply = {sizeof reply, 0, 0};
  store.purge(kNow, 0, reply);
}
void trim(SqliteStore &store) { store.trim(2); }
void compact(SqliteStore &store) { store.compact(0); }

// Its status, once it fails.
template <class Call>
std::string failure_of(Call &&call) {
  try {
    call();
    return "OK";
  } catch (const backend::Failure &failure) {
    return status_name(failure.status());
  }
}

}  // namespace

TEST_CASE_TEMPLATE("failure: whatever fails on its way to the disk, the store writes no more",
                   Fault, FailingSync, FailingWrite) {
  const struct {
    const char *name;
    void (*run)(SqliteStore &);
  } kCalls[] = {{"clear", clear}, {"purge", purge}, {"trim", trim}, {"compact", compact}};
  for (const auto &call : kCalls) {
    CAPTURE(call.name);
    const TempDir dir;
    auto store = open_store(dir.path());
    run(*store, Txn().put("a", "1").put("b", "2", kNow - 1));
    run(*store, Txn().put("a", "2"));
    {
      const Fault fault;
      CHECK(failure_of([&] { call.run(*store); }) == "IO");
    }
    CHECK(run(*store, Txn().put("c", "3")) == "IO!");
    CHECK(failure_of([&] { call.run(*store); }) == "IO");
    store.reset();
    CHECK(run(*open_store(dir.path()), Txn().put("c", "3")).rfind("OK ", 0) == 0);
  }
}

TEST_CASE("failure: giving pages back fails like any other write") {
  const TempDir dir;
  auto store = open_store(dir.path());
  run(*store, Txn().put("big", std::string(1000000, 'v')));
  run(*store, Txn().remove("big"));
  {
    const FailingWrite fault;
    CHECK(failure_of([&] { compact(*store); }) == "IO");
  }
  CHECK(run(*store, Txn().put("c", "3")) == "IO!");
}

TEST_CASE("failure: a checkpoint that cannot sync ends the store, for reads of the file, too") {
  const TempDir dir;
  auto store = open_store(dir.path(),
                          {R"({"synchronous":"normal","log_bytes":1048576,"row_cache_bytes":0})"});
  std::optional<FailingSync> fault;  // from the first sync of the file on, not of the log before
  std::atomic<bool> copying{false};
  const SyncHook hook([&](const std::string &path) {
    if (path == dir.path() + "/test.db" && !copying.exchange(true)) fault.emplace();
  });
  const TempDir copy;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string answer;
  for (int i = 0; answer != "IO!" && std::chrono::steady_clock::now() < until; ++i) {
    answer = run(*store, Txn().put("key" + std::to_string(i % 10), std::string(20000, 'v')), 0);
  }
  CHECK(answer == "IO!");
  CHECK(failure_of([&] { get(*store, "key0"); }) == "IO");
  fault.reset();
  navi_reply reply = {sizeof reply, 0, 0};
  CHECK(failure_of([&] { store->backup(copy.path().c_str(), reply); }) == "IO");
  CHECK(verify(*store).rfind("IO", 0) == 0);
  store.reset();
  CHECK(get(*open_store(dir.path()), "key0").rfind("key0=vvv", 0) == 0);
}

TEST_CASE("durability: what waits for the disk, and what does not") {
  const TempDir dir;
  auto store = open_store(dir.path(), {R"({"synchronous":"normal"})"});
  navi_stats stats = {};
  run(*store, Txn().put("a", "0"));
  unsigned before = syncs();
  CHECK(run(*store, Txn().put("a", "1"), 0) == "OK 2 found=1");
  CHECK(syncs() == before);
  store->stats(stats);
  CHECK(stats.durable_revision == 1);
  CHECK(run(*store, Txn().put("a", "2"), NAVI_F_DURABLE) == "OK 3 found=1");
  CHECK(syncs() > before);
  run(*store, Txn().put("a", "3"), 0);
  before = syncs();
  navi_reply reply = {sizeof reply, 0, 0};
  store->sync(0, reply);
  CHECK(syncs() > before);
  CHECK(reply.revision == 4);
  // An answer that changes nothing tells of a state, which must not be lost either.
  run(*store, Txn().put("a", "4"), 0);
  before = syncs();
  CHECK(run(*store, Txn().if_absent("a"), NAVI_F_DURABLE) == "CONFLICT 5 check=0 current=5");
  CHECK(syncs() > before);

  auto full = open_store(dir.path(), {"{}", 0, "full"});
  run(*full, Txn().put("a", "0"), 0);
  before = syncs();
  run(*full, Txn().put("a", "1"), 0);
  CHECK(syncs() > before);
}

TEST_CASE("failure: a killed process leaves all that it had answered, and no half transaction") {
  const TempDir dir;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = open_store(dir.path(), {R"({"log_bytes":1048576})"});
    for (int i = 1;; ++i) {
      const std::string text = std::to_string(i);
      run(*store, Txn().put("a", text).put("b", text + std::string(20000, '.')));
      if (::write(ends[1], "x", 1) != 1) ::_exit(1);
    }
  }
  constexpr int kAnswers = 200;
  char answer = 0;
  for (int i = 0; i < kAnswers; ++i) REQUIRE(::read(ends[0], &answer, 1) == 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  auto store = open_store(dir.path());
  const uint64_t last = revision(*store);
  CHECK(last >= kAnswers);
  const std::string stamp = "@" + std::to_string(last) + " rev=" + std::to_string(last);
  CHECK(get(*store, "a") == "a=" + std::to_string(last) + stamp);
  CHECK(get(*store, "b").rfind("b=" + std::to_string(last) + ".", 0) == 0);
  CHECK(verify(*store) == "OK");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("failure: a damaged page is found by verify") {
  const TempDir dir;
  {
    auto store = open_store(dir.path());
    for (int i = 0; i < 100; ++i) {
      run(*store, Txn().put("key" + std::to_string(i), std::string(500, 'v')));
    }
    CHECK(verify(*store) == "OK");
  }
  {
    std::fstream file(dir.path() + "/test.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(8 * 4096 + 3);
    file << std::string(64, '\xff');
  }
  auto store = open_store(dir.path());
  CHECK(verify(*store).rfind("CORRUPT: ", 0) == 0);
}

namespace {

std::string key_of(int i) { return "key" + std::to_string(1000 + i); }
std::string value_of(int i) { return "<" + std::to_string(i) + ">" + std::string(500, 'v'); }

// 100 keys in order, and a leaf of their tree overwritten. Returns the numbers of the keys on it.
std::vector<int> make_damaged(const std::string &dir) {
  constexpr size_t kPage = 4096;
  {
    auto store = open_store(dir);
    for (int i = 0; i < 100; ++i) run(*store, Txn().put(key_of(i), value_of(i)));
  }
  std::ifstream file(dir + "/test.db", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  constexpr char kLeaf = 10;  // https://www.sqlite.org/fileformat.html 1.6
  size_t at = bytes.find(value_of(50));
  while (bytes.at(at / kPage * kPage) != kLeaf) at = bytes.find(value_of(50), at + 1);
  std::fstream damaged(dir + "/test.db", std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(static_cast<std::streamoff>(at / kPage * kPage));
  damaged << std::string(kPage, '\xff') << std::flush;
  auto store = open_store(dir);
  std::vector<int> keys;
  for (int i = 0; i < 100; ++i) {
    const std::string status = failure_of([&] { get(*store, key_of(i)); });
    CHECK((status == "OK" || status == "DAMAGED"));
    if (status != "OK") keys.push_back(i);
  }
  REQUIRE(!keys.empty());
  REQUIRE(keys.size() < 50);
  return keys;
}

// "OK 101; DAMAGED": of one call.
std::string run_all(SqliteStore &store, std::vector<Txn> batch) {
  std::vector<navi_txn> views;
  for (Txn &txn : batch) views.push_back(txn.view());
  navi_apply request = {};
  request.size = sizeof request;
  request.txns = views.data();
  request.n = views.size();
  std::vector<navi_result> results(batch.size(), {NAVI_MAYBE, 0, 0, 0});
  const std::string failure = failure_of([&] { store.apply(request, results.data()); });
  if (failure != "OK") return failure + "!";
  std::string text;
  for (const navi_result &result : results) {
    text += (text.empty() ? "" : "; ") + status_name(result.status);
    if (result.status == NAVI_OK) text += " " + std::to_string(result.revision);
  }
  return text;
}

}  // namespace

TEST_CASE("failure: a damaged page is in the way of its own keys alone, to read and to write") {
  const TempDir dir;
  const std::vector<int> damaged = make_damaged(dir.path());
  auto store = open_store(dir.path());
  const std::string bad = key_of(damaged.front());
  CHECK(run(*store, Txn().put(bad, "2")) == "DAMAGED!");
  CHECK(run(*store, Txn().remove(bad)) == "DAMAGED!");
  CHECK(run(*store, Txn().if_absent(bad).put("other", "1")) == "DAMAGED!");
  CHECK(failure_of([&] { dump(*store); }) == "DAMAGED");
  CHECK(failure_of([&] { clear(*store); }) == "DAMAGED");
  CHECK(changes(*store, 0).rfind("DAMAGED", 0) == 0);
  CHECK(run(*store, Txn().put("a", "1")) == "OK 101 found=0");
  CHECK(get(*store, "a") == "a=1@101 rev=101");
  CHECK(get(*store, "other") == "rev=101");
}

TEST_CASE("failure: of a batch, the transactions that need a damaged page fail, and no others") {
  const TempDir dir;
  const std::vector<int> damaged = make_damaged(dir.path());
  auto store = open_store(dir.path());
  const std::vector<Txn> batch = {Txn().put("a", "1"),
                                  Txn().put("b", "1").put(key_of(damaged.front()), "2"),
                                  Txn().remove(key_of(damaged.back())), Txn().put("c", "1")};
  CHECK(run_all(*store, batch) == "OK 101; DAMAGED; DAMAGED; OK 102");
  CHECK(get(*store, "a") == "a=1@101 rev=102");
  CHECK(get(*store, "b") == "rev=102");
  CHECK(get(*store, "c") == "c=1@102 rev=102");
  navi_stats stats = {};
  store->stats(stats);
  CHECK(stats.items == 102);
  store.reset();
  CHECK(revision(*open_store(dir.path())) == 102);
}

TEST_CASE("failure: a page of the counters that is damaged ends the store") {
  const TempDir dir;
  { run(*open_store(dir.path()), Txn().put("a", "1")); }
  std::fstream file(dir.path() + "/test.db", std::ios::in | std::ios::out | std::ios::binary);
  file << std::string(4096, '\xff') << std::flush;
  CHECK(try_open(dir.path()).rfind("CORRUPT: ", 0) == 0);
}

TEST_SUITE_END();
}  // namespace navistore::sqlite::test
