// SPDX-License-Identifier: Apache-2.0
// The chunked coding, byte by byte.
#include "core/http/chunk_decoder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

using namespace navistore::http;

namespace {

// What a token is made of (RFC 9110 5.6.2), in the order of the bytes.
constexpr std::string_view kToken =
    "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~";

// "done [data] rest", "more [data]" or "malformed [data]".
std::string decoded(std::string_view input, uint64_t extra_bytes = 1000) {
  ChunkDecoder decoder(extra_bytes);
  std::string data;
  for (;;) {
    std::string_view part;
    switch (decoder.next(input, part)) {
      case ChunkDecoder::State::kData: data.append(part); break;
      case ChunkDecoder::State::kMore: return "more [" + data + "]";
      case ChunkDecoder::State::kMalformed: return "malformed [" + data + "]";
      case ChunkDecoder::State::kDone: return "done [" + data + "] " + std::string(input);
    }
  }
}

// The bytes that may stand between before and after.
std::string accepted(const std::string &before, const std::string &after) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (decoded(before + c + after) == "done [] ") bytes += c;
  }
  return bytes;
}

}  // namespace

TEST_SUITE("core/http/chunk_decoder") {
  TEST_CASE("chunks: a trailer name is a token") {
    CHECK(accepted("0\r\n", ":\r\n\r\n") == kToken);
    std::string or_its_end(kToken);
    or_its_end.insert(kToken.find('A'), ":");
    CHECK(accepted("0\r\nT", "T:\r\n\r\n") == or_its_end);
  }

  TEST_CASE("chunks: an extension and a trailer hold what a field value may") {
    std::string visible = "\t";
    for (int byte = 0x20; byte < 256; ++byte) {
      if (byte != 0x7F) visible += static_cast<char>(byte);
    }
    CHECK(accepted("0;", "\r\n\r\n") == visible);
    CHECK(accepted("0\r\nT:", "\r\n\r\n") == visible);
  }

  TEST_CASE("chunks: each line, and the data, end with CRLF and nothing else") {
    const std::string message = "3;e\r\nabc\r\n0\r\nT: v\r\n\r\n";
    CHECK(decoded(message) == "done [abc] ");
    for (size_t at = 0; at < message.size(); ++at) {
      if (message[at] != '\r' && message[at] != '\n') continue;
      for (const char other : {'\r', '\n', ' ', 'X', '0', '\0'}) {
        if (message[at] == other) continue;
        std::string broken = message;
        broken[at] = other;
        CAPTURE(at);
        CHECK(decoded(broken).find("malformed ") == 0);
      }
    }
  }

  TEST_CASE("chunks: all bytes of extensions and trailers count together") {
    const auto ends = [](const std::string &text) {
      return decoded(text + "\r\n\r\n", 10).find("done ") == 0;
    };
    const std::string nine(9, 'x');
    CHECK(ends("0;x" + nine));
    CHECK_FALSE(ends("0;xx" + nine));
    CHECK(ends("0" + std::string(10, ' ') + ";"));
    CHECK_FALSE(ends("0" + std::string(11, ' ') + ";"));
    CHECK(ends("0\r\n" + nine + ":"));
    CHECK_FALSE(ends("0\r\nx" + nine + ":"));
    CHECK(ends("0\r\nxx:xx\r\nxx:xx"));
    CHECK_FALSE(ends("0\r\nxx:xx\r\nxx:xxx"));
    CHECK(ends("1 ;x\r\na\r\n0;xx\r\nxx:xxx"));
    CHECK_FALSE(ends("1 ;x\r\na\r\n0;xx\r\nxx:xxxx"));
  }

  TEST_CASE("chunks: a size is hexadecimal digits") {
    std::string first;
    std::string second;
    for (int byte = 0; byte < 256; ++byte) {
      const std::string c(1, static_cast<char>(byte));
      if (decoded(c + "\r\n") == "more []") first += c;
      if (decoded("1" + c + "\r\n") == "more []") second += c;
    }
    CHECK(first == "0123456789ABCDEFabcdef");
    CHECK(second == "0123456789;ABCDEFabcdef");
    CHECK(decoded("Af\r\n" + std::string(0xAF, 'd') + "\r\n0\r\n\r\n") ==
          "done [" + std::string(0xAF, 'd') + "] ");
  }

  TEST_CASE("chunks: a size that 63 bits hold is one, with zeros before it or without") {
    CHECK(decoded("7fffffffffffffff\r\nab") == "more [ab]");
    CHECK(decoded("8000000000000000\r\nab") == "malformed []");
    CHECK(decoded("00000000000000000000002\r\nab\r\n0\r\n\r\nnext") == "done [ab] next");
  }
}
