// SPDX-License-Identifier: Apache-2.0
// Writers, watchers that come and go, and a server that is killed: what watchers saw is what was
// written, in order, whole, and without the gaps that the API promises not to have.
#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/json/value.hpp"
#include "tests/integration/watch/follower.hpp"
#include "tests/support/cut_proxy.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using namespace navistore::test;
namespace json = navistore::json;

namespace {

constexpr int kWriters = 8;
constexpr int kWatchers = 16;
constexpr int kKills = 4;
constexpr size_t kTransactionsALife = 400;

const json::Value *member_of(const json::Value *value, const std::string &name) {
  if (value == nullptr || value->object() == nullptr) return nullptr;
  for (const json::Member &member : *value->object()) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

uint64_t number_of(const json::Value *value) {
  return value != nullptr && value->integer() != nullptr ? *value->integer() : 0;
}

std::string put(const std::string &key, const std::string &value) {
  return R"({"op":"put","key":")" + key + R"(","value":")" + value + R"("})";
}

// Puts a tag under two keys of the writer and one that all share, and sometimes deletes a third.
void write(uint16_t port, int writer, Journal &journal, const std::atomic<bool> &stop) {
  std::mt19937 random(static_cast<unsigned>(writer));
  const std::string name = std::to_string(writer);
  std::unique_ptr<HttpClient> client;
  for (int n = 0; !stop; ++n) {
    const std::string tag = name + "." + std::to_string(n);
    const std::string shared = "k/shared/" + std::to_string(random() % 3);
    const bool deletes = random() % 4 == 0;
    std::set<std::string> puts{"k/" + name + "/a", "k/" + name + "/b", shared};
    if (!deletes) puts.insert("k/" + name + "/c");
    journal.intend(tag, puts);
    std::string body = R"({"do":[)";
    for (const std::string &key : puts) body += put(key, tag) + ",";
    const std::string third = "k/" + name + "/c";
    if (deletes) body += R"({"op":"delete","key":")" + third + R"("},)";
    body.back() = ']';
    std::optional<HttpAnswer> answer;
    try {
      if (!client) client = std::make_unique<HttpClient>(port);
      answer = client->request("POST", "/v1/txn", body + "}", {"Content-Type: application/json"});
    } catch (const std::runtime_error &) {
      std::this_thread::yield();
    }
    if (!answer) client.reset();
    if (!answer || answer->status != 200) continue;
    const auto parsed = json::parse(answer->body);
    const uint64_t revision = number_of(member_of(&parsed.value(), "revision"));
    const bool gone = answer->body.find(R"("deleted":1)") != std::string::npos;
    journal.acknowledge(revision, tag, gone ? third : "");
  }
}

// "key=value\n" of what is there.
std::string contents(uint16_t port, const Wanted &wanted) {
  HttpClient client(port);
  const auto answer =
      client.request("GET", "/v1/kv?include=values&limit=10000&prefix=" + wanted.text);
  std::string text;
  const auto parsed = json::parse(answer ? answer->body : "{}");
  const json::Value *items = member_of(&parsed.value(), "items");
  if (items == nullptr) return "no list";
  for (const json::Value &item : *items->array()) {
    const std::string &key = *member_of(&item, "key")->string();
    if (wanted.has(key)) text += key + "=" + *member_of(&item, "value")->string() + "\n";
  }
  return text;
}

struct Version {
  std::string cursor;
  uint64_t revision;
};

Version version_of(uint16_t port) {
  HttpClient client(port);
  const auto answer = client.request("GET", "/v1/info");
  const std::string &version = answer.value().fields.at("navi-revision");
  return {version, std::stoull(version.substr(version.find('.') + 1))};
}

Wanted wanted_of(int watcher) {
  switch (watcher % 4) {
    case 0: return {"k/", Wanted::Kind::kPrefix};
    case 1: return {"k/" + std::to_string(watcher % kWriters) + "/", Wanted::Kind::kPrefix};
    case 2: return {"k/shared/1", Wanted::Kind::kKey};
    default: return {"k/" + std::to_string(watcher % kWriters) + "/c", Wanted::Kind::kKey};
  }
}

class Trial {
 public:
  Trial() { start(); }

  void run() {
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([this, i] { write(proxy_->port(), i, journal_, stop_writing_); });
    }
    for (int i = 0; i < kWatchers; ++i) {
      const auto begin = i % 3 == 2 ? Follower::Begin::kWithState : Follower::Begin::kAtCursor;
      followers_.push_back(
          std::make_unique<Follower>(wanted_of(i), first_.cursor, begin, static_cast<unsigned>(i)));
      watchers_.emplace_back(
          [this, &follower = *followers_.back()] { follower.run(proxy_->port(), opened_, goal_); });
    }
    for (int life = 0; life <= kKills; ++life) {
      const size_t enough = journal_.acknowledged() + kTransactionsALife;
      while (journal_.acknowledged() < enough) std::this_thread::yield();
      if (life == kKills) break;
      CHECK(server_->kill_hard() == -SIGKILL);
      start();
    }
    stop_writing_ = true;
    for (std::thread &writer : writers) writer.join();
    goal_ = version_of(proxy_->port()).revision;
    for (std::thread &watcher : watchers_) watcher.join();
  }

  void check() const {
    int cuts = 0;
    for (const auto &follower : followers_) {
      CAPTURE(follower->wanted().text);
      CHECK(follower->trouble() == "");
      CHECK(journal_.check(follower->wanted(), follower->stretches()) == "");
      CHECK(follower->contents() == contents(proxy_->port(), follower->wanted()));
      cuts += follower->cuts_within_transactions();
    }
    CHECK(cuts > 0);
  }

  int stop() {
    server_->signal(SIGTERM);
    return server_->wait();
  }

 private:
  void start() {
    server_.reset();
    server_ = std::make_unique<ServerProcess>(
        std::vector<std::string>{"--backend", "sqlite", "--conformance", "skip", "--data-dir",
                                 dir_.path(), "--log-level", "error"});
    const Version version = version_of(server_->port());
    if (!proxy_) {
      first_ = version;
      proxy_ = std::make_unique<CutProxy>(server_->port());
    }
    CHECK(version.cursor.substr(0, 16) == first_.cursor.substr(0, 16));
    opened_ = version.revision;
    proxy_->lead_to(server_->port());
  }

  const ScratchDir dir_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<CutProxy> proxy_;
  Version first_;
  std::atomic<uint64_t> opened_{0};
  std::atomic<uint64_t> goal_{0};
  std::atomic<bool> stop_writing_{false};
  Journal journal_;
  std::vector<std::unique_ptr<Follower>> followers_;
  std::vector<std::thread> watchers_;
};

}  // namespace

TEST_SUITE("integration/watch") {
  TEST_CASE("watch: 8 writers, 16 watchers that come and go, kill -9: in order, whole, no gap") {
    Trial trial;
    trial.run();
    trial.check();
    CHECK(trial.stop() == 0);
  }
}
