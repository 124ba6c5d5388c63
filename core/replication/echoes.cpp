// SPDX-License-Identifier: Apache-2.0
#include "core/replication/echoes.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace navistore::replication {
namespace {

constexpr uint64_t kExpectedMs = 2'000;
constexpr size_t kMostExpected = 4'096;

uint64_t now_ms() {
  using namespace std::chrono;
  const auto since = steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(duration_cast<milliseconds>(since).count());
}

uint64_t hash_of(std::string_view key, Echoes::Value value) {
  std::string text = std::to_string(key.size()) + (value ? "+" : "-");
  text.append(key).append(value.value_or(std::string_view()));
  return std::hash<std::string>()(text);
}

}  // namespace

void Echoes::push(const std::string &peer, std::string_view key, Value value) {
  const uint64_t what = hash_of(key, value);
  const Lock lock(mutex_);
  drop_old();
  if (pushed_.size() == kMostExpected) pushed_.pop_front();
  pushed_.push_back({peer, what, now_ms() + kExpectedMs});
}

void Echoes::forget(const std::string &peer, std::string_view key, Value value) {
  const uint64_t what = hash_of(key, value);
  const Lock lock(mutex_);
  const auto gone = std::remove_if(pushed_.begin(), pushed_.end(), [&](const Pushed &pushed) {
    return pushed.what == what && pushed.peer == peer;
  });
  pushed_.erase(gone, pushed_.end());
}

void Echoes::tell(const std::string &peer, bool repeats) {
  const Lock lock(mutex_);
  if (repeats) {
    repeaters_.insert(peer);
  } else {
    repeaters_.erase(peer);
  }
}

std::optional<Echoes::Echo> Echoes::take(std::string_view key, Value value) {
  const uint64_t what = hash_of(key, value);
  const Lock lock(mutex_);
  drop_old();
  const auto found = std::find_if(pushed_.begin(), pushed_.end(),
                                  [&](const Pushed &pushed) { return pushed.what == what; });
  if (found == pushed_.end()) return std::nullopt;
  Echo echo{found->peer, repeaters_.count(found->peer) != 0};
  pushed_.erase(found);
  return echo;
}

void Echoes::drop_old() {
  const uint64_t now = now_ms();
  while (!pushed_.empty() && pushed_.front().until_ms <= now) pushed_.pop_front();
}

}  // namespace navistore::replication
