// SPDX-License-Identifier: Apache-2.0
// A running engine with a handler that shows what it was given, and leaves the rest to the test.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/http/server.hpp"
#include "core/mutex.hpp"
#include "tests/core/http/raw_client.hpp"

namespace navistore::http::testing {

inline constexpr uint64_t kMaxBody = 4 * 1024 * 1024;

// GET /hello           "hello"
// any /echo            "METHOD path?query [body]"
// any /fields          all fields, one a line
// any /origin          "loopback" or "remote"
// GET /big?N           N times 'x'
// GET /sealed?N        a sealed body of N bytes, pattern(N)
// GET /status?N        an answer of that status, body "body"
// GET /close           "bye", and closes; /close?N: N times 'x'
// any /later           kept for the test: take_responder()
// any /upload          streamed to a sink of the test, else to one that counts
// GET /throw           throws something that is no std::exception
class TestHandler final : public Handler {
 public:
  BodyPlan plan(const Request &head) override;
  void handle(Exchange &exchange) override;
  void refuse(const Refusal &refusal, Response &response) override;

  // The oldest deferred request's; waits for it. Null when none came.
  std::shared_ptr<Responder> take_responder();
  std::function<void(Exchange &)> on_upload;  // set before the server starts

 private:
  Mutex mutex_;
  std::vector<std::shared_ptr<Responder>> responders_ NAVISTORE_GUARDED_BY(mutex_);
};

struct TestServer {
  explicit TestServer(ServerOptions options = {});

  RawClient connect(int receive_buffer = 0) const { return RawClient(address(), receive_buffer); }
  std::string address(size_t listener = 0) const { return server->addresses()[listener]; }
  // What is answered to bytes, sent at once and then half-closed; without Date lines.
  std::string ask(std::string_view bytes) const;
  ServerCounters counters() const { return server->counters(); }

  TestHandler handler;
  std::unique_ptr<Server> server;
};

Response make_response(int status, std::string body);
// Size bytes of which no two neighbouring pieces are the same.
std::string pattern(size_t size);
// Without the Date lines, whose value changes; each must be well-formed.
std::string without_date(std::string answers);
// "200" or "400 close", the status of each answer in turn.
std::string statuses(const std::string &answers);

}  // namespace navistore::http::testing
