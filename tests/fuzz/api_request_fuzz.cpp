// SPDX-License-Identifier: Apache-2.0
// The parsers of the request side: whatever they accept is well-formed, and what our encoders write
// they read back. The first byte chooses the parser.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "core/api/etag.hpp"
#include "core/api/key_codec.hpp"
#include "core/api/negotiation.hpp"
#include "core/api/parameters.hpp"
#include "core/api/ttl.hpp"
#include "core/json/base64.hpp"
#include "core/json/utf8.hpp"
#include "core/json/value.hpp"
#include "core/json/writer.hpp"

namespace {

using namespace navistore;

void require(bool holds) {
  if (!holds) std::abort();
}

void write(const json::Value &value, json::Writer &out) {
  if (const auto *text = value.string()) {
    require(json::is_utf8(*text));
    out.string(*text);
  } else if (const auto *array = value.array()) {
    out.begin_array();
    for (const json::Value &element : *array) write(element, out);
    out.end_array();
  } else if (const auto *object = value.object()) {
    out.begin_object();
    for (const json::Member &member : *object) {
      require(json::is_utf8(member.name));
      out.name(member.name);
      write(member.value, out);
    }
    out.end_object();
  } else if (const auto *number = value.integer()) {
    out.number(*number);
  } else {
    out.null();
  }
}

void check_json(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return;
  std::string first;
  json::Writer writer(first);
  write(value.value(), writer);
  const auto again = json::parse(first);
  require(again.ok());
  std::string second;
  json::Writer rewriter(second);
  write(again.value(), rewriter);
  require(first == second);
}

void check_percent(std::string_view text) {
  const auto bytes = api::percent_decode(text, api::Plus::kLiteral);
  api::Key key;
  const bool taken = !key.from_path(text, api::kMaxKey);
  require(taken == (bytes && !bytes->empty() && bytes->size() <= api::kMaxKey));
  if (!bytes) return;
  if (taken) require(key.bytes() == *bytes);
  std::string encoded;
  api::append_percent_encoded(*bytes, encoded);
  require(api::percent_decode(encoded, api::Plus::kBlank) == bytes);
}

void check_tags(std::string_view text) {
  api::TagList tags(text);
  const bool well_formed = tags.well_formed();
  if (const auto tag = api::parse_tag(text)) require(well_formed);
  while (const auto tag = tags.next()) {
    if (!tag->version) continue;
    std::string written;
    api::append_etag(*tag->version, tag->form, written);
    const auto again = api::parse_tag(written);
    require(again && again->version && again->version->revision == tag->version->revision);
  }
}

void check_base64(std::string_view text) {
  for (const json::Alphabet alphabet : {json::Alphabet::kPadded, json::Alphabet::kUrl}) {
    const auto bytes = json::decode_base64(text, alphabet);
    if (!bytes) continue;
    std::string written;
    json::append_base64(*bytes, alphabet, written);
    require(written == text);
  }
}

void check_query(std::string_view text) {
  api::Parameters parameters(text);
  parameters.take("prefix");
  parameters.take_number("limit", 1, 10);
  parameters.take_flag("all");
  (void)parameters.finish();
  std::optional<std::chrono::seconds> wait;
  (void)api::parse_wait(text, wait);
  if (wait) require(*wait <= api::kLongestWait);
  require(api::quality(text, "text/plain") <= 1000);
  if (const auto expiry = api::parse_ttl(text, api::Units::kAny, 1000)) {
    require(expiry->at_ms >> 63U == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: check_json(text); break;
    case 1: check_percent(text); break;
    case 2: check_tags(text); break;
    case 3: check_base64(text); break;
    default: check_query(text); break;
  }
  return 0;
}
