// SPDX-License-Identifier: Apache-2.0
#include "core/api/negotiation.hpp"

#include <algorithm>

#include "core/api/ascii.hpp"

namespace navistore::api {
namespace {

// "0", "1", "0.5", "1.000" in thousandths; anything else counts as 1000.
unsigned parse_weight(std::string_view text) {
  const std::string_view whole = cut(text, '.');
  if (whole != "0" || text.size() > 3) return 1000;
  unsigned weight = 0;
  for (size_t i = 0; i < 3; ++i) {
    const char digit = i < text.size() ? text[i] : '0';
    if (digit < '0' || digit > '9') return 1000;
    weight = weight * 10 + static_cast<unsigned>(digit - '0');
  }
  return weight;
}

struct Range {
  std::string_view type;  // "text/plain", "text/*" or "*/*"
  unsigned weight = 1000;
};

Range parse_range(std::string_view element) {
  Range range;
  range.type = trimmed(cut(element, ';'));
  while (!element.empty()) {
    std::string_view parameter = trimmed(cut(element, ';'));
    const std::string_view name = cut(parameter, '=');
    if (same_word(name, "q")) range.weight = parse_weight(trimmed(parameter));
  }
  return range;
}

// 0: does not cover; 1: */*; 2: type/*; 3: the type itself.
int coverage(std::string_view range, std::string_view type) {
  if (same_word(range, type)) return 3;
  if (range == "*/*") return 1;
  const size_t slash = type.find('/');
  if (slash == std::string_view::npos || range.size() != slash + 2) return 0;
  const bool family =
      range.substr(slash) == "/*" && same_word(range.substr(0, slash), type.substr(0, slash));
  return family ? 2 : 0;
}

struct Best {
  int coverage = 0;
  unsigned weight = 0;
};

Best best_range(std::string_view accept, std::string_view media_type) {
  const std::string_view type = trimmed(cut(media_type, ';'));
  Best best;
  while (!accept.empty()) {
    const Range range = parse_range(trimmed(cut(accept, ',')));
    const int covers = coverage(range.type, type);
    if (covers == 0 || covers < best.coverage) continue;
    const unsigned weight =
        covers == best.coverage ? std::max(best.weight, range.weight) : range.weight;
    best = {covers, weight};
  }
  return best;
}

}  // namespace

unsigned quality(std::string_view accept, std::string_view media_type) {
  if (trimmed(accept).empty()) return 1000;
  return best_range(accept, media_type).weight;
}

std::optional<unsigned> named_quality(std::string_view accept, std::string_view media_type) {
  const Best best = best_range(accept, media_type);
  if (best.coverage != 3) return std::nullopt;
  return best.weight;
}

std::optional<Fault> parse_wait(std::string_view prefer,
                                std::optional<std::chrono::seconds> &wait) {
  while (!prefer.empty()) {
    std::string_view preference = trimmed(cut(prefer, ','));
    std::string_view value = trimmed(cut(preference, ';'));
    const std::string_view name = trimmed(cut(value, '='));
    if (!same_word(name, "wait")) continue;
    const auto seconds = parse_decimal(trimmed(value));
    if (!seconds) return Fault{Problem::kBadRequest, "Prefer: wait: expected whole seconds", 0};
    const auto longest = static_cast<uint64_t>(kLongestWait.count());
    wait = std::chrono::seconds(std::min(*seconds, longest));
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace navistore::api
