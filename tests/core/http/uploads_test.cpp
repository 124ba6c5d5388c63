// SPDX-License-Identifier: Apache-2.0
// Request bodies in parts.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tests/core/http/test_server.hpp"

using namespace navistore::http;
using namespace navistore::http::testing;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kUpload = "PUT /upload HTTP/1.1\r\nHost: a\r\n";

// What one upload went through, seen by the test.
struct Upload {
  std::shared_ptr<Responder> responder;
  std::function<void()> resume;
  std::atomic<size_t> received{0};
  std::atomic<bool> ended{false};
  std::atomic<bool> aborted{false};
  std::atomic<size_t> pause_after{0};  // 0: never
};

class UploadSink final : public BodySink {
 public:
  explicit UploadSink(std::shared_ptr<Upload> upload) : upload_(std::move(upload)) {}
  Flow data(std::string_view part) override {
    upload_->received += part.size();
    const size_t pause_after = upload_->pause_after;
    return pause_after != 0 && upload_->received >= pause_after ? Flow::kPause : Flow::kContinue;
  }
  void end() override { upload_->ended = true; }
  void aborted() override { upload_->aborted = true; }

 private:
  const std::shared_ptr<Upload> upload_;
};

// Uploads go into upload.
std::unique_ptr<TestServer> server_for(const std::shared_ptr<Upload> &upload,
                                       std::atomic<bool> &begun) {
  ServerOptions options;
  options.threads = 1;
  auto server = std::make_unique<TestServer>(options);
  server->handler.on_upload = [upload, &begun](Exchange &exchange) {
    upload->responder = exchange.defer();
    upload->resume = exchange.receive(std::make_shared<UploadSink>(upload));
    begun = true;
  };
  return server;
}

}  // namespace

TEST_SUITE("core/http/streams") {
  TEST_CASE("upload: the body comes in parts, then the next request is served") {
    TestServer server;
    const std::string body(3'000'000, 'u');
    CHECK(server.ask(kUpload + "Content-Length: 3000000\r\n\r\n" + body + kGet)
              .find("got 3000000HTTP/1.1 200") != std::string::npos);
    CHECK(server.ask(kUpload + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + kGet)
              .find("got 3HTTP/1.1 200") != std::string::npos);
    CHECK(server.ask(kUpload + "\r\n" + kGet).find("got 0HTTP/1.1 200") != std::string::npos);
  }

  TEST_CASE("upload: a paused one takes no more than buffers hold, until it is resumed") {
    const auto upload = std::make_shared<Upload>();
    upload->pause_after = 1;
    std::atomic<bool> begun{false};
    const auto server = server_for(upload, begun);
    RawClient client = server->connect();
    const std::string body(30'000'000, 'u');
    client.send(kUpload + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    const size_t sent = client.send_until_full(body);
    CHECK(sent < body.size());
    const size_t received = upload->received;
    CHECK(received < 256 * 1024);
    upload->pause_after = 0;
    upload->resume();
    client.send(std::string_view(body).substr(sent));
    CHECK(becomes_true([&] { return upload->ended.load(); }));
    CHECK(upload->received == body.size());
    upload->responder->send(make_response(200, "all"));
    CHECK(statuses(client.receive_answer()) == "200");
  }

  TEST_CASE("upload: one that is paused at its end still ends") {
    const auto upload = std::make_shared<Upload>();
    upload->pause_after = 3;
    std::atomic<bool> begun{false};
    const auto server = server_for(upload, begun);
    RawClient client = server->connect();
    client.send(kUpload + "Content-Length: 3\r\n\r\nabc");
    CHECK(becomes_true([&] { return upload->received == 3; }));
    CHECK_FALSE(upload->ended);
    upload->resume();
    CHECK(becomes_true([&] { return upload->ended.load(); }));
    upload->responder->send(make_response(200, "all"));
    CHECK(statuses(client.receive_answer()) == "200");
  }

  TEST_CASE("upload: the sink learns that the client went away, or broke the framing") {
    for (const std::string &rest : {std::string("ab"), std::string("zz\r\n")}) {
      const auto upload = std::make_shared<Upload>();
      std::atomic<bool> begun{false};
      const auto server = server_for(upload, begun);
      RawClient client = server->connect();
      client.send(kUpload + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + rest);
      if (rest == "ab") client.half_close();
      CHECK(becomes_true([&] { return upload->aborted.load(); }));
      CHECK_FALSE(upload->ended);
      if (rest != "ab") CHECK(statuses(client.receive_answer()) == "400");
      upload->responder.reset();
      upload->resume = nullptr;
    }
  }

  TEST_CASE("upload: an answer before the end of the body is sent, and ends the connection") {
    const auto upload = std::make_shared<Upload>();
    std::atomic<bool> begun{false};
    const auto server = server_for(upload, begun);
    RawClient client = server->connect();
    client.send(kUpload + "Content-Length: 1000\r\n\r\nline 1");
    CHECK(becomes_true([&] { return begun && upload->received == 6; }));
    upload->responder->send(make_response(400, "line 1 is wrong"));
    CHECK(without_date(client.receive_answer()) ==
          "HTTP/1.1 400 Bad Request\r\nContent-Length: 15\r\nConnection: close\r\n\r\n"
          "line 1 is wrong");
    client.half_close();
    CHECK(becomes_true([&] { return server->counters().connections == 0; }));
    CHECK_FALSE(upload->aborted);
  }

  TEST_CASE("upload: an answer that streams is cut when it ends before the body does") {
    const auto upload = std::make_shared<Upload>();
    std::atomic<bool> begun{false};
    const auto server = server_for(upload, begun);
    RawClient client = server->connect();
    client.send(kUpload + "Content-Length: 1000\r\n\r\nline 1");
    CHECK(becomes_true([&] { return begun && upload->received == 6; }));
    const auto stream = upload->responder->stream(make_response(200, ""));
    CHECK(client.receive_through("\r\n\r\n").find("chunked") != std::string::npos);
    stream->end();
    CHECK(client.receive_all().empty());
  }

  TEST_CASE("upload: an answer that streams is cut when the framing of the body breaks") {
    const auto upload = std::make_shared<Upload>();
    std::atomic<bool> begun{false};
    const auto server = server_for(upload, begun);
    RawClient client = server->connect();
    client.send(kUpload + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    CHECK(becomes_true([&] { return begun && upload->received == 5; }));
    const auto stream = upload->responder->stream(make_response(200, ""));
    CHECK(client.receive_through("\r\n\r\n").find("chunked") != std::string::npos);
    client.send("zz\r\n");
    CHECK(becomes_true([&] { return upload->aborted.load(); }));
    CHECK(becomes_true([&] { return stream->state() == Stream::State::kClosed; }));
    CHECK(client.receive_all().empty());
  }

  TEST_CASE("upload: one that came whole is not aborted by a half-close while it is paused") {
    const auto upload = std::make_shared<Upload>();
    upload->pause_after = 5;
    std::atomic<bool> begun{false};
    const auto server = server_for(upload, begun);
    RawClient client = server->connect();
    client.send(kUpload + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n");
    client.half_close();
    CHECK(becomes_true([&] { return upload->received == 5; }));
    CHECK(statuses(server->ask(kGet)) == "200");  // of the one worker, which saw the end before
    CHECK_FALSE(upload->aborted);
    upload->pause_after = 0;
    upload->resume();
    CHECK(becomes_true([&] { return upload->ended.load(); }));
    CHECK(upload->received == 8);
    upload->responder->send(make_response(200, "all"));
    CHECK(statuses(client.receive_answer()) == "200");
  }

  TEST_CASE("upload: one that is answered by its head is not asked for, and ends the connection") {
    TestServer server;
    server.handler.on_upload = [](Exchange &exchange) { exchange.response().status = 403; };
    RawClient client = server.connect();
    client.send(kUpload + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    client.half_close();
    CHECK(without_date(client.receive_all()) ==
          "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }

  TEST_CASE("upload: the sink learns of a reset") {
    const auto upload = std::make_shared<Upload>();
    std::atomic<bool> begun{false};
    const auto server = server_for(upload, begun);
    RawClient client = server->connect();
    client.send(kUpload + "Content-Length: 1000\r\n\r\nline 1");
    CHECK(becomes_true([&] { return begun && upload->received == 6; }));
    client.reset();
    CHECK(becomes_true([&] { return upload->aborted.load(); }));
  }
}
