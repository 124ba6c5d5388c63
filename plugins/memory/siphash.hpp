// SPDX-License-Identifier: Apache-2.0
// SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, with one
// compression and three finalization rounds). Keys come from strangers: with a secret seed nobody
// can aim at one segment of the table.
#pragma once
#include <cstdint>
#include <string_view>

namespace navistore::memory {

struct HashSeed {
  uint64_t k0, k1;
};

// A seed from the system's random numbers. Throws std::exception if there are none.
HashSeed random_seed();

uint64_t siphash13(HashSeed seed, std::string_view bytes) noexcept;

}  // namespace navistore::memory
