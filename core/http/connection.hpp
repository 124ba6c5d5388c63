// SPDX-License-Identifier: Apache-2.0
// One client's conversation: bytes in, requests to the handler, answers in order out. It never
// sees a socket. The answers depend on the bytes alone, not on how they were cut. [worker]
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/delivery.hpp"
#include "core/http/incoming_body.hpp"
#include "core/http/message.hpp"
#include "core/http/output_queue.hpp"
#include "core/http/pipeline.hpp"
#include "core/http/request_parser.hpp"
#include "core/http/ticket.hpp"
#include "core/http/workspace.hpp"

namespace navistore::http {

class Connection;

// Whoever moves a connection's bytes.
class Carrier {
 public:
  virtual ~Carrier() = default;
  // Something came from elsewhere: there may be output to send, or input may be taken again.
  virtual void attend() = 0;
  // How far the bytes got that went away from output().
  virtual Wire wire() const = 0;
};

enum class Origin : uint8_t { kLoopback, kRemote };

class Connection final : public AnswerSink, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Workspace &workspace, Handler &handler, Carrier &carrier, Origin origin);
  ~Connection() override = default;
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;

  // Input. bytes are interpreted or copied; what follows the last answer is dropped.
  void receive(std::string_view bytes);
  void receive_end();  // the client will send nothing more
  // False: reading should stop, since the client does not take its answers, or enough is buffered.
  bool wants_input() const;
  bool input_ended() const { return input_ended_; }
  // Nothing is under way, in either direction: another Connection could go on from here.
  bool at_rest() const;
  Handler &handler() const { return handler_; }
  Origin origin() const { return origin_; }

  // Output.
  OutputQueue &output() { return output_; }
  // Some of output() went away: what was held back may go on.
  void sent();

  // What is to happen once output() is empty. kLinger: half-close and discard for a while, so that
  // the client gets the answer before it learns that its bytes were not read (RFC 9112 9.6).
  // kReset: the client would take a plain end for the end of the answer.
  enum class Fate : uint8_t { kOpen, kClose, kLinger, kReset };
  Fate fate() const;

  // Looks for expired timeouts. kAnswered: there is output; kClose: give up.
  enum class Expiry : uint8_t { kNothing, kAnswered, kClose };
  Expiry tick();

  // Refuses whatever is being read, and all that follows.
  void refuse(const Refusal &refusal) { refuse(refusal, Method::kGet); }
  void drain();
  void closed();  // the client is gone

  // AnswerSink
  void answer(uint64_t number, Response &&response) override;
  void begin_stream(uint64_t number, Response &&head,
                    std::shared_ptr<StreamChannel> channel) override;
  void stream_parts(uint64_t number, std::vector<Part> &parts, Ending ending) override;
  void unanswered(uint64_t number) override;
  void resume_body();

 private:
  class Turn;
  enum class Step : uint8_t { kDone, kNeedMore, kStalled };

  size_t interpret(std::string_view bytes);
  void interpret_unread();
  Step read_request(std::string_view &rest);
  Step begin_request(std::string_view head, std::string_view &rest, const HeadFacts &facts);
  Step begin_body(std::string_view head, std::string_view &rest, const AnswerRules &rules,
                  const HeadFacts &facts);
  Step read_body(std::string_view &rest);
  Step finish_body();
  std::optional<BodyPlan> plan(const Request &request);
  void handle(const AnswerRules &rules);
  void handle_before_body(const AnswerRules &rules);
  void refuse(const Refusal &refusal, Method method);
  Step refuse_request(Refusal refusal);
  Step refuse_body(const Refusal &refusal);
  Response &worded(const Refusal &refusal);
  void fail(uint64_t number, Method method);
  void release_body();
  void drop_body();
  void abort_body();
  bool has_room() const { return output_.bytes() + pipeline_.held_bytes() <= high_bytes(); }
  size_t high_bytes() const { return workspace_.options.output_high_bytes; }
  // The rest of the input is not interpreted.
  bool finished() const {
    return refused_ || pipeline_.closing() || (pipeline_.ending() && !body_);
  }
  void answered();

  Workspace &workspace_;
  Handler &handler_;
  Carrier &carrier_;
  OutputQueue output_;
  Pipeline pipeline_;
  HeadScanner scanner_;
  std::string unread_;      // what could not be interpreted yet
  size_t unread_from_ = 0;  // bytes before it were interpreted
  std::unique_ptr<IncomingBody> body_;
  uint64_t body_number_ = 0;     // the answer that the request of body_ waits for; 0: none yet
  int64_t touched_ms_;           // last byte in or out
  int64_t head_started_ms_ = 0;  // since when a head is incomplete; 0: none is
  Delivery delivery_;
  const Origin origin_;
  bool stalled_ = false;  // unread_, or the body at hand, could be interpreted further
  bool refused_ = false;
  bool dropped_input_ = false;
  bool input_ended_ = false;
  bool close_idle_ = false;  // drained while idle
};

}  // namespace navistore::http
