// SPDX-License-Identifier: Apache-2.0
#include "core/http/syntax.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace navistore::http;

TEST_SUITE_BEGIN("core/http");

namespace {

// Compares what is quick with what is plain, for each text that differs from the word in one byte.
template <size_t kSize>
std::string disagreements(const char (&word)[kSize]) {
  std::string found;
  for (size_t at = 0; at + 1 < kSize; ++at) {
    for (int byte = 0x20; byte < 0x100; ++byte) {
      std::string text(word);
      text[at] = static_cast<char>(byte);
      if (is_word(text, word) != same_name(text, word)) found += text + "\n";
    }
  }
  return found;
}

}  // namespace

TEST_CASE("syntax: a word is told in any case, and nothing else is taken for it") {
  CHECK(is_word("Content-LENGTH", "content-length"));
  CHECK(!is_word("content-length ", "content-length"));
  CHECK(!is_word("content-lengt", "content-length"));
  CHECK(!is_word("", "host"));
  CHECK(disagreements("host") == "");
  CHECK(disagreements("expect") == "");
  CHECK(disagreements("chunked") == "");
  CHECK(disagreements("keep-alive") == "");
  CHECK(disagreements("100-continue") == "");
  CHECK(disagreements("content-length") == "");
}

TEST_CASE("syntax: one byte of another class is found wherever it stands") {
  for (size_t length = 1; length < 12; ++length) {
    const std::string text(length, 'a');
    CHECK(all_are(kTokenChar, text));
    for (size_t at = 0; at < length; ++at) {
      std::string other = text;
      other[at] = ' ';
      CHECK(!all_are(kTokenChar, other));
    }
  }
  CHECK(all_are(kHostChar, ""));
}

TEST_SUITE_END();
