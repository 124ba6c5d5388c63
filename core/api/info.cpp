// SPDX-License-Identifier: Apache-2.0
// GET /v1/info: what this server is, holds and can; and /metrics.
#include <array>
#include <fstream>
#include <string>

#include <unistd.h>

#include "core/api/detached.hpp"
#include "core/api/item_request.hpp"
#include "core/api/limits.hpp"
#include "core/api/list_cache.hpp"
#include "core/api/operation.hpp"
#include "core/api/parameters.hpp"
#include "core/api/resources.hpp"
#include "core/api/value_cache.hpp"
#include "core/api/wait_room.hpp"

namespace navistore::api {
namespace {

using telemetry::MetricsText;

std::string_view verdict_name(host::Verdict verdict) {
  switch (verdict) {
    case host::Verdict::kPassed: return "passed";
    case host::Verdict::kPassedFromCache: return "passed (cached)";
    case host::Verdict::kSkipped: break;
  }
  return "skipped";
}

void write_backend(const host::Backend &backend, json::Writer &json) {
  json.name("backend").begin_object().member("id", backend.id);
  json.member("version", backend.version).member("about", backend.about);
  json.member("sha256", backend.sha256);
  json.member("conformance", verdict_name(backend.verdict));
  if (!backend.report_sha256.empty()) json.member("conformance_sha256", backend.report_sha256);
  json.end_object();
}

void write_capabilities(const store::Facts &facts, json::Writer &json) {
  const std::array<std::pair<std::string_view, bool>, 8> capabilities = {
      {{"persistent", facts.persistent},
       {"shared", facts.shared},
       {"fast_reads", facts.fast_reads},
       {"fast_writes", facts.fast_writes},
       {"full_history", facts.full_history},
       {"changes", facts.changes},
       {"watch", facts.watch},
       {"upkeep", facts.upkeep}}};
  json.name("capabilities").begin_object();
  for (const auto &[name, offered] : capabilities) json.name(name).boolean(offered);
  json.end_object();
}

void write_limits(const Call &call, json::Writer &json) {
  const store::Facts &facts = call.store().facts();
  json.name("limits").begin_object();
  json.member("key_bytes", uint64_t{max_key(call.store())});
  json.member("value_bytes", facts.max_value).member("body_bytes", call.shared().options.max_body);
  json.member("transaction_conditions", uint64_t{kMaxConditions});
  json.member("transaction_operations", max_operations(facts));
  json.member("bulk_items", uint64_t{kMaxBulkItems}).member("list_items", uint64_t{kMaxListItems});
  json.member("list_page_bytes", uint64_t{kMaxPageBytes});
  json.member("document_bytes", uint64_t{kMaxDocumentBytes});
  json.member("waiting_requests", uint64_t{call.shared().options.max_waiting});
  json.member("watchers", uint64_t{call.shared().options.max_watchers});
  json.member("wait_seconds", static_cast<uint64_t>(kLongestWait.count())).end_object();
}

uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t pages = 0;
  uint64_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

void write_store_metrics(Call &call, MetricsText &text) {
  using Kind = MetricsText::Kind;
  const auto stats = call.store().stats();
  text.family("navistore_store_up", Kind::kGauge, "1 while the backend answers.");
  text.sample({}, uint64_t{stats.ok()});
  if (!stats) return;
  const store::StoreStats &now = stats.value();
  text.family("navistore_store_items", Kind::kGauge,
              "Items in the backend, with those that are expired but not yet removed.");
  text.sample({}, now.items);
  text.family("navistore_store_bytes", Kind::kGauge, "Bytes that the backend reports.");
  text.sample({}, now.bytes);
  text.family("navistore_store_revision", Kind::kCounter, "Newest revision.");
  text.sample({}, now.revision);
  text.family("navistore_store_durable_revision", Kind::kCounter, "Newest durable revision.");
  text.sample({}, now.durable_revision);
}

void write_metrics(Call &call) {
  using Kind = MetricsText::Kind;
  Parameters parameters(call.request().query);
  if (const auto fault = parameters.finish()) return call.fail(*fault);
  call.response().field("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  MetricsText text(call.response().body);
  call.shared().metrics.write(text);
  text.family("navistore_waiting_requests", Kind::kGauge, "Requests that wait for a change.");
  text.sample({}, uint64_t{call.shared().waits.waiting()});
  text.family("navistore_watchers", Kind::kGauge, "Streams and long polls of /v1/watch.");
  text.sample({}, uint64_t{call.shared().watches.waiting()});
  const ListCache &lists = call.shared().lists;
  text.family("navistore_lists_known_total", Kind::kCounter,
              "Lists answered as they were known, without reading them.");
  text.sample({}, lists.hits.load());
  text.family("navistore_lists_read_total", Kind::kCounter,
              "Lists that could have been known but were read.");
  text.sample({}, lists.misses.load());
  text.family("navistore_lists_known_bytes", Kind::kGauge, "Memory of the known lists.");
  text.sample({}, uint64_t{lists.bytes()});
  const ValueCache &values = call.shared().values;
  text.family("navistore_values_known_total", Kind::kCounter,
              "Large values sent from memory that answers share.");
  text.sample({}, values.hits.load());
  text.family("navistore_values_copied_total", Kind::kCounter,
              "Large values that could have been, but were copied.");
  text.sample({}, values.misses.load());
  text.family("navistore_values_known_bytes", Kind::kGauge, "Memory of the known large values.");
  text.sample({}, uint64_t{values.bytes()});
  text.family("process_resident_memory_bytes", Kind::kGauge, "Resident memory of the process.");
  text.sample({}, resident_bytes());
  write_store_metrics(call, text);
  if (call.shared().options.more_metrics) call.shared().options.more_metrics(text);
}

}  // namespace

void show_info(Call &call) {
  Parameters parameters(call.request().query);
  if (const auto fault = parameters.finish()) return call.fail(*fault);
  const store::Facts &facts = call.store().facts();
  const uint64_t revision = call.store().revision();
  call.valid_at(revision);
  std::string version;
  append_version(call.version(revision), version);
  call.response().field("Content-Type", kJsonType).field("Cache-Control", "no-store");
  json::Writer json(call.response().body);
  json.begin_object().member("version", call.shared().options.version);
  json.member("abi", "navistore.store/1");
  write_backend(call.store().backend(), json);
  write_capabilities(facts, json);
  write_limits(call, json);
  json.member("durability", facts.durability == store::Durability::kSync ? "sync" : "relaxed");
  json.member("history", !facts.changes ? "none" : facts.full_history ? "full" : "newest");
  json.name("expire_events").boolean(facts.upkeep);
  const bool writes = call.shared().options.writes == ServiceOptions::Writes::kAccepted;
  json.name("read_only").boolean(!writes);
  json.member("epoch", version.substr(0, version.find('.'))).member("revision", revision);
  json.end_object();
}

void show_metrics(Call &call) { on_reader_pool(call, write_metrics); }

}  // namespace navistore::api
