// SPDX-License-Identifier: Apache-2.0
// What a handler sees of one request: the exchange, for as long as handle() runs. [worker]
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/http/connection.hpp"

namespace navistore::http {

class Connection::Turn final : public Exchange {
 public:
  Turn(Connection &connection, const AnswerRules &rules) : connection_(connection), rules_(rules) {}

  const Request &request() const override { return connection_.workspace_.request; }
  Response &response() override { return connection_.workspace_.response; }
  std::shared_ptr<Responder> defer() override;
  std::string take_body() override;
  std::function<void()> receive(std::shared_ptr<BodySink> sink) override;

  // 0: the handler did not defer.
  uint64_t number() const { return number_; }
  const std::shared_ptr<BodySink> &sink() const { return sink_; }
  void gathered(std::string *body) { gathered_ = body; }

 private:
  Connection &connection_;
  const AnswerRules rules_;
  uint64_t number_ = 0;
  std::string *gathered_ = nullptr;
  std::shared_ptr<BodySink> sink_;
};

}  // namespace navistore::http
