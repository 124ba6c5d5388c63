// SPDX-License-Identifier: Apache-2.0
// Versions as clients see them: "<epoch>.<revision>", quoted as an entity tag (RFC 9110 8.8.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/text_writer.hpp"

namespace navistore::api {

struct Version {
  uint64_t epoch = 0;
  uint64_t revision = 0;
};

// Which representation of one version a tag stands for: a suffix of the tag.
enum class Form : uint8_t {
  kPlain,     // the raw value, or a list as JSON
  kEnvelope,  // "-j": the JSON envelope of a value
  kLines,     // "-n": a list as NDJSON
};

// 16 hex digits, a dot, decimal digits.
void append_version(Version version, std::string &out);
// The same in quotes, with the form's suffix.
void append_etag(Version version, Form form, std::string &out);
// The same, at most kLongestVersion and kLongestEtag bytes.
inline constexpr size_t kLongestVersion = 16 + 1 + 20;
inline constexpr size_t kLongestEtag = kLongestVersion + 4;
void write_version(Version version, TextWriter &out);
void write_etag(Version version, Form form, TextWriter &out);
std::string etag_text(Version version);
std::optional<Version> parse_version(std::string_view text);

struct Tag {
  std::optional<Version> version;  // nothing: a tag that this server never made
  Form form = Form::kPlain;
  enum class Strength : uint8_t { kStrong, kWeak } strength = Strength::kStrong;
};

// One tag that fills text, or nothing when it is none.
std::optional<Tag> parse_tag(std::string_view text);

// The field value of If-Match or If-None-Match, read in place.
class TagList {
 public:
  explicit TagList(std::string_view text) : text_(text) {}

  // "*", or at least one tag and nothing else.
  bool well_formed() const;
  bool any() const { return text_ == "*"; }
  // Cuts the next tag off; nothing at the end, or at what is no tag.
  std::optional<Tag> next();

 private:
  std::string_view text_;
};

// Preconditions on an item that is there. list must be well formed.
bool if_match_holds(std::string_view list, Version current);
bool if_none_match_holds(std::string_view list, Version current, Form form);

}  // namespace navistore::api
