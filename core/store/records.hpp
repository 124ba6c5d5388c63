// SPDX-License-Identifier: Apache-2.0
// Small durable records of the host about one store: its epoch, node id and clock.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"

namespace navistore::store {

class BackendStore;

class Records {
 public:
  struct Record {
    std::string value;
    uint64_t revision = 0;  // 0: there is none
  };
  enum class Put : uint8_t { kDone, kConflict };

  virtual ~Records() = default;
  virtual Result<Record> get(const std::string &name) = 0;
  // On stable storage before the return. kConflict, and nothing written: the record is no longer
  // the one of that revision (0: there must be none).
  virtual Result<Put> put(const std::string &name, const std::string &value,
                          uint64_t expected_revision) = 0;
};

// In the namespace `<ns>-system` of the same backend, which this store is.
class BackendRecords final : public Records {
 public:
  explicit BackendRecords(BackendStore &store) : store_(store) {}
  Result<Record> get(const std::string &name) override;
  Result<Put> put(const std::string &name, const std::string &value,
                  uint64_t expected_revision) override;

 private:
  BackendStore &store_;
};

// One file each in the state directory, for a backend that keeps nothing. Its only writer is this
// process, so the expected revision is not looked at.
class FileRecords final : public Records {
 public:
  // directory is made when it is missing; file names start with `<ns>.`.
  FileRecords(std::string directory, std::string ns)
      : directory_(std::move(directory)), ns_(std::move(ns)) {}
  Result<Record> get(const std::string &name) override;
  Result<Put> put(const std::string &name, const std::string &value,
                  uint64_t expected_revision) override;

 private:
  std::string path(const std::string &name) const { return directory_ + "/" + ns_ + "." + name; }
  std::string directory_;
  std::string ns_;
};

}  // namespace navistore::store
