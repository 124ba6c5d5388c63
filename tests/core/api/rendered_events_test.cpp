// SPDX-License-Identifier: Apache-2.0
#include "core/api/rendered_events.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace navistore;
using namespace navistore::api;

namespace {

using Place = store::Event::Place;

std::shared_ptr<const store::Event> event_at(uint64_t revision, std::string value = "v") {
  store::Event event;
  event.key = "k";
  event.value = std::move(value);
  event.revision = revision;
  return std::make_shared<const store::Event>(std::move(event));
}

const WatchText kAsEvents(WatchForm::kEvents, {1, Include::kValues, json::Encoding::kText});
const WatchText kAsLines(WatchForm::kLines, {1, Include::kValues, json::Encoding::kText});

}  // namespace

TEST_SUITE("core/api/watch") {
  TEST_CASE("rendered events: who watches alike shares one text, who does not gets its own") {
    const WatchText next_epoch(WatchForm::kEvents, {2, Include::kValues, json::Encoding::kText});
    const WatchText without_values(WatchForm::kEvents, {1, Include::kMeta, json::Encoding::kText});
    const WatchText as_base64(WatchForm::kEvents, {1, Include::kValues, json::Encoding::kBase64});
    RenderedEvents rendered;
    const auto event = event_at(7);
    const auto first = rendered.text(event, Place::kLast, kAsEvents);
    CHECK(*first ==
          "id: 0000000000000001.7\nevent: put\ndata: "
          "{\"key\":\"k\",\"revision\":7,\"etag\":\"\\\"0000000000000001.7\\\"\",\"value\":\"v\"}"
          "\n\n");
    CHECK(rendered.text(event, Place::kLast, kAsEvents).get() == first.get());
    CHECK(rendered.text(event_at(7, "w"), Place::kLast, kAsEvents).get() != first.get());
    CHECK(rendered.text(event, Place::kInside, kAsEvents)->rfind("event: put", 0) == 0);
    CHECK(rendered.text(event, Place::kLast, kAsLines)->front() == '{');
    CHECK(*rendered.text(event, Place::kLast, next_epoch) != *first);
    CHECK(*rendered.text(event, Place::kLast, without_values) != *first);
    CHECK(*rendered.text(event, Place::kLast, as_base64) != *first);
    CHECK(rendered.text(event, Place::kLast, kAsEvents).get() == first.get());
  }

  TEST_CASE("rendered events: what is kept is bounded by number and bytes") {
    RenderedEvents rendered;
    const auto old = event_at(1);
    const std::weak_ptr<const std::string> text = rendered.text(old, Place::kLast, kAsEvents);
    CHECK(!text.expired());
    for (uint64_t i = 2; i < 100; ++i) rendered.text(event_at(i), Place::kLast, kAsEvents);
    CHECK(text.expired());
    CHECK(old.use_count() == 1);
    const std::weak_ptr<const std::string> large =
        rendered.text(event_at(100, std::string(5'000'000, 'x')), Place::kLast, kAsEvents);
    CHECK(!large.expired());
    rendered.text(event_at(101), Place::kLast, kAsEvents);
    CHECK(large.expired());
  }
}
