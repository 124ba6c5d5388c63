// SPDX-License-Identifier: Apache-2.0
#include "core/api/time_text.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace navistore::api;

TEST_SUITE_BEGIN("core/api");

TEST_CASE("time: moments around leap days, centuries and both ends") {
  struct Row {
    uint64_t ms;
    std::string_view http, rfc3339;
  };
  constexpr Row kRows[] = {
      {0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"},
      {784'111'777'250, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.250Z"},
      {951'782'400'000, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00.000Z"},
      {951'868'799'999, "Tue, 29 Feb 2000 23:59:59 GMT", "2000-02-29T23:59:59.999Z"},
      {4'107'542'399'000, "Sun, 28 Feb 2100 23:59:59 GMT", "2100-02-28T23:59:59.000Z"},
      {4'107'542'400'000, "Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00.000Z"},
      {253'402'300'799'999, "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.999Z"},
      {UINT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.999Z"},
  };
  for (const Row &row : kRows) {
    std::array<char, kHttpDate> room;
    navistore::TextWriter http(room);
    std::string rfc3339;
    write_http_date(row.ms, http);
    append_rfc3339(row.ms, rfc3339);
    CHECK(http.written() == row.http);
    CHECK(rfc3339 == row.rfc3339);
  }
}

TEST_SUITE_END();
