// SPDX-License-Identifier: Apache-2.0
// Mutual peers that take a push for a client's write, as the original's servers do, and repeat it.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/core/classic/served.hpp"

using navistore::classic::testing::Served;
namespace http = navistore::http;
namespace replication = navistore::replication;
namespace testing = navistore::store::testing;
using testing::eventually;

namespace {

// An exchange whose request carries none of our own fields.
class Plain final : public http::Exchange {
 public:
  explicit Plain(http::Exchange &exchange) : exchange_(exchange), request_(exchange.request()) {
    auto &fields = request_.fields;
    const auto ours = [](const http::Field &field) { return field.name.rfind("Navi-", 0) == 0; };
    fields.erase(std::remove_if(fields.begin(), fields.end(), ours), fields.end());
  }
  const http::Request &request() const override { return request_; }
  http::Response &response() override { return exchange_.response(); }
  std::shared_ptr<http::Responder> defer() override { return exchange_.defer(); }
  std::string take_body() override { return exchange_.take_body(); }
  std::function<void()> receive(std::shared_ptr<http::BodySink> sink) override {
    return exchange_.receive(std::move(sink));
  }

 private:
  http::Exchange &exchange_;
  http::Request request_;
};

// The way to a server on which stamps get lost. Counts what is pushed over it.
class PlainWay final : public http::Handler {
 public:
  explicit PlainWay(http::Handler &server) : to_(server) {
    http::ServerOptions options;
    options.listen.push_back({"127.0.0.1:0", this, false});
    options.threads = 1;
    auto started = http::Server::start(std::move(options));
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(started).value();
  }
  std::string url() const { return "http://" + server_->addresses().front(); }
  int pushes() const { return pushes_; }

  http::BodyPlan plan(const http::Request &head) override { return to_.plan(head); }
  void handle(http::Exchange &exchange) override {
    if (exchange.request().method != http::Method::kHead) ++pushes_;
    Plain plain(exchange);
    to_.handle(plain);
  }
  void refuse(const http::Refusal &refusal, http::Response &response) override {
    to_.refuse(refusal, response);
  }

 private:
  http::Handler &to_;
  std::atomic<int> pushes_{0};
  std::unique_ptr<http::Server> server_;
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

TEST_CASE("echo: a PUT of another value is a write, one of the same keeps type and expiry") {
  Served server(testing::memory_backend());
  Served peer(testing::memory_backend());
  REQUIRE(server.ask("PUT", "/_replication_slaves", peer.url()) == "200 OK");
  auto put = testing::put_until("a", "1", server.store().now_ms() + 3'600'000);
  put.operations.front().type = "text/plain";
  testing::run(server.store(), std::move(put));
  REQUIRE(eventually([&] { return rests(server); }));
  const uint64_t before = server.store().revision();
  CHECK(server.ask("PUT", "/a", "1") == "200 OK");
  CHECK(server.store().revision() == before);
  CHECK(server.ask("PUT", "/a", "2") == "200 OK");
  CHECK(server.store().revision() > before);
  CHECK(peer.ask("GET", "/a") == "200 2");
}

TEST_SUITE_END();
