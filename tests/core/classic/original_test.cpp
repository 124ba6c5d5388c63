// SPDX-License-Identifier: Apache-2.0
// Pushes to a server that answers as the original's do: it knows no stamps, and says 500 to the
// DELETE of a key that it does not have.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/http/server.hpp"
#include "core/mutex.hpp"
#include "tests/core/classic/served.hpp"

using navistore::Lock;
using navistore::classic::testing::Served;
namespace http = navistore::http;
namespace replication = navistore::replication;
namespace testing = navistore::store::testing;
using testing::eventually;

namespace {

class Original final : public http::Handler {
 public:
  Original() {
    http::ServerOptions options;
    options.listen.push_back({"127.0.0.1:0", this, false});
    options.threads = 1;
    auto started = http::Server::start(std::move(options));
    REQUIRE(started);
    server_ = std::move(started).value();
  }
  std::string url() const { return "http://" + server_->addresses().front(); }
  std::string get(const std::string &key) {
    const Lock lock(mutex_);
    const auto item = items_.find("/" + key);
    return item == items_.end() ? "-" : item->second;
  }
  void lose(const std::string &key) {
    const Lock lock(mutex_);
    items_.erase("/" + key);
  }
  // What every write is answered with from now on; 0: it is made.
  void refuse_writes_with(int status) {
    const Lock lock(mutex_);
    refusal_ = status;
  }
  // What every HEAD is answered with from now on; 0: as it is.
  void answer_head_with(int status) {
    const Lock lock(mutex_);
    head_ = status;
  }
  // As a server of ours tells it; empty: as the original, not at all.
  void tell_revision(const std::string &revision) {
    const Lock lock(mutex_);
    revision_ = revision;
  }
  std::string content_type() {
    const Lock lock(mutex_);
    return content_type_;
  }

  http::BodyPlan plan(const http::Request &) override {
    return {http::BodyPlan::Mode::kGather, 1'000};
  }
  void handle(http::Exchange &exchange) override {
    const Lock lock(mutex_);
    exchange.response().status = answer(exchange.request());
    if (!revision_.empty()) exchange.response().field("Navi-Revision", revision_);
  }
  void refuse(const http::Refusal &refusal, http::Response &response) override {
    response.status = refusal.status;
  }

 private:
  int answer(const http::Request &request) NAVISTORE_REQUIRES(mutex_) {
    const std::string path(request.path);
    if (request.method == http::Method::kHead) {
      if (head_ != 0) return head_;
      return items_.count(path) == 0 ? 404 : 200;
    }
    if (refusal_ != 0) return refusal_;
    if (request.method == http::Method::kDelete) return items_.erase(path) == 0 ? 500 : 200;
    content_type_ = request.field("Content-Type").value_or("none");
    items_[path] = std::string(request.body);
    return 200;
  }

  navistore::Mutex mutex_;
  std::map<std::string, std::string> items_ NAVISTORE_GUARDED_BY(mutex_);
  int refusal_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  int head_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  std::string revision_ NAVISTORE_GUARDED_BY(mutex_);
  std::string content_type_ NAVISTORE_GUARDED_BY(mutex_);
  std::unique_ptr<http::Server> server_;
};

struct Source {
  explicit Source(Original &original) {
    REQUIRE(served.ask("PUT", "/_replication_slaves", original.url()) == "200 OK");
  }
  replication::PeerStatus peer() { return served.replication().status().front(); }
  bool rests() {
    return peer().lag_revisions == 0 && peer().state == replication::PeerState::kStreaming;
  }
  // "retrying: the peer answered 500: PUT": once it was told.
  bool tells(replication::PeerState state, const std::string &error) {
    return eventually([&] {
      const auto told = peer();
      return told.state == state && told.last_error.find(error) != std::string::npos;
    });
  }
  Served served{testing::memory_backend()};
};

}  // namespace

TEST_SUITE_BEGIN("core/classic");

TEST_CASE("original: it has each value as bytes, and no delete of what it lacks holds it up") {
  Original original;
  Source source(original);
  REQUIRE(source.served.ask("PUT", "/a", "1=2&3") == "200 OK");
  REQUIRE(eventually([&] { return source.rests(); }));
  CHECK(original.get("a") == "1=2&3");
  CHECK(original.content_type() == "application/octet-stream");
  original.lose("a");
  CHECK(source.served.ask("DELETE", "/a") == "200 OK");
  CHECK(source.served.ask("PUT", "/b", "2") == "200 OK");
  CHECK(eventually([&] { return source.rests(); }));
  CHECK(original.get("b") == "2");
}

TEST_CASE("original: a write that it fails to make is told, sent again and not counted as made") {
  struct Row {
    int status;
    replication::PeerState state;
  };
  for (const Row row :
       {Row{500, replication::PeerState::kRetrying}, Row{503, replication::PeerState::kRetrying},
        Row{400, replication::PeerState::kRefused}}) {
    CAPTURE(row.status);
    Original original;
    Source source(original);
    REQUIRE(source.served.ask("PUT", "/a", "1") == "200 OK");
    REQUIRE(eventually([&] { return source.rests(); }));
    original.refuse_writes_with(row.status);
    const std::string answered = "the peer answered " + std::to_string(row.status);
    CHECK(source.served.ask("PUT", "/b", "2") == "200 OK");
    CHECK(source.tells(row.state, answered + ": PUT"));
    original.refuse_writes_with(0);
    REQUIRE(eventually([&] { return source.rests(); }));
    original.refuse_writes_with(row.status);
    CHECK(source.served.ask("DELETE", "/a") == "200 OK");
    CHECK(source.tells(row.state, answered + ": DELETE"));
    CHECK(source.peer().lag_revisions == 1);
    original.refuse_writes_with(0);
    CHECK(eventually([&] { return source.rests(); }));
    CHECK(original.get("a") == "-");
    CHECK(original.get("b") == "2");
  }
}

TEST_CASE("original: what takes the place of another server gets all again") {
  Original original;
  original.tell_revision("00000000000000aa.1");
  Source source(original);
  REQUIRE(source.served.ask("PUT", "/a", "1") == "200 OK");
  REQUIRE(eventually([&] { return source.rests(); }));
  original.lose("a");
  for (const char *revision : {"00000000000000bb.1", ""}) {
    CAPTURE(std::string(revision));
    original.lose("a");
    original.tell_revision(revision);
    REQUIRE(source.served.ask("PUT", "/b", revision) == "200 OK");
    CHECK(eventually([&] { return original.get("a") == "1"; }));
  }
}

TEST_CASE("original: one that does not answer as such a server is no peer that has everything") {
  Original original;
  original.answer_head_with(500);
  Source source(original);
  CHECK(source.tells(replication::PeerState::kRetrying, "the peer answered 500"));
  CHECK(source.peer().last_ok_ms == 0);
  original.answer_head_with(0);
  CHECK(eventually([&] { return source.rests(); }));
}

TEST_SUITE_END();
