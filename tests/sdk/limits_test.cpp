// SPDX-License-Identifier: Apache-2.0
#include "navistore/limits.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "navistore/backend.hpp"

using navistore::backend::bytes;
using navistore::backend::check_txn;
using navistore::backend::visible;

namespace {

constexpr navi_caps kCaps = {sizeof(navi_caps),    0, 0,
                             /*max_key=*/4,
                             /*max_value=*/5,
                             /*max_meta=*/3,
                             /*max_txn_ops=*/2,
                             /*max_txn_bytes=*/10,
                             /*max_batch=*/0};

navi_op put(const char *key, const char *value, const char *meta = "") {
  return {bytes(key), bytes(value), bytes(meta), 0, NAVI_OP_PUT, 0};
}

navi_status judge(const std::vector<navi_op> &ops, const std::vector<navi_check> &checks = {},
                  const navi_caps &caps = kCaps) {
  const navi_txn txn = {checks.data(),
                        ops.data(),
                        static_cast<uint32_t>(checks.size()),
                        static_cast<uint32_t>(ops.size()),
                        0,
                        0,
                        nullptr};
  return check_txn(txn, caps);
}

}  // namespace

TEST_SUITE("sdk/limits") {
  TEST_CASE("limits: each maximum is accepted, one more is too large") {
    CHECK(judge({put("kkkk", "vvvvv")}) == NAVI_OK);
    CHECK(judge({put("kkkkk", "")}) == NAVI_TOO_LARGE);
    CHECK(judge({put("k", "vvvvvv")}) == NAVI_TOO_LARGE);
    CHECK(judge({put("k", "", "mmm")}) == NAVI_OK);
    CHECK(judge({put("k", "", "mmmm")}) == NAVI_TOO_LARGE);
    CHECK(judge({put("a", "vvvv"), put("b", "vvvv")}) == NAVI_OK);
    CHECK(judge({put("a", "vvvv"), put("b", "vvvvv")}) == NAVI_TOO_LARGE);
    CHECK(judge({put("a", ""), put("b", ""), put("c", "")}) == NAVI_TOO_LARGE);
    const navi_check present = {bytes("k"), 0, NAVI_CHECK_PRESENT, 0};
    CHECK(judge({}, {present, present}) == NAVI_OK);
    CHECK(judge({}, {present, present, present}) == NAVI_TOO_LARGE);
    CHECK(judge({}, {{bytes("kkkkk"), 0, NAVI_CHECK_ABSENT, 0}}) == NAVI_TOO_LARGE);
  }

  TEST_CASE("limits: zero is no limit") {
    const std::string long_text(100, 'x');
    CHECK(judge({put(long_text.c_str(), long_text.c_str(), long_text.c_str())}, {}, navi_caps{}) ==
          NAVI_OK);
  }

  TEST_CASE("limits: an empty key is invalid in operations and checks") {
    CHECK(judge({put("", "v")}) == NAVI_INVALID);
    CHECK(judge({}, {{bytes(""), 0, NAVI_CHECK_ABSENT, 0}}) == NAVI_INVALID);
  }

  TEST_CASE("limits: a delete carries no value to be measured") {
    CHECK(judge({{bytes("k"), bytes("vvvvvvvvvvvvvvv"), bytes("mmmm"), 0, NAVI_OP_DELETE, 0}}) ==
          NAVI_OK);
  }

  TEST_CASE("limits: unknown kinds and reserved fields are unsupported") {
    CHECK(judge({{bytes("k"), {}, {}, 0, 0, 0}}) == NAVI_UNSUPPORTED);
    CHECK(judge({{bytes("k"), {}, {}, 0, 3, 0}}) == NAVI_UNSUPPORTED);
    CHECK(judge({{bytes("k"), {}, {}, 0, NAVI_OP_PUT, 1}}) == NAVI_UNSUPPORTED);
    CHECK(judge({}, {{bytes("k"), 0, 0, 0}}) == NAVI_UNSUPPORTED);
    CHECK(judge({}, {{bytes("k"), 0, 4, 0}}) == NAVI_UNSUPPORTED);
    CHECK(judge({}, {{bytes("k"), 0, NAVI_CHECK_REV_EQ, 1}}) == NAVI_UNSUPPORTED);
    CHECK(check_txn({nullptr, nullptr, 0, 0, 1, 0, nullptr}, kCaps) == NAVI_UNSUPPORTED);
    CHECK(check_txn({nullptr, nullptr, 0, 0, 0, 1, nullptr}, kCaps) == NAVI_UNSUPPORTED);
  }

  TEST_CASE("visible: until the very millisecond") {
    CHECK(visible(0, 100));
    CHECK(visible(101, 100));
    CHECK_FALSE(visible(100, 100));
    CHECK_FALSE(visible(99, 100));
  }
}
