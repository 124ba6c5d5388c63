// SPDX-License-Identifier: Apache-2.0
// Answers that come from other threads. A ticket names one request of one connection by weak
// pointer and number, never by descriptor, so its answer cannot reach another client.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/http/mailbox.hpp"
#include "core/http/message.hpp"
#include "core/http/part.hpp"
#include "core/mutex.hpp"

namespace navistore::http {

class StreamChannel;

enum class Ending : uint8_t { kOpen, kEnd, kCut };

// Where tickets are redeemed. [worker]
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual void answer(uint64_t number, Response &&response) = 0;
  virtual void begin_stream(uint64_t number, Response &&head,
                            std::shared_ptr<StreamChannel> channel) = 0;
  virtual void stream_parts(uint64_t number, std::vector<Part> &parts, Ending ending) = 0;
  virtual void unanswered(uint64_t number) = 0;  // its Responder is gone
};

// Where an answer from another thread is to go.
struct ReturnAddress {
  std::shared_ptr<Mailbox> mailbox;
  std::weak_ptr<AnswerSink> sink;
  uint64_t number = 0;
  size_t high_bytes = 0;  // of a stream's queue
  size_t low_bytes = 0;
};

// The state of one Responder, shared with the connection that waits for it.
class Ticket final : public Letter, public std::enable_shared_from_this<Ticket> {
 public:
  explicit Ticket(ReturnAddress address) : address_(std::move(address)) {}

  // [any thread]
  void send(Response response) NAVISTORE_EXCLUDES(mutex_);
  std::shared_ptr<Stream> stream(Response head) NAVISTORE_EXCLUDES(mutex_);
  void on_gone(std::function<void(Responder::Gone)> gone) NAVISTORE_EXCLUDES(mutex_);
  void abandon() NAVISTORE_EXCLUDES(mutex_);

  // [worker]
  void deliver() override NAVISTORE_EXCLUDES(mutex_);
  void gone(Responder::Gone how) NAVISTORE_EXCLUDES(mutex_);

 private:
  enum class State : uint8_t { kWaiting, kSettled, kAbandoned, kDelivered };

  void tell_gone() NAVISTORE_EXCLUDES(mutex_);
  void redeem(AnswerSink &sink) NAVISTORE_EXCLUDES(mutex_);

  const ReturnAddress address_;
  Mutex mutex_;
  State state_ NAVISTORE_GUARDED_BY(mutex_) = State::kWaiting;
  Response response_ NAVISTORE_GUARDED_BY(mutex_);
  std::shared_ptr<StreamChannel> channel_ NAVISTORE_GUARDED_BY(mutex_);
  std::optional<Responder::Gone> gone_ NAVISTORE_GUARDED_BY(mutex_);
  bool told_ NAVISTORE_GUARDED_BY(mutex_) = false;
  std::function<void(Responder::Gone)> on_gone_ NAVISTORE_GUARDED_BY(mutex_);
};

// What a handler holds; its end without an answer is an answer.
std::shared_ptr<Responder> make_responder(std::shared_ptr<Ticket> ticket);

}  // namespace navistore::http
