// SPDX-License-Identifier: Apache-2.0
// Events of a stream as short texts.
#pragma once

#include <string>

#include "tests/support/event_stream.hpp"

namespace navistore::api::testing {

// "put a=1 @3": the event, the key with its value, and the revision of its id if it has one.
inline std::string brief(const test::StreamEvent &event) {
  const auto member = [&](const std::string &name) {
    const std::string mark = "\"" + name + "\":\"";
    const size_t from = event.data.find(mark);
    if (from == std::string::npos) return std::string();
    return event.data.substr(from + mark.size(),
                             event.data.find('"', from + mark.size()) - from - mark.size());
  };
  std::string text = event.name;
  if (event.data.find("\"key\"") != std::string::npos) text += " " + member("key");
  if (event.name == "put") text += "=" + member("value");
  if (!event.id.empty()) text += " @" + event.id.substr(event.id.find('.') + 1);
  return text;
}

// The next one; "end" or "cut" when there is none.
inline std::string next(test::EventStream &stream) {
  const auto event = stream.next();
  return event ? brief(*event) : stream.ended_cleanly() ? "end" : "cut";
}

inline std::string next(test::EventStream &stream, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + next(stream);
  return text;
}

}  // namespace navistore::api::testing
