// SPDX-License-Identifier: Apache-2.0
// Peers that are killed, and networks that are cut.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/replication/cluster.hpp"

using namespace navistore::test;

namespace {

constexpr int kWriters = 4;
constexpr int kWrites = 10'000;
constexpr int kKeys = 500;

// Puts and deletes, each key by one writer; counts what was acknowledged.
void write(uint16_t port, int writer, std::atomic<int> &written) {
  std::minstd_rand random(static_cast<unsigned>(writer + 1));
  HttpClient client(port);
  for (int i = 0; i < kWrites / kWriters; ++i) {
    const auto key = static_cast<int>(random() % (kKeys / kWriters)) * kWriters + writer;
    const std::string target = "/v1/kv/k" + std::to_string(key);
    const bool remove = random() % 4 == 0;
    const auto answer =
        client.request(remove ? "DELETE" : "PUT", target, remove ? "" : std::to_string(i));
    if (answer && answer->status / 100 == 2) ++written;
  }
}

std::string put(Node &node, const std::string &key, const std::string &value,
                const std::vector<std::string> &fields = {}) {
  const HttpAnswer answer = node.request("PUT", "/v1/kv/" + key, value, fields);
  const auto replicated = answer.fields.find("navi-replicated");
  return std::to_string(answer.status) +
         (replicated == answer.fields.end() ? "" : " " + replicated->second);
}

std::string get(Node &node, const std::string &key) {
  return node.request("GET", "/v1/kv/" + key).body;
}

void disturb(int what, Node &durable, Node &forgetful) {
  switch (what) {
    case 0: durable.kill(); return durable.start();
    case 1: forgetful.kill(); return forgetful.start();
    case 2: return durable.cable().cut();
    case 3: return forgetful.cable().cut();
    case 4: return durable.cable().mend();
    default: forgetful.cable().mend();
  }
}

}  // namespace

TEST_SUITE_BEGIN("integration/replication");

TEST_CASE("outage: ten thousand writes, peers killed and networks cut: the same contents") {
  Node source("sqlite", {"--durability", "relaxed"});
  Node durable("sqlite", {"--durability", "relaxed"});
  Node forgetful("memory");
  source.push_to({&durable, &forgetful});
  std::atomic<int> written{0};
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back(write, source.port(), i, std::ref(written));
  }
  std::minstd_rand random(1);
  for (int step = 1; step < 12; ++step) {
    CHECK(eventually([&] { return written >= step * kWrites / 12; }));
    disturb(static_cast<int>(random() % 6), durable, forgetful);
  }
  for (std::thread &writer : writers) writer.join();
  CHECK(written == kWrites);
  durable.cable().mend();
  forgetful.cable().mend();
  CHECK(eventually([&] { return at_rest({&source}); }));
  const std::string expected = source.contents();
  CHECK(durable.contents() == expected);
  CHECK(forgetful.contents() == expected);
}

TEST_CASE("outage: the lag is what was withheld, while it lasts") {
  Node source("memory");
  Node peer("memory");
  source.push_to({&peer});
  put(source, "a", "0");
  REQUIRE(eventually([&] { return get(peer, "a") == "0" && at_rest({&source}); }));
  peer.cable().cut();
  for (int i = 1; i <= 25; ++i) put(source, "a", std::to_string(i));
  CHECK(eventually([&] { return source.status("state") == "retrying"; }));
  CHECK(source.status("lag_revisions") == "25");
  CHECK(source.status("last_error") != "null");
  CHECK(source.request("GET", "/metrics")
            .body.find("navistore_replication_lag_revisions{peer=\"p0\"} 25") != std::string::npos);
  CHECK(get(peer, "a") == "0");
  peer.cable().mend();
  CHECK(eventually([&] { return source.status("lag_revisions") == "0"; }));
  CHECK(source.status("last_error") == "null");
  CHECK(get(peer, "a") == "25");
}

TEST_CASE("outage: a write says how many peers have it, and is not undone by a slow one") {
  Node source("memory");
  Node near("memory");
  Node far("memory");
  source.push_to({&near, &far});
  CHECK(put(source, "a", "1", {"Prefer: replicate=all, wait=60"}) == "201 2/2");
  CHECK(get(near, "a") == "1");
  CHECK(get(far, "a") == "1");
  far.cable().cut();
  CHECK(put(source, "a", "2", {"Prefer: replicate=1, wait=60"}) == "200 1/2");
  CHECK(put(source, "a", "3", {"Prefer: replicate=all, wait=1"}) == "200 1/2");
  CHECK(get(source, "a") == "3");
  CHECK(put(source, "a", "4", {"Prefer: replicate=some"}) == "400");
}

TEST_CASE("outage: peers and cursors survive the source's restart") {
  Node source("sqlite");
  Node peer("sqlite");
  source.push_to({&peer});
  put(source, "a", "1");
  REQUIRE(eventually([&] { return at_rest({&source}) && get(peer, "a") == "1"; }));
  source.stop();
  source.start();
  put(source, "b", "2");
  // The peer has it before its answer is counted.
  REQUIRE(eventually([&] { return get(peer, "b") == "2" && at_rest({&source}); }));
  CHECK(source.status("sent") == "1");
}

TEST_CASE("outage: a source restored from a backup does not erase its peers") {
  Node source("sqlite");
  Node peer("sqlite");
  const ScratchDir backup;
  source.push_to({&peer});
  put(source, "old", "1");
  REQUIRE(eventually([&] { return at_rest({&source}) && get(peer, "old") == "1"; }));
  source.stop();
  const std::string data = source.directory() / "data";
  REQUIRE(run_shell("cp -a " + data + "/. " + backup.path() + "/").status == 0);
  source.start();
  put(source, "new", "2");
  put(source, "old", "3");
  REQUIRE(eventually([&] { return at_rest({&source}) && get(peer, "old") == "3"; }));
  source.stop();
  // The data is restored; the state directory is not part of a backup.
  REQUIRE(run_shell("find " + data + " -maxdepth 1 -type f -delete && cp -a " + backup.path() +
                    "/*.* " + data + "/")
              .status == 0);
  source.start();
  REQUIRE(get(source, "old") == "1");
  put(source, "after", "4");
  CHECK(eventually([&] { return get(peer, "after") == "4" && at_rest({&source}); }));
  CHECK(peer.contents() == "after=4\nnew=2\nold=3\n");
}

TEST_CASE("outage: a resync sends all again and changes nothing") {
  Node source("memory");
  Node peer("memory");
  source.push_to({&peer});
  put(source, "a", "1");
  put(source, "b", "2");
  source.request("DELETE", "/v1/kv/b");
  REQUIRE(eventually([&] { return at_rest({&source}) && peer.contents() == "a=1\n"; }));
  const std::string applied = peer.received("applied");
  const std::string ignored = peer.received("ignored");
  const auto answer = source.request("POST", "/v1/replication/peers/p0/resync", "{}",
                                     {"Content-Type: application/json"});
  CHECK(answer.status == 200);
  CHECK(eventually([&] { return peer.received("ignored") != ignored; }));
  CHECK(eventually([&] { return at_rest({&source}); }));
  CHECK(peer.received("applied") == applied);
  CHECK(peer.contents() == "a=1\n");
}

TEST_CASE("outage: a read-only server takes what is replicated and no client's write") {
  Node source("memory");
  Node peer("memory", {"--read-only"});
  source.push_to({&peer});
  CHECK(put(peer, "a", "0") == "503");
  CHECK(put(source, "a", "1") == "201");
  CHECK(eventually([&] { return get(peer, "a") == "1"; }));
}

TEST_SUITE_END();
