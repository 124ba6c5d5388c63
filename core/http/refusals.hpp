// SPDX-License-Identifier: Apache-2.0
// Everything that the engine refuses by itself, in one place.
#pragma once

#include "core/http/message.hpp"

namespace navistore::http::refusals {

inline constexpr Refusal kBareLineFeed{400, "bad-request", "a line does not end with CRLF"};
inline constexpr Refusal kRequestLine{400, "bad-request", "malformed request line"};
inline constexpr Refusal kTarget{400, "bad-request", "malformed request target"};
inline constexpr Refusal kFieldLine{400, "bad-request", "malformed header field"};
inline constexpr Refusal kHost{400, "bad-request", "exactly one valid Host is required"};
inline constexpr Refusal kContentLength{400, "bad-request", "malformed Content-Length"};
inline constexpr Refusal kTransferEncoding{400, "bad-request", "malformed Transfer-Encoding"};
inline constexpr Refusal kTwoLengths{400, "bad-request",
                                     "both Content-Length and Transfer-Encoding"};
inline constexpr Refusal kChunk{400, "bad-request", "malformed chunked body"};
inline constexpr Refusal kTimeout{408, "request-timeout", "the request did not arrive in time"};
inline constexpr Refusal kBodyTooLarge{413, "value-too-large", "the body is over the limit"};
inline constexpr Refusal kUriTooLong{414, "uri-too-long", "the request target is over the limit"};
inline constexpr Refusal kExpectation{417, "expectation-failed", "unknown expectation"};
inline constexpr Refusal kHeadersTooLarge{431, "headers-too-large",
                                          "the header fields are over the limit"};
inline constexpr Refusal kTooManyFields{431, "headers-too-large", "too many header fields"};
inline constexpr Refusal kInternal{500, "internal", "the request could not be processed"};
inline constexpr Refusal kUnanswered{500, "internal", "the request was dropped unanswered"};
inline constexpr Refusal kMethod{501, "not-implemented", "the method is not supported"};
inline constexpr Refusal kCoding{501, "not-implemented", "the transfer coding is not supported"};
inline constexpr Refusal kTooManyConnections{503, "overloaded", "too many connections"};
inline constexpr Refusal kTooManyBodies{503, "overloaded",
                                        "too many request bodies are being received"};
inline constexpr Refusal kVersion{505, "http-version-not-supported",
                                  "only HTTP/1.0 and HTTP/1.1 are spoken here"};

}  // namespace navistore::http::refusals
