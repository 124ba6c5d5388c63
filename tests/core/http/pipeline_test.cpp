// SPDX-License-Identifier: Apache-2.0
// The answers of one connection, whoever gives them and when.
#include "core/http/pipeline.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/core/http/conversation.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

ServerOptions three_at_a_time() {
  ServerOptions options;
  options.max_pipelined = 3;
  return options;
}

// What a request asks for: its answer is told by its method alone.
AnswerRules keep(Method method = Method::kGet) { return {method, 1, true}; }

// A pipeline, and what comes out of it. Answers have their number as the body.
struct Line {
  uint64_t reserve(const AnswerRules &rules = keep()) {
    const uint64_t number = pipeline.reserve(rules);
    auto ticket = std::make_shared<Ticket>(ReturnAddress{bench.workspace.mailbox, {}, number});
    ticket->on_gone([this, number](Responder::Gone how) {
      told += (how == Responder::Gone::kClosed ? "closed " : "draining ") + std::to_string(number) +
              "\n";
    });
    pipeline.attach(number, std::move(ticket));
    return number;
  }
  void complete(uint64_t number, Response::After after = Response::After::kKeepAlive) {
    Response response = make_response(200, std::to_string(number));
    response.after = after;
    pipeline.complete(number, response);
  }
  // An answer that is there at once.
  void answer(const std::string &body, const AnswerRules &rules = keep(),
              Response::After after = Response::After::kKeepAlive) {
    Response response = make_response(200, body);
    response.after = after;
    pipeline.answer(response, rules);
  }
  std::shared_ptr<StreamChannel> begin(uint64_t number) {
    auto channel = std::make_shared<StreamChannel>(
        ReturnAddress{bench.workspace.mailbox, {}, number, 1000, 1000});
    Response head = make_response(200, "");
    pipeline.begin(number, head, channel);
    return channel;
  }
  void part(uint64_t number, const std::string &text, Ending ending = Ending::kOpen) {
    std::vector<Part> parts;
    if (!text.empty()) parts.emplace_back(text);
    pipeline.parts(number, parts, ending);
  }
  // Takes all that was sent: the body of each answer, or what is not its head; a head that closes
  // is "close:".
  std::string sent() {
    std::string text;
    while (!output.empty()) {
      iovec piece{};
      output.gather(&piece, 1);
      text.append(static_cast<const char *>(piece.iov_base), piece.iov_len);
      output.consume(piece.iov_len);
    }
    std::string bodies;
    for (size_t at = 0; at < text.size();) {
      const size_t head = text.find("HTTP/1.1 200 OK\r\n", at);
      bodies += text.substr(at, head == std::string::npos ? head : head - at);
      if (head == std::string::npos) break;
      at = text.find("\r\n\r\n", head) + 4;
      const bool closes = text.substr(head, at - head).find("close") != std::string::npos;
      bodies += closes ? " close:" : " ";
    }
    return bodies;
  }

  Bench bench{three_at_a_time()};
  OutputQueue output{bench.workspace.buffers};
  Pipeline pipeline{bench.workspace, output};
  std::string told;  // whose clients are gone
};

Request request_of(Method method) {
  Request request;
  request.method = method;
  return request;
}

// The methods that are admitted, with the content of request.
std::string admitted(const Pipeline &pipeline, Request request = {}) {
  const std::pair<Method, std::string> methods[] = {
      {Method::kGet, "GET"},     {Method::kHead, "HEAD"},   {Method::kPut, "PUT"},
      {Method::kPost, "POST"},   {Method::kDelete, "DEL"},  {Method::kOptions, "OPTIONS"},
      {Method::kPatch, "PATCH"}, {Method::kOther, "OTHER"},
  };
  std::string names;
  for (const auto &[method, name] : methods) {
    request.method = method;
    if (pipeline.admits(request)) names += name + " ";
  }
  return names;
}

}  // namespace

TEST_SUITE("core/http/pipeline") {
  TEST_CASE("pipeline: answers leave in the order of their requests, however they are given") {
    std::vector<uint64_t> order = {1, 2, 3};
    do {
      Line line;
      for (int i = 0; i < 3; ++i) line.reserve();
      std::string sent;
      std::vector<bool> given(4, false);
      for (const uint64_t number : order) {
        line.complete(number);
        line.complete(number);  // the second time it is nobody's
        given[number] = true;
        sent += line.sent();
        std::string expected;
        for (uint64_t next = 1; next <= 3 && given[next]; ++next) {
          expected += " " + std::to_string(next);
        }
        CHECK(sent == expected);
      }
      CHECK(line.pipeline.empty());
    } while (std::next_permutation(order.begin(), order.end()));
  }

  TEST_CASE("pipeline: an answer that is there at once waits for those before it") {
    Line line;
    line.answer("first");
    CHECK(line.sent() == " first");
    const uint64_t one = line.reserve();
    line.answer("second");
    const uint64_t other = line.reserve();
    CHECK(line.sent() == "");
    CHECK(line.pipeline.held_bytes() > 0);
    CHECK(line.pipeline.size() == 3);
    line.complete(one);
    CHECK(line.sent() == " 1 second");
    CHECK(line.pipeline.held_bytes() == 0);
    line.complete(other);
    CHECK(line.sent() == " 3");
    CHECK(line.pipeline.empty());
  }

  TEST_CASE("pipeline: an answer at once that ends the connection is the last, in its turn") {
    Line line;
    const uint64_t one = line.reserve();
    line.answer("last", {Method::kGet, 1, false});
    CHECK(line.pipeline.ending());
    CHECK_FALSE(line.pipeline.closing());
    line.complete(one);
    CHECK(line.sent() == " 1 close:last");
    CHECK(line.pipeline.closing());
    CHECK_FALSE(line.pipeline.closes_unasked());
    line.answer("late");
    CHECK(line.sent() == "");
    Line alone;
    alone.answer("only", {Method::kGet, 1, false});
    CHECK(alone.sent() == " close:only");
    CHECK(alone.pipeline.closing());
    Line unasked;
    unasked.reserve();
    unasked.answer("last", keep(), Response::After::kClose);
    unasked.complete(1);
    CHECK(unasked.sent() == " 1 close:last");
    CHECK(unasked.pipeline.closing());
    CHECK(unasked.pipeline.closes_unasked());
  }

  TEST_CASE("pipeline: beside a request only safe ones without a body are admitted") {
    Line line;
    Request length;
    length.content_length = 1;
    Request chunked;
    chunked.chunked = true;
    Request none;
    none.content_length = 0;
    const std::string all = "GET HEAD PUT POST DEL OPTIONS PATCH OTHER ";
    for (const Request &request : {Request(), length, chunked, none}) {
      CHECK(admitted(line.pipeline, request) == all);
    }
    line.reserve();
    CHECK(admitted(line.pipeline) == "GET HEAD OPTIONS ");
    CHECK(admitted(line.pipeline, none) == "GET HEAD OPTIONS ");
    CHECK(admitted(line.pipeline, length) == "");
    CHECK(admitted(line.pipeline, chunked) == "");
    line.reserve();
    CHECK(admitted(line.pipeline) == "GET HEAD OPTIONS ");
    line.reserve();  // as many as there may be
    CHECK(admitted(line.pipeline) == "");
  }

  TEST_CASE("pipeline: beside a request that may change something nothing is admitted") {
    for (const Method method : {Method::kGet, Method::kHead, Method::kOptions}) {
      Line line;
      line.reserve(keep(method));
      CHECK(line.pipeline.admits(request_of(Method::kGet)));
      line.reserve(keep(Method::kPut));
      CHECK_FALSE(line.pipeline.admits(request_of(Method::kGet)));
    }
    for (const Method method :
         {Method::kPut, Method::kPost, Method::kDelete, Method::kPatch, Method::kOther}) {
      Line line;
      line.reserve(keep(method));
      CHECK_FALSE(line.pipeline.admits(request_of(Method::kGet)));
    }
  }

  TEST_CASE("pipeline: after an answer that closes nothing is sent, and all others are told") {
    Line line;
    for (int i = 0; i < 3; ++i) line.reserve();
    line.complete(2, Response::After::kClose);
    CHECK(line.sent() == "");
    CHECK(line.told == "");
    CHECK_FALSE(line.pipeline.closing());
    line.complete(1);
    CHECK(line.sent() == " 1 close:2");
    CHECK(line.told == "closed 3\n");
    CHECK(line.pipeline.closing());
    CHECK(line.pipeline.closes_unasked());
    CHECK(line.pipeline.empty());
    line.complete(3);
    line.answer("late");
    CHECK(line.sent() == "");
    CHECK(line.pipeline.closing());
  }

  TEST_CASE("pipeline: while the server drains, only the last answer closes") {
    Line line;
    for (int i = 0; i < 3; ++i) line.reserve();
    line.bench.draining = true;
    line.pipeline.drain();
    CHECK(line.told == "draining 1\ndraining 2\ndraining 3\n");
    line.complete(1);
    line.begin(2);
    line.part(2, "two", Ending::kEnd);
    CHECK(line.sent() == " 1 3\r\ntwo\r\n0\r\n\r\n");
    CHECK_FALSE(line.pipeline.closing());
    line.complete(3);
    CHECK(line.sent() == " close:3");
    CHECK(line.pipeline.closing());
  }

  TEST_CASE("pipeline: while the server drains, a stream is the last whenever it began") {
    Line before;
    before.begin(before.reserve());
    CHECK(before.sent() == " ");
    before.bench.draining = true;
    before.part(1, "a");
    CHECK_FALSE(before.pipeline.closing());
    before.part(1, "b", Ending::kEnd);
    CHECK(before.sent() == "1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
    CHECK(before.pipeline.closing());
    Line after;
    after.bench.draining = true;
    after.begin(after.reserve());
    CHECK(after.sent() == " close:");
    CHECK_FALSE(after.pipeline.closing());
    after.part(1, "", Ending::kEnd);
    CHECK(after.sent() == "0\r\n\r\n");
    CHECK(after.pipeline.closing());
  }

  TEST_CASE("pipeline: a stream that waits for its turn holds its parts, then sends them") {
    Line line;
    const uint64_t one = line.reserve();
    const uint64_t other = line.reserve();
    const auto channel = line.begin(other);
    line.part(other, "a");
    CHECK(line.sent() == "");
    CHECK(channel->queued_bytes() == line.pipeline.held_bytes());
    CHECK_FALSE(line.pipeline.streaming());
    line.complete(one);
    CHECK(line.pipeline.streaming());
    CHECK(line.sent() == " 1 1\r\na\r\n");
    line.pipeline.sent();
    CHECK(channel->queued_bytes() == 0);
    line.part(other, "b", Ending::kEnd);
    CHECK(line.sent() == "1\r\nb\r\n0\r\n\r\n");
    CHECK(channel->state() == Stream::State::kClosed);
    CHECK_FALSE(line.pipeline.closing());
  }

  TEST_CASE("pipeline: a stream that is cut ends the connection, and tells those behind it") {
    Line line;
    const uint64_t one = line.reserve();
    line.reserve();
    const auto channel = line.begin(one);
    line.part(one, "a", Ending::kCut);
    CHECK(line.sent() == " 1\r\na\r\n");
    CHECK(channel->state() == Stream::State::kClosed);
    CHECK(line.told == "closed 2\n");
    CHECK(line.pipeline.closing());
    CHECK_FALSE(line.pipeline.cut_unseen());  // its last chunk is missing
  }

  TEST_CASE("pipeline: a place is begun or completed once, a late stream is told at once") {
    Line line;
    const uint64_t one = line.reserve();
    line.part(one, "before its head");
    CHECK(line.sent() == "");
    const auto first = line.begin(one);
    CHECK(line.begin(one)->state() == Stream::State::kClosed);
    CHECK(line.begin(77)->state() == Stream::State::kClosed);
    line.complete(one);
    CHECK(line.sent() == " ");
    CHECK(first->state() == Stream::State::kOpen);
    line.pipeline.abandon();
    CHECK(first->state() == Stream::State::kClosed);
    CHECK(line.begin(one)->state() == Stream::State::kClosed);
    CHECK(line.told == "");
  }
}
