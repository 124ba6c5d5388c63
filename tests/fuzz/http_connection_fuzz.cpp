// SPDX-License-Identifier: Apache-2.0
// The answers of a connection depend on its bytes, not on how they were cut, nor on how its client
// takes them: arbitrary bytes are given in one piece to a client that takes everything at once, and
// in pieces of arbitrary sizes to one that takes its answers in such pieces, too, and must get the
// same output.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/connection.hpp"

namespace navistore::http {
namespace {

ServerOptions small_limits() {
  ServerOptions options;
  options.max_uri_bytes = 200;
  options.max_header_bytes = 400;
  options.max_header_lines = 10;
  options.max_pipelined = 3;
  options.output_high_bytes = 300;
  options.output_low_bytes = 100;
  return options;
}

// Answers with what it got, when the body has ended; pauses at each part.
class EchoSink final : public BodySink {
 public:
  explicit EchoSink(std::shared_ptr<Responder> responder) : responder_(std::move(responder)) {}
  Flow data(std::string_view part) override {
    body_.append(part);
    resume();
    return Flow::kPause;
  }
  void end() override {
    Response response;
    response.body = "end " + body_;
    responder_->send(std::move(response));
  }
  void aborted() override { responder_.reset(); }

  std::function<void()> resume;

 private:
  std::shared_ptr<Responder> responder_;
  std::string body_;
};

class EchoHandler final : public Handler {
 public:
  BodyPlan plan(const Request &head) override {
    return {head.path == "/upload" ? BodyPlan::Mode::kStream : BodyPlan::Mode::kGather, 300};
  }

  void handle(Exchange &exchange) override {
    const Request &request = exchange.request();
    Response answer;
    answer.body.append(request.method_name).append(" ").append(request.path);
    answer.body.append(request.query.value_or("-")).append(" [").append(request.body).append("]");
    for (const Field &field : request.fields) {
      answer.body.append(field.name).append("=").append(field.value).append(";");
    }
    if (request.path == "/upload") {
      const auto sink = std::make_shared<EchoSink>(exchange.defer());
      sink->resume = exchange.receive(sink);
    } else if (request.path == "/later") {
      exchange.defer()->send(std::move(answer));
    } else if (request.path == "/stream") {
      const auto stream = exchange.defer()->stream(Response());
      stream->write(answer.body);
      stream->write("more");
      stream->end();
    } else {
      exchange.response().body = answer.body;
    }
  }

  void refuse(const Refusal &refusal, Response &response) override {
    response.body = refusal.detail;
  }
};

class NoCarrier final : public Carrier {
 public:
  void attend() override {}
  Wire wire() const override { return {}; }
};

// What a client does at one time.
class Sizes {
 public:
  explicit Sizes(std::string_view bytes) : bytes_(bytes) {}
  size_t next() {
    if (bytes_.empty()) return 1;
    return static_cast<unsigned char>(bytes_[at_++ % bytes_.size()]) + 1U;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

// A connection whose client takes everything at once, or in parts.
class Conversation {
 public:
  explicit Conversation(Sizes *takes) : takes_(takes) { workspace_.date = "Date: D\r\n"; }
  ~Conversation() {
    connection_->closed();
    workspace_.mailbox->close();  // what it holds leads back to it
  }
  Conversation(const Conversation &) = delete;
  Conversation &operator=(const Conversation &) = delete;

  void say(std::string_view bytes) {
    while (!connection_->wants_input()) listen();
    if (over()) return;
    connection_->receive(bytes);
    listen();
  }
  std::string end() {
    while (!connection_->wants_input()) listen();
    if (!over()) connection_->receive_end();
    listen_to_the_end();
    return std::move(heard_);
  }

 private:
  bool over() const { return connection_->fate() != Connection::Fate::kOpen; }

  void listen() {
    if (takes_ == nullptr) {
      listen_to_the_end();
      return;
    }
    workspace_.mailbox->deliver_all();
    take(takes_->next());
  }

  void listen_to_the_end() {
    bool more = true;
    while (more) {  // letters cause letters, and room for output may cause some
      const bool delivered = workspace_.mailbox->deliver_all() != 0;
      const bool taken = take(std::numeric_limits<size_t>::max());
      more = delivered || taken;
    }
  }

  // Returns whether there was something.
  bool take(size_t most) {
    std::array<iovec, 4> pieces;
    size_t taken = 0;
    const int count = connection_->output().gather(pieces.data(), pieces.size());
    for (int i = 0; i < count; ++i) {
      const iovec &piece = pieces[static_cast<size_t>(i)];
      const size_t length = std::min(piece.iov_len, most - taken);
      heard_.append(static_cast<const char *>(piece.iov_base), length);
      taken += length;
    }
    if (taken == 0) return false;
    connection_->output().consume(taken);
    connection_->sent();
    return true;
  }

  const ServerOptions options_ = small_limits();
  const std::atomic<bool> draining_{false};
  BodyBudget bodies_{options_.max_gathered_bytes};
  Workspace workspace_{options_, draining_, bodies_, std::make_shared<Mailbox>()};
  EchoHandler handler_;
  NoCarrier carrier_;
  std::shared_ptr<Connection> connection_ =
      std::make_shared<Connection>(workspace_, handler_, carrier_, Origin::kLoopback);
  Sizes *takes_;  // null: everything
  std::string heard_;
};

void check(std::string_view cuts, std::string_view bytes) {
  Conversation whole(nullptr);
  whole.say(bytes);
  const std::string expected = whole.end();
  Sizes sizes(cuts);
  Conversation cut(&sizes);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t length = std::min(sizes.next(), rest.size());
    // A copy of its own, so that a sanitizer sees what outlives it.
    cut.say(std::string(rest.substr(0, length)));
    rest.remove_prefix(length);
  }
  const std::string actual = cut.end();
  if (actual == expected) return;
  std::fprintf(stderr, "--- in one piece:\n%s\n--- cut:\n%s\n", expected.c_str(), actual.c_str());
  std::abort();
}

}  // namespace
}  // namespace navistore::http

// The first byte says how many bytes of cuts follow; the rest is sent.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view input(reinterpret_cast<const char *>(data), size);
  if (input.empty()) return 0;
  const size_t cuts = static_cast<unsigned char>(input.front()) % 8U;
  if (input.size() <= cuts) return 0;
  navistore::http::check(input.substr(1, cuts), input.substr(1 + cuts));
  return 0;
}
