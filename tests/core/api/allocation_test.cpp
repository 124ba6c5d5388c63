// SPDX-License-Identifier: Apache-2.0
// What a request costs in allocations, counted from its bytes to the bytes of its answer: parser,
// API, store, memory backend and writer. Only the socket and the loop around it are left out.
#include <doctest/doctest.h>
#include <poll.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "core/http/connection.hpp"
#include "tests/core/api/counted_new.hpp"
#include "tests/core/api/driver.hpp"

namespace navistore::api {
namespace {

class NoCarrier final : public http::Carrier {
 public:
  void attend() override {}
  http::Wire wire() const override { return {}; }
};

// A client of a service, without a socket between them.
class Client {
 public:
  explicit Client(http::Handler &handler)
      : connection_(std::make_shared<http::Connection>(workspace_, handler, carrier_,
                                                       http::Origin::kLoopback)) {
    workspace_.date = http::date_line(0);
  }
  ~Client() { connection_->closed(); }
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  // Returns how many bytes the answers have; waits for them at most 20 s.
  size_t ask(std::string_view requests) {
    connection_->receive(requests);
    http::OutputQueue &output = connection_->output();
    if (output.empty()) wait_for_other_threads();
    const size_t heard = output.bytes();
    output.consume(heard);
    connection_->sent();
    return heard;
  }

 private:
  void wait_for_other_threads() {
    pollfd mailbox{workspace_.mailbox->descriptor(), POLLIN, 0};
    while (connection_->output().empty() && ::poll(&mailbox, 1, 20'000) > 0) {
      workspace_.mailbox->deliver_all();
    }
  }

  const http::ServerOptions options_;
  const std::atomic<bool> draining_{false};
  http::BodyBudget bodies_{options_.max_gathered_bytes};
  http::Workspace workspace_{options_, draining_, bodies_, std::make_shared<http::Mailbox>()};
  NoCarrier carrier_;
  std::shared_ptr<http::Connection> connection_;
};

std::string get(const std::string &key) {
  return "GET /v1/kv/" + key + " HTTP/1.1\r\nHost: localhost:8787\r\nAccept: */*\r\n\r\n";
}

std::string put(const std::string &key, const std::string &value) {
  return "PUT /v1/kv/" + key + " HTTP/1.1\r\nHost: localhost:8787\r\nContent-Type: text/plain\r\n" +
         "Content-Length: " + std::to_string(value.size()) + "\r\n\r\n" + value;
}

constexpr int kRounds = 20;

// The allocations of asking all of them kRounds times, after as many rounds before.
uint64_t allocations_of(Client &client, const std::vector<std::string> &requests) {
  uint64_t before = 0;
  size_t heard = 0;
  for (int round = 0; round < 2 * kRounds; ++round) {
    if (round == kRounds) before = testing::allocations();
    for (const std::string &request : requests) heard += client.ask(request);
  }
  const uint64_t made = testing::allocations() - before;
  CHECK(heard > 2 * kRounds * 200 * requests.size());
  return made;
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("allocations: a GET of the memory backend needs none, whatever the size of the value") {
  testing::Rig rig;
  Client client(rig.service());
  std::vector<std::string> requests;
  for (const size_t size : {1U, 100U, 5'000U, 100'000U, 1'000'000U}) {
    const std::string key = "of" + std::to_string(size);
    REQUIRE(client.ask(put(key, std::string(size, 'v'))) > 200);
    requests.push_back(get(key));
  }
  requests.push_back(get("of1") + get("of5000") + get("of100"));
  CHECK(allocations_of(client, requests) == 0);
}

// Most of them live on in the change history.
TEST_CASE("allocations: a PUT of the memory backend needs at most 16") {
  testing::Rig rig;
  Client client(rig.service());
  CHECK(allocations_of(client, {put("key", std::string(100, 'v'))}) <= 16 * kRounds);
}

TEST_SUITE_END();

}  // namespace navistore::api
