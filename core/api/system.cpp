// SPDX-License-Identifier: Apache-2.0
// What operators and their tools ask.
#include <filesystem>
#include <string>

#include "core/api/commit.hpp"
#include "core/api/detached.hpp"
#include "core/api/parameters.hpp"
#include "core/api/resources.hpp"
#include "core/api/wait_room.hpp"
#include "core/json/shape.hpp"
#include "core/json/value.hpp"

namespace navistore::api {
namespace {

json::Writer begin_json(Call &call) {
  call.response().field("Content-Type", kJsonType).field("Cache-Control", "no-store");
  return json::Writer(call.response().body);
}

bool refused_parameters(Call &call) {
  Parameters parameters(call.request().query);
  const auto fault = parameters.finish();
  if (fault) call.fail(*fault);
  return fault.has_value();
}

// A body that asks for something is refused, for it would not be heeded.
bool refused_body(Call &call) {
  constexpr size_t kMostRead = 1'024;  // reading a large document would hold up the event loop
  const std::string_view body = call.request().body;
  if (body.empty()) return false;
  if (body.size() > kMostRead) {
    call.fail(Problem::kBadRequest, "expected no body, or an empty JSON object");
    return true;
  }
  const auto document = json::parse(body);
  if (!document) {
    call.fail(Problem::kBadRequest, document.error().message);
    return true;
  }
  json::Faults faults;
  json::Shape(document.value(), "", faults).finish();
  if (faults.any()) call.fail(Problem::kBadRequest, faults.text());
  return faults.any();
}

// What can keep a server from being ready; an empty text: nothing. Peers are copied to behind the
// answers, so a server whose peers are away is ready all the same, and only says so.
struct Checks {
  std::string backend;
  std::string replication;
  std::string disk;
  std::string draining;
};

std::string check_disk(const ServiceOptions &options) {
  const std::string &directory = options.data_dir;
  if (directory.empty()) return {};
  std::error_code failure;
  const auto space = std::filesystem::space(directory, failure);
  if (failure) return "cannot be looked at: " + failure.message();
  if (space.available >= options.least_free_bytes) return {};
  return "only " + std::to_string(space.available) + " bytes are free";
}

// The backend is probed by a real call.
std::string check_backend(store::Store &store) {
  const auto healthy = store.healthy();
  if (!healthy) return healthy.error().message;
  const auto stats = store.stats();
  return stats ? std::string() : stats.error().message;
}

std::string check_replication(const replication::Replication *replication) {
  using replication::PeerState;
  std::string away;
  if (replication == nullptr) return away;
  for (const auto &peer : replication->status()) {
    if (peer.state != PeerState::kRetrying && peer.state != PeerState::kRefused) continue;
    away.append(away.empty() ? "" : ", ").append("peer ").append(peer.id);
    away.append(" ").append(name_of(peer.state));
    if (!peer.last_error.empty()) away.append(" (").append(peer.last_error).append(")");
  }
  return away;
}

void write_check(std::string_view name, const std::string &failure, json::Writer &json) {
  json.member(name, failure.empty() ? "ok" : failure);
}

void write_checks(const Checks &checks, json::Writer &json) {
  json.name("checks").begin_object();
  write_check("backend", checks.backend, json);
  write_check("replication", checks.replication, json);
  write_check("disk", checks.disk, json);
  write_check("lifecycle", checks.draining, json);
  json.end_object();
}

void answer_ready(Call &call, const Checks &checks, bool verbose) {
  if (!checks.draining.empty() || !checks.backend.empty() || !checks.disk.empty()) {
    // Whatever it is, the server as a whole is unavailable: 503, also where a write would be 507.
    const Problem problem =
        checks.draining.empty() ? Problem::kBackendUnavailable : Problem::kDraining;
    const Fault fault{problem, "not ready", 0};
    call.fail(fault, [&](json::Writer &members) { write_checks(checks, members); });
    return;
  }
  json::Writer json = begin_json(call);
  json.begin_object().member("status", "ready");
  if (verbose) write_checks(checks, json);
  json.end_object();
}

void check_ready(Call &call) {
  Parameters parameters(call.request().query);
  const bool verbose = parameters.take("verbose").has_value();
  if (const auto fault = parameters.finish()) return call.fail(*fault);
  Checks checks;
  checks.backend = check_backend(call.store());
  checks.replication = check_replication(call.shared().options.replication);
  checks.disk = check_disk(call.shared().options);
  if (call.shared().draining) checks.draining = "draining";
  answer_ready(call, checks, verbose);
}

void finish_reset(Call &call, const Result<uint64_t> &revision) {
  if (!revision) return call.fail(fault_of(revision.error(), Access::kWrite));
  call.valid_at(revision.value());
  std::string version;
  append_version(call.version(revision.value()), version);
  json::Writer json = begin_json(call);
  json.begin_object().member("epoch", version.substr(0, version.find('.')));
  json.member("revision", revision.value()).end_object();
}

}  // namespace

void show_live(Call &call) {
  if (refused_parameters(call)) return;
  json::Writer json = begin_json(call);
  json.begin_object().member("status", "live").end_object();
}

void show_ready(Call &call) { on_reader_pool(call, check_ready); }

void show_conformance(Call &call) {
  if (refused_parameters(call)) return;
  const host::Backend &backend = call.store().backend();
  const std::string_view accept = call.headers()[Header::kAccept];
  const auto xml = named_quality(accept, "application/xml");
  const bool as_xml = xml && *xml > 0 && *xml >= quality(accept, kJsonType);
  if (backend.report_json.empty()) {
    return call.fail(Problem::kNotFound, "the backend was admitted without a conformance run");
  }
  if (!as_xml && quality(accept, kJsonType) == 0) {
    return call.fail(Problem::kNotAcceptable, "expected application/json or application/xml");
  }
  call.response().field("Content-Type", as_xml ? "application/xml" : kJsonType);
  call.response().field("Vary", "Accept").field("Cache-Control", "no-cache");
  call.response().body = as_xml ? backend.report_junit : backend.report_json;
}

void reset_store(Call &call) {
  if (refuses_writes(call) || refused_parameters(call) || refused_body(call)) return;
  when_done<Result<uint64_t>>(
      call,
      [&](std::function<void(Result<uint64_t>)> done) { call.store().reset(std::move(done)); },
      [](Call &later, Result<uint64_t> &revision) { finish_reset(later, revision); });
}

void compact_store(Call &call) {
  if (refused_parameters(call) || refused_body(call)) return;
  when_done<Outcome>(
      call, [&](std::function<void(Outcome)> done) { call.store().compact(std::move(done)); },
      [](Call &later, Outcome &outcome) {
        if (!outcome) return later.fail(fault_of(outcome.error(), Access::kWrite));
        json::Writer json = begin_json(later);
        json.begin_object().name("compacted").boolean(true).end_object();
      });
}

}  // namespace navistore::api
