// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/store/store.hpp"

namespace navistore::classic {

struct Imported {
  uint64_t put = 0;         // keys that the store has now
  uint64_t kept = 0;        // keys that it had before, whose values stay
  uint64_t duplicates = 0;  // rows that the original did not see
};
std::string describe(const Imported &imported);

// Puts what the original kept in the file at path into the store; the file stays as it is. Blocks.
// kInvalid: no such file, a wrong one, or one with rows that cannot be put, which are named; then
// nothing was put. kBusy: the original still runs. Others: some was put, and the same call can be
// made again.
Result<Imported> import_old(store::Store &store, const std::string &path);

// The same, but only once: the store remembers that it was done. Nothing: it was done before.
Result<std::optional<Imported>> import_old_once(store::Store &store, const std::string &path);

}  // namespace navistore::classic
