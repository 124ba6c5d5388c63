// SPDX-License-Identifier: Apache-2.0
// When a body is too slow.
#include "core/http/incoming_body.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

using namespace navistore::http;

namespace {

constexpr int64_t kIdle = 1000;   // ms
constexpr uint64_t kRate = 1000;  // bytes a second

class Pausing final : public BodySink {
 public:
  Flow data(std::string_view) override { return Flow::kPause; }
  void end() override {}
  void aborted() override {}
};

// A body of 100,000 bytes that began at time 0.
struct Coming {
  explicit Coming() {
    Request request;
    request.content_length = 100'000;
    body = std::make_unique<IncomingBody>("", request, AnswerRules{},
                                          BodyPlan{BodyPlan::Mode::kGather, 100'000}, 0, 0);
  }
  void bytes(size_t count, int64_t now_ms) {
    const std::string text(count, 'b');
    std::string_view input = text;
    body->read(input, now_ms);
  }
  bool expired(int64_t now_ms) const { return body->expired(now_ms, kIdle, kRate); }

  BodyBudget budget{1'000'000};
  std::unique_ptr<IncomingBody> body;
};

}  // namespace

TEST_SUITE("core/http/incoming_body") {
  TEST_CASE("body: any byte begins the patience anew") {
    Coming coming;
    coming.body->gather_into({}, coming.budget);
    CHECK_FALSE(coming.expired(1000));
    CHECK(coming.expired(1001));
    coming.bytes(50'000, 900);
    CHECK_FALSE(coming.expired(1900));
    CHECK(coming.expired(1901));
  }

  TEST_CASE("body: each byte earns its part of a second, beside the idle time") {
    Coming coming;
    coming.body->gather_into({}, coming.budget);
    coming.bytes(500, 700);
    CHECK_FALSE(coming.expired(1500));
    CHECK(coming.expired(1501));
    coming.bytes(500, 1600);
    CHECK_FALSE(coming.expired(2000));
    CHECK(coming.expired(2001));
  }

  TEST_CASE("body: a pause counts neither as idle nor as slow") {
    Coming coming;
    coming.body->stream_to(std::make_shared<Pausing>());
    coming.bytes(500, 700);
    CHECK(coming.body->paused());
    CHECK_FALSE(coming.expired(50'000));
    coming.body->resume(50'000);
    CHECK_FALSE(coming.body->paused());
    CHECK_FALSE(coming.expired(50'800));  // 1,000 idle and 500 earned, 700 gone before the pause
    CHECK(coming.expired(50'801));
  }
}
