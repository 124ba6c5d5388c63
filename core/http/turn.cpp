// SPDX-License-Identifier: Apache-2.0
#include "core/http/turn.hpp"

#include <utility>

namespace navistore::http {
namespace {

class Resumption final : public Letter {
 public:
  explicit Resumption(std::weak_ptr<Connection> connection) : connection_(std::move(connection)) {}
  void deliver() override {
    if (const std::shared_ptr<Connection> connection = connection_.lock()) {
      connection->resume_body();
    }
  }

 private:
  const std::weak_ptr<Connection> connection_;
};

}  // namespace

std::shared_ptr<Responder> Connection::Turn::defer() {
  const ServerOptions &options = connection_.workspace_.options;
  number_ = connection_.pipeline_.reserve(rules_);
  auto ticket = std::make_shared<Ticket>(
      ReturnAddress{connection_.workspace_.mailbox, connection_.weak_from_this(), number_,
                    options.output_high_bytes, options.output_low_bytes});
  connection_.pipeline_.attach(number_, ticket);
  return make_responder(std::move(ticket));
}

std::string Connection::Turn::take_body() {
  std::string body = gathered_ != nullptr ? std::move(*gathered_) : std::string(request().body);
  connection_.workspace_.request.body = {};
  return body;
}

std::function<void()> Connection::Turn::receive(std::shared_ptr<BodySink> sink) {
  sink_ = std::move(sink);
  auto resumption = std::make_shared<Resumption>(connection_.weak_from_this());
  return [mailbox = connection_.workspace_.mailbox, resumption] { mailbox->post(resumption); };
}

}  // namespace navistore::http
