// SPDX-License-Identifier: Apache-2.0
// A store in a directory of its own, and calls that answer with one line of text.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sqlite_store.hpp"

namespace navistore::sqlite::test {

// Removed with everything in it at the end.
class TempDir {
 public:
  explicit TempDir(const std::string &parent = std::filesystem::temp_directory_path().string());
  ~TempDir();
  TempDir(const TempDir &) = delete;
  TempDir &operator=(const TempDir &) = delete;
  const std::string &path() const { return path_; }

 private:
  std::string path_;
};

struct OpenOptions {
  std::string config = "{}";
  uint32_t flags = 0;
  std::string ns = "test";
};

// Throws backend::Failure, like SqliteStore::open.
std::unique_ptr<SqliteStore> open_store(const std::string &dir, const OpenOptions &options = {});
// "OK", or the name of the status and the text with which opening failed: "BUSY: ...".
std::string try_open(const std::string &dir, const OpenOptions &options = {});

std::string status_name(navi_status status);

// Collects the operations and checks of one transaction; keeps copies of all bytes.
class Txn {
 public:
  Txn &put(const std::string &key, const std::string &value, uint64_t expires_ms = 0,
           const std::string &meta = "");
  Txn &remove(const std::string &key);
  Txn &if_absent(const std::string &key);
  Txn &if_present(const std::string &key);
  Txn &if_revision(const std::string &key, uint64_t revision);
  // Borrows from this.
  navi_txn view();
  // Of the last run: one digit for each operation.
  std::string found() const;

 private:
  struct Part {
    std::string key, value, meta;
    uint64_t number;
    uint32_t kind;
  };
  std::vector<Part> op_parts_, check_parts_;
  std::vector<navi_op> ops_;
  std::vector<navi_check> checks_;
  std::vector<uint8_t> found_;
};

// The host's clock in all calls that do not say otherwise.
inline constexpr uint64_t kNow = 1000;

// "OK 3 found=10", "CONFLICT 3 check=0 current=2", "TOO_LARGE"; a thrown failure as "IO!".
std::string run(SqliteStore &store, Txn &txn, uint32_t flags = NAVI_F_DURABLE);
inline std::string run(SqliteStore &store, Txn &&txn, uint32_t flags = NAVI_F_DURABLE) {
  return run(store, txn, flags);
}
// All items, in order: "a=1@1 b=2@2 rev=2".
std::string dump(SqliteStore &store, uint64_t now_ms = kNow);
std::string get(SqliteStore &store, const std::string &key, uint64_t now_ms = kNow);
// All changes after a revision: "put a=1@1 | del b@2 rev=2"; '|' follows the last of a transaction.
std::string changes(SqliteStore &store, uint64_t after);
uint64_t revision(SqliteStore &store);

}  // namespace navistore::sqlite::test
