// SPDX-License-Identifier: Apache-2.0
#include "core/text_writer.hpp"

#include <doctest/doctest.h>

#include <string>

using navistore::TextWriter;

TEST_SUITE_BEGIN("core");

TEST_CASE("text: pieces follow each other, and numbers have all their digits") {
  std::array<char, 128> room;
  TextWriter out(room);
  out.text({}).text("").text("a").text(" b").decimal(0).text(".").decimal(UINT64_MAX);
  out.text(" ").hex(0).text(" ").hex(0x0123'4567'89AB'CDEF).text(" ").hex(UINT64_MAX);
  CHECK(out.written() ==
        "a b0.18446744073709551615 0000000000000000 0123456789abcdef ffffffffffffffff");
}

TEST_CASE("text: two digits are the number, whatever it is") {
  for (unsigned number = 0; number < 100; ++number) {
    std::array<char, 2> room;
    const std::string expected = (number < 10 ? "0" : "") + std::to_string(number);
    CHECK(TextWriter(room).two_digits(number).written() == expected);
  }
}

TEST_SUITE_END();
