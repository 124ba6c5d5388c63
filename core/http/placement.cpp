// SPDX-License-Identifier: Apache-2.0
#include "core/http/placement.hpp"

#include <algorithm>

namespace navistore::http {
namespace {

// Events a second of all workers, which are little work wherever connections are.
constexpr double kQuiet = 1'000;
constexpr double kTolerance = 1.1;  // times the mean

constexpr size_t kNobody = SIZE_MAX;

// What comes of the loads when all that can goes home, and how much of each group that is.
class Outlook {
 public:
  Outlook(const Traffic &traffic, const std::vector<size_t> &homes)
      : going_(traffic.size()), loads_(traffic.size()) {
    double total = 0;
    for (const auto &row : traffic) {
      for (const uint64_t events : row) total += static_cast<double>(events);
    }
    quiet_ = total < kQuiet;
    limit_ = kTolerance * total / static_cast<double>(traffic.size());
    for (size_t group = 0; group < homes.size(); ++group) send_home(traffic, group, homes[group]);
  }

  bool quiet() const { return quiet_; }
  double going(size_t group) const { return going_[group]; }  // the part that goes home, 0 to 1
  double spare(size_t worker) const { return std::max(0.0, limit_ - loads_[worker]); }
  double excess(size_t worker) const { return std::max(0.0, loads_[worker] - limit_); }

 private:
  void send_home(const Traffic &traffic, size_t group, size_t home) {
    const auto there = static_cast<double>(traffic[home][group]);
    double elsewhere = -there;
    for (const auto &row : traffic) elsewhere += static_cast<double>(row[group]);
    const double room = std::max(0.0, limit_ - there);
    going_[group] = elsewhere > room ? room / elsewhere : 1;
    loads_[home] += there + going_[group] * elsewhere;
    for (size_t worker = 0; worker < traffic.size(); ++worker) {
      if (worker == home) continue;
      loads_[worker] += (1 - going_[group]) * static_cast<double>(traffic[worker][group]);
    }
  }

  bool quiet_;
  double limit_;
  std::vector<double> going_;
  std::vector<double> loads_;
};

}  // namespace

std::vector<size_t> homes_of(const Traffic &traffic) {
  const size_t count = traffic.size();
  std::vector<size_t> cells(count * count);  // worker * count + group
  for (size_t i = 0; i < cells.size(); ++i) cells[i] = i;
  const auto events = [&](size_t cell) { return traffic[cell / count][cell % count]; };
  std::stable_sort(cells.begin(), cells.end(),
                   [&](size_t a, size_t b) { return events(a) > events(b); });
  std::vector<size_t> homes(count, kNobody);
  std::vector<bool> taken(count);
  for (const size_t cell : cells) {
    if (homes[cell % count] != kNobody || taken[cell / count]) continue;
    homes[cell % count] = cell / count;
    taken[cell / count] = true;
  }
  return homes;
}

bool Surplus::overloaded() const {
  return std::any_of(to_any.begin(), to_any.end(), [](double events) { return events > 0; });
}

Surplus surplus_of(const Traffic &traffic, size_t self) {
  const size_t workers = traffic.size();
  Surplus surplus{homes_of(traffic), std::vector<double>(workers), std::vector<double>(workers)};
  const Outlook outlook(traffic, surplus.homes);
  if (outlook.quiet()) return surplus;
  for (size_t group = 0; group < workers; ++group) {
    surplus.to_home[surplus.homes[group]] =
        outlook.going(group) * static_cast<double>(traffic[self][group]);
  }
  double spare = 0;  // of all: more than the excess of all
  for (size_t worker = 0; worker < workers; ++worker) spare += outlook.spare(worker);
  for (size_t worker = 0; worker < workers && spare > 0; ++worker) {
    surplus.to_any[worker] = outlook.excess(self) * outlook.spare(worker) / spare;
  }
  return surplus;
}

size_t place_of_new(const std::vector<size_t> &connections, int processor, size_t self) {
  const auto fewest = std::min_element(connections.begin(), connections.end());
  if (processor >= 0) {
    const size_t near = static_cast<size_t>(processor) % connections.size();
    if (connections[near] < *fewest + *fewest / 2 + 1) return near;
  }
  if (connections[self] == *fewest) return self;
  return static_cast<size_t>(fewest - connections.begin());
}

}  // namespace navistore::http
