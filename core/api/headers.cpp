// SPDX-License-Identifier: Apache-2.0
#include "core/api/headers.hpp"

#include "core/api/ascii.hpp"

namespace navistore::api {
namespace {

Header candidate(std::string_view name) {
  switch (name.size()) {
    case 6: return to_lower(name[0]) == 'a' ? Header::kAccept : Header::kPrefer;
    case 8: return to_lower(name[0]) == 'i' ? Header::kIfMatch : Header::kNaviTtl;
    case 12: return to_lower(name[0]) == 'c' ? Header::kContentType : Header::kRequestId;
    case 13: return to_lower(name[0]) == 'i' ? Header::kIfNoneMatch : Header::kContentRange;
    case 16: return Header::kContentEncoding;
    case 17: return Header::kMinRevision;
    default: return Header::kCount;
  }
}

constexpr std::array<std::string_view, static_cast<size_t>(Header::kCount)> kNames = {
    "Accept",       "Prefer",        "If-Match",      "Navi-TTL",         "Content-Type",
    "X-Request-Id", "If-None-Match", "Content-Range", "Content-Encoding", "Navi-Min-Revision"};

// kCount: none of them.
Header header_of(std::string_view name) {
  const Header header = candidate(name);
  const bool known =
      header != Header::kCount && same_word(name, kNames.at(static_cast<size_t>(header)));
  return known ? header : Header::kCount;
}

bool is_user_meta(std::string_view name) {
  return same_word(name.substr(0, kMetaPrefix.size()), kMetaPrefix);
}

// Where the joined text of a list field is kept; 4: the field is no list.
size_t list_slot(Header header) {
  switch (header) {
    case Header::kAccept: return 0;
    case Header::kPrefer: return 1;
    case Header::kIfMatch: return 2;
    case Header::kIfNoneMatch: return 3;
    default: return 4;
  }
}

}  // namespace

bool is_looked_at(std::string_view name, http::Method method) {
  if (header_of(name) != Header::kCount || same_word(name, kLastEventId)) return true;
  return method == http::Method::kPut && is_user_meta(name);
}

Headers::Headers(const http::Request &request) {
  for (const http::Field &field : request.fields) {
    const Header header = header_of(field.name);
    if (header != Header::kCount) {
      take(header, field);
    } else if (is_user_meta(field.name)) {
      has_user_meta_ = true;
    }
  }
}

void Headers::take(Header header, const http::Field &field) {
  if (present(header)) return repeat(header, field);
  values_[index(header)] = field.value;
  present_ |= 1U << index(header);
}

void Headers::repeat(Header header, const http::Field &field) {
  const size_t slot = list_slot(header);
  if (header == Header::kRequestId) return;
  if (slot == joined_.size()) {
    fault_ = Fault{Problem::kBadRequest, std::string(field.name) + " was sent twice", 0};
    return;
  }
  std::string &joined = joined_.at(slot);
  if (joined.empty()) joined = values_[index(header)];
  joined.append(", ").append(field.value);
  values_[index(header)] = joined;
}

}  // namespace navistore::api
