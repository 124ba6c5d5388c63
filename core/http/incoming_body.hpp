// SPDX-License-Identifier: Apache-2.0
// A request body that did not come together with its head: gathered, or handed on in parts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/body_budget.hpp"
#include "core/http/chunk_decoder.hpp"
#include "core/http/message.hpp"
#include "core/http/response_writer.hpp"

namespace navistore::http {

class IncomingBody {
 public:
  enum class State : uint8_t { kMore, kPaused, kDone, kMalformed, kTooLarge, kNoRoom };

  // head is copied: the request is parsed again when its body is there.
  IncomingBody(std::string_view head, const Request &request, const AnswerRules &rules,
               const BodyPlan &plan, uint64_t extra_bytes, int64_t now_ms);
  // The body is gathered in that memory, and counts in the budget until it is destroyed.
  void gather_into(std::string &&buffer, BodyBudget &budget);

  void stream_to(std::shared_ptr<BodySink> sink) { sink_ = std::move(sink); }
  const std::shared_ptr<BodySink> &sink() const { return sink_; }
  const AnswerRules &rules() const { return rules_; }
  const std::string &head() const { return head_; }
  std::string &gathered() { return gathered_; }
  uint64_t max_bytes() const { return max_bytes_; }

  bool paused() const { return paused_; }
  // now_ms: the pause counts neither as idle nor as slow.
  void resume(int64_t now_ms);
  // Nothing for idle_ms, or slower than bytes_per_second on the whole.
  bool expired(int64_t now_ms, int64_t idle_ms, uint64_t bytes_per_second) const;

  // Consumes from the front of input. kPaused: the sink wants no more until resume(). kNoRoom: the
  // budget has nothing left.
  State read(std::string_view &input, int64_t now_ms);

 private:
  State read_length(std::string_view &input);
  State read_chunks(std::string_view &input);
  State take(std::string_view part);

  const std::string head_;
  const AnswerRules rules_;
  const uint64_t max_bytes_;
  const bool chunked_;
  bool paused_ = false;
  uint64_t left_;  // of Content-Length
  uint64_t received_ = 0;
  int64_t started_ms_;
  int64_t touched_ms_;  // the latest progress
  ChunkDecoder decoder_;
  std::shared_ptr<BodySink> sink_;
  std::optional<BodyBudget::Share> share_;  // of a body that is gathered
  std::string gathered_;
};

}  // namespace navistore::http
