// SPDX-License-Identifier: Apache-2.0
#include "core/json/base64.hpp"

#include <doctest/doctest.h>

using navistore::json::Alphabet;
using navistore::json::append_base64;
using navistore::json::decode_base64;

TEST_SUITE_BEGIN("core/json");

TEST_CASE("base64: the vectors of RFC 4648, both ways, in both alphabets") {
  struct Row {
    std::string_view bytes, padded, url;
  };
  constexpr Row kRows[] = {
      {"", "", ""},
      {"f", "Zg==", "Zg"},
      {"fo", "Zm8=", "Zm8"},
      {"foo", "Zm9v", "Zm9v"},
      {"foob", "Zm9vYg==", "Zm9vYg"},
      {"fooba", "Zm9vYmE=", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
      {"\xfb\xff\xbf", "+/+/", "-_-_"},
      {std::string_view("\0a\0", 3), "AGEA", "AGEA"},
  };
  for (const Row &row : kRows) {
    CAPTURE(row.padded);
    std::string padded;
    std::string url;
    append_base64(row.bytes, Alphabet::kPadded, padded);
    append_base64(row.bytes, Alphabet::kUrl, url);
    CHECK(padded == row.padded);
    CHECK(url == row.url);
    CHECK(decode_base64(row.padded, Alphabet::kPadded) == row.bytes);
    CHECK(decode_base64(row.url, Alphabet::kUrl) == row.bytes);
  }
}

TEST_CASE("base64: only what the encoder would write is decoded") {
  for (const std::string_view text : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm 9v",
                                      "Zm9v\n", "-_-_", "Zm9vYg==Zg==", "Z"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text, Alphabet::kPadded));
  }
  for (const std::string_view text : {"Z", "Zg==", "Zh", "+/+/", "Zm9vY"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text, Alphabet::kUrl));
  }
}

TEST_SUITE_END();
