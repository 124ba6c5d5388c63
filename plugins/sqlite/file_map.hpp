// SPDX-License-Identifier: Apache-2.0
// A file that is mapped into memory for reading, once for all who use it.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "files.hpp"

namespace navistore::sqlite {

// The file may grow and be cut meanwhile. It is mapped in segments of 256 MiB as they are needed,
// and stays mapped until its last user closes it: so each page is faulted in once in a process.
//
// A page that cannot be read ends the process with SIGBUS when it is touched. Therefore the system
// is asked to bring in what is touched for the first time, and what it cannot bring is not given
// out. What is left are pages that were read, were dropped for want of memory, and cannot be read
// again; pages that were cut off and have grown again; and files that somebody else cuts.
class FileMap {
 public:
  static constexpr uint64_t kMost = 1ULL << 40;    // bytes of a file; what is behind is not mapped
  static constexpr uint64_t kLargest = 64U << 10;  // bytes that are found at once

  // Ends one use. Whoever locks the file must be a user until its locks are gone: the map has a
  // descriptor of its own, and closing that one gives up all locks that the process has on the file
  // (fcntl(2), F_SETLK).
  struct Close {
    void operator()(FileMap *map) const noexcept;
  };
  using User = std::unique_ptr<FileMap, Close>;

  // The map of the file that `path` names now; nullptr (and errno) when it cannot be opened.
  // [concurrent]
  static User open(const char *path) noexcept;

  // The `size` bytes at `offset`, which stay there, and change as the file does, until the map is
  // closed. size: a power of two up to kLargest that divides the offset. nullptr where they have to
  // be read: unreadable, not all in the file, or in its last page of memory, since SQLite may look
  // a little past the end of a page that is damaged. [concurrent]
  const void *find(uint64_t offset, uint64_t size) noexcept;

  // Waits until what the call before had begun is on its way to the disk, and begins with what was
  // written to the file since. An fsync is needed all the same, and tells of what failed: this
  // descriptor has its own mark of the errors that were told (errseq_t, since Linux 4.13).
  // [concurrent]
  void write_back() noexcept;

 private:
  class Open;  // all maps of the process
  struct Segment;
  struct Unmap {
    void operator()(Segment *segment) const noexcept;
  };

  static constexpr uint64_t kSegment = 256U << 20;

  explicit FileMap(const char *path) noexcept;
  ~FileMap();

  Segment *segment(size_t index) noexcept;
  bool bring(Segment &segment, uint64_t begin, uint64_t size) noexcept;

  const Descriptor file_;
  dev_t device_ = 0;
  ino_t number_ = 0;
  size_t users_ = 1;  // guarded by the mutex of Open
  std::array<std::atomic<Segment *>, kMost / kSegment> segments_{};
};

}  // namespace navistore::sqlite
