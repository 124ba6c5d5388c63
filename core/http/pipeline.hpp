// SPDX-License-Identifier: Apache-2.0
// The answers of one connection, in the order of their requests (RFC 9112 9.3.2), whoever gives
// them and when. [worker]
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/http/output_queue.hpp"
#include "core/http/response_writer.hpp"
#include "core/http/stream_channel.hpp"
#include "core/http/ticket.hpp"
#include "core/http/workspace.hpp"

namespace navistore::http {

class Pipeline {
 public:
  Pipeline(Workspace &workspace, OutputQueue &output) : workspace_(workspace), output_(output) {}

  bool empty() const { return slots_.empty(); }
  // The last answer is in the output: nothing after it is sent.
  bool closing() const { return closing_; }
  // closing(), though the client did not ask for it: it may be sending its next request.
  bool closes_unasked() const { return unasked_; }
  // closing(), with an answer that ends before its time, and whose end is the connection's.
  bool cut_unseen() const { return cut_unseen_; }
  // The last request was taken: its answer will be the last.
  bool ending() const { return closing_ || (!slots_.empty() && !slots_.back().rules.keep_alive); }
  // May this request be handed to the handler while others wait for their answers? Only safe
  // methods may run side by side, and only so many.
  bool admits(const Request &request) const;
  size_t size() const { return slots_.size(); }
  // A stream is being sent.
  bool streaming() const { return !slots_.empty() && slots_.front().channel != nullptr; }
  // Answers that wait behind others.
  size_t held_bytes() const;

  // An answer that is there at once. Leaves response with capacity to be used again.
  void answer(Response &response, const AnswerRules &rules);
  // An interim answer, right behind what is queued.
  void interim(std::string_view text) { output_.append(text); }
  // Keeps the place of an answer to come; returns its number.
  uint64_t reserve(const AnswerRules &rules);
  void attach(uint64_t number, std::shared_ptr<Ticket> ticket);

  // The answer to a reserved place. An unknown number is ignored.
  void complete(uint64_t number, Response &response);
  void begin(uint64_t number, Response &head, std::shared_ptr<StreamChannel> channel);
  void parts(uint64_t number, std::vector<Part> &parts, Ending ending);

  // Bytes of output_ were sent.
  void sent();
  void drain();
  // The connection is gone: everybody who wanted to answer is told.
  void abandon();

 private:
  struct Slot {
    uint64_t number;
    AnswerRules rules;
    std::shared_ptr<Ticket> ticket;          // until it is answered
    std::shared_ptr<StreamChannel> channel;  // while it streams
    OutputQueue held;                        // what is ready while others are in front
    enum class State : uint8_t { kWaiting, kStreaming, kDone, kCut } state = State::kWaiting;
  };

  Slot *find(uint64_t number);
  OutputQueue &output_of(Slot &slot) { return &slot == &slots_.front() ? output_ : slot.held; }
  void settle_rules(AnswerRules &rules, const Response &response, bool last);
  void write(OutputQueue &out, Response &response, const AnswerRules &rules);
  void finish(Slot &slot, Slot::State state);
  void advance();

  Workspace &workspace_;
  OutputQueue &output_;
  std::vector<Slot> slots_;
  uint64_t next_number_ = 1;
  bool closing_ = false;
  bool unasked_ = false;
  bool cut_unseen_ = false;
};

}  // namespace navistore::http
