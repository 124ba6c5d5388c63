// SPDX-License-Identifier: Apache-2.0
#include "core/store/identity.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <random>
#include <utility>

#include "core/store/backend_store.hpp"

namespace navistore::store {
namespace {

const std::string kEpoch = "epoch";
const std::string kBeginning = "epoch.beginning";
const std::string kNode = "node";
const std::string kClock = "clock";

uint64_t random_number() {  // never 0
  std::random_device device;
  uint64_t number = 0;
  while (number == 0) number = uint64_t{device()} << 32 | device();
  return number;
}

std::string hex(uint64_t number) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

Result<uint64_t> parse_hex(const std::string &name, const std::string &text) {
  uint64_t number = 0;
  const char *end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number, 16);
  if (problem != std::errc{} || stop != end) {
    return Error{Code::kCorrupt, "record '" + name + "' is not a hexadecimal number"};
  }
  return number;
}

}  // namespace

Outcome Identity::load(BackendStore *system, uint64_t revision) {
  keeps_ = system != nullptr ? Keeps::kAll : Keeps::kNothing;
  records_.reset();
  own_.reset();
  if (system != nullptr) records_ = std::make_unique<BackendRecords>(*system);
  if (system != nullptr && !system->has(NAVI_CAP_SHARED)) {
    own_ = std::make_unique<BackendRecords>(*system);
  } else if (!state_dir_.empty()) {
    own_ = std::make_unique<FileRecords>(state_dir_, ns_);
  }
  if (keeps_ == Keeps::kAll && !high_water_ && !state_dir_.empty()) {
    auto opened = HighWater::open(state_dir_, ns_);
    if (!opened) return std::move(opened).error();
    high_water_ = std::move(opened).value();
  }
  if (Outcome loaded = load_node(); !loaded) return loaded;
  const auto beginning = kept_beginning();
  if (!beginning) return beginning.error();
  beginning_ = beginning.value();
  return load_epoch(revision);
}

Outcome Identity::load_node() {
  uint64_t bound_ms = 0;
  if (own_ == nullptr) {
    if (node() == 0) node_ = random_number();
    clock_.start(node_, bound_ms);
    clock_.kept(UINT64_MAX);  // there is nowhere to keep one
    return Done{};
  }
  auto record = own_->get(kNode);
  if (!record) return std::move(record).error();
  if (record.value().revision == 0) {
    auto put = own_->put(kNode, hex(random_number()), 0);
    if (!put) return std::move(put).error();
    record = own_->get(kNode);
    if (!record) return std::move(record).error();
  }
  auto node = parse_hex(kNode, record.value().value);
  if (!node) return std::move(node).error();
  node_ = node.value();
  auto clock = own_->get(kClock);
  if (!clock) return std::move(clock).error();
  if (clock.value().revision != 0) {
    auto bound = parse_hex(kClock, clock.value().value);
    if (!bound) return std::move(bound).error();
    bound_ms = bound.value();
  }
  clock_.start(node_, bound_ms);
  return Done{};
}

Outcome Identity::load_epoch(uint64_t revision) {
  if (keeps_ == Keeps::kNothing) {
    show_epoch(random_number());
    return Done{};
  }
  auto record = records_->get(kEpoch);
  if (!record) return std::move(record).error();
  const bool whole = high_water_ == nullptr || high_water_->reached_by(revision);
  if (record.value().revision == 0 || !whole) {
    if (Outcome put = put_epoch(record.value().revision); !put) return put;
  }
  auto epoch = kept_epoch();
  if (!epoch) return std::move(epoch).error();
  show_epoch(epoch.value());
  return high_water_ == nullptr ? Outcome(Done{}) : high_water_->restart(revision);
}

// A conflict means that another server made one at the same moment: theirs is as fresh.
Outcome Identity::put_epoch(uint64_t expected_revision) {
  auto put = records_->put(kEpoch, hex(random_number()), expected_revision);
  if (!put) return std::move(put).error();
  return Done{};
}

Result<uint64_t> Identity::make_epoch() {
  if (keeps_ == Keeps::kNothing) return random_number();
  auto record = records_->get(kEpoch);
  if (!record) return std::move(record).error();
  if (Outcome put = put_epoch(record.value().revision); !put) return std::move(put).error();
  return kept_epoch();
}

Result<uint64_t> Identity::kept_epoch() {
  if (keeps_ == Keeps::kNothing) return epoch();
  auto record = records_->get(kEpoch);
  if (!record) return std::move(record).error();
  return parse_hex(kEpoch, record.value().value);
}

Outcome Identity::keep_beginning(uint64_t revision) {
  if (keeps_ == Keeps::kNothing) return Done{};
  for (;;) {  // until no other server writes it at the same moment
    auto record = records_->get(kBeginning);
    if (!record) return std::move(record).error();
    if (record.value().revision != 0) {
      const auto known = parse_hex(kBeginning, record.value().value);
      if (!known) return known.error();
      if (known.value() >= revision) return Done{};
    }
    auto put = records_->put(kBeginning, hex(revision), record.value().revision);
    if (!put) return std::move(put).error();
    if (put.value() == Records::Put::kDone) return Done{};
  }
}

Result<uint64_t> Identity::kept_beginning() {
  if (keeps_ == Keeps::kNothing) return uint64_t{0};
  auto record = records_->get(kBeginning);
  if (!record) return std::move(record).error();
  if (record.value().revision == 0) return uint64_t{0};
  return parse_hex(kBeginning, record.value().value);
}

Records *Identity::records_of(Whose whose) {
  const bool store = whose == Whose::kStore && records_ != nullptr;
  return store ? records_.get() : own_.get();
}

Result<std::string> Identity::record(Whose whose, const std::string &name) {
  Records *records = records_of(whose);
  if (records == nullptr) return unkept_[name];
  auto record = records->get(name);
  if (!record) return std::move(record).error();
  return std::move(record).value().value;
}

Outcome Identity::keep_record(Whose whose, const std::string &name, const std::string &value) {
  Records *records = records_of(whose);
  if (records == nullptr) {
    unkept_[name] = value;
    return Done{};
  }
  for (;;) {  // until no other server writes it at the same moment
    auto record = records->get(name);
    if (!record) return std::move(record).error();
    auto put = records->put(name, value, record.value().revision);
    if (!put) return std::move(put).error();
    if (put.value() == Records::Put::kDone) return Done{};
  }
}

bool Identity::covers(uint64_t revision, uint64_t now_ms) const {
  if (!clock_.covers(now_ms)) return false;
  return high_water_ == nullptr || high_water_->covers(revision);
}

Outcome Identity::cover(uint64_t revision, uint64_t now_ms) {
  if (!clock_.covers(now_ms)) {
    auto record = own_->get(kClock);
    if (!record) return std::move(record).error();
    const uint64_t bound_ms = clock_.keep_ahead(now_ms);
    auto put = own_->put(kClock, hex(bound_ms), record.value().revision);
    if (!put) return std::move(put).error();
    clock_.kept(bound_ms);
  }
  if (high_water_ == nullptr || high_water_->covers(revision)) return Done{};
  return high_water_->advance(revision);
}

Outcome Identity::close_at(uint64_t revision) {
  return high_water_ == nullptr ? Outcome(Done{}) : high_water_->close_at(revision);
}

}  // namespace navistore::store
