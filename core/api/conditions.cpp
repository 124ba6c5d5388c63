// SPDX-License-Identifier: Apache-2.0
#include "core/api/conditions.hpp"

#include <limits>

namespace navistore::api {
namespace {

using Kind = store::Condition::Kind;

// Revisions stay below 2^63, and no store reaches this one.
constexpr uint64_t kNever = std::numeric_limits<int64_t>::max();

void read_if_match(std::string_view list, uint64_t epoch, std::string_view key,
                   Precondition &precondition) {
  TagList tags(list);
  store::Condition condition{Kind::kRevision, std::string(key), kNever};
  if (tags.any()) condition.kind = Kind::kPresent;
  while (!tags.any()) {
    const auto tag = tags.next();
    if (!tag) break;
    const uint64_t revision = condition_of(*tag, epoch, {}).revision;
    if (revision == kNever) continue;
    if (condition.revision == kNever) {
      condition.revision = revision;
    } else {
      precondition.other_revisions.push_back(revision);
    }
  }
  precondition.conditions.push_back(std::move(condition));
}

}  // namespace

store::Condition condition_of(const Tag &tag, uint64_t epoch, std::string_view key) {
  const bool ours = tag.version && tag.version->epoch == epoch && tag.version->revision != 0 &&
                    tag.version->revision < kNever && tag.strength == Tag::Strength::kStrong;
  return {Kind::kRevision, std::string(key), ours ? tag.version->revision : kNever};
}

std::optional<Fault> check_tag_lists(const Headers &headers) {
  for (const Header header : {Header::kIfMatch, Header::kIfNoneMatch}) {
    if (!headers.present(header) || TagList(headers[header]).well_formed()) continue;
    const std::string name = header == Header::kIfMatch ? "If-Match" : "If-None-Match";
    return Fault{Problem::kBadRequest, name + ": expected '*' or entity tags in double quotes", 0};
  }
  return std::nullopt;
}

std::optional<Fault> read_precondition(const Call &call, std::string_view key,
                                       Precondition &precondition) {
  const Headers &headers = call.headers();
  if (auto fault = check_tag_lists(headers)) return fault;
  if (headers.present(Header::kIfMatch)) {
    read_if_match(headers[Header::kIfMatch], call.store().epoch(), key, precondition);
  }
  if (!headers.present(Header::kIfNoneMatch)) return std::nullopt;
  if (call.request().method == http::Method::kDelete) {
    return Fault{Problem::kBadRequest, "If-None-Match has no meaning on DELETE", 0};
  }
  if (headers[Header::kIfNoneMatch] != "*") {
    return Fault{Problem::kBadRequest, "If-None-Match on PUT: expected '*'", 0};
  }
  precondition.conditions.push_back({Kind::kAbsent, std::string(key), 0});
  return std::nullopt;
}

void fail_not_current(Call &call, Version version) {
  const Fault fault{Problem::kPreconditionFailed, "the current version is none that If-Match names",
                    0};
  const std::string current = etag_text(version);
  call.fail(fault, [&](json::Writer &members) { members.member("current", current); });
  call.response().field("ETag", current);
}

}  // namespace navistore::api
