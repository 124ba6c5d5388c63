// SPDX-License-Identifier: Apache-2.0
// Prefer: replicate, with a peer that never answers.
#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "core/replication/replication.hpp"
#include "tests/core/api/driver.hpp"

using namespace navistore::api;
using navistore::replication::Peer;
using navistore::replication::Replication;
using navistore::store::testing::eventually;
using testing::Answer;
using testing::Rig;

namespace {

// A port on which nobody listens, for as long as it lives.
class DeadPort {
 public:
  DeadPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto *address = reinterpret_cast<sockaddr *>(&address_);
    REQUIRE(::bind(fd_, address, size) == 0);
    REQUIRE(::getsockname(fd_, address, &size) == 0);
  }
  ~DeadPort() { ::close(fd_); }
  DeadPort(const DeadPort &) = delete;
  DeadPort &operator=(const DeadPort &) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  const int fd_;
  sockaddr_in address_{};
};

struct Replicated {
  explicit Replicated(size_t max_waiting) {
    auto opened = Replication::open(rig.store(), {});
    REQUIRE(opened);
    replication = std::move(opened).value();
    REQUIRE(replication->set_peers(Peer::Kind::kV1, {{"dead", port.url(), {}, Peer::Kind::kV1}}));
    ServiceOptions options;
    options.max_waiting = max_waiting;
    options.replication = replication.get();
    rig.restart_service(options);
  }
  ~Replicated() { rig.restart_service({}); }
  Replicated(const Replicated &) = delete;
  Replicated &operator=(const Replicated &) = delete;

  bool waiting(size_t count) {
    return eventually([&] {
      return rig.ask("GET /metrics")
                 .find("\nnavistore_waiting_requests " + std::to_string(count) + "\n") !=
             std::string::npos;
    });
  }

  DeadPort port;
  Rig rig;
  std::unique_ptr<Replication> replication;
};

std::string put(const std::string &key, const std::string &prefer) {
  return "PUT /v1/kv/" + key + "\nPrefer: " + prefer + "\n\nv";
}

const std::string kPutA = R"([{"op":"put","key":"a","value":"1"}])";

std::string bulk(const std::string &items, const std::string &prefer) {
  return "POST /v1/bulk\nContent-Type: application/json\nPrefer: " + prefer + "\n\n" + items;
}

// Status, and how many peers have the write: "201 0/1".
std::string outcome(const Answer &answer) {
  const std::string text = answer.text();
  const std::string name = "Navi-Replicated: ";
  const size_t at = text.find(name);
  return text.substr(0, 3) + " " +
         (at == std::string::npos ? "untold" : text.substr(at + name.size(), 3));
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("replicate: a write that waits has a seat, and one without is told the count at once") {
  Replicated replicated(1);
  Rig &rig = replicated.rig;
  const Answer seated = rig.start(put("a", "replicate=all, wait=600"));
  CHECK(replicated.waiting(1));
  CHECK_FALSE(seated.ready());
  CHECK(outcome(rig.start(put("b", "replicate=all, wait=600"))) == "201 0/1");
  CHECK(rig.body("GET /v1/kv/b") == "v");
  seated.disconnect();
  CHECK(replicated.waiting(0));
  const Answer next = rig.start(put("c", "replicate=1, wait=600"));
  CHECK(replicated.waiting(1));
  CHECK_FALSE(next.ready());
}

TEST_CASE("replicate: a server that drains answers what waits with the count so far") {
  Replicated replicated(10);
  Rig &rig = replicated.rig;
  const Answer waiting = rig.start(put("a", "replicate=all, wait=600"));
  waiting.drain();
  CHECK(outcome(waiting) == "201 0/1");
  CHECK(replicated.waiting(0));
  rig.service().set_draining();
  CHECK(outcome(rig.start(put("a", "replicate=all, wait=600"))) == "200 0/1");
}

TEST_CASE("replicate: time ends a wait, and so does the last peer's removal") {
  Replicated replicated(10);
  Rig &rig = replicated.rig;
  CHECK(outcome(rig.start(put("a", "replicate=all, wait=1"))) == "201 0/1");
  CHECK(outcome(rig.start(put("a", "replicate=all"))) == "200 0/1");
  const Answer waiting = rig.start(put("a", "replicate=all, wait=600"));
  CHECK(replicated.waiting(1));
  REQUIRE(replicated.replication->set_peers(Peer::Kind::kV1, {}));
  CHECK(outcome(waiting) == "200 0/0");
  CHECK(replicated.waiting(0));
}

TEST_CASE("replicate: many writes at once wait for peers as one does") {
  Replicated replicated(10);
  Rig &rig = replicated.rig;
  const Answer waiting = rig.start(bulk(kPutA, "replicate=all, wait=600"));
  CHECK(replicated.waiting(1));
  CHECK_FALSE(waiting.ready());
  CHECK(rig.dump() == "a=1");
  waiting.drain();
  CHECK(outcome(waiting) == "200 0/1");
  CHECK(waiting.text().find(R"("status":201)") != std::string::npos);
  CHECK(outcome(rig.start(bulk(kPutA, "replicate=1, wait=1"))) == "200 0/1");
  CHECK(outcome(rig.start(bulk("[]", "replicate=all, wait=600"))) == "200 untold");
  const std::string absent = R"([{"op":"put","key":"a","value":"2","if_none_match":"*"}])";
  CHECK(outcome(rig.start(bulk(absent, "replicate=all, wait=600"))) == "200 untold");
}

TEST_CASE("replicate: the delete of a range waits for peers, also when it is asked for again") {
  Replicated replicated(10);
  Rig &rig = replicated.rig;
  rig.ask("PUT /v1/kv/a1\n\nv");
  rig.ask("PUT /v1/kv/a2\n\nv");
  const std::string remove = "DELETE /v1/kv?prefix=a";
  const std::string prefer = "\nPrefer: replicate=all, wait=600";
  for (const char *const deleted : {R"("deleted":2)", R"("deleted":0)"}) {
    const Answer waiting = rig.start(remove + prefer);
    CHECK(replicated.waiting(1));
    CHECK_FALSE(waiting.ready());
    CHECK(rig.dump().empty());
    waiting.drain();
    CHECK(outcome(waiting) == "200 0/1");
    CHECK(waiting.text().find(deleted) != std::string::npos);
    CHECK(replicated.waiting(0));
  }
  CHECK(outcome(rig.start(remove + "&expect=5" + prefer)) == "412 untold");
  CHECK(outcome(rig.start(remove + "&dry_run=true" + prefer)) == "200 untold");
}

TEST_CASE("replicate: a service ends though writes wait for peers") {
  Replicated replicated(10);
  const Answer waiting = replicated.rig.start(put("a", "replicate=all, wait=600"));
  CHECK(replicated.waiting(1));
  replicated.rig.restart_service({});
  CHECK_FALSE(waiting.ready());
}

TEST_CASE("replicate: a wait that is no number is refused before the write") {
  Replicated replicated(10);
  Rig &rig = replicated.rig;
  for (const char *const prefer : {"replicate=1, wait=abc", "wait=-1, replicate=all"}) {
    const std::string shown(prefer);
    CAPTURE(shown);
    CHECK(rig.status(put("a", shown)) == "400");
    CHECK(rig.status("DELETE /v1/kv/a\nPrefer: " + shown) == "400");
    CHECK(rig.status("DELETE /v1/kv?prefix=a\nPrefer: " + shown) == "400");
    CHECK(rig.status(bulk(kPutA, shown)) == "400");
  }
  CHECK(rig.dump().empty());
}

TEST_SUITE_END();
