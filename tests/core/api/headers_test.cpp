// SPDX-License-Identifier: Apache-2.0
#include "core/api/headers.hpp"

#include <doctest/doctest.h>

using namespace navistore::api;
namespace http = navistore::http;

TEST_SUITE_BEGIN("core/api");

TEST_CASE("headers: each known field is found in any case, others never are") {
  struct Row {
    std::string_view name;
    Header header;
  };
  constexpr Row kRows[] = {
      {"ACCEPT", Header::kAccept},
      {"prefer", Header::kPrefer},
      {"if-match", Header::kIfMatch},
      {"navi-ttl", Header::kNaviTtl},
      {"content-TYPE", Header::kContentType},
      {"x-request-id", Header::kRequestId},
      {"If-None-Match", Header::kIfNoneMatch},
      {"content-range", Header::kContentRange},
      {"Content-encoding", Header::kContentEncoding},
      {"navi-min-revision", Header::kMinRevision},
  };
  for (const Row &row : kRows) {
    CAPTURE(row.name);
    http::Request request;
    request.fields = {{"Host", "x"}, {row.name, "value"}, {std::string_view("Xccept"), "no"}};
    const Headers headers(request);
    CHECK(headers[row.header] == "value");
    for (uint8_t i = 0; i < static_cast<uint8_t>(Header::kCount); ++i) {
      CHECK(headers.present(Header{i}) == (Header{i} == row.header));
    }
  }
}

TEST_CASE("headers: lists that come several times are joined, other fields are a fault") {
  http::Request request;
  request.fields = {{"If-Match", "\"a\""}, {"Accept", "x/y"}, {"if-match", "\"b\""}};
  const Headers joined(request);
  CHECK(joined[Header::kIfMatch] == "\"a\", \"b\"");
  CHECK_FALSE(joined.fault());
  request.fields = {{"X-Request-Id", "1"}, {"x-request-id", "2"}};
  CHECK(Headers(request)[Header::kRequestId] == "1");
  CHECK_FALSE(Headers(request).fault());
  request.fields = {{"Navi-TTL", "1"}, {"navi-ttl", "2"}};
  const Headers twice(request);
  REQUIRE(twice.fault());
  CHECK(twice.fault()->detail == "navi-ttl was sent twice");
}

TEST_CASE("headers: user metadata is noticed by its prefix") {
  http::Request request;
  request.fields = {{"NAVI-meta-Owner", "x"}};
  CHECK(Headers(request).has_user_meta());
  request.fields = {{"Navi-Metal", "x"}};
  CHECK_FALSE(Headers(request).has_user_meta());
}

TEST_SUITE_END();
