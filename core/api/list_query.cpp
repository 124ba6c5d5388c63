// SPDX-License-Identifier: Apache-2.0
#include "core/api/list_query.hpp"

#include <algorithm>

#include "core/api/ascii.hpp"
#include "core/api/item_request.hpp"
#include "core/api/limits.hpp"
#include "core/json/base64.hpp"

namespace navistore::api {
namespace {

void read_range(Parameters &parameters, ListQuery &query) {
  query.prefix = parameters.take("prefix").value_or("");
  query.start = parameters.take("start").value_or("");
  query.end = parameters.take("end").value_or("");
  const auto delimiter = parameters.take("delimiter");
  if (delimiter && delimiter->empty()) parameters.fault("delimiter: expected at least one byte");
  query.delimiter = delimiter.value_or("");
  if (parameters.take_flag("reverse")) query.order = store::Order::kDescending;
  if (const auto after = parameters.take("after")) {
    query.from = {Position::Kind::kKey, std::string(*after)};
  }
  const auto cursor = parameters.take("cursor");
  if (!cursor) return;
  if (query.from.kind != Position::Kind::kStart) {
    parameters.fault("after and cursor exclude each other");
  }
  const auto position = parse_cursor(*cursor);
  if (!position) return parameters.fault("cursor: not one that this server gave");
  query.from = *position;
}

void read_shape(const Call &call, Parameters &parameters, ListQuery &query) {
  const auto as = parameters.take("as");
  const auto count = parameters.take("count");
  if (count && *count != "only") parameters.fault("count: expected only");
  if (count && as) parameters.fault("count and as exclude each other");
  if (count) query.shape = Shape::kCount;
  if (as == "json") {
    query.shape = Shape::kJson;
  } else if (as == "env") {
    query.shape = Shape::kEnv;
  } else if (as == "properties") {
    query.shape = Shape::kProperties;
  } else if (as) {
    parameters.fault("as: expected json, env or properties");
  }
  if (query.shape != Shape::kPage) return;
  const std::string_view accept = call.headers()[Header::kAccept];
  const auto lines = named_quality(accept, kLinesType);
  if (lines && *lines > 0 && *lines >= quality(accept, kJsonType)) query.shape = Shape::kLines;
}

// Parameters that say nothing about the shape asked for.
void check_combination(Parameters &parameters, const ListQuery &query) {
  const bool whole = query.shape != Shape::kPage && query.shape != Shape::kLines;
  if (!whole) return;
  const std::string_view shape = query.shape == Shape::kCount ? "count=only" : "as=";
  const auto exclude = [&](bool present, std::string_view name) {
    if (present) parameters.fault(std::string(name) + " has no meaning with " + std::string(shape));
  };
  exclude(query.limit.has_value(), "limit");
  exclude(!query.delimiter.empty(), "delimiter");
  exclude(query.order == store::Order::kDescending, "reverse");
  exclude(parameters.has("include"), "include");
  exclude(parameters.has("encoding"), "encoding");
}

}  // namespace

std::string cursor_of(const Position &position) {
  std::string plain(1, position.kind == Position::Kind::kPrefix ? 'p' : 'k');
  plain.append(position.text);
  std::string cursor;
  json::append_base64(plain, json::Alphabet::kUrl, cursor);
  return cursor;
}

std::optional<Position> parse_cursor(std::string_view cursor) {
  const auto plain = json::decode_base64(cursor, json::Alphabet::kUrl);
  if (!plain || plain->empty()) return std::nullopt;
  const char kind = plain->front();
  if (kind != 'k' && kind != 'p') return std::nullopt;
  return Position{kind == 'p' ? Position::Kind::kPrefix : Position::Kind::kKey, plain->substr(1)};
}

std::optional<Fault> read_list_query(const Call &call, ListQuery &query) {
  Parameters parameters(call.request().query);
  read_range(parameters, query);
  read_shape(call, parameters, query);
  query.limit = parameters.take_number("limit", 1, kMaxListItems);
  query.encoding = take_encoding(parameters);
  if (const auto text = parameters.take("include")) {
    const auto include = parse_include(*text);
    if (!include) parameters.fault("include: expected keys, meta or values");
    query.include = include.value_or(Include::kKeys);
  }
  check_combination(parameters, query);
  return parameters.finish();
}

std::optional<std::string> after_prefix(std::string_view prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.remove_suffix(1);
  if (prefix.empty()) return std::nullopt;
  std::string next(prefix);
  next.back() = static_cast<char>(static_cast<unsigned char>(next.back()) + 1);
  return next;
}

Stretch stretch_of(const ListQuery &query, const Position &from) {
  Stretch stretch;
  stretch.start = std::max(query.prefix, query.start);
  stretch.end = query.end;
  const auto prefix_end = after_prefix(query.prefix);
  if (prefix_end && (stretch.end.empty() || *prefix_end < stretch.end)) stretch.end = *prefix_end;
  const bool ascending = query.order == store::Order::kAscending;
  const auto resume =
      from.kind == Position::Kind::kPrefix && ascending ? after_prefix(from.text) : from.text;
  if (from.kind != Position::Kind::kStart && !resume) {
    stretch.content = Stretch::Content::kNothing;
  } else if (from.kind != Position::Kind::kStart && ascending && *resume >= stretch.start) {
    stretch.start = *resume;
    if (from.kind == Position::Kind::kKey) stretch.bound = store::Bound::kExclusive;
  } else if (from.kind != Position::Kind::kStart && !ascending &&
             (stretch.end.empty() || *resume < stretch.end)) {
    stretch.end = *resume;
    if (stretch.end.empty()) stretch.content = Stretch::Content::kNothing;
  }
  if (!stretch.end.empty() && stretch.start >= stretch.end) {
    stretch.content = Stretch::Content::kNothing;
  }
  return stretch;
}

}  // namespace navistore::api
