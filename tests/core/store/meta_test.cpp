// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "core/store/item.hpp"

namespace navistore::store {
namespace {

constexpr size_t kMetaFloor = 4096;  // bytes that every backend takes

std::string hex(const std::string &bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

std::string encoded(const Meta &meta) {
  std::string out;
  encode_meta(meta, out);
  return out;
}

std::string shown(const MetaView &view) {
  if (!view.valid()) return "invalid";
  std::string out = "type=" + std::string(view.type()) + " size=" + std::to_string(view.size()) +
                    " modified=" + std::to_string(view.modified_ms()) +
                    " stamp=" + std::to_string(view.stamp().ms) + "." +
                    std::to_string(view.stamp().counter) + "@" + std::to_string(view.stamp().node) +
                    (view.tombstone() ? " tombstone" : "") + (view.silent() ? " silent" : "");
  view.for_each_user([&](std::string_view name, std::string_view value) {
    out.append(" ").append(name).append(":").append(value);
  });
  return out;
}

Meta full_meta() {
  Meta meta;
  meta.type = "text/plain";
  meta.size = 100;
  meta.modified_ms = 1'700'000'000'000;
  meta.user = {{"owner", "ann"}, {"team", "\xff"}};
  meta.stamp = {1'700'000'000'001, 7, 0x1122334455667788};
  meta.tombstone = true;
  return meta;
}

uint64_t number_of(std::mt19937_64 &random) { return random() >> (random() % 64); }

std::string bytes_of(std::mt19937_64 &random, size_t most) {
  std::string out(random() % (most + 1), '\0');
  for (char &byte : out) byte = static_cast<char>(random() & 0xff);
  return out;
}

Meta random_meta(std::mt19937_64 &random) {
  Meta meta;
  meta.type = bytes_of(random, 40);
  meta.size = number_of(random);
  meta.modified_ms = number_of(random);
  const uint64_t pairs = random() % 4;
  for (uint64_t i = 0; i < pairs; ++i) {  // in the order in which the oracle gives them back

    meta.user.emplace_back("n" + std::to_string(i), bytes_of(random, 300));
  }
  if (random() % 2 == 0) {
    meta.stamp = {number_of(random) | 1, static_cast<uint32_t>(number_of(random)),
                  number_of(random)};
  }
  meta.tombstone = random() % 2 == 0;
  meta.silent = meta.tombstone && random() % 2 == 0;
  return meta;
}

// The same record as any other CBOR reader sees it.
std::string shown_by_oracle(const std::string &encoding) {
  const auto map = nlohmann::json::from_cbor(encoding.substr(1));
  const auto text = [](const nlohmann::json &value) {
    const auto &binary = value.get_binary();
    return std::string(binary.begin(), binary.end());
  };
  const auto stamp = map.value("c", nlohmann::json::array({0, 0, 0}));
  std::string out =
      "type=" + (map.contains("t") ? text(map["t"]) : "") +
      " size=" + std::to_string(map["s"].get<uint64_t>()) +
      " modified=" + std::to_string(map.value("m", uint64_t{0})) +
      " stamp=" + std::to_string(stamp[0].get<uint64_t>()) + "." +
      std::to_string(stamp[1].get<uint64_t>()) + "@" + std::to_string(stamp[2].get<uint64_t>()) +
      (map.value("d", false) ? " tombstone" : "") + (map.value("n", false) ? " silent" : "");
  if (!map.contains("u")) return out;
  for (const auto &[name, value] : map["u"].items()) out += " " + name + ":" + text(value);
  return out;
}

}  // namespace

TEST_SUITE("core/store/meta") {
  TEST_CASE("meta: version 1 is these bytes for ever") {
    CHECK(hex(encoded(full_meta())) ==
          "01a6"
          "6174"
          "4a746578742f706c61696e"
          "6173"
          "1864"
          "616d"
          "1b0000018bcfe56800"
          "6175"
          "a2656f776e657243616e6e647465616d41ff"
          "6163"
          "831b0000018bcfe56801071b1122334455667788"
          "6164"
          "f5");
    CHECK(hex(encoded(Meta{})) == "01a1617300");
  }

  TEST_CASE("meta: what was encoded is decoded") {
    CHECK(shown(MetaView(encoded(full_meta()))) ==
          "type=text/plain size=100 modified=1700000000000 "
          "stamp=1700000000001.7@1234605616436508552 tombstone owner:ann team:\xff");
    CHECK(shown(MetaView(encoded(Meta{}))) == "type= size=0 modified=0 stamp=0.0@0");
  }

  TEST_CASE("meta: every cut, longer or foreign record is invalid") {
    const std::string whole = encoded(full_meta());
    for (size_t length = 0; length < whole.size(); ++length) {
      CHECK(shown(MetaView(whole.substr(0, length))) == "invalid");
    }
    CHECK(shown(MetaView(whole + '\0')) == "invalid");
    CHECK(shown(MetaView('\2' + whole.substr(1))) == "invalid");
    using namespace std::string_literals;
    for (const std::string &record : {"\x01\xa0"s,                          // no size
                                      "\x01\xa1\x61\x73\x18\x05"s,          // not the shortest form
                                      "\x01\xa2\x61\x73\x05\x61\x78\x05"s,  // an unknown name
                                      "\x01\xa2\x61\x6d\x05\x61\x73\x05"s,  // not the fixed order
                                      "\x01\xbf\x61\x73\x05\xff"s,          // indefinite length
                                      "\x01\xa2\x61\x73\x05\x61\x64\xf4"s,  // a false tombstone
                                      "\x01\xa2\x61\x73\x05\x61\x6e\xf5"s}) {  // silent, yet none
      CHECK(shown(MetaView(record)) == "invalid");
    }
  }

  TEST_CASE("meta: any other CBOR reader sees the same record") {
    std::mt19937_64 random(20'261'122);
    for (int i = 0; i < 2'000; ++i) {
      const std::string encoding = encoded(random_meta(random));
      REQUIRE(shown(MetaView(encoding)) == shown_by_oracle(encoding));
    }
  }

  TEST_CASE("meta: damaged records never read past their end") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20'000; ++i) {
      std::string encoding = encoded(random_meta(random));
      encoding[random() % encoding.size()] = static_cast<char>(random() & 0xff);
      const std::string exact(encoding);  // so that a sanitizer sees the end
      shown(MetaView(exact));
    }
  }

  TEST_CASE("meta: all maxima together fit what every backend takes") {
    Meta meta;
    meta.type.assign(255, 't');
    meta.size = UINT64_MAX;
    meta.modified_ms = UINT64_MAX;
    meta.stamp = {UINT64_MAX, UINT32_MAX, UINT64_MAX};
    meta.tombstone = true;
    meta.silent = true;
    for (int i = 0; i < 32; ++i) {  // 2 KiB of names and values
      meta.user.emplace_back(
          std::string(31, static_cast<char>('a' + i % 26)) + std::to_string(i % 10),
          std::string(32, 'v'));
    }
    CHECK(encoded(meta).size() == 2'495);
    CHECK(encoded(meta).size() <= kMetaFloor);
    CHECK(MetaView(encoded(meta)).valid());
  }
}

}  // namespace navistore::store
