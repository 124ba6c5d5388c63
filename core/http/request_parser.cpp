// SPDX-License-Identifier: Apache-2.0
#include "core/http/request_parser.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/http/refusals.hpp"
#include "core/http/syntax.hpp"

namespace navistore::http {
namespace {

constexpr size_t kMaxMethod = 32;
constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kVersionLength = std::string_view("HTTP/1.1").size();
// The longest request line with a target of n bytes is n + this.
constexpr size_t kLineOverhead = kMaxMethod + 1 + 1 + kVersionLength + kLineEnd.size();

Method method_of(std::string_view name) {
  switch (name.size()) {
    case 3:
      if (name == "GET") return Method::kGet;
      if (name == "PUT") return Method::kPut;
      break;
    case 4:
      if (name == "HEAD") return Method::kHead;
      if (name == "POST") return Method::kPost;
      break;
    case 5:
      if (name == "PATCH") return Method::kPatch;
      break;
    case 6:
      if (name == "DELETE") return Method::kDelete;
      break;
    case 7:
      if (name == "OPTIONS") return Method::kOptions;
      break;
    default: break;
  }
  return Method::kOther;
}

bool starts_with_scheme(std::string_view target) {
  return same_name(target.substr(0, 7), "http://") || same_name(target.substr(0, 8), "https://");
}

// RFC 9112 3.2: origin-form, absolute-form, or "*" for OPTIONS.
const Refusal *parse_target(std::string_view target, Request &request) {
  if (target.empty() || !all_are(kTargetChar, target)) return &refusals::kTarget;
  if (target == "*") {
    request.path = target;
    return request.method == Method::kOptions ? nullptr : &refusals::kTarget;
  }
  bool absolute = false;
  if (target.front() != '/') {
    if (request.method_name == "CONNECT") return &refusals::kMethod;
    if (!starts_with_scheme(target)) return &refusals::kTarget;
    target.remove_prefix(target.find("//") + 2);
    const std::string_view authority = target.substr(0, target.find_first_of("/?"));
    if (authority.empty() || !all_are(kHostChar, authority)) return &refusals::kTarget;
    target.remove_prefix(authority.size());
    absolute = true;
  }
  const size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  if (absolute && request.path.empty()) {
    request.path = request.method == Method::kOptions && !request.query ? "*" : "/";
  }
  return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 9112 2.3 and RFC 9110 2.5: a higher minor version is spoken to as 1.1.
const Refusal *parse_version(std::string_view version, Request &request) {
  const bool formed = version.size() == kVersionLength && version.substr(0, 5) == "HTTP/" &&
                      is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (!formed) return &refusals::kRequestLine;
  if (version[5] != '1') return &refusals::kVersion;
  request.minor_version = version[7] == '0' ? 0 : 1;
  return nullptr;
}

// line: without its line end.
const Refusal *parse_request_line(std::string_view line, const HeadLimits &limits,
                                  Request &request) {
  size_t first = 0;
  while (first < line.size() && is(kTokenChar, line[first])) ++first;
  const size_t last = line.size() - std::min(line.size(), kVersionLength + 1);
  const bool formed = first != 0 && first < last && line[first] == ' ' && line[last] == ' ';
  if (!formed) return &refusals::kRequestLine;
  request.method_name = line.substr(0, first);
  if (const Refusal *refusal = parse_version(line.substr(last + 1), request)) return refusal;
  if (request.method_name.size() > kMaxMethod) return &refusals::kMethod;
  request.method = method_of(request.method_name);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.size() > limits.uri_bytes) return &refusals::kUriTooLong;
  return parse_target(target, request);
}

// RFC 9110 8.6. More than 19 digits could overflow, and no such body exists.
bool parse_length(std::string_view value, uint64_t &length) {
  if (value.empty() || value.size() > std::numeric_limits<uint64_t>::digits10) return false;
  length = 0;
  for (const char c : value) {
    if (!is_digit(c)) return false;
    length = length * 10 + static_cast<uint64_t>(c - '0');
  }
  return true;
}

// What fields of special meaning said so far.
struct Seen {
  bool host = false;
  bool close = false;
  bool keep_alive = false;
};

// False: an option is no token. Empty ones are none (RFC 9110 5.6.1.2).
bool note_connection(std::string_view value, Seen &seen) {
  while (!value.empty()) {
    const size_t comma = value.find(',');
    const std::string_view option = trim_blanks(value.substr(0, comma));
    if (is_word(option, "keep-alive")) {
      seen.keep_alive = true;
    } else if (is_word(option, "close")) {
      seen.close = true;
    } else if (!all_are(kTokenChar, option)) {
      return false;
    }
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  return true;
}

const Refusal *note_length(std::string_view value, Request &request) {
  uint64_t length = 0;
  if (request.content_length || !parse_length(value, length)) return &refusals::kContentLength;
  request.content_length = length;
  return nullptr;
}

const Refusal *note_coding(std::string_view value, Request &request) {
  if (request.chunked || request.minor_version == 0) return &refusals::kTransferEncoding;
  if (!is_word(value, "chunked")) {
    const bool twice = value.size() > 7 && is_word(value.substr(0, 7), "chunked");
    return twice ? &refusals::kTransferEncoding : &refusals::kCoding;
  }
  request.chunked = true;
  return nullptr;
}

// Looks at the fields that decide about framing and the connection; told apart by length first,
// since most fields are none of them.
const Refusal *note_field(const Field &field, Request &request, HeadFacts &facts, Seen &seen) {
  switch (field.name.size()) {
    case 4:
      if (!is_word(field.name, "host")) break;
      if (seen.host || !all_are(kHostChar, field.value)) return &refusals::kHost;
      seen.host = true;
      break;
    case 6:
      if (!is_word(field.name, "expect") || request.minor_version == 0) break;
      if (!is_word(field.value, "100-continue")) return &refusals::kExpectation;
      facts.expects_continue = true;
      break;
    case 10:
      if (!is_word(field.name, "connection")) break;
      if (!note_connection(field.value, seen)) return &refusals::kFieldLine;
      break;
    case 14:
      if (is_word(field.name, "content-length")) return note_length(field.value, request);
      break;
    case 17:
      if (same_name(field.name, "transfer-encoding")) return note_coding(field.value, request);
      break;
    default: break;
  }
  return nullptr;
}

std::string_view take_line(std::string_view &rest) {
  const char *newline = static_cast<const char *>(std::memchr(rest.data(), '\n', rest.size()));
  const auto length = static_cast<size_t>(newline - rest.data()) + 1;
  const std::string_view line = rest.substr(0, length - kLineEnd.size());
  rest.remove_prefix(length);
  return line;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// RFC 9112 5: no blank before the colon, none at the start of a line (5.2: obs-fold is refused).
// Each byte is looked at once; a carriage return is of neither class, so both loops end.
bool take_field_line(std::string_view &rest, Field &field) {
  const char *const name = rest.data();
  const char *at = name;
  while (is(kTokenChar, *at)) ++at;
  if (at == name || *at != ':') return false;
  field.name = {name, static_cast<size_t>(at - name)};
  do ++at;
  while (is_blank(*at));
  const char *const value = at;
  while (is(kValueChar, *at)) ++at;
  if (at[0] != '\r' || at[1] != '\n') return false;
  rest.remove_prefix(static_cast<size_t>(at - name) + kLineEnd.size());
  while (at != value && is_blank(at[-1])) --at;
  field.value = {value, static_cast<size_t>(at - value)};
  return true;
}

// rest: up to the empty line, included.
const Refusal *parse_fields(std::string_view rest, Request &request, HeadFacts &facts, Seen &seen) {
  while (rest.size() > kLineEnd.size()) {
    Field &field = request.fields.emplace_back();
    if (!take_field_line(rest, field)) return &refusals::kFieldLine;
    if (const Refusal *refusal = note_field(field, request, facts, seen)) return refusal;
  }
  return nullptr;
}

}  // namespace

void HeadScanner::reset() {
  start_ = line_ = fields_ = scanned_ = lines_ = end_ = 0;
  refusal_ = nullptr;
}

// Asked before the line itself is judged, so that a line cut in two gets the same verdict.
const Refusal *HeadScanner::over_limit(size_t end) const {
  if (lines_ == 0) {
    return end - start_ > limits_.uri_bytes + kLineOverhead ? &refusals::kUriTooLong : nullptr;
  }
  if (lines_ - 1 > limits_.field_lines) return &refusals::kTooManyFields;
  const bool bytes = end - fields_ > limits_.field_bytes + kLineEnd.size();
  return bytes ? &refusals::kHeadersTooLarge : nullptr;
}

HeadScanner::State HeadScanner::scan(std::string_view bytes) {
  for (;;) {
    const void *found = scanned_ == bytes.size()
                            ? nullptr
                            : std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_);
    const size_t end =
        found == nullptr ? bytes.size()
                         : static_cast<size_t>(static_cast<const char *>(found) - bytes.data()) + 1;
    refusal_ = over_limit(end);
    if (refusal_ != nullptr) return State::kRefused;
    scanned_ = end;
    if (found == nullptr) return State::kIncomplete;
    const std::string_view line = bytes.substr(line_, end - line_);
    const bool formed = line.size() >= kLineEnd.size() && line[line.size() - 2] == '\r';
    const bool empty = line.size() == kLineEnd.size();
    if (!formed || (empty && lines_ == 0 && start_ != 0)) {
      refusal_ = formed ? &refusals::kRequestLine : &refusals::kBareLineFeed;
      return State::kRefused;
    }
    line_ = end;
    if (!empty) {
      if (++lines_ == 1) fields_ = end;
    } else if (lines_ == 0) {
      start_ = end;
    } else {
      end_ = end;
      return State::kComplete;
    }
  }
}

Refusal with_limit(const Refusal &refusal, const HeadLimits &limits) {
  Refusal named = refusal;
  if (&refusal == &refusals::kUriTooLong) named.limit = limits.uri_bytes;
  if (&refusal == &refusals::kHeadersTooLarge) named.limit = limits.field_bytes;
  if (&refusal == &refusals::kTooManyFields) named.limit = limits.field_lines;
  return named;
}

const Refusal *parse_head(std::string_view head, const HeadLimits &limits, Request &request,
                          HeadFacts &facts) {
  request.method = Method::kOther;
  request.query.reset();
  request.fields.clear();
  request.body = {};
  request.content_length.reset();
  request.chunked = false;
  facts = {};
  Seen seen;
  const std::string_view line = take_line(head);
  if (const Refusal *refusal = parse_request_line(line, limits, request)) return refusal;
  if (const Refusal *refusal = parse_fields(head, request, facts, seen)) return refusal;
  if (request.chunked && request.content_length) return &refusals::kTwoLengths;
  if (!seen.host && request.minor_version > 0) return &refusals::kHost;
  facts.keep_alive = !seen.close && (request.minor_version > 0 || seen.keep_alive);
  return nullptr;
}

}  // namespace navistore::http
