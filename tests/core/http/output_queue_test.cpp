// SPDX-License-Identifier: Apache-2.0
#include "core/http/output_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/sealed_body.hpp"

using namespace navistore::http;

TEST_SUITE("core/http/output") {
  TEST_CASE("buffers: large ones of others are not kept, those that were taken are") {
    constexpr size_t kSize = 100'000;
    BufferPool pool;
    for (int i = 0; i < 10; ++i) pool.give(std::string(kSize, 'x'));
    CHECK(pool.large_bytes() == 0);
    std::string first = pool.take_large();
    std::string second = pool.take_large();
    for (int i = 0; i < 10; ++i) pool.give(std::string(kSize, 'x'));
    CHECK(pool.large_bytes() >= 2 * kSize);
    CHECK(pool.large_bytes() < 3 * kSize);
    first = pool.take_large();
    CHECK(first.capacity() >= kSize);
    CHECK(pool.large_bytes() < 2 * kSize);
  }

  TEST_CASE("buffers: what nobody wants goes by and by, and so does what never comes back") {
    BufferPool pool;
    for (int i = 0; i < 8; ++i) pool.take_large();
    for (int i = 0; i < 4; ++i) pool.give(std::string(100'000, 'x'));
    CHECK(pool.large_bytes() >= 400'000);
    for (int i = 0; i < 8; ++i) pool.trim();
    CHECK(pool.large_bytes() == 0);
    pool.give(std::string(100'000, 'x'));
    CHECK(pool.large_bytes() == 0);
  }

  TEST_CASE("buffers: the allocator is asked once, at the first tick after the last was freed") {
    BufferPool pool;
    CHECK_FALSE(pool.trim());
    pool.give(std::string(2'000'000, 'x'));
    CHECK_FALSE(pool.trim());
    pool.give(std::string(100'000, 'x'));
    CHECK_FALSE(pool.trim());
    CHECK(pool.trim());
    CHECK_FALSE(pool.trim());
    pool.take_large();
    pool.give(std::string(2'000'000, 'x'));
    CHECK_FALSE(pool.trim());
    CHECK(pool.trim());
    {
      OutputQueue queue(pool);
      queue.push(std::make_shared<const std::string>(2'000'000, 's'));
    }
    CHECK_FALSE(pool.trim());
    CHECK(pool.trim());
    pool.give(std::string(100'000, 'x'));
    CHECK_FALSE(pool.trim());
    CHECK_FALSE(pool.trim());
  }

  TEST_CASE("output: shared and own texts leave in order, in whatever pieces they are consumed") {
    const auto shared = std::make_shared<const std::string>(kLargeBody, 's');
    const std::string all = "small" + *shared + "end" + *shared;
    for (const size_t step : {size_t{1}, size_t{7}, size_t{4'096}, all.size()}) {
      BufferPool pool;
      OutputQueue queue(pool);
      queue.append("small");
      queue.push(SharedText(shared));
      queue.push(std::make_shared<const std::string>("end"));
      queue.push(SharedText(shared));
      CHECK(shared.use_count() == 3);
      std::string seen;
      while (!queue.empty()) {
        iovec piece{};
        REQUIRE(queue.gather(&piece, 1) == 1);
        const size_t taken = std::min(step, piece.iov_len);
        seen.append(static_cast<const char *>(piece.iov_base), taken);
        queue.consume(taken);
      }
      CHECK(seen == all);
      CHECK(shared.use_count() == 1);
    }
  }

  TEST_CASE("output: what is in a file leaves in its place, from the file or from memory") {
    const SealedBodyPtr sealed = SealedBody::make("sealed");
    REQUIRE(static_cast<bool>(sealed));
    for (const size_t step : {size_t{1}, size_t{5}, size_t{100}}) {
      BufferPool pool;
      OutputQueue queue(pool);
      queue.append("small");
      queue.push(sealed);
      queue.push(sealed);
      queue.append("end");
      CHECK(queue.bytes() == 20);
      std::string seen;
      while (!queue.empty()) {
        std::array<iovec, 4> pieces;
        FilePiece file;
        const int count = queue.gather(pieces.data(), 4, &file);
        if (count == 0) {
          REQUIRE(file.descriptor == sealed->descriptor());
          CHECK(file.offset + file.length == 6);
          const size_t taken = std::min(step, file.length);
          seen.append(sealed->bytes(), file.offset, taken);
          queue.consume(taken);
          continue;
        }
        CHECK(count == 1);
        CHECK((file.length == 0) == (seen.size() >= 17));
        const size_t taken = std::min(step, pieces[0].iov_len);
        seen.append(static_cast<const char *>(pieces[0].iov_base), taken);
        queue.consume(taken);
      }
      CHECK(seen == "smallsealedsealedend");
      CHECK(sealed.use_count() == 1);
    }
  }

  TEST_CASE("output: who takes no files gets what is in them from memory") {
    BufferPool pool;
    OutputQueue queue(pool);
    queue.append("small");
    queue.push(SealedBody::make("sealed"));
    queue.append("end");
    std::array<iovec, 4> pieces;
    REQUIRE(queue.gather(pieces.data(), 4) == 3);
    CHECK(std::string_view(static_cast<const char *>(pieces[1].iov_base), pieces[1].iov_len) ==
          "sealed");
  }
}
