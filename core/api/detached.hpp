// SPDX-License-Identifier: Apache-2.0
// A request whose answer comes later, from another thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/api/call.hpp"
#include "core/http/message.hpp"

namespace navistore::api {

enum class Body : uint8_t { kKeep, kDrop };

// Owns a copy of a request, since the original dies with Handler::handle(), without the fields that
// nobody looks at: many requests may wait, and most of a head is such fields.
class RequestCopy {
 public:
  RequestCopy(const http::Request &request, Body body);
  RequestCopy(const RequestCopy &) = delete;
  RequestCopy &operator=(const RequestCopy &) = delete;
  const http::Request &request() const { return request_; }

 private:
  std::string text_;
  http::Request request_;
};

// One thread at a time works on it: whoever was handed it last.
class Detached final : public http::Exchange, public std::enable_shared_from_this<Detached> {
 public:
  // Takes the request of a call over to wherever the answer will come from, and holds the call. A
  // call that is detached already is handed on.
  static std::shared_ptr<Detached> take(Call &call, Body body);

  Detached(Shared &shared, const http::Request &request, Body body,
           std::shared_ptr<http::Responder> responder);

  // Runs a step with a fresh answer, and sends the answer unless the step holds the call. Calls
  // after the answer was sent are ignored, as are those that come when the service has stopped.
  void run(FunctionRef<void(Call &)> step);
  const std::shared_ptr<http::Responder> &responder() const { return responder_; }
  bool answered() const { return answered_; }
  Shared &shared() const { return shared_; }

  // Carried from one run to the next.
  Call::Trace trace;
  std::optional<Call::Clock::time_point> deadline;  // of waiting

  const http::Request &request() const override { return copy_.request(); }
  http::Response &response() override { return response_; }
  std::shared_ptr<http::Responder> defer() override { return responder_; }
  std::function<void()> receive(std::shared_ptr<http::BodySink>) override { return {}; }
  // Begins a stream as the answer; the head gets what every answer carries.
  std::shared_ptr<http::Stream> stream(Call &call);

 private:
  void run_inside(FunctionRef<void(Call &)> step);

  const std::shared_ptr<Gate> gate_;
  Shared &shared_;  // inside the gate only
  RequestCopy copy_;
  http::Response response_;
  std::shared_ptr<http::Responder> responder_;
  bool answered_ = false;
};

// Runs a step of the call on the reader pool, where it may block. A full pool is 503.
void on_reader_pool(Call &call, const std::function<void(Call &)> &step);

// Receives what an asynchronous call of the store brings. When it came before the worker thread
// looked, the request never leaves that thread and costs no hand-over.
template <class T>
class Rendezvous {
 public:
  // [any thread] once
  void deliver(T result) {
    result_.emplace(std::move(result));
    if (state_.exchange(State::kDelivered) == State::kParked) go_on();
  }
  // The result when it is there already.
  T *arrived() { return state_.load() == State::kDelivered ? &*result_ : nullptr; }
  // Runs step with the result, on the delivering thread or right now.
  void park(std::shared_ptr<Detached> job, std::function<void(Call &, T &)> step) {
    job_ = std::move(job);
    step_ = std::move(step);
    if (state_.exchange(State::kParked) == State::kDelivered) go_on();
  }

 private:
  enum class State : uint8_t { kOpen, kParked, kDelivered };
  void go_on() {
    job_->run([this](Call &call) { step_(call, *result_); });
  }

  std::atomic<State> state_{State::kOpen};
  std::optional<T> result_;
  std::shared_ptr<Detached> job_;
  std::function<void(Call &, T &)> step_;
};

// begin starts an asynchronous call of the store with the callback that it is given; finish makes
// the answer of what that brings.
template <class T>
void when_done(Call &call, FunctionRef<void(std::function<void(T)>)> begin,
               std::function<void(Call &, T &)> finish) {
  auto meeting = std::make_shared<Rendezvous<T>>();
  begin([meeting](T result) { meeting->deliver(std::move(result)); });
  if (T *result = meeting->arrived()) return finish(call, *result);
  meeting->park(Detached::take(call, Body::kDrop), std::move(finish));
}

}  // namespace navistore::api
