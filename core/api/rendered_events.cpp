// SPDX-License-Identifier: Apache-2.0
#include "core/api/rendered_events.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace navistore::api {
namespace {

constexpr size_t kMaxTexts = 32;
constexpr size_t kMaxBytes = size_t{4} << 20;

}  // namespace

http::SharedText RenderedEvents::text(const std::shared_ptr<const store::Event> &event,
                                      store::Event::Place place, const WatchText &style) {
  const auto found =
      std::find_if(rendered_.rbegin(), rendered_.rend(), [&](const Rendered &rendered) {
        return rendered.event == event && rendered.place == place && rendered.style.same_as(style);
      });
  if (found != rendered_.rend()) return found->text;
  const bool last = place == store::Event::Place::kLast;
  std::string out;
  style.change(*event, last ? WatchText::Cursor(event->revision) : std::nullopt, out);
  auto text = std::make_shared<const std::string>(std::move(out));
  bytes_ += text->size();
  rendered_.push_back({event, place, style, text});
  while (rendered_.size() > kMaxTexts || (bytes_ > kMaxBytes && rendered_.size() > 1)) {
    bytes_ -= rendered_.front().text->size();
    rendered_.pop_front();
  }
  return text;
}

}  // namespace navistore::api
