// SPDX-License-Identifier: Apache-2.0
#include "core/http/connection.hpp"

#include <utility>

#include "core/http/refusals.hpp"
#include "core/http/turn.hpp"

namespace navistore::http {
namespace {

// Requests that came while no more could be interpreted; then reading stops.
constexpr size_t kMaxUnread = size_t{128} * 1024;
// After this long without output, a stream to a client that sends no more is taken for abandoned.
constexpr int64_t kHalfClosedStreamMs = 2'000;

// Takes what a handler does not want.
class Discard final : public BodySink {
 public:
  Flow data(std::string_view) override { return Flow::kContinue; }
  void end() override {}
  void aborted() override {}
};

// Runs what is not the engine's: the handler, or the sink of a body. What it throws ends here, so
// that it costs one connection and not the worker. False: it threw.
template <class Step>
bool contained(const Step &step) noexcept {
  try {
    step();
    return true;
  } catch (...) {
    return false;
  }
}

Refusal with_head(Refusal refusal, const Request &head) {
  refusal.head = &head;
  return refusal;
}

}  // namespace

Connection::Connection(Workspace &workspace, Handler &handler, Carrier &carrier, Origin origin)
    : workspace_(workspace),
      handler_(handler),
      carrier_(carrier),
      output_(workspace.buffers),
      pipeline_(workspace, output_),
      scanner_(workspace.limits),
      touched_ms_(workspace.now_ms),
      origin_(origin) {}

void Connection::receive(std::string_view bytes) {
  workspace_.counters.bytes_in.add(bytes.size());
  touched_ms_ = workspace_.now_ms;
  if (finished()) {
    dropped_input_ = true;
    return;
  }
  if (!unread_.empty()) {
    unread_.append(bytes);
    interpret_unread();
    return;
  }
  const size_t used = interpret(bytes);
  if (used == bytes.size()) return;
  unread_ = workspace_.buffers.take_small();
  unread_.assign(bytes.substr(used));
  unread_from_ = 0;
}

void Connection::interpret_unread() {
  unread_from_ += interpret(std::string_view(unread_).substr(unread_from_));
  if (unread_from_ == unread_.size()) {
    workspace_.buffers.give(std::exchange(unread_, {}));
    unread_from_ = 0;
  } else if (unread_from_ > unread_.size() / 2) {
    unread_.erase(0, unread_from_);
    unread_from_ = 0;
  }
}

// Returns how much needs not be kept.
size_t Connection::interpret(std::string_view bytes) {
  std::string_view rest = bytes;
  Step step = Step::kStalled;
  while (has_room()) {
    step = body_ ? read_body(rest) : read_request(rest);
    if (step != Step::kDone || finished() || (rest.empty() && !body_)) break;
    step = Step::kStalled;
  }
  stalled_ = step == Step::kStalled && !finished();
  if (input_ended_ && !stalled_) abort_body();
  if (!finished()) return bytes.size() - rest.size();
  dropped_input_ = dropped_input_ || !rest.empty();
  return bytes.size();
}

Connection::Step Connection::read_request(std::string_view &rest) {
  switch (scanner_.scan(rest)) {
    case HeadScanner::State::kIncomplete:
      if (head_started_ms_ == 0 && !rest.empty()) head_started_ms_ = workspace_.now_ms;
      return Step::kNeedMore;
    case HeadScanner::State::kRefused:
      refuse(with_limit(scanner_.refusal(), workspace_.limits));
      return Step::kDone;
    case HeadScanner::State::kComplete: break;
  }
  const std::string_view head = scanner_.head(rest);
  const size_t length = scanner_.consumed();
  Request &request = workspace_.request;
  HeadFacts facts;
  const Refusal *refusal = parse_head(head, workspace_.limits, request, facts);
  scanner_.reset();
  head_started_ms_ = 0;
  if (refusal != nullptr) {
    refuse(with_head(with_limit(*refusal, workspace_.limits), request), request.method);
    return Step::kDone;
  }
  if (!pipeline_.admits(request)) return Step::kStalled;
  rest.remove_prefix(length);
  return begin_request(head, rest, facts);
}

Connection::Step Connection::begin_request(std::string_view head, std::string_view &rest,
                                           const HeadFacts &facts) {
  Request &request = workspace_.request;
  request.from_loopback = origin_ == Origin::kLoopback;
  workspace_.counters.requests.add(1);
  const AnswerRules rules{request.method, request.minor_version, facts.keep_alive};
  const uint64_t length = request.content_length.value_or(0);
  if (!request.chunked && length == 0) {
    handle(rules);
    return Step::kDone;
  }
  const std::optional<BodyPlan> body_plan = plan(request);
  if (!body_plan) return Step::kDone;
  if (length > body_plan->max_bytes) {
    Refusal refusal = refusals::kBodyTooLarge;
    refusal.limit = body_plan->max_bytes;
    refuse(with_head(refusal, request), request.method);
    return Step::kDone;
  }
  const bool gather = body_plan->mode == BodyPlan::Mode::kGather;
  if (gather && facts.expects_continue) pipeline_.interim(kContinue);
  if (gather && !request.chunked && rest.size() >= length) {
    request.body = rest.substr(0, static_cast<size_t>(length));
    rest.remove_prefix(request.body.size());
    handle(rules);
    return Step::kDone;
  }
  body_ = std::make_unique<IncomingBody>(head, request, rules, *body_plan,
                                         workspace_.options.max_header_bytes, workspace_.now_ms);
  body_number_ = 0;
  if (gather) {
    body_->gather_into(workspace_.buffers.take_large());
    return Step::kDone;
  }
  handle_before_body(rules);
  if (body_ && facts.expects_continue) pipeline_.interim(kContinue);
  return Step::kDone;
}

std::optional<BodyPlan> Connection::plan(const Request &request) {
  BodyPlan chosen;
  if (contained([&] { chosen = handler_.plan(request); })) return chosen;
  refuse(with_head(refusals::kInternal, request), request.method);
  return std::nullopt;
}

// The request is whole: its answer is given now, or deferred.
void Connection::handle(const AnswerRules &rules) {
  workspace_.response.clear();
  Turn turn(*this, rules);
  if (body_) turn.gathered(&body_->gathered());
  const bool handled = contained([&] {
    handler_.handle(turn);
    if (turn.number() == 0) pipeline_.answer(workspace_.response, rules);
    if (turn.sink()) turn.sink()->end();
  });
  if (!handled) fail(turn.number(), rules.method);
}

// The handler threw. Where it had deferred already, that answer is taken from it.
void Connection::fail(uint64_t number, Method method) {
  if (number == 0) {
    refuse(refusals::kInternal, method);
    return;
  }
  Response &response = worded(refusals::kInternal);
  response.after = Response::After::kClose;
  drop_body();
  pipeline_.complete(number, response);
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
    case IncomingBody::State::kTooLarge: break;
  }
  Refusal refusal = refusals::kBodyTooLarge;
  refusal.limit = body_->max_bytes();
  return refuse_body(refusal);
}

Connection::Step Connection::refuse_body(const Refusal &refusal) {
  const AnswerRules rules = body_->rules();
  HeadFacts facts;
  parse_head(body_->head(), workspace_.limits, workspace_.request, facts);
  // The head goes with the body, so the answer is worded while it is there.
  refuse(with_head(refusal, workspace_.request), rules.method);
  return Step::kDone;
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

Response &Connection::worded(const Refusal &refusal) {
  Response &response = workspace_.response;
  response.clear();
  response.status = refusal.status;
  if (contained([&] { handler_.refuse(refusal, response); })) return response;
  response.clear();
  response.status = refusal.status;
  return response;
}

void Connection::refuse(const Refusal &refusal, Method method) {
  if (finished()) return;
  Response &response = worded(refusal);
  response.after = Response::After::kClose;
  const std::unique_ptr<IncomingBody> body = std::move(body_);
  refused_ = true;
  head_started_ms_ = 0;
  if (body && body_number_ != 0) {
    if (body->sink()) body->sink()->aborted();
    pipeline_.complete(body_number_, response);
    std::vector<Part> nothing;  // an answer that streams already can only be cut
    pipeline_.parts(body_number_, nothing, Ending::kCut);
  } else {
    pipeline_.answer(response, {method, 1, true});
  }
}

void Connection::receive_end() {
  input_ended_ = true;
  touched_ms_ = workspace_.now_ms;
  if (!stalled_) abort_body();
}

// What is left of a body will never come.
void Connection::abort_body() {
  if (!body_) return;
  if (body_->sink()) body_->sink()->aborted();
  release_body();
  refused_ = true;
}

bool Connection::wants_input() const {
  if (finished()) return true;
  if (!has_room()) return false;
  return !stalled_ || unread_.size() - unread_from_ < kMaxUnread;
}

void Connection::sent() {
  touched_ms_ = workspace_.now_ms;
  delivery_.begin();
  pipeline_.sent();
  if (stalled_ && output_.bytes() <= workspace_.options.output_low_bytes) interpret_unread();
}

Connection::Fate Connection::fate() const {
  if (pipeline_.cut_unseen()) return Fate::kReset;
  if (pipeline_.closing()) {
    const bool unread = refused_ || dropped_input_ || pipeline_.closes_unasked();
    return unread && !input_ended_ ? Fate::kLinger : Fate::kClose;
  }
  if (close_idle_) return Fate::kClose;
  return input_ended_ && pipeline_.empty() && !stalled_ ? Fate::kClose : Fate::kOpen;
}

Connection::Expiry Connection::tick() {
  const ServerOptions &options = workspace_.options;
  const int64_t now = workspace_.now_ms;
  if (!output_.empty() || delivery_.pending()) {
    if (delivery_.too_slow(now, carrier_.wire(), output_.bytes(), options)) return Expiry::kClose;
    if (!output_.empty()) return Expiry::kNothing;
  }
  const bool body_late =
      body_ && body_->expired(now, options.body_timeout.count(), options.min_body_rate);
  const bool head_late =
      head_started_ms_ != 0 && now - head_started_ms_ > options.head_timeout.count();
  if (body_late) {
    refuse_body(refusals::kTimeout);
    return Expiry::kAnswered;
  }
  if (head_late) {
    refuse(refusals::kTimeout, Method::kGet);
    return Expiry::kAnswered;
  }
  if (body_ || head_started_ms_ != 0) return Expiry::kNothing;
  int64_t patience = options.idle_timeout.count();
  if (!pipeline_.empty()) {
    if (!input_ended_) return Expiry::kNothing;
    if (pipeline_.streaming()) patience = kHalfClosedStreamMs;
  }
  return now - touched_ms_ > patience ? Expiry::kClose : Expiry::kNothing;
}

void Connection::drain() {
  pipeline_.drain();
  if (pipeline_.empty() && !body_ && unread_.empty()) close_idle_ = true;
}

void Connection::closed() {
  refused_ = true;
  const std::unique_ptr<IncomingBody> body = std::move(body_);
  if (body && body->sink()) body->sink()->aborted();
  if (body) workspace_.buffers.give(std::move(body->gathered()));
  pipeline_.abandon();
}

void Connection::answered() {
  if (pipeline_.closing() && body_) drop_body();
  if (stalled_) interpret_unread();
  carrier_.attend();
}

void Connection::answer(uint64_t number, Response &&response) {
  if (body_ && number == body_number_) response.after = Response::After::kClose;
  pipeline_.complete(number, response);
  answered();
}

void Connection::begin_stream(uint64_t number, Response &&head,
                              std::shared_ptr<StreamChannel> channel) {
  pipeline_.begin(number, head, std::move(channel));
  answered();
}

void Connection::stream_parts(uint64_t number, std::vector<Part> &parts, Ending ending) {
  if (ending == Ending::kEnd && body_ && number == body_number_) ending = Ending::kCut;
  pipeline_.parts(number, parts, ending);
  answered();
}

void Connection::unanswered(uint64_t number) {
  Response response = worded(refusals::kUnanswered);
  answer(number, std::move(response));
}

void Connection::resume_body() {
  if (!body_) return;
  body_->resume(workspace_.now_ms);
  answered();
}

}  // namespace navistore::http
