// SPDX-License-Identifier: Apache-2.0
#include "core/http/incoming_body.hpp"

#include <algorithm>

namespace navistore::http {
namespace {

// A declared length is a promise, not bytes: more than this is reserved only as it comes.
constexpr uint64_t kReserveAtOnce = uint64_t{1024} * 1024;

}  // namespace

IncomingBody::IncomingBody(std::string_view head, const Request &request, const AnswerRules &rules,
                           const BodyPlan &plan, uint64_t extra_bytes, int64_t now_ms)
    : head_(head),
      rules_(rules),
      max_bytes_(plan.max_bytes),
      chunked_(request.chunked),
      left_(request.content_length.value_or(0)),
      started_ms_(now_ms),
      touched_ms_(now_ms),
      decoder_(extra_bytes) {}

void IncomingBody::gather_into(std::string &&buffer, BodyBudget &budget) {
  share_.emplace(budget);
  gathered_ = std::move(buffer);
  gathered_.reserve(static_cast<size_t>(std::min(left_, kReserveAtOnce)));
}

void IncomingBody::resume(int64_t now_ms) {
  if (!paused_) return;
  paused_ = false;
  started_ms_ += now_ms - touched_ms_;
  touched_ms_ = now_ms;
}

bool IncomingBody::expired(int64_t now_ms, int64_t idle_ms, uint64_t bytes_per_second) const {
  if (paused_) return false;
  if (now_ms - touched_ms_ > idle_ms) return true;
  const uint64_t credit_ms = received_ * 1000 / std::max<uint64_t>(bytes_per_second, 1);
  return now_ms - started_ms_ - idle_ms > static_cast<int64_t>(credit_ms);
}

IncomingBody::State IncomingBody::read(std::string_view &input, int64_t now_ms) {
  if (paused_) return State::kPaused;
  if (!input.empty()) touched_ms_ = now_ms;
  return chunked_ ? read_chunks(input) : read_length(input);
}

IncomingBody::State IncomingBody::take(std::string_view part) {
  received_ += part.size();
  if (received_ > max_bytes_) return State::kTooLarge;
  if (!sink_) {
    if (!share_->take(part.size())) return State::kNoRoom;
    gathered_.append(part);
    return State::kMore;
  }
  paused_ = sink_->data(part) == BodySink::Flow::kPause;
  return paused_ ? State::kPaused : State::kMore;
}

IncomingBody::State IncomingBody::read_length(std::string_view &input) {
  const auto length = static_cast<size_t>(std::min<uint64_t>(left_, input.size()));
  const std::string_view part = input.substr(0, length);
  input.remove_prefix(length);
  left_ -= length;
  const State state = part.empty() ? State::kMore : take(part);
  return state == State::kMore && left_ == 0 ? State::kDone : state;
}

IncomingBody::State IncomingBody::read_chunks(std::string_view &input) {
  for (;;) {
    std::string_view part;
    switch (decoder_.next(input, part)) {
      case ChunkDecoder::State::kMore: return State::kMore;
      case ChunkDecoder::State::kDone: return State::kDone;
      case ChunkDecoder::State::kMalformed: return State::kMalformed;
      case ChunkDecoder::State::kData: break;
    }
    const State state = take(part);
    if (state != State::kMore) return state;
  }
}

}  // namespace navistore::http
