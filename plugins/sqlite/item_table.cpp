// SPDX-License-Identifier: Apache-2.0
#include "item_table.hpp"

namespace navistore::sqlite {

ItemTable::ItemTable(Database &db)
    : load_(db, kSelectCounters),
      save_(db, "UPDATE state SET revision = ?1, items = ?2, bytes = ?3, floor = ?4 WHERE id = 1"),
      // length() of a blob is in the row's header: no value is loaded for it.
      find_(db,
            "SELECT revision, expires, length(key) + length(meta) + length(value) FROM items "
            "WHERE key = ?1"),
      insert_(db,
              "INSERT INTO items(key, revision, expires, meta, value) VALUES(?1, ?2, ?3, ?4, ?5)"),
      update_(db,
              "UPDATE items SET revision = ?2, expires = ?3, meta = ?4, value = ?5 WHERE key = ?1"),
      remove_(db, "DELETE FROM items WHERE key = ?1"),
      remove_all_(db, "DELETE FROM items"),
      log_(db, "INSERT INTO log(revision, changes) VALUES(?1, ?2)"),
      forget_(db, "DELETE FROM log WHERE revision < min(?1, ?2)"),
      forget_all_(db, "DELETE FROM log"),
      oldest_(db, "SELECT min(revision) FROM log") {}

Counters ItemTable::load() { return read_counters(load_); }

void ItemTable::save(const Counters &counters) {
  save_.bind(1, counters.revision).bind(2, counters.items);
  save_.bind(3, counters.bytes).bind(4, counters.floor);
  save_.run();
}

Row ItemTable::find(const navi_bytes &key) {
  find_.bind(1, key);
  Rows rows(find_);
  if (!rows.next()) return {};
  return {find_.number(0), find_.number(1), find_.number(2)};
}

void ItemTable::put(const navi_op &op, uint64_t revision, const Row &before, Counters &counters) {
  Statement &statement = before.there() ? update_ : insert_;
  statement.bind(1, op.key).bind(2, revision).bind(3, op.expires_ms);
  statement.bind(4, op.meta).bind(5, op.value);
  statement.run();
  counters.items += before.there() ? 0 : 1;
  counters.bytes += op.key.len + op.meta.len + op.value.len - before.bytes;
}

void ItemTable::remove(const navi_bytes &key, const Row &before, Counters &counters) {
  remove_.bind(1, key);
  remove_.run();
  counters.items -= 1;
  counters.bytes -= before.bytes;
}

void ItemTable::remove_all(Counters &counters) {
  remove_all_.run();
  forget_all_.run();
  counters.items = 0;
  counters.bytes = 0;
}

void ItemTable::log(uint64_t revision, const navi_bytes &changes) {
  log_.bind(1, revision).bind(2, changes);
  log_.run();
}

bool ItemTable::forget_changes(uint64_t before, uint64_t rows) {
  uint64_t oldest = 0;
  {
    Rows found(oldest_);
    if (found.next()) oldest = oldest_.number(0);
  }
  if (oldest == 0 || oldest >= before) return false;
  forget_.bind(1, before).bind(2, oldest + rows);
  forget_.run();
  return oldest + rows < before;
}

}  // namespace navistore::sqlite
