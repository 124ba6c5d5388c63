// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.hpp"

#include <stdexcept>

namespace navistore::sqlite::test {
namespace {

using backend::Failure;

int32_t collect_item(void *context, uint64_t /*index*/, const navi_item *item) noexcept {
  static_cast<std::string *>(context)
      ->append(backend::view(item->key))
      .append("=")
      .append(backend::view(item->value))
      .append("@" + std::to_string(item->revision) + " ");
  return 0;
}

int32_t collect_change(void *context, const navi_change *change) noexcept {
  auto &text = *static_cast<std::string *>(context);
  static constexpr const char *kKinds[] = {"?", "put ", "del ", "clear"};
  text += kKinds[change->kind];
  text += backend::view(change->item.key);
  if (change->kind == NAVI_CHANGE_PUT) text.append("=").append(backend::view(change->item.value));
  text += "@" + std::to_string(change->item.revision);
  if ((change->flags & NAVI_CHANGE_EXPIRED) != 0) text += " expired";
  text += (change->flags & NAVI_CHANGE_LAST) != 0 ? " | " : " ";
  return 0;
}

std::string describe(const navi_result &result, const std::string &found) {
  std::string text = status_name(result.status);
  if (result.status == NAVI_CONFLICT) {
    return text + " " + std::to_string(result.revision) +
           " check=" + std::to_string(result.detail) + " current=" + std::to_string(result.current);
  }
  if (result.status != NAVI_OK) return text;
  text += " " + std::to_string(result.revision);
  return found.empty() ? text : text + " found=" + found;
}

}  // namespace

TempDir::TempDir(const std::string &parent)
    : path_(std::filesystem::canonical(parent).string() + "/navistore-sqlite-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<SqliteStore> open_store(const std::string &dir, const OpenOptions &options) {
  navi_open request = {};
  request.size = sizeof request;
  request.flags = options.flags;
  request.config = options.config.c_str();
  request.data_dir = dir.c_str();
  request.ns = options.ns.c_str();
  navi_caps caps = {};
  caps.size = sizeof caps;
  return SqliteStore::open(request, caps);
}

std::string try_open(const std::string &dir, const OpenOptions &options) {
  try {
    open_store(dir, options);
    return "OK";
  } catch (const Failure &failure) {
    return status_name(failure.status()) + ": " + failure.what();
  }
}

std::string status_name(navi_status status) {
  switch (status) {
    case NAVI_OK: return "OK";
    case NAVI_CONFLICT: return "CONFLICT";
    case NAVI_INVALID: return "INVALID";
    case NAVI_TOO_LARGE: return "TOO_LARGE";
    case NAVI_NO_SPACE: return "NO_SPACE";
    case NAVI_READ_ONLY: return "READ_ONLY";
    case NAVI_BUSY: return "BUSY";
    case NAVI_UNAVAILABLE: return "UNAVAILABLE";
    case NAVI_DENIED: return "DENIED";
    case NAVI_COMPACTED: return "COMPACTED";
    case NAVI_CANCELLED: return "CANCELLED";
    case NAVI_DAMAGED: return "DAMAGED";
    case NAVI_INCOMPATIBLE: return "INCOMPATIBLE";
    case NAVI_MAYBE: return "MAYBE";
    case NAVI_IO: return "IO";
    case NAVI_CORRUPT: return "CORRUPT";
    case NAVI_INTERNAL: return "INTERNAL";
    default: return "status " + std::to_string(status);
  }
}

Txn &Txn::put(const std::string &key, const std::string &value, uint64_t expires_ms,
              const std::string &meta) {
  op_parts_.push_back({key, value, meta, expires_ms, NAVI_OP_PUT});
  return *this;
}
Txn &Txn::remove(const std::string &key) {
  op_parts_.push_back({key, "", "", 0, NAVI_OP_DELETE});
  return *this;
}
Txn &Txn::if_absent(const std::string &key) {
  check_parts_.push_back({key, "", "", 0, NAVI_CHECK_ABSENT});
  return *this;
}
Txn &Txn::if_present(const std::string &key) {
  check_parts_.push_back({key, "", "", 0, NAVI_CHECK_PRESENT});
  return *this;
}
Txn &Txn::if_revision(const std::string &key, uint64_t revision) {
  check_parts_.push_back({key, "", "", revision, NAVI_CHECK_REV_EQ});
  return *this;
}

navi_txn Txn::view() {
  ops_.clear();
  checks_.clear();
  for (const Part &part : op_parts_) {
    ops_.push_back({backend::bytes(part.key), backend::bytes(part.value), backend::bytes(part.meta),
                    part.number, part.kind, 0});
  }
  for (const Part &part : check_parts_) {
    checks_.push_back({backend::bytes(part.key), part.number, part.kind, 0});
  }
  found_.assign(ops_.size(), 0);
  return {checks_.data(),
          ops_.data(),
          static_cast<uint32_t>(checks_.size()),
          static_cast<uint32_t>(ops_.size()),
          0,
          0,
          found_.data()};
}

std::string Txn::found() const {
  std::string digits;
  for (const uint8_t found : found_) digits += static_cast<char>('0' + found);
  return digits;
}

std::string run(SqliteStore &store, Txn &txn, uint32_t flags) {
  const navi_txn view = txn.view();
  navi_apply request = {};
  request.size = sizeof request;
  request.flags = flags;
  request.now_ms = kNow;
  request.txns = &view;
  request.n = 1;
  navi_result result = {NAVI_MAYBE, 0, 0, 0};
  try {
    store.apply(request, &result);
  } catch (const Failure &failure) {
    return status_name(failure.status()) + "!";
  }
  return describe(result, txn.found());
}

std::string dump(SqliteStore &store, uint64_t now_ms) {
  std::string text;
  const navi_sink sink = {&text, collect_item};
  navi_scan request = {};
  request.size = sizeof request;
  request.now_ms = now_ms;
  navi_reply reply = {sizeof reply, 0, 0};
  store.scan(request, backend::ItemSink(sink), reply);
  return text + "rev=" + std::to_string(reply.revision);
}

std::string get(SqliteStore &store, const std::string &key, uint64_t now_ms) {
  std::string text;
  const navi_sink sink = {&text, collect_item};
  const navi_bytes bytes = backend::bytes(key);
  navi_read request = {};
  request.size = sizeof request;
  request.now_ms = now_ms;
  request.keys = &bytes;
  request.n = 1;
  navi_reply reply = {sizeof reply, 0, 0};
  store.read(request, backend::ItemSink(sink), reply);
  return text + "rev=" + std::to_string(reply.revision);
}

std::string changes(SqliteStore &store, uint64_t after) {
  std::string text;
  const navi_change_sink sink = {&text, collect_change};
  navi_tail request = {};
  request.size = sizeof request;
  request.after = after;
  navi_reply reply = {sizeof reply, 0, 0};
  try {
    store.changes(request, backend::ChangeSink(sink), reply);
  } catch (const Failure &failure) {
    return status_name(failure.status()) + " " + std::to_string(reply.revision);
  }
  return text + "rev=" + std::to_string(reply.revision);
}

uint64_t revision(SqliteStore &store) {
  navi_stats stats = {};
  store.stats(stats);
  return stats.revision;
}

}  // namespace navistore::sqlite::test
