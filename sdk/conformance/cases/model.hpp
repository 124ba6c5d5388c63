// SPDX-License-Identifier: Apache-2.0
// The contract as a std::map: what a store must answer, one call after another.
#pragma once

#include <map>
#include <string>

#include "sdk/conformance/values.hpp"

namespace navistore::conformance {

class Model {
 public:
  // What the transaction's result must be; performs it. `revision` is the one that the store gave
  // the commit. "OK found 1 0", "CONFLICT check 1 current 17".
  std::string apply(const Txn &txn, uint64_t now_ms, uint64_t revision);
  // True when apply() of this transaction would change an item.
  bool would_change(const Txn &txn, uint64_t now_ms) const;

  std::string read(const std::string &key, uint64_t now_ms) const;
  std::string scan(const ScanRequest &request) const;  // with " +" for MORE
  size_t purge(uint64_t now_ms);                       // how many items went
  void clear() { items_.clear(); }

 private:
  const Item *live(const std::string &key, uint64_t now_ms) const;
  bool holds(const Txn::Check &check, uint64_t now_ms) const;
  const Txn::Check *first_failure(const Txn &txn, uint64_t now_ms) const;

  std::map<std::string, Item> items_;  // char_traits<char> compares unsigned
};

// An item with all that a store returns of it.
std::string describe(const Item &item);

// The result of a transaction in the form of Model::apply().
std::string describe(const TxnResult &result);

}  // namespace navistore::conformance
