// SPDX-License-Identifier: Apache-2.0
#include "core/api/ttl.hpp"

#include <array>

#include "core/api/ascii.hpp"

namespace navistore::api {
namespace {

struct Unit {
  std::string_view name;
  uint64_t ms;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr uint64_t kLatest = uint64_t{1} << 63U;

// Milliseconds of the unit that text ends with, which is cut off.
uint64_t cut_unit(std::string_view &text) {
  const size_t digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return 1000;
  for (const Unit &unit : kUnits) {
    if (text.substr(digits) != unit.name) continue;
    text = text.substr(0, digits);
    return unit.ms;
  }
  return 0;
}

}  // namespace

std::optional<store::Expiry> parse_ttl(std::string_view text, Units units, uint64_t now_ms) {
  using Kind = store::Expiry::Kind;
  if (text == "none") return store::Expiry{Kind::kNone, 0};
  if (text == "keep") return store::Expiry{Kind::kKeep, 0};
  const uint64_t unit_ms = units == Units::kAny ? cut_unit(text) : 1000;
  const auto amount = parse_decimal(text);
  if (unit_ms == 0 || !amount || *amount == 0) return std::nullopt;
  if (now_ms >= kLatest || *amount > (kLatest - 1 - now_ms) / unit_ms) return std::nullopt;
  return store::Expiry{Kind::kAt, now_ms + *amount * unit_ms};
}

}  // namespace navistore::api
