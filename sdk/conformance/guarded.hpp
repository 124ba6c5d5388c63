// SPDX-License-Identifier: Apache-2.0
// Memory for what the harness passes to a plugin. Inputs end where an inaccessible page begins and
// become inaccessible when the call is over, so a read past the end and a pointer kept too long
// both crash the case. Outputs lie between canaries, so a write past the end is found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace navistore::conformance {

enum class Guard {
  kEach,  // every buffer at a page end of its own (a call's first 24; the rest as kPacked): about 5
          // us a buffer
  kPacked,  // all buffers of a call side by side, the block as a whole guarded: for large batches
  kPoison,  // ordinary memory, overwritten when the call is over: for the loops of concurrency
            // cases
};

class GuardPool;

// The inputs of one call. Construct before, destroy after the call, on the calling thread; one at a
// time a thread.
class Inputs {
 public:
  explicit Inputs(Guard guard);
  ~Inputs();
  Inputs(const Inputs &) = delete;
  Inputs &operator=(const Inputs &) = delete;

  // A copy of the bytes. Of no bytes: a pointer to an inaccessible page, for nobody may follow it.
  const uint8_t *bytes(std::string_view content);

  // n zeroed objects, to be filled before the call.
  template <class T>
  T *array(size_t n) {
    static_assert(std::is_trivially_copyable_v<T>);
    void *memory = take(n * sizeof(T));
    if (n != 0) std::memset(memory, 0, n * sizeof(T));
    return static_cast<T *>(memory);
  }
  template <class T>
  const T *object(const T &value) {
    static_assert(std::is_trivially_copyable_v<T>);
    void *memory = take(sizeof(T));
    std::memcpy(memory, &value, sizeof(T));
    return static_cast<const T *>(memory);
  }
  const char *text(const std::string &content);  // NUL-terminated

 private:
  void *take(size_t size);
  void *take_mapping(size_t size);
  void *take_packed(size_t size);
  void *take_heap(size_t size);
  void remove_access();

  struct Span {
    uint8_t *begin;
    size_t size;
  };
  Guard guard_;
  GuardPool &pool_;
  size_t slots_used_ = 0;
  std::vector<Span> slots_;     // pages of the pool
  std::vector<Span> mappings_;  // own mappings: large buffers and packed blocks
  std::vector<Span> heap_;
  uint8_t *packed_begin_ = nullptr;  // free part of the current packed block
  uint8_t *packed_end_ = nullptr;
};

// n objects between canaries. The plugin gets data(); check() tells whether it stayed inside.
template <class T>
class Outputs {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Outputs(size_t n, const T &fill) : size_(n), memory_(n * sizeof(T) + 2 * kMargin, kCanary) {
    for (size_t i = 0; i < n; ++i)
      std::memcpy(memory_.data() + kMargin + i * sizeof(T), &fill, sizeof(T));
  }
  T *data() { return reinterpret_cast<T *>(memory_.data() + kMargin); }
  T &operator[](size_t i) { return data()[i]; }
  bool intact() const {
    for (size_t i = 0; i < kMargin; ++i) {
      if (memory_[i] != kCanary || memory_[memory_.size() - 1 - i] != kCanary) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kMargin = 64;
  static constexpr uint8_t kCanary = 0xC5;
  size_t size_;
  std::vector<uint8_t> memory_;
};

}  // namespace navistore::conformance
