// SPDX-License-Identifier: Apache-2.0
// What a client would like: Accept (RFC 9110 12.5.1) and Prefer (RFC 7240).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "core/api/problem.hpp"

namespace navistore::api {

inline constexpr std::string_view kEnvelopeType = "application/vnd.navistore.entry+json";
inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kLinesType = "application/x-ndjson";
inline constexpr std::string_view kEventsType = "text/event-stream";

// How much a client wants a media type, in thousandths: the weight of the most specific range of
// accept that covers it. 0: not at all. An empty accept wants everything.
unsigned quality(std::string_view accept, std::string_view media_type);
// The weight with which the type itself is named; nothing when only a wildcard covers it.
std::optional<unsigned> named_quality(std::string_view accept, std::string_view media_type);

inline constexpr std::chrono::seconds kLongestWait{600};

// The wait of a Prefer field, at most kLongestWait; other preferences are left alone, as RFC 7240
// asks. A wait that is no number of seconds is a fault.
std::optional<Fault> parse_wait(std::string_view prefer, std::optional<std::chrono::seconds> &wait);

}  // namespace navistore::api
