// SPDX-License-Identifier: Apache-2.0
#include "core/http/ticket.hpp"

#include <utility>

#include "core/http/stream_channel.hpp"

namespace navistore::http {
namespace {

class TicketResponder final : public Responder {
 public:
  explicit TicketResponder(std::shared_ptr<Ticket> ticket) : ticket_(std::move(ticket)) {}
  ~TicketResponder() override { ticket_->abandon(); }
  TicketResponder(const TicketResponder &) = delete;
  TicketResponder &operator=(const TicketResponder &) = delete;

  void send(Response response) override { ticket_->send(std::move(response)); }
  std::shared_ptr<Stream> stream(Response head) override {
    return ticket_->stream(std::move(head));
  }
  void on_gone(std::function<void(Gone)> gone) override { ticket_->on_gone(std::move(gone)); }

 private:
  const std::shared_ptr<Ticket> ticket_;
};

}  // namespace

std::shared_ptr<Responder> make_responder(std::shared_ptr<Ticket> ticket) {
  return std::make_shared<TicketResponder>(std::move(ticket));
}

void Ticket::send(Response response) {
  {
    Lock lock(mutex_);
    if (state_ != State::kWaiting) return;
    state_ = State::kSettled;
    response_ = std::move(response);
  }
  address_.mailbox->post(shared_from_this());
}

std::shared_ptr<Stream> Ticket::stream(Response head) {
  auto channel = std::make_shared<StreamChannel>(address_);
  {
    Lock lock(mutex_);
    if (state_ == State::kWaiting && !(gone_ && *gone_ == Responder::Gone::kClosed)) {
      state_ = State::kSettled;
      response_ = std::move(head);
      channel_ = channel;
    } else {
      channel->closed();
    }
  }
  address_.mailbox->post(shared_from_this());
  return make_stream(std::move(channel));
}

void Ticket::on_gone(std::function<void(Responder::Gone)> gone) {
  {
    Lock lock(mutex_);
    on_gone_ = std::move(gone);
    if (!gone_) return;
  }
  address_.mailbox->post(shared_from_this());
}

void Ticket::abandon() {
  {
    Lock lock(mutex_);
    on_gone_ = nullptr;
    if (state_ != State::kWaiting) return;
    state_ = State::kAbandoned;
  }
  address_.mailbox->post(shared_from_this());
}

void Ticket::gone(Responder::Gone how) {
  {
    Lock lock(mutex_);
    if (!gone_ || how == Responder::Gone::kClosed) gone_ = how;
  }
  tell_gone();
}

void Ticket::tell_gone() {
  std::function<void(Responder::Gone)> tell;
  Responder::Gone how{};
  {
    Lock lock(mutex_);
    if (!gone_ || told_ || !on_gone_ || state_ != State::kWaiting) return;
    told_ = true;
    how = *gone_;
    tell.swap(on_gone_);
  }
  tell(how);
}

void Ticket::redeem(AnswerSink &sink) {
  Response response;
  std::shared_ptr<StreamChannel> channel;
  State state{};
  {
    Lock lock(mutex_);
    state = state_;
    if (state == State::kWaiting || state == State::kDelivered) return;
    state_ = State::kDelivered;
    response = std::move(response_);
    channel = std::move(channel_);
  }
  if (state == State::kAbandoned) {
    sink.unanswered(address_.number);
  } else if (channel) {
    sink.begin_stream(address_.number, std::move(response), std::move(channel));
  } else {
    sink.answer(address_.number, std::move(response));
  }
}

void Ticket::deliver() {
  tell_gone();
  if (const std::shared_ptr<AnswerSink> sink = address_.sink.lock()) {
    redeem(*sink);
    return;
  }
  std::shared_ptr<StreamChannel> channel;
  {
    Lock lock(mutex_);
    channel = std::move(channel_);
  }
  if (channel) channel->closed();
}

}  // namespace navistore::http
