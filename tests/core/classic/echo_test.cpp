// SPDX-License-Identifier: Apache-2.0
// Mutual peers that take a push for a client's write, as the original's servers do, and repeat it.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "core/http/server.hpp"
#include "core/mutex.hpp"
#include "tests/core/classic/edited_way.hpp"
#include "tests/core/classic/served.hpp"

using navistore::Lock;
using navistore::classic::testing::EditedWay;
using navistore::classic::testing::Served;
namespace http = navistore::http;
namespace replication = navistore::replication;
namespace testing = navistore::store::testing;
using testing::eventually;

namespace {

// The way to a server on which stamps get lost. Counts what is pushed over it.
class PlainWay {
 public:
  explicit PlainWay(http::Handler &to)
      : way_(to, [this](http::Request &request) {
          if (request.method != http::Method::kHead) ++pushes_;
          const auto ours = [](const http::Field &field) {
            return field.name.rfind("Navi-", 0) == 0;
          };
          auto &fields = request.fields;
          fields.erase(std::remove_if(fields.begin(), fields.end(), ours), fields.end());
        }) {}
  std::string url() const { return "http://" + way_.address(); }
  int pushes() const { return pushes_; }

 private:
  std::atomic<int> pushes_{0};
  const EditedWay way_;
};

// As the original: a write is answered at once, whoever it is from, and repeated to the peer later,
// in order. Nobody is told whether that went well.
class Original final : public http::Handler {
 public:
  enum class Tells : uint8_t { kItsPeers, kNothing };
  Original(Served &peer, Tells tells) : peer_(peer), tells_(tells) {
    http::ServerOptions options;
    options.listen.push_back({"127.0.0.1:0", this, false});
    options.threads = 1;
    auto started = http::Server::start(std::move(options));
    REQUIRE(started);
    server_ = std::move(started).value();
    repeats_ = std::thread([this] { repeat(); });
  }
  ~Original() override {
    {
      const Lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    repeats_.join();
    server_.reset();
  }
  Original(const Original &) = delete;
  Original &operator=(const Original &) = delete;
  std::string url() const { return "http://" + server_->addresses().front(); }
  std::string get(const std::string &path) {
    const Lock lock(mutex_);
    const auto item = items_.find(path);
    return item == items_.end() ? "-" : item->second;
  }
  // What comes from now on is repeated when that ends.
  void hold(bool held) {
    {
      const Lock lock(mutex_);
      held_ = held;
    }
    changed_.notify_all();
  }
  bool has_repeated_all() {
    const Lock lock(mutex_);
    return waiting_.empty() && !busy_;
  }
  size_t writes() {
    const Lock lock(mutex_);
    return writes_;
  }

  http::BodyPlan plan(const http::Request &) override {
    return {http::BodyPlan::Mode::kGather, 1'000};
  }
  void handle(http::Exchange &exchange) override {
    {
      const Lock lock(mutex_);
      exchange.response().status = answer(exchange.request());
    }
    changed_.notify_all();
  }
  void refuse(const http::Refusal &refusal, http::Response &response) override {
    response.status = refusal.status;
  }

 private:
  struct Write {
    std::string method, path, value;
  };
  int answer(const http::Request &request) NAVISTORE_REQUIRES(mutex_) {
    const std::string path(request.path);
    if (request.method == http::Method::kHead) return tells_ == Tells::kItsPeers ? 200 : 404;
    const bool put = request.method == http::Method::kPut;
    ++writes_;
    waiting_.push_back({put ? "PUT" : "DELETE", path, std::string(request.body)});
    if (put) {
      items_[path] = std::string(request.body);
      return 200;
    }
    return items_.erase(path) == 0 ? 500 : 200;
  }
  void repeat() {
    for (;;) {
      Write write;
      {
        const Lock lock(mutex_);
        busy_ = false;
        while (!stopping_ && (held_ || waiting_.empty())) changed_.wait(mutex_);
        if (stopping_) return;
        write = std::move(waiting_.front());
        waiting_.pop_front();
        busy_ = true;
      }
      peer_.ask(write.method, write.path, write.value);
    }
  }

  Served &peer_;
  const Tells tells_;
  navistore::Mutex mutex_;
  navistore::Condition changed_;
  std::map<std::string, std::string> items_ NAVISTORE_GUARDED_BY(mutex_);
  std::deque<Write> waiting_ NAVISTORE_GUARDED_BY(mutex_);
  bool busy_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool held_ NAVISTORE_GUARDED_BY(mutex_) = false;
  bool stopping_ NAVISTORE_GUARDED_BY(mutex_) = false;
  size_t writes_ NAVISTORE_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<http::Server> server_;
  std::thread repeats_;
};

bool rests(Served &served) {
  const auto peer = served.replication().status().front();
  return peer.lag_revisions == 0 && peer.state == replication::PeerState::kStreaming;
}

}  // namespace

TEST_SUITE_BEGIN("core/classic");

TEST_CASE("echo: mutual peers without stamps come to rest, a write makes two pushes") {
  Served left(testing::memory_backend());
  Served right(testing::memory_backend());
  const PlainWay to_left(left.handler());
  const PlainWay to_right(right.handler());
  REQUIRE(left.ask("PUT", "/_replication_slaves", to_right.url()) == "200 OK");
  REQUIRE(right.ask("PUT", "/_replication_slaves", to_left.url()) == "200 OK");
  REQUIRE(eventually([&] { return rests(left) && rests(right); }));
  const auto settled = [&](const std::string &item) {
    const bool rest = eventually([&] { return rests(left) && rests(right); });
    return rest && left.ask("GET", "/a") == item && right.ask("GET", "/a") == item;
  };
  const auto pushes = [&] {
    return std::to_string(to_right.pushes()) + " to the right, " +
           std::to_string(to_left.pushes()) + " to the left";
  };
  CHECK(left.ask("PUT", "/a", "1") == "200 OK");
  CHECK(settled("200 1"));
  CHECK(pushes() == "1 to the right, 1 to the left");
  CHECK(right.ask("PUT", "/a", "2") == "200 OK");
  CHECK(settled("200 2"));
  CHECK(pushes() == "2 to the right, 2 to the left");
  CHECK(left.ask("DELETE", "/a") == "200 OK");
  CHECK(settled("404 No Such Resource"));
  CHECK(pushes() == "3 to the right, 3 to the left");
  CHECK(left.ask("PUT", "/a", "1") == "200 OK");
  CHECK(settled("200 1"));
  CHECK(pushes() == "4 to the right, 4 to the left");
}

TEST_CASE("echo: a client's PUT is a write, also of the value that is there") {
  Served server(testing::memory_backend());
  Served peer(testing::memory_backend());
  REQUIRE(server.ask("PUT", "/_replication_slaves", peer.url()) == "200 OK");
  auto put = testing::put_until("a", "1", server.store().now_ms() + 3'600'000);
  put.operations.front().type = "text/plain";
  testing::run(server.store(), std::move(put));
  REQUIRE(eventually([&] { return rests(server); }));
  uint64_t before = server.store().revision();
  CHECK(server.ask("PUT", "/a", "1") == "200 OK");
  CHECK(server.store().revision() > before);
  CHECK(server.store().stats().value().next_expiry_ms == 0);
  before = server.store().revision();
  CHECK(server.ask("PUT", "/a", "2") == "200 OK");
  CHECK(server.store().revision() > before);
  CHECK(peer.ask("GET", "/a") == "200 2");
}

TEST_CASE("echo: an original that is written through comes to rest at the last value") {
  for (const auto tells : {Original::Tells::kItsPeers, Original::Tells::kNothing}) {
    CAPTURE(tells == Original::Tells::kNothing);
    Served server(testing::memory_backend());
    Original original(server, tells);
    REQUIRE(server.ask("PUT", "/_replication_slaves", original.url()) == "200 OK");
    const auto rest = [&] {
      return eventually([&] {
        return original.has_repeated_all() && rests(server) && original.has_repeated_all();
      });
    };
    const auto both = [&] { return server.ask("GET", "/a") + ", " + original.get("/a"); };
    CHECK(server.ask("PUT", "/a", "0") ==
          "200 OK");  // a peer that tells nothing shows what it does
    REQUIRE(rest());
    CHECK(both() == "200 0, 0");
    CHECK(original.writes() == 1);
    CHECK(server.ask("PUT", "/a", "0") == "200 OK");
    REQUIRE(rest());
    CHECK(original.writes() == 2);
    original.hold(true);
    for (const std::string value : {"11", "21", "12", "22", "13", "23"}) {
      testing::run(server.store(), testing::put("a", value));
    }
    REQUIRE(eventually([&] { return rests(server); }));
    original.hold(false);
    REQUIRE(rest());
    CHECK(both() == "200 23, 23");
    CHECK(original.writes() <= 8);
    original.hold(true);
    testing::run(server.store(), testing::remove("a"));
    REQUIRE(eventually([&] { return rests(server); }));
    testing::run(server.store(), testing::put("a", "1"));
    REQUIRE(eventually([&] { return rests(server); }));
    original.hold(false);
    REQUIRE(rest());
    CHECK(both() == "200 1, 1");
    CHECK(original.writes() <= 10);
  }
}

TEST_CASE("echo: a value that comes again is a write where nobody repeats") {
  Served server(testing::memory_backend());
  Original original(server, Original::Tells::kNothing);
  original.hold(true);
  REQUIRE(server.ask("PUT", "/_replication_slaves", original.url()) == "200 OK");
  for (const std::string value : {"1", "2", "1"}) {
    CHECK(server.ask("PUT", "/a", value) == "200 OK");
    CHECK(server.ask("GET", "/a") == "200 " + value);
  }
  CHECK(server.ask("DELETE", "/a") == "200 OK");
  CHECK(server.ask("PUT", "/a", "1") == "200 OK");
  CHECK(server.ask("DELETE", "/a") == "200 OK");
  CHECK(server.ask("GET", "/a") == "404 No Such Resource");
}

TEST_SUITE_END();
