// SPDX-License-Identifier: Apache-2.0
#include "core/http/connection.hpp"

#include <utility>

#include "core/http/contained.hpp"
#include "core/http/refusals.hpp"
#include "core/http/turn.hpp"

namespace navistore::http {
namespace {

// Requests that came while no more could be interpreted; then reading stops.
constexpr size_t kMaxUnread = size_t{128} * 1024;
// After this long without output, a stream to a client that sends no more is taken for abandoned.
constexpr int64_t kHalfClosedStreamMs = 2'000;

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
    return refuse_request(with_limit(*refusal, workspace_.limits));
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
  if (request.chunked || request.content_length.value_or(0) > 0) {
    return begin_body(head, rest, rules, facts);
  }
  handle(rules);
  return Step::kDone;
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

Response &Connection::worded(const Refusal &refusal) {
  Response &response = workspace_.response;
  response.clear();
  response.status = refusal.status;
  if (contained([&] { handler_.refuse(refusal, response); })) return response;
  response.clear();
  response.status = refusal.status;
  return response;
}

// Refuses the request at hand. Its answer is worded before the head goes, with the body if it has
// one.
Connection::Step Connection::refuse_request(Refusal refusal) {
  const Request &request = workspace_.request;
  refusal.head = &request;
  refuse(refusal, request.method);
  return Step::kDone;
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

bool Connection::at_rest() const {
  return output_.empty() && pipeline_.empty() && !body_ && unread_.empty() && !input_ended_ &&
         !close_idle_ && !finished();
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

}  // namespace navistore::http
