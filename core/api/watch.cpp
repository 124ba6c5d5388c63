// SPDX-License-Identifier: Apache-2.0
// GET /v1/watch: the changes of a key or of a prefix, as they happen.
#include <utility>

#include "core/api/resources.hpp"
#include "core/api/watch_poll.hpp"
#include "core/api/watch_query.hpp"
#include "core/api/watch_stream.hpp"

namespace navistore::api {
namespace {

template <class Watch>
void seat(Call &call, WatchQuery query, const WatchStart &start) {
  call.trace.waited = Call::Trace::Waited::kYes;
  const auto job = Detached::take(call, Body::kDrop);
  job->trace.waited = Call::Trace::Waited::kYes;
  auto watch = std::make_shared<Watch>(job, std::move(query), start);
  WaitRoom &room = call.shared().watches;
  if (!room.admit(watch)) {
    job->run([](Call &refused) {
      refused.fail(Problem::kBackendUnavailable, "too many watch already");
    });
    return;
  }
  room.post([watch = std::move(watch)] { watch->start(); });
}

std::string_view type_of(WatchForm form) {
  switch (form) {
    case WatchForm::kEvents: return kEventsType;
    case WatchForm::kLines: return kLinesType;
    case WatchForm::kPoll: break;
  }
  return kJsonType;
}

}  // namespace

void watch_changes(Call &call) {
  WatchQuery query;
  if (const auto fault = read_watch_query(call, query)) return call.fail(*fault);
  if (call.is_head()) {
    call.response().field("Content-Type", type_of(query.form)).field("Cache-Control", "no-store");
    call.response().length = http::Response::Length::kUnknown;
    return;
  }
  if (call.shared().draining) {
    return call.fail(Problem::kDraining, "the server is shutting down");
  }
  const WatchStart start = start_of(query, call.store());
  if (query.form == WatchForm::kPoll) return seat<WatchPoll>(call, std::move(query), start);
  seat<WatchStream>(call, std::move(query), start);
}

}  // namespace navistore::api
