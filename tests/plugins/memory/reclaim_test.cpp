// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "limbo.hpp"
#include "sanitizer.hpp"
#include "slab.hpp"

using namespace navistore::memory;

namespace {

void retire(Limbo &limbo, void *what) {
  limbo.reserve(1);
  limbo.retire({Retired::kVersion, 8, what, 0, 0});
}

// How many rounds it takes until the oldest may be freed; 9: it never may.
int rounds_to_ripe(Limbo &limbo) {
  for (int round = 0; round < 9; ++round) {
    if (limbo.ripe() != nullptr) return round;
    limbo.ripen(Limbo::When::kNow);
  }
  return 9;
}

}  // namespace

TEST_SUITE("plugins/memory/limbo") {
  TEST_CASE("limbo: what nobody reads is ripe two epochs on") {
    Readers readers;
    Limbo limbo(readers);
    int block = 0;
    retire(limbo, &block);
    CHECK(rounds_to_ripe(limbo) == 2);
    CHECK(limbo.ripe()->what == &block);
    limbo.pop();
    CHECK(limbo.empty());
  }

  TEST_CASE("limbo: nothing is ripe that a reader pinned before can hold") {
    Readers readers;
    Limbo limbo(readers);
    int block = 0;
    auto pin = std::make_unique<Readers::Pin>(readers);
    retire(limbo, &block);
    CHECK(rounds_to_ripe(limbo) == 9);
    pin.reset();
    CHECK(rounds_to_ripe(limbo) < 9);
    limbo.pop();
  }

  TEST_CASE("limbo: a reader of each epoch is waited for") {
    Readers readers;
    Limbo limbo(readers);
    int blocks[3] = {};
    retire(limbo, &blocks[0]);
    limbo.ripen(Limbo::When::kNow);
    const Readers::Pin pin(readers);  // may hold the next, not the one before
    retire(limbo, &blocks[1]);
    CHECK(rounds_to_ripe(limbo) == 1);
    CHECK(limbo.ripe()->what == &blocks[0]);
    limbo.pop();
    CHECK(rounds_to_ripe(limbo) == 9);
  }

  TEST_CASE("limbo: a few small blocks are not worth the look") {
    Readers readers;
    Limbo limbo(readers);
    int block = 0;
    retire(limbo, &block);
    for (int i = 0; i < 5; ++i) limbo.ripen(Limbo::When::kWorthwhile);
    CHECK(limbo.ripe() == nullptr);
    for (int i = 0; i < 256; ++i) retire(limbo, &block);
    limbo.ripen(Limbo::When::kWorthwhile);
    CHECK(rounds_to_ripe(limbo) == 1);
  }
}

TEST_SUITE("plugins/memory/slab") {
  TEST_CASE("slab: blocks in use do not overlap, whatever the order of release") {
    Slab slab;
    struct Block {
      unsigned char *bytes;
      size_t size;
      unsigned char fill;
    };
    std::vector<Block> blocks;
    std::mt19937 random(3);
    int damaged = 0;
    for (unsigned round = 0; round < 60000; ++round) {
      if (blocks.size() < 3000 || random() % 2 == 0) {
        const size_t size = 8 + random() % (round % 10 == 0 ? 6000 : 200);
        auto *bytes = static_cast<unsigned char *>(slab.allocate(size));
        std::memset(bytes, static_cast<int>(round & 0xff), size);
        blocks.push_back({bytes, size, static_cast<unsigned char>(round & 0xff)});
        continue;
      }
      std::swap(blocks[random() % blocks.size()], blocks.back());
      const Block block = blocks.back();
      for (size_t i = 0; i < block.size; ++i) damaged += block.bytes[i] != block.fill ? 1 : 0;
      slab.release(block.bytes, block.size);
      blocks.pop_back();
      if (round % 5000 == 0) slab.trim();
    }
    for (const Block &block : blocks) slab.release(block.bytes, block.size);
    CHECK(damaged == 0);
  }

  TEST_CASE("slab: a released block is used again") {
    if (kAddressSanitizer) return;
    Slab slab;
    void *block = slab.allocate(100);
    void *other = slab.allocate(100);
    slab.release(block, 100);
    CHECK(slab.allocate(97) == block);
    CHECK(slab.allocate(100) != other);
  }
}
