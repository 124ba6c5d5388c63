// SPDX-License-Identifier: Apache-2.0
// What one server sends another: changes of one stretch of its feed, or a page of a resync.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/store/item.hpp"

namespace navistore::replication {

inline constexpr size_t kMaxChanges = 1'000;
inline constexpr size_t kMaxBytes = size_t{1} << 20;  // encoded; one transaction may be longer
// Of the changes' keys, values and metas: the rest is what the encoding adds, below 32 bytes each.
inline constexpr size_t kMaxPayload = kMaxBytes - 32 * (kMaxChanges + 2);
inline constexpr std::string_view kApplyPath = "/v1/replication/apply";
inline constexpr std::string_view kBatchType = "application/cbor";

// An item as it is at the source, tombstones too. Borrows its bytes.
struct Change {
  std::string_view key;
  std::string_view value;
  std::string_view meta;  // encoded as in the store; empty: an item that no server wrote
  uint64_t expires_ms = 0;
};
using ChangedTogether = std::vector<Change>;  // one transaction, never empty

struct ChangeBatch {
  uint64_t node = 0;        // of the source
  uint64_t epoch = 0;       // of the source's store
  uint64_t peer_epoch = 0;  // of the receiver's store, as its last receipt said; 0: not known
  uint64_t after = 0;       // its changes after this revision, up to `through`; both 0 in a resync
  uint64_t through = 0;
  std::vector<ChangedTogether> transactions;  // in the source's order

  size_t changes() const;
};

// One CBOR item (RFC 8949, deterministic encoding):
//   [1, node, epoch, peer_epoch, after, through, [[[key, value, meta, expires_ms], ...], ...]]
std::string encode(const ChangeBatch &batch);

// Strict: what encode() does not make is refused, as are a key of a wrong length, a key twice in a
// transaction, meta of an unknown version and a tombstone with a value. kInvalid, with the place.
// The batch borrows from bytes.
Result<ChangeBatch> decode(std::string_view bytes);

}  // namespace navistore::replication
