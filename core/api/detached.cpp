// SPDX-License-Identifier: Apache-2.0
#include "core/api/detached.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/api/headers.hpp"

namespace navistore::api {
namespace {

size_t bytes_of(const http::Request &request) {
  size_t bytes = request.method_name.size() + request.path.size() + request.body.size();
  if (request.query) bytes += request.query->size();
  for (const http::Field &field : request.fields) bytes += field.name.size() + field.value.size();
  return bytes;
}

}  // namespace

RequestCopy::RequestCopy(const http::Request &request, Body body) : request_(request) {
  if (body == Body::kDrop) request_.body = {};
  std::vector<http::Field> &fields = request_.fields;
  const auto is_unread = [&](const http::Field &field) {
    return !is_looked_at(field.name, request_.method);
  };
  fields.erase(std::remove_if(fields.begin(), fields.end(), is_unread), fields.end());
  fields.shrink_to_fit();
  text_.reserve(bytes_of(request_));
  const auto keep = [this](std::string_view &piece) {
    const size_t start = text_.size();
    text_.append(piece);  // never grows beyond what was reserved, so pieces stay where they are
    piece = std::string_view(text_).substr(start);
  };
  keep(request_.method_name);
  keep(request_.path);
  if (request_.query) keep(*request_.query);
  keep(request_.body);
  for (http::Field &field : fields) {
    keep(field.name);
    keep(field.value);
  }
}

Detached::Detached(Shared &shared, const http::Request &request, Body body,
                   std::shared_ptr<http::Responder> responder)
    : gate_(shared.gate), shared_(shared), copy_(request, body), responder_(std::move(responder)) {}

std::shared_ptr<Detached> Detached::take(Call &call, Body body) {
  call.hold();
  if (call.detached() != nullptr) return call.detached()->shared_from_this();
  auto job =
      std::make_shared<Detached>(call.shared(), call.request(), body, call.exchange().defer());
  job->trace = call.trace;
  return job;
}

void Detached::run(FunctionRef<void(Call &)> step) {
  const auto gate = gate_;  // the step may let go of this
  gate->pass([&] { run_inside(step); });
}

void Detached::run_inside(FunctionRef<void(Call &)> step) {
  if (answered_) return;
  const auto alive = shared_from_this();
  response_.clear();
  Call call(shared_, *this, this);
  guarded(call, step);
  if (call.held()) return;
  answered_ = true;
  call.finish();
  responder_->send(std::move(response_));
}

std::shared_ptr<http::Stream> Detached::stream(Call &call) {
  call.hold();
  answered_ = true;
  call.finish();
  return responder_->stream(std::move(response_));
}

void on_reader_pool(Call &call, const std::function<void(Call &)> &step) {
  const auto job = Detached::take(call, Body::kKeep);
  const auto queued = call.store().on_reader_pool([job, step] { job->run(step); });
  if (queued) return;
  const Fault fault = fault_of(queued.error(), Access::kRead);
  job->run([&](Call &refused) { refused.fail(fault); });
}

}  // namespace navistore::api
