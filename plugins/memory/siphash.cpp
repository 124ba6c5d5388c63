// SPDX-License-Identifier: Apache-2.0
#include "siphash.hpp"

#include <cstring>
#include <random>

namespace navistore::memory {
namespace {

uint64_t rotated(uint64_t x, unsigned bits) { return (x << bits) | (x >> (64 - bits)); }

struct SipState {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = rotated(v1, 13) ^ v0;
    v0 = rotated(v0, 32);
    v2 += v3;
    v3 = rotated(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotated(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotated(v1, 17) ^ v2;
    v2 = rotated(v2, 32);
  }
  void compress(uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

HashSeed random_seed() {
  std::random_device device;
  const auto word = [&device] { return (uint64_t{device()} << 32) | device(); };
  const uint64_t k0 = word();
  return {k0, word()};
}

// Words are read in the machine's byte order: the hash never leaves the process.
uint64_t siphash13(HashSeed seed, std::string_view bytes) noexcept {
  SipState state{seed.k0 ^ 0x736f6d6570736575u, seed.k1 ^ 0x646f72616e646f6du,
                 seed.k0 ^ 0x6c7967656e657261u, seed.k1 ^ 0x7465646279746573u};
  const char *at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    state.compress(word);
  }
  uint64_t last = 0;
  if (left != 0) std::memcpy(&last, at, left);
  state.compress(last | (uint64_t{bytes.size()} << 56));
  state.v2 ^= 0xff;
  state.round();
  state.round();
  state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace navistore::memory
