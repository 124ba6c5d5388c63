// SPDX-License-Identifier: Apache-2.0
#include "core/api/etag.hpp"

#include <array>
#include <charconv>

#include "core/api/ascii.hpp"

namespace navistore::api {
namespace {

constexpr size_t kEpochDigits = 16;

std::string_view suffix_of(Form form) {
  switch (form) {
    case Form::kEnvelope: return "-j";
    case Form::kLines: return "-n";
    case Form::kPlain: break;
  }
  return {};
}

std::optional<uint64_t> parse_epoch(std::string_view text) {
  uint64_t epoch = 0;
  for (const char c : text) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!hex) return std::nullopt;
  }
  const auto end = std::from_chars(text.data(), text.data() + text.size(), epoch, 16).ptr;
  if (end != text.data() + text.size()) return std::nullopt;
  return epoch;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

void read_opaque(std::string_view opaque, Tag &tag) {
  for (const Form form : {Form::kEnvelope, Form::kLines}) {
    if (!ends_with(opaque, suffix_of(form))) continue;
    tag.form = form;
    opaque.remove_suffix(suffix_of(form).size());
    break;
  }
  tag.version = parse_version(opaque);
}

bool is_tag_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

// Cuts one entity tag off the front of text.
std::optional<Tag> cut_tag(std::string_view &text) {
  Tag tag;
  std::string_view rest = text;
  if (starts_with(rest, "W/")) {
    tag.strength = Tag::Strength::kWeak;
    rest.remove_prefix(2);
  }
  if (rest.empty() || rest.front() != '"') return std::nullopt;
  rest.remove_prefix(1);
  size_t length = 0;
  while (length < rest.size() && is_tag_character(rest[length])) ++length;
  if (length == rest.size() || rest[length] != '"') return std::nullopt;
  read_opaque(rest.substr(0, length), tag);
  text = rest.substr(length + 1);
  return tag;
}

}  // namespace

void write_version(Version version, TextWriter &out) {
  out.hex(version.epoch).text(".").decimal(version.revision);
}

void write_etag(Version version, Form form, TextWriter &out) {
  out.text("\"");
  write_version(version, out);
  out.text(suffix_of(form)).text("\"");
}

void append_version(Version version, std::string &out) {
  std::array<char, kLongestVersion> room;
  TextWriter text(room);
  write_version(version, text);
  out.append(text.written());
}

void append_etag(Version version, Form form, std::string &out) {
  std::array<char, kLongestEtag> room;
  TextWriter text(room);
  write_etag(version, form, text);
  out.append(text.written());
}

std::string etag_text(Version version) {
  std::string text;
  append_etag(version, Form::kPlain, text);
  return text;
}

std::optional<Version> parse_version(std::string_view text) {
  if (text.size() < kEpochDigits + 2 || text[kEpochDigits] != '.') return std::nullopt;
  const auto epoch = parse_epoch(text.substr(0, kEpochDigits));
  const auto revision = parse_decimal(text.substr(kEpochDigits + 1));
  if (!epoch || !revision) return std::nullopt;
  return Version{*epoch, *revision};
}

std::optional<Tag> parse_tag(std::string_view text) {
  const auto tag = cut_tag(text);
  if (!text.empty()) return std::nullopt;
  return tag;
}

std::optional<Tag> TagList::next() {
  while (!text_.empty() &&
         (text_.front() == ',' || text_.front() == ' ' || text_.front() == '\t')) {
    text_.remove_prefix(1);
  }
  auto tag = cut_tag(text_);
  const std::string_view rest = trimmed(text_);
  if (!rest.empty() && rest.front() != ',') return std::nullopt;
  return tag;
}

bool TagList::well_formed() const {
  if (any()) return true;
  TagList rest = *this;
  size_t count = 0;
  while (rest.next()) ++count;
  return count > 0 && rest.text_.find_first_not_of(", \t") == std::string_view::npos;
}

bool if_match_holds(std::string_view list, Version current) {
  TagList tags(list);
  if (tags.any()) return true;
  while (const auto tag = tags.next()) {
    const bool same = tag->version && tag->version->epoch == current.epoch &&
                      tag->version->revision == current.revision;
    if (same && tag->strength == Tag::Strength::kStrong) return true;
  }
  return false;
}

bool if_none_match_holds(std::string_view list, Version current, Form form) {
  TagList tags(list);
  if (tags.any()) return false;
  while (const auto tag = tags.next()) {
    const bool same = tag->version && tag->version->epoch == current.epoch &&
                      tag->version->revision == current.revision && tag->form == form;
    if (same) return false;
  }
  return true;
}

}  // namespace navistore::api
