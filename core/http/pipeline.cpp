// SPDX-License-Identifier: Apache-2.0
#include "core/http/pipeline.hpp"

#include <algorithm>
#include <utility>

namespace navistore::http {
namespace {

bool is_safe(Method method) {
  return method == Method::kGet || method == Method::kHead || method == Method::kOptions;
}

bool has_content(const Request &request) {
  return request.chunked || request.content_length.value_or(0) > 0;
}

}  // namespace

bool Pipeline::admits(const Request &request) const {
  if (slots_.empty()) return true;
  if (slots_.size() >= workspace_.options.max_pipelined) return false;
  if (!is_safe(request.method) || has_content(request)) return false;
  return std::all_of(slots_.begin(), slots_.end(),
                     [](const Slot &slot) { return is_safe(slot.rules.method); });
}

size_t Pipeline::held_bytes() const {
  size_t bytes = 0;
  for (const Slot &slot : slots_) bytes += slot.held.bytes();
  return bytes;
}

Pipeline::Slot *Pipeline::find(uint64_t number) {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [number](const Slot &slot) {
    return slot.number == number && slot.state < Slot::State::kDone;
  });
  return found == slots_.end() ? nullptr : &*found;
}

void Pipeline::settle_rules(AnswerRules &rules, const Response &response, bool last) {
  if (response.after == Response::After::kClose || (workspace_.draining && last)) {
    unasked_ = unasked_ || rules.keep_alive;
    rules.keep_alive = false;
  }
}

void Pipeline::write(OutputQueue &out, Response &response, const AnswerRules &rules) {
  out.render([&](std::string &text) {
    write_head(text, response, rules, BodyFraming::kLength, workspace_.date);
  });
  SealedBodyPtr sealed = std::move(response.sealed);
  if (!has_body(rules.method, response.status)) return;
  if (sealed) return out.push(std::move(sealed));
  if (response.body.empty()) return;
  const bool moves = response.body.size() >= kLargeBody;
  out.push(std::move(response.body));
  if (moves) response.body = workspace_.buffers.take_large();
}

void Pipeline::answer(Response &response, const AnswerRules &request_rules) {
  if (closing_) return;
  AnswerRules rules = request_rules;
  settle_rules(rules, response, true);
  if (slots_.empty()) {
    write(output_, response, rules);
    closing_ = !rules.keep_alive;
    return;
  }
  reserve(rules);
  write(slots_.back().held, response, rules);
  slots_.back().rules = rules;
  slots_.back().state = Slot::State::kDone;
}

uint64_t Pipeline::reserve(const AnswerRules &rules) {
  slots_.push_back({next_number_, rules, nullptr, nullptr, OutputQueue(workspace_.buffers)});
  return next_number_++;
}

void Pipeline::attach(uint64_t number, std::shared_ptr<Ticket> ticket) {
  if (Slot *slot = find(number)) slot->ticket = std::move(ticket);
}

void Pipeline::complete(uint64_t number, Response &response) {
  Slot *slot = find(number);
  if (slot == nullptr || slot->state != Slot::State::kWaiting) return;
  settle_rules(slot->rules, response, slot == &slots_.back());
  write(output_of(*slot), response, slot->rules);
  workspace_.buffers.give(std::move(response.body));
  finish(*slot, Slot::State::kDone);
}

void Pipeline::begin(uint64_t number, Response &head, std::shared_ptr<StreamChannel> channel) {
  Slot *slot = find(number);
  if (slot == nullptr || slot->state != Slot::State::kWaiting) {
    channel->closed();
    return;
  }
  AnswerRules &rules = slot->rules;
  const bool chunked = rules.minor_version > 0;
  settle_rules(rules, head, slot == &slots_.back());
  if (!chunked) rules.keep_alive = false;
  output_of(*slot).render([&](std::string &text) {
    write_head(text, head, rules, chunked ? BodyFraming::kChunked : BodyFraming::kUntilClose,
               workspace_.date);
  });
  slot->ticket.reset();
  slot->state = Slot::State::kStreaming;
  slot->channel = std::move(channel);
  if (!has_body(rules.method, head.status)) finish(*slot, Slot::State::kDone);
}

void Pipeline::parts(uint64_t number, std::vector<Part> &parts, Ending ending) {
  Slot *slot = find(number);
  if (slot == nullptr || slot->state != Slot::State::kStreaming) return;
  OutputQueue &out = output_of(*slot);
  const bool chunked = slot->rules.minor_version > 0;
  for (Part &part : parts) {
    if (chunked) out.render([&](std::string &text) { write_chunk_size(text, part.size()); });
    if (part.is_shared()) {
      out.push(part.take_shared());
    } else {
      out.push(part.take_own());
    }
    if (chunked) out.append("\r\n");
  }
  if (ending == Ending::kEnd) {
    if (workspace_.draining && slot == &slots_.back()) slot->rules.keep_alive = false;
    if (chunked) out.append(kLastChunk);
    finish(*slot, Slot::State::kDone);
  } else if (ending == Ending::kCut) {
    finish(*slot, Slot::State::kCut);
  } else {
    slot->channel->held(out.bytes());
  }
}

void Pipeline::finish(Slot &slot, Slot::State state) {
  slot.state = state;
  slot.ticket.reset();
  if (slot.channel) std::exchange(slot.channel, nullptr)->closed();
  if (&slot == &slots_.front()) advance();
}

// The front slot is done: sends what is ready behind it, up to the first that is not.
void Pipeline::advance() {
  while (!slots_.empty() && slots_.front().state >= Slot::State::kDone) {
    const Slot &front = slots_.front();
    if (!front.rules.keep_alive || front.state == Slot::State::kCut) {
      closing_ = true;
      cut_unseen_ = front.state == Slot::State::kCut && front.rules.minor_version == 0;
      abandon();
      return;
    }
    slots_.erase(slots_.begin());
    if (!slots_.empty()) output_.splice(slots_.front().held);
  }
}

void Pipeline::sent() {
  if (streaming()) slots_.front().channel->held(output_.bytes());
}

void Pipeline::drain() {
  std::vector<std::shared_ptr<Ticket>> tickets;  // their callbacks may answer
  std::vector<std::shared_ptr<StreamChannel>> channels;
  for (const Slot &slot : slots_) {
    if (slot.ticket) tickets.push_back(slot.ticket);
    if (slot.channel) channels.push_back(slot.channel);
  }
  for (const auto &ticket : tickets) ticket->gone(Responder::Gone::kDraining);
  for (const auto &channel : channels) channel->draining();
}

void Pipeline::abandon() {
  std::vector<Slot> gone = std::exchange(slots_, {});
  for (const Slot &slot : gone) {
    if (slot.ticket) slot.ticket->gone(Responder::Gone::kClosed);
    if (slot.channel) slot.channel->closed();
  }
}

}  // namespace navistore::http
