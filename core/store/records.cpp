// SPDX-License-Identifier: Apache-2.0
#include "core/store/records.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/store/backend_store.hpp"

namespace navistore::store {
namespace {

Error last_error(const std::string &doing) {
  const std::error_code code(errno, std::generic_category());
  return Error{errno == ENOSPC ? Code::kNoSpace : Code::kIo, code.message()}.in(doing);
}

Outcome sync_path(const std::string &path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return last_error("open " + path);
  const int synced = ::fsync(descriptor);
  ::close(descriptor);
  if (synced != 0) return last_error("sync " + path);
  return Done{};
}

}  // namespace

Result<Records::Record> BackendRecords::get(const std::string &name) {
  const navi_bytes key = bytes(name);
  navi_read request{};
  request.now_ms = wall_clock_ms();
  request.keys = &key;
  request.n = 1;
  Record record;
  navi_reply reply;
  const CallStatus status = store_.read(
      request,
      [&](uint64_t, const navi_item &item) {
        record = {std::string(view(item.value)), item.revision};
        return true;
      },
      reply);
  if (!status.ok()) return error_from(status, Call::kRead).in("read record '" + name + "'");
  return record;
}

Result<Records::Put> BackendRecords::put(const std::string &name, const std::string &value,
                                         uint64_t expected_revision) {
  navi_check check{};
  check.key = bytes(name);
  check.revision = expected_revision;
  check.kind = expected_revision == 0 ? NAVI_CHECK_ABSENT : NAVI_CHECK_REV_EQ;
  navi_op op{};
  op.key = bytes(name);
  op.value = bytes(value);
  op.kind = NAVI_OP_PUT;
  navi_txn txn{};
  txn.checks = &check;
  txn.n_checks = 1;
  txn.ops = &op;
  txn.n_ops = 1;
  navi_apply request{};
  if (store_.has(NAVI_CAP_PERSISTENT)) request.flags = NAVI_F_DURABLE;
  request.now_ms = wall_clock_ms();
  request.txns = &txn;
  request.n = 1;
  navi_result result{};
  const CallStatus status = store_.apply(request, &result);
  if (!status.ok()) return error_from(status, Call::kWrite).in("write record '" + name + "'");
  if (result.status == NAVI_CONFLICT) return Put::kConflict;
  if (result.status != NAVI_OK) {
    return error_from(result.status, Call::kWrite).in("write record '" + name + "'");
  }
  return Put::kDone;
}

Result<Records::Record> FileRecords::get(const std::string &name) {
  std::ifstream file(path(name), std::ios::binary);
  if (!file) return Record{};  // no file is no record; an unreadable one shows when it is written
  return Record{std::string(std::istreambuf_iterator<char>(file), {}), 1};
}

Result<Records::Put> FileRecords::put(const std::string &name, const std::string &value, uint64_t) {
  std::error_code failure;
  std::filesystem::create_directories(directory_, failure);
  if (failure) return Error{Code::kIo, failure.message()}.in("make " + directory_);
  const std::string fresh = path(name) + ".new";
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << value;
    if (!file.flush()) return last_error("write " + fresh);
  }
  if (Outcome synced = sync_path(fresh, O_RDWR); !synced) return std::move(synced).error();
  std::filesystem::rename(fresh, path(name), failure);
  if (failure) return Error{Code::kIo, failure.message()}.in("rename " + fresh);
  if (Outcome synced = sync_path(directory_, O_RDONLY); !synced) return std::move(synced).error();
  return Put::kDone;
}

}  // namespace navistore::store
