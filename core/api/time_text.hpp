// SPDX-License-Identifier: Apache-2.0
// Moments as text, without locale or time zone data.
#pragma once

#include <cstdint>
#include <string>

#include "core/text_writer.hpp"

namespace navistore::api {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7). unix_ms: up to the year 9999.
void write_http_date(uint64_t unix_ms, TextWriter &out);  // kHttpDate bytes
inline constexpr size_t kHttpDate = 29;
// "1994-11-06T08:49:37.250Z" (RFC 3339).
void append_rfc3339(uint64_t unix_ms, std::string &out);
void write_rfc3339(uint64_t unix_ms, TextWriter &out);  // kRfc3339 bytes
inline constexpr size_t kRfc3339 = 24;

}  // namespace navistore::api
