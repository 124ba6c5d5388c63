// SPDX-License-Identifier: Apache-2.0
// Mutual peers that take a push for a client's write, as the original's servers do, and repeat it.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>

#include "tests/core/classic/edited_way.hpp"
#include "tests/core/classic/served.hpp"

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
