// SPDX-License-Identifier: Apache-2.0
#include "core/api/time_text.hpp"

#include <algorithm>
#include <string_view>

namespace navistore::api {
namespace {

constexpr uint64_t kLastMs = 253'402'300'799'999;            // 9999-12-31T23:59:59.999Z
constexpr std::string_view kDays = "ThuFriSatSunMonTueWed";  // 1970-01-01 was a Thursday
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct Moment {
  unsigned year, month, day, hour, minute, second, ms, weekday;
};

// Days to a civil date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
Moment moment_of(uint64_t unix_ms) {
  const uint64_t bounded = std::min(unix_ms, kLastMs);
  const uint64_t days = bounded / 86'400'000;
  const auto in_day = static_cast<unsigned>(bounded % 86'400'000);
  const uint64_t shifted = days + 719'468;
  const uint64_t era = shifted / 146'097;
  const auto day_of_era = static_cast<unsigned>(shifted % 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  Moment moment{};
  moment.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  moment.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  moment.year = static_cast<unsigned>(era * 400) + year_of_era + (moment.month <= 2 ? 1 : 0);
  moment.hour = in_day / 3'600'000;
  moment.minute = in_day / 60'000 % 60;
  moment.second = in_day / 1000 % 60;
  moment.ms = in_day % 1000;
  moment.weekday = static_cast<unsigned>(days % 7);
  return moment;
}

void write_year(unsigned year, TextWriter &out) {
  out.two_digits(year / 100).two_digits(year % 100);
}

void write_clock(const Moment &moment, TextWriter &out) {
  out.two_digits(moment.hour).text(":").two_digits(moment.minute).text(":");
  out.two_digits(moment.second);
}

}  // namespace

void write_http_date(uint64_t unix_ms, TextWriter &out) {
  const Moment moment = moment_of(unix_ms);
  out.text({&kDays[size_t{3} * moment.weekday], 3}).text(", ").two_digits(moment.day).text(" ");
  out.text({&kMonths[size_t{3} * (moment.month - 1)], 3}).text(" ");
  write_year(moment.year, out);
  out.text(" ");
  write_clock(moment, out);
  out.text(" GMT");
}

void write_rfc3339(uint64_t unix_ms, TextWriter &out) {
  const Moment moment = moment_of(unix_ms);
  write_year(moment.year, out);
  out.text("-").two_digits(moment.month).text("-").two_digits(moment.day).text("T");
  write_clock(moment, out);
  out.text(".").two_digits(moment.ms / 10);
  out.decimal(moment.ms % 10).text("Z");
}

void append_rfc3339(uint64_t unix_ms, std::string &out) {
  std::array<char, kRfc3339> room;
  TextWriter text(room);
  write_rfc3339(unix_ms, text);
  out.append(text.written());
}

}  // namespace navistore::api
