// SPDX-License-Identifier: Apache-2.0
// What the keys of one transaction hold, and how its conditions stand against that, when
// tombstones count as absent: with replication on the host judges, and the backend only checks
// that nothing has changed since.
#pragma once

#include <navistore/backend.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/store/stamp.hpp"
#include "core/store/transaction.hpp"

namespace navistore::store {

class BackendStore;

class Judge {
 public:
  struct Current {
    std::string_view key;
    uint64_t revision = 0;  // as the backend has it; 0: absent, and not due either
    uint64_t expires_ms = 0;
    Stamp stamp;
    Life life = Life::kLive;
    // kDue: its time has come, but it was not removed yet. To clients, and to the backend's checks,
    // it is not there; its stamp still counts.
    enum class Time : uint8_t { kLeft, kDue } time = Time::kLeft;
    std::string value;  // read only where versions without stamps are to be compared

    bool there() const { return revision != 0 && time == Time::kLeft; }  // as the backend sees it
    bool live() const { return there() && life == Life::kLive; }
    uint64_t live_revision() const { return live() ? revision : 0; }
  };

  // Reads every key that the transaction writes or checks, from one state, those that are due at
  // now_ms, too. Borrows its keys.
  Outcome read(const Transaction &transaction, uint64_t now_ms, BackendStore &store);

  const std::vector<Current> &all() const { return current_; }  // by key, each once
  const Current &at(std::string_view key) const;                // one that was read
  uint64_t revision() const { return revision_; }               // of that state
  // The first condition that is false there.
  std::optional<uint32_t> first_false(const std::vector<Condition> &conditions) const;
  // Whether a copied item takes the place of what is there. One that has expired already is not
  // put where nothing is.
  bool accepts(const Operation &copy, uint64_t now_ms) const;

 private:
  std::vector<Current> current_;
  std::vector<navi_bytes> keys_;
  uint64_t revision_ = 0;
};

}  // namespace navistore::store
