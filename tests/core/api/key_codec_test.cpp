// SPDX-License-Identifier: Apache-2.0
#include "core/api/key_codec.hpp"

#include <doctest/doctest.h>

using namespace navistore::api;

namespace {

std::string decoded(std::string_view path) {
  Key key;
  const auto fault = key.from_path(path, kMaxKey);
  return fault ? std::string(kind_of(fault->problem).name) : "=" + std::string(key.bytes());
}

}  // namespace

TEST_SUITE_BEGIN("core/api");

TEST_CASE("key: decoded exactly once, never normalised") {
  struct Row {
    std::string path;
    std::string want;
  };
  const Row rows[] = {
      {"a", "=a"},
      {"a//b/", "=a//b/"},
      {"a%2Fb%2fc", "=a/b/c"},
      {"%2541", "=%41"},
      {"a+b", "=a+b"},
      {".%2e/..", "=../.."},
      {"%00", std::string("=\0", 2)},
      {"%ff%FF", "=\xFF\xFF"},
      {"", "key-invalid"},
      {"%", "key-invalid"},
      {"%4", "key-invalid"},
      {"a%4", "key-invalid"},
      {"%zz", "key-invalid"},
      {"%4g", "key-invalid"},
      {std::string(1024, 'k'), "=" + std::string(1024, 'k')},
      {std::string(1025, 'k'), "key-too-long"},
      {std::string(1025, 'k') + "%", "key-invalid"},
  };
  for (const Row &row : rows) {
    CAPTURE(row.path);
    CHECK(decoded(row.path) == row.want);
  }
}

TEST_CASE("key: key64 is base64url without padding, within the same limits") {
  Key key;
  CHECK_FALSE(key.from_base64("Li4vYQ", kMaxKey));
  CHECK(key.bytes() == "../a");
  CHECK(key.from_base64("Li4vYQ==", kMaxKey)->problem == Problem::kKeyInvalid);
  CHECK(key.from_base64("", kMaxKey)->problem == Problem::kKeyInvalid);
  CHECK(key.from_base64("Li4vYQ", 3)->problem == Problem::kKeyTooLong);
}

TEST_CASE("percent: what is encoded decodes to itself as path and as query") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  std::string encoded;
  append_percent_encoded(all, encoded);
  CHECK(percent_decode(encoded, Plus::kLiteral) == all);
  CHECK(percent_decode(encoded, Plus::kBlank) == all);
  CHECK(percent_decode("a+b", Plus::kBlank) == "a b");
}

TEST_SUITE_END();
