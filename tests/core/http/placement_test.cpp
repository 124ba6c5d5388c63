// SPDX-License-Identifier: Apache-2.0
#include "core/http/placement.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <random>

using namespace navistore::http;

namespace {

using Rates = std::vector<double>;

constexpr double kMost = 1.1;  // times the mean

double sum(const std::vector<uint64_t> &row) {
  return static_cast<double>(std::accumulate(row.begin(), row.end(), uint64_t{0}));
}

double total(const Traffic &traffic) {
  double all = 0;
  for (const auto &row : traffic) all += sum(row);
  return all;
}

// The load of each worker once everybody gave away what they should.
Rates settled(const Traffic &traffic) {
  Rates loads(traffic.size());
  for (size_t self = 0; self < traffic.size(); ++self) {
    loads[self] += sum(traffic[self]);
    const Surplus surplus = surplus_of(traffic, self);
    for (size_t worker = 0; worker < traffic.size(); ++worker) {
      if (worker == self) continue;
      const double given = surplus.to_home[worker] + surplus.to_any[worker];
      loads[self] -= given;
      loads[worker] += given;
    }
  }
  return loads;
}

Traffic random_traffic(size_t workers, std::mt19937 &random) {
  std::uniform_int_distribution<uint64_t> rate(0, 50'000);
  std::bernoulli_distribution none(0.4);
  Traffic traffic(workers, std::vector<uint64_t>(workers));
  for (auto &row : traffic) {
    for (uint64_t &cell : row) cell = none(random) ? 0 : rate(random);
  }
  return traffic;
}

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("placement: a group is at home where most of it is served, the busiest first") {
  CHECK(homes_of({{9, 1}, {1, 9}}) == std::vector<size_t>{0, 1});
  CHECK(homes_of({{1, 9}, {9, 1}}) == std::vector<size_t>{1, 0});
  CHECK(homes_of({{5, 8}, {4, 6}}) == std::vector<size_t>{1, 0});
  CHECK(homes_of({{0, 0, 7}, {0, 9, 0}, {0, 0, 8}}) == std::vector<size_t>{0, 1, 2});
  CHECK(homes_of({{0, 0}, {0, 0}}) == std::vector<size_t>{0, 1});
}

TEST_CASE("placement: whoever serves strangers and a group of its own swaps the strangers") {
  const Traffic traffic = {{6'000, 5'000}, {5'000, 6'000}};
  const Surplus first = surplus_of(traffic, 0);
  CHECK(first.to_home == Rates{6'000, 5'000});
  CHECK_FALSE(first.overloaded());
  CHECK(surplus_of(traffic, 1).to_home == Rates{5'000, 6'000});
  CHECK(settled(traffic) == Rates{11'000, 11'000});
}

TEST_CASE("placement: clients that only change processors move nobody") {
  for (const size_t self : {0U, 1U}) {
    const Surplus surplus = surplus_of({{0, 20'000}, {20'000, 0}}, self);
    CHECK(surplus.to_home[1 - self] == 0);
    CHECK_FALSE(surplus.overloaded());
  }
}

TEST_CASE("placement: one group for all is shared out, to 10 % above the mean") {
  const Surplus surplus = surplus_of({{20'000, 0}, {0, 0}}, 0);
  CHECK(surplus.overloaded());
  CHECK(surplus.to_any[1] == doctest::Approx(9'000));
  CHECK_FALSE(surplus_of({{11'000, 0}, {9'000, 0}}, 0).overloaded());
  CHECK(surplus_of({{11'001, 0}, {8'999, 0}}, 0).overloaded());
  CHECK(surplus_of({{10'000, 0}, {10'000, 0}}, 1).to_home[0] == doctest::Approx(1'000));
}

TEST_CASE("placement: below a thousand events a second nobody moves") {
  CHECK(surplus_of({{0, 999}, {0, 0}}, 0).to_home == Rates{0, 0});
  CHECK_FALSE(surplus_of({{0, 999}, {0, 0}}, 0).overloaded());
  CHECK(surplus_of({{500, 0}, {500, 0}}, 1).to_home[0] == doctest::Approx(50));
  CHECK(surplus_of({{1'000, 0}, {0, 0}}, 0).overloaded());
}

TEST_CASE("placement: what all give away leaves nobody with more than 10 % above the mean") {
  std::mt19937 random(1);
  for (int i = 0; i < 2'000; ++i) {
    const Traffic traffic = random_traffic(2 + static_cast<size_t>(i) % 7, random);
    const double most = kMost * total(traffic) / static_cast<double>(traffic.size());
    for (const double load : settled(traffic)) {
      CAPTURE(i);
      CHECK(load >= -0.001);
      if (total(traffic) >= 1'000) CHECK(load <= most + 0.001);
    }
  }
}

TEST_CASE("placement: nobody gives away more than it has") {
  std::mt19937 random(2);
  for (int i = 0; i < 500; ++i) {
    const Traffic traffic = random_traffic(3, random);
    for (size_t self = 0; self < 3; ++self) {
      const Surplus surplus = surplus_of(traffic, self);
      for (size_t group = 0; group < 3; ++group) {
        const double of_group = surplus.to_home[surplus.homes[group]];
        CHECK(of_group <= static_cast<double>(traffic[self][group]) + 0.001);
      }
    }
  }
}

TEST_CASE("placement: a new connection goes to its processor's worker, within reason") {
  CHECK(place_of_new({0, 0}, 1, 0) == 1);
  CHECK(place_of_new({10, 15}, 1, 0) == 1);
  CHECK(place_of_new({10, 16}, 1, 0) == 0);
  CHECK(place_of_new({0, 1}, 1, 0) == 0);
  CHECK(place_of_new({10, 10}, 5, 0) == 1);  // more processors than workers
}

TEST_CASE("placement: a connection of no processor goes to who has fewest, rather to who took it") {
  CHECK(place_of_new({4, 3, 2}, -1, 0) == 2);
  CHECK(place_of_new({4, 2, 2}, -1, 2) == 2);
  CHECK(place_of_new({4, 2, 2}, -1, 1) == 1);
  CHECK(place_of_new({4, 2, 2}, -1, 0) == 1);
}

TEST_SUITE_END();
