// SPDX-License-Identifier: Apache-2.0
#include "tests/core/http/test_server.hpp"

#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "core/http/sealed_body.hpp"

namespace navistore::http::testing {
namespace {

class CountingSink final : public BodySink {
 public:
  explicit CountingSink(std::shared_ptr<Responder> responder) : responder_(std::move(responder)) {}
  Flow data(std::string_view part) override {
    size_ += part.size();
    return Flow::kContinue;
  }
  void end() override { responder_->send(make_response(200, "got " + std::to_string(size_))); }
  void aborted() override { responder_->send(make_response(400, "aborted")); }

 private:
  const std::shared_ptr<Responder> responder_;
  size_t size_ = 0;
};

std::string shown(const Request &request) {
  std::string text(request.method_name);
  text.append(" ").append(request.path);
  if (request.query) text.append("?").append(*request.query);
  return text.append(" [").append(request.body).append("]");
}

size_t number_in(const Request &request) {
  return request.query ? std::stoul(std::string(*request.query)) : 0;
}

void count_upload(Exchange &exchange) {
  auto sink = std::make_shared<CountingSink>(exchange.defer());
  exchange.receive(sink);
}

}  // namespace

std::string pattern(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text.append(std::to_string(i)).push_back(',');
  text.resize(size);
  return text;
}

Response make_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

BodyPlan TestHandler::plan(const Request &head) {
  const bool upload = head.path == "/upload";
  return {upload ? BodyPlan::Mode::kStream : BodyPlan::Mode::kGather,
          upload ? kMaxBody * 1024 : kMaxBody};
}

void TestHandler::handle(Exchange &exchange) {
  const Request &request = exchange.request();
  Response &response = exchange.response();
  if (request.path == "/hello") {
    response.body = "hello";
  } else if (request.path == "/fields") {
    for (const Field &field : request.fields) {
      response.body.append(field.name).append("=").append(field.value).append("\n");
    }
  } else if (request.path == "/origin") {
    response.body = request.from_loopback ? "loopback" : "remote";
  } else if (request.path == "/worker") {
    response.body = std::to_string(::gettid());
  } else if (request.path == "/big") {
    response.body.assign(number_in(request), 'x');
  } else if (request.path == "/sealed") {
    response.sealed = SealedBody::make(pattern(number_in(request)));
  } else if (request.path == "/status") {
    response.status = static_cast<int>(number_in(request));
    response.body = "body";
  } else if (request.path == "/close") {
    request.query ? response.body.assign(number_in(request), 'x') : response.body.assign("bye");
    response.after = Response::After::kClose;
  } else if (request.path == "/later") {
    Lock lock(mutex_);
    responders_.push_back(exchange.defer());
  } else if (request.path == "/upload") {
    on_upload ? on_upload(exchange) : count_upload(exchange);
  } else if (request.path == "/throw") {
    throw 42;
  } else {
    response.body = shown(request);
  }
}

void TestHandler::refuse(const Refusal &refusal, Response &response) {
  response.body = refusal.problem;
  if (refusal.limit != 0) response.body.append(" ").append(std::to_string(refusal.limit));
}

std::shared_ptr<Responder> TestHandler::take_responder() {
  std::shared_ptr<Responder> responder;
  becomes_true([&] {
    Lock lock(mutex_);
    if (responders_.empty()) return false;
    responder = std::move(responders_.front());
    responders_.erase(responders_.begin());
    return true;
  });
  return responder;
}

TestServer::TestServer(ServerOptions options) {
  if (options.listen.empty()) options.listen.push_back({"127.0.0.1:0"});
  for (ListenOptions &listen : options.listen) listen.handler = &handler;
  if (options.threads == 0) options.threads = 2;
  Result<std::unique_ptr<Server>> started = Server::start(std::move(options));
  if (!started) throw std::runtime_error(started.error().message);
  server = std::move(started).value();
}

std::string TestServer::ask(std::string_view bytes) const {
  RawClient client = connect();
  client.send(bytes);
  client.half_close();
  return without_date(client.receive_all());
}

std::string without_date(std::string answers) {
  constexpr std::string_view kExample = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  for (size_t at = answers.find("Date: "); at != std::string::npos; at = answers.find("Date: ")) {
    const std::string line = answers.substr(at, kExample.size());
    const bool formed = line.size() == kExample.size() && line[9] == ',' &&
                        line.compare(kExample.size() - 6, 6, " GMT\r\n") == 0;
    if (!formed) return "malformed " + line;
    answers.erase(at, kExample.size());
  }
  return answers;
}

std::string statuses(const std::string &answers) {
  std::string all;
  for (size_t at = answers.find("HTTP/1.1 "); at != std::string::npos;
       at = answers.find("HTTP/1.1 ", at + 1)) {
    if (!all.empty()) all += ' ';
    all += answers.substr(at + 9, 3);
  }
  return all;
}

}  // namespace navistore::http::testing
