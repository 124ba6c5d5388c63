// SPDX-License-Identifier: Apache-2.0
// The part of a connection that takes the bodies of requests.
#include <utility>

#include "core/http/connection.hpp"
#include "core/http/contained.hpp"
#include "core/http/refusals.hpp"
#include "core/http/turn.hpp"

namespace navistore::http {
namespace {

// Takes what a handler does not want.
class Discard final : public BodySink {
 public:
  Flow data(std::string_view) override { return Flow::kContinue; }
  void end() override {}
  void aborted() override {}
};

Refusal too_large(uint64_t limit) {
  Refusal refusal = refusals::kBodyTooLarge;
  refusal.limit = limit;
  return refusal;
}

}  // namespace

Connection::Step Connection::begin_body(std::string_view head, std::string_view &rest,
                                        const AnswerRules &rules, const HeadFacts &facts) {
  Request &request = workspace_.request;
  const std::optional<BodyPlan> body_plan = plan(request);
  if (!body_plan) return Step::kDone;
  const uint64_t length = request.content_length.value_or(0);
  if (length > body_plan->max_bytes) return refuse_request(too_large(body_plan->max_bytes));
  const bool gather = body_plan->mode == BodyPlan::Mode::kGather;
  const bool whole = gather && !request.chunked && rest.size() >= length;
  if (gather && !whole && !workspace_.bodies.has_room(length)) {
    workspace_.bodies.count_refusal();
    return refuse_request(refusals::kTooManyBodies);
  }
  if (gather && facts.expects_continue) pipeline_.interim(kContinue);
  if (whole) {
    request.body = rest.substr(0, static_cast<size_t>(length));
    rest.remove_prefix(request.body.size());
    handle(rules);
    return Step::kDone;
  }
  body_ = std::make_unique<IncomingBody>(head, request, rules, *body_plan,
                                         workspace_.options.max_header_bytes, workspace_.now_ms);
  body_number_ = 0;
  if (gather) {
    body_->gather_into(workspace_.buffers.take_large(), workspace_.bodies);
    return Step::kDone;
  }
  handle_before_body(rules);
  if (body_ && facts.expects_continue) pipeline_.interim(kContinue);
  return Step::kDone;
}

std::optional<BodyPlan> Connection::plan(const Request &request) {
  BodyPlan chosen;
  if (contained([&] { chosen = handler_.plan(request); })) return chosen;
  refuse_request(refusals::kInternal);
  return std::nullopt;
}

// The body of the request is still to come, for a sink. An answer at once means that it is not
// wanted, and ends the connection.
void Connection::handle_before_body(const AnswerRules &rules) {
  workspace_.response.clear();
  Turn turn(*this, rules);
  if (!contained([&] { handler_.handle(turn); })) return fail(turn.number(), rules.method);
  if (turn.number() == 0) {
    workspace_.response.after = Response::After::kClose;
    pipeline_.answer(workspace_.response, rules);
    drop_body();
    return;
  }
  body_number_ = turn.number();
  body_->stream_to(turn.sink() ? turn.sink() : std::make_shared<Discard>());
}

Connection::Step Connection::read_body(std::string_view &rest) {
  IncomingBody::State state{};
  if (!contained([&] { state = body_->read(rest, workspace_.now_ms); })) {
    return refuse_body(refusals::kInternal);
  }
  switch (state) {
    case IncomingBody::State::kMore: return Step::kNeedMore;
    case IncomingBody::State::kPaused: return Step::kStalled;
    case IncomingBody::State::kDone: return finish_body();
    case IncomingBody::State::kMalformed: return refuse_body(refusals::kChunk);
    case IncomingBody::State::kNoRoom: return refuse_body(refusals::kTooManyBodies);
    case IncomingBody::State::kTooLarge: break;
  }
  return refuse_body(too_large(body_->max_bytes()));
}

Connection::Step Connection::refuse_body(const Refusal &refusal) {
  HeadFacts facts;
  parse_head(body_->head(), workspace_.limits, workspace_.request, facts);
  return refuse_request(refusal);
}

Connection::Step Connection::finish_body() {
  if (body_->sink()) {
    const std::unique_ptr<IncomingBody> body = std::move(body_);
    if (!contained([&] { body->sink()->end(); })) {
      refuse(refusals::kInternal, body->rules().method);
    }
    return Step::kDone;
  }
  HeadFacts facts;
  Request &request = workspace_.request;
  parse_head(body_->head(), workspace_.limits, request, facts);
  request.from_loopback = origin_ == Origin::kLoopback;
  request.body = body_->gathered();
  handle(body_->rules());
  release_body();
  return Step::kDone;
}

void Connection::release_body() {
  if (body_) workspace_.buffers.give(std::move(body_->gathered()));
  body_.reset();
}

void Connection::drop_body() {
  refused_ = true;
  release_body();
}

// What is left of a body will never come.
void Connection::abort_body() {
  if (!body_) return;
  if (body_->sink()) body_->sink()->aborted();
  release_body();
  refused_ = true;
}

void Connection::resume_body() {
  if (!body_) return;
  body_->resume(workspace_.now_ms);
  answered();
}

}  // namespace navistore::http
