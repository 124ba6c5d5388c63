// SPDX-License-Identifier: Apache-2.0
// The way to one peer. What is sent when, and again, is the sender's; how it travels is here, so a
// kind of peer is a kind of channel.
#pragma once

#include <cstdint>

#include "core/replication/change_batch.hpp"
#include "core/result.hpp"

namespace navistore::replication {

// What a peer says to a batch.
struct Receipt {
  uint64_t epoch = 0;    // of the peer's store: another one than before tells that it lost its data
  uint64_t applied = 0;  // changes
  uint64_t ignored = 0;  // changes that the peer has, or has newer ones for
};

class Channel {
 public:
  virtual ~Channel() = default;
  // Ok: the peer has every change of the batch, durably as it promises its own clients. Blocks; one
  // thread. kRefused: the peer will not take it as it is. kCancelled. Other codes: try again.
  virtual Result<Receipt> deliver(const ChangeBatch &batch) = 0;
  virtual void cancel() = 0;  // [any thread] for ever: deliver() ends soon
};

}  // namespace navistore::replication
