// SPDX-License-Identifier: Apache-2.0
#include "core/api/watch_query.hpp"

#include <array>
#include <string>
#include <utility>

#include "core/api/ascii.hpp"
#include "core/api/item_request.hpp"
#include "core/api/parameters.hpp"

namespace navistore::api {
namespace {

constexpr uint64_t kMaxPollEvents = 10'000;

// The form that Accept likes best; among equals one that it names, then the first here.
std::optional<WatchForm> choose_form(std::string_view accept) {
  constexpr std::array<std::pair<std::string_view, WatchForm>, 3> kForms = {
      {{kEventsType, WatchForm::kEvents},
       {kLinesType, WatchForm::kLines},
       {kJsonType, WatchForm::kPoll}}};
  std::optional<WatchForm> chosen;
  std::pair<unsigned, bool> best{0, false};  // weight, named
  for (const auto &[type, form] : kForms) {
    const std::pair<unsigned, bool> rank{quality(accept, type), bool(named_quality(accept, type))};
    if (rank.first == 0 || (chosen && rank <= best)) continue;
    best = rank;
    chosen = form;
  }
  return chosen;
}

std::optional<Fault> read_interest(const Call &call, Parameters &parameters,
                                   store::Interest &interest) {
  const auto prefix = parameters.take("prefix");
  const auto key = parameters.take("key");
  const auto key64 = parameters.take("key64");
  if (int{prefix.has_value()} + int{key.has_value()} + int{key64.has_value()} > 1) {
    parameters.fault("prefix, key and key64 exclude each other");
  }
  if (prefix) interest.text = *prefix;
  if (!key && !key64) return std::nullopt;
  interest.kind = store::Interest::Kind::kKey;
  const size_t max = max_key(call.store());
  if (key) {
    interest.text = *key;
    return check_key(*key, max);
  }
  Key decoded;
  if (auto fault = decoded.from_base64(*key64, max)) return fault;
  interest.text = decoded.bytes();
  return std::nullopt;
}

void read_start(const Call &call, Parameters &parameters, WatchQuery &query) {
  const auto since = parameters.take("since");
  const auto last_id = call.request().joined(kLastEventId);
  const bool resumed = last_id && !last_id->empty();
  const std::string_view text = resumed ? std::string_view(*last_id) : since.value_or("now");
  if (text == "now" && !resumed) return;
  if (text == "0") {
    query.since = WatchQuery::Since::kBeginning;
    return;
  }
  const auto cursor = parse_version(text);
  if (!cursor) {
    return parameters.fault(resumed ? "Last-Event-ID: not a cursor that this server gave"
                                    : "since: expected a cursor, now or 0");
  }
  query.since = WatchQuery::Since::kCursor;
  query.cursor = *cursor;
}

void read_kinds(Parameters &parameters, WatchQuery &query) {
  using Kind = store::Event::Kind;
  std::string_view rest = parameters.take("events").value_or("put,delete,expire");
  while (!rest.empty()) {
    const std::string_view name = cut(rest, ',');
    if (name == "put") {
      query.kinds.add(Kind::kPut);
    } else if (name == "delete") {
      query.kinds.add(Kind::kDelete);
    } else if (name == "expire") {
      query.kinds.add(Kind::kExpire);
    } else {
      return parameters.fault("events: expected a list of put, delete and expire");
    }
  }
  if (query.kinds.empty()) parameters.fault("events: expected a list of put, delete and expire");
}

void read_items(Parameters &parameters, WatchQuery &query) {
  if (!parameters.take_flag("initial")) return;
  query.items = WatchQuery::Items::kFirst;
  if (query.form == WatchForm::kPoll) {
    parameters.fault("initial: a long poll cannot show what is there; list it, then watch");
  }
  if (!query.kinds.has(store::Event::Kind::kPut)) {
    parameters.fault("initial: what is there is shown as puts, which events leaves out");
  }
}

std::optional<Fault> read_poll(const Call &call, Parameters &parameters, WatchQuery &query) {
  const auto longest = static_cast<uint64_t>(kLongestWait.count());
  const auto limit = parameters.take_number("limit", 1, kMaxPollEvents);
  const auto wait = parameters.take_number("wait", 0, longest);
  if (query.form != WatchForm::kPoll) {
    if (limit || wait) parameters.fault("limit and wait have a meaning only for a long poll");
    return std::nullopt;
  }
  if (limit) query.limit = static_cast<size_t>(*limit);
  if (wait) {
    query.wait = std::chrono::seconds(*wait);
    return std::nullopt;
  }
  if (auto fault = parse_wait(call.headers()[Header::kPrefer], query.preferred_wait)) return fault;
  query.wait = query.preferred_wait.value_or(query.wait);
  return std::nullopt;
}

}  // namespace

std::optional<Fault> read_watch_query(const Call &call, WatchQuery &query) {
  const auto form = choose_form(call.headers()[Header::kAccept]);
  if (!form) {
    return Fault{Problem::kNotAcceptable,
                 "events come as text/event-stream, application/x-ndjson or application/json", 0};
  }
  query.form = *form;
  Parameters parameters(call.request().query);
  if (auto fault = read_interest(call, parameters, query.interest)) return fault;
  read_start(call, parameters, query);
  read_kinds(parameters, query);
  read_items(parameters, query);
  if (auto fault = read_poll(call, parameters, query)) return fault;
  query.encoding = take_encoding(parameters);
  if (const auto text = parameters.take("include")) {
    const auto include = parse_include(*text);
    if (!include || *include == Include::kKeys)
      parameters.fault("include: expected meta or values");
    query.include = include.value_or(Include::kValues);
  }
  return parameters.finish();
}

}  // namespace navistore::api
