// SPDX-License-Identifier: Apache-2.0
// A server in front of a handler, on which requests change before they get there.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/http/message.hpp"
#include "core/http/server.hpp"

namespace navistore::classic::testing {

using Edit = std::function<void(http::Request &)>;

class EditedExchange final : public http::Exchange {
 public:
  EditedExchange(http::Exchange &exchange, const Edit &edit)
      : exchange_(exchange), request_(exchange.request()) {
    edit(request_);
  }
  const http::Request &request() const override { return request_; }
  http::Response &response() override { return exchange_.response(); }
  std::shared_ptr<http::Responder> defer() override { return exchange_.defer(); }
  std::string take_body() override { return exchange_.take_body(); }
  std::function<void()> receive(std::shared_ptr<http::BodySink> sink) override {
    return exchange_.receive(std::move(sink));
  }

 private:
  http::Exchange &exchange_;
  http::Request request_;
};

class EditedWay final : public http::Handler {
 public:
  EditedWay(http::Handler &to, Edit edit) : to_(to), edit_(std::move(edit)) {
    http::ServerOptions options;
    options.listen.push_back({"127.0.0.1:0", this, false});
    options.threads = 1;
    auto started = http::Server::start(std::move(options));
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(started).value();
  }
  std::string address() const { return server_->addresses().front(); }

  http::BodyPlan plan(const http::Request &head) override { return to_.plan(head); }
  void handle(http::Exchange &exchange) override {
    EditedExchange edited(exchange, edit_);
    to_.handle(edited);
  }
  void refuse(const http::Refusal &refusal, http::Response &response) override {
    to_.refuse(refusal, response);
  }

 private:
  http::Handler &to_;
  const Edit edit_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace navistore::classic::testing
