// SPDX-License-Identifier: Apache-2.0
// Bytes on their way to a client, and the buffers that they live in.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/message.hpp"

namespace navistore::http {

// Bytes of a file that are to be sent.
struct FilePiece {
  int descriptor = -1;
  size_t offset = 0;
  size_t length = 0;  // 0: there is none
};

// Emptied strings of a worker, handed out again: a steady load allocates nothing, and a large value
// does not fault its pages in anew at each answer. Bounded; trim() gives back what is not used.
class BufferPool {
 public:
  std::string take_small() { return take(small_); }
  std::string take_large();  // empty and without capacity when there is none
  // A large buffer is kept only in exchange for one that was taken: answers that were made
  // elsewhere bring buffers for which nobody will ask.
  void give(std::string &&buffer);
  // Bytes of a worker's answers were freed elsewhere.
  void note_freed(size_t bytes) { freed_ += bytes; }
  // Frees half of the large buffers that nobody wanted since the last time. Once none is left and
  // no more were freed, has the allocator return to the system what it holds. To be called at
  // every tick. True: the allocator was asked.
  bool trim();
  size_t large_bytes() const { return large_bytes_; }

 private:
  static std::string take(std::vector<std::string> &from);

  std::vector<std::string> small_;
  std::vector<std::string> large_;
  size_t large_bytes_ = 0;  // their capacity
  size_t owed_ = 0;         // large ones that were taken and may come back
  size_t unwanted_ = 0;     // how many large ones were there all the time since trim()
  size_t freed_ = 0;        // bytes of large ones since trim()
  size_t returnable_ = 0;   // bytes that were freed before, and may still be with the allocator
};

// A body of this size or more is moved into the queue instead of being copied.
inline constexpr size_t kLargeBody = size_t{16} * 1024;

class OutputQueue {
 public:
  explicit OutputQueue(BufferPool &pool) : pool_(&pool) {}
  ~OutputQueue() { clear(); }
  OutputQueue(OutputQueue &&other) noexcept;
  OutputQueue &operator=(OutputQueue &&other) noexcept;

  size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

  // render(std::string &) appends to the text at the end of the queue.
  template <class Render>
  void render(Render &&render) {
    std::string &text = tail();
    const size_t before = text.size();
    render(text);
    bytes_ += text.size() - before;
  }
  void append(std::string_view text);
  // Takes over data: copied when it is small, never when it is large.
  void push(std::string &&data);
  void push(SharedText &&data);
  void push(SealedBodyPtr data);
  // Moves all of other to the end of this.
  void splice(OutputQueue &other);

  // The front of the queue, at most max pieces. Returns how many. Where file is given, the first
  // piece that is in a file ends them, and is described there; else file->length is 0.
  int gather(iovec *pieces, int max, FilePiece *file = nullptr) const;
  void consume(size_t bytes);
  void clear();

 private:
  struct Segment {
    std::string data;
    std::shared_ptr<const void> owner;  // of borrowed, which is instead of data, where it is set
    std::string_view borrowed;
    int file = -1;  // that holds borrowed, from its start
    size_t sent = 0;
    bool complete = false;  // a body on its own: nothing is appended

    std::string_view text() const { return owner ? borrowed : std::string_view(data); }
  };

  std::string &tail();
  Segment &add_body(size_t size);
  void pop_front();

  BufferPool *pool_;
  std::vector<Segment> segments_;
  size_t front_ = 0;  // segments before it were sent
  size_t bytes_ = 0;
};

}  // namespace navistore::http
