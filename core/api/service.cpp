// SPDX-License-Identifier: Apache-2.0
#include "core/api/service.hpp"

#include <utility>

#include "core/api/call.hpp"
#include "core/api/list_cache.hpp"
#include "core/api/min_revision.hpp"
#include "core/api/rendered_events.hpp"
#include "core/api/router.hpp"
#include "core/api/value_cache.hpp"
#include "core/api/wait_room.hpp"

namespace navistore::api {

class Service::Parts {
 public:
  Parts(store::Store &store, ServiceOptions chosen)
      : options(std::move(chosen)),
        metrics(resource_names()),
        waits(std::make_shared<WaitRoom>(options.max_waiting)),
        watches(std::make_shared<WaitRoom>(options.max_watchers)),
        lists(options.list_cache_bytes),
        values(options.value_cache_bytes),
        shared{store,  options,  metrics,
               *waits, *watches, lists,
               values, rendered, std::make_shared<Gate>(),
               {false}} {}

  const ServiceOptions options;
  telemetry::RequestMetrics metrics;
  RenderedEvents rendered;
  const std::shared_ptr<WaitRoom> waits;
  const std::shared_ptr<WaitRoom> watches;
  ListCache lists;
  ValueCache values;
  Shared shared;
};

Service::Service(store::Store &store, ServiceOptions options)
    : parts_(std::make_unique<Parts>(store, std::move(options))) {}

Service::~Service() { stop(); }

// The rooms first: what their threads do ends in an answer only while the gate is open.
void Service::stop() {
  parts_->waits->stop();
  parts_->watches->stop();
  parts_->shared.gate->close();
}

http::BodyPlan Service::plan(const http::Request &head) {
  const Shared &shared = parts_->shared;
  return plan_body(head, shared.store.facts().max_value, shared.options);
}

void Service::handle(http::Exchange &exchange) {
  Call call(parts_->shared, exchange, nullptr);
  call.trace.route = static_cast<size_t>(resource_of(call.request()));
  guarded(call, [](Call &guarded_call) {
    if (const auto &fault = guarded_call.headers().fault()) return guarded_call.fail(*fault);
    const bool at_revision = guarded_call.headers().present(Header::kMinRevision);
    return at_revision ? route_at_revision(guarded_call) : route(guarded_call);
  });
  if (!call.held()) call.finish();
}

void Service::refuse(const http::Refusal &refusal, http::Response &response) {
  std::array<char, 16> made;
  std::string_view id;
  if (refusal.head != nullptr) id = refusal.head->field("X-Request-Id").value_or("");
  if (!is_sane_request_id(id)) {
    make_request_id(made);
    id = {made.data(), made.size()};
  }
  write_refusal(refusal, id, response);
  const store::Store &store = parts_->shared.store;
  std::string revision;
  append_version({store.epoch(), store.revision()}, revision);
  response.field("Navi-Revision", revision).field("X-Request-Id", id);
}

void Service::set_draining() { parts_->shared.draining = true; }

}  // namespace navistore::api
