// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "schema.hpp"
#include "sqlite_db.hpp"

namespace navistore::sqlite {

// What a transaction needs to know of a key's row.
struct Row {
  uint64_t revision = 0;  // 0: there is no row
  uint64_t expires_ms = 0;
  uint64_t bytes = 0;  // of key, value and meta

  bool there() const noexcept { return revision != 0; }
  bool live(uint64_t now_ms) const noexcept {
    return there() && (expires_ms == 0 || expires_ms > now_ms);
  }
};

// The tables as the writing connection changes them, inside of a transaction. Keeps count in
// `counters`.
class ItemTable {
 public:
  explicit ItemTable(Database &db);

  // The state of the counters at the start of a transaction, and their new state before its commit.
  Counters load();
  void save(const Counters &counters);

  Row find(const navi_bytes &key);
  // `before`: what find() said about op.key.
  void put(const navi_op &op, uint64_t revision, const Row &before, Counters &counters);
  void remove(const navi_bytes &key, const Row &before, Counters &counters);
  void remove_all(Counters &counters);

  void log(uint64_t revision, const navi_bytes &changes);
  // Forgets up to `rows` changes below `before`; true: some remain.
  bool forget_changes(uint64_t before, uint64_t rows);

 private:
  Statement load_, save_, find_, insert_, update_, remove_, remove_all_, log_, forget_, forget_all_,
      oldest_;
};

}  // namespace navistore::sqlite
