// SPDX-License-Identifier: Apache-2.0
#include "core/api/call.hpp"

#include <algorithm>
#include <random>

#include "core/api/cause_log.hpp"
#include "core/api/detached.hpp"
#include "core/telemetry/log.hpp"
#include "core/text_writer.hpp"

namespace navistore::api {
namespace {

constexpr size_t kLongestRequestId = 128;

uint64_t random_start() {
  std::random_device device;
  return uint64_t{device()} << 32U | device();
}

}  // namespace

bool is_sane_request_id(std::string_view id) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
  };
  return !id.empty() && id.size() <= kLongestRequestId &&
         std::all_of(id.begin(), id.end(), harmless);
}

void make_request_id(std::array<char, 16> &id) {
  constexpr uint64_t kGoldenGamma = 0x9E3779B97F4A7C15;  // SplitMix64: odd, so no value repeats
  thread_local uint64_t state = random_start();
  state += kGoldenGamma;
  uint64_t bits = state;
  bits = (bits ^ bits >> 30U) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ bits >> 27U) * 0x94D049BB133111EB;
  bits ^= bits >> 31U;
  TextWriter(id).hex(bits);
}

Call::Call(Shared &shared, http::Exchange &exchange, Detached *detached)
    : shared_(shared),
      exchange_(exchange),
      detached_(detached),
      request_(exchange.request()),
      response_(exchange.response()),
      headers_(request_) {
  if (detached_ != nullptr) {
    trace = detached_->trace;
  } else {
    trace.started = Clock::now();
  }
  if (is_sane_request_id(headers_[Header::kRequestId])) {
    request_id_ = headers_[Header::kRequestId];
    return;
  }
  make_request_id(made_id_);
  request_id_ = {made_id_.data(), made_id_.size()};
}

void Call::fail(const Fault &fault) {
  fail(fault, [](json::Writer &) {});
}

void Call::fail(const Fault &fault, Specifics specifics) {
  if (fault.cause) log_cause(*fault.cause, request_id_);
  write_problem(fault, request_id_, specifics, response_);
}

void Call::finish() {
  shared_.metrics.count(trace.route, response_.status);
  if (trace.waited == Trace::Waited::kNo) {
    const auto took = Clock::now() - trace.started;
    shared_.metrics.observe(trace.route, static_cast<uint64_t>(took.count()));
  }
  std::string &fields = response_.fields;
  if (wait) {
    fields.append("Preference-Applied: wait=").append(std::to_string(wait->count())).append("\r\n");
  }
  std::array<char, 48 + kLongestVersion + kLongestRequestId> room;
  TextWriter text(room);
  text.text("Navi-Revision: ");
  write_version(version(revision_ != 0 ? revision_ : shared_.store.revision()), text);
  text.text("\r\nX-Request-Id: ").text(request_id_).text("\r\n");
  fields.append(text.written());
}

void guarded(Call &call, FunctionRef<void(Call &)> step) noexcept {
  try {
    step(call);
  } catch (const std::exception &failure) {
    telemetry::log(telemetry::Level::kError,
                   "request " + std::string(call.request_id()) + " failed: " + failure.what());
    call.fail(Problem::kInternal, "the server could not process this request; its log tells why");
  }
}

}  // namespace navistore::api
