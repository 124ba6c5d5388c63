// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "core/mutex.hpp"
#include "core/store/reader_pool.hpp"
#include "core/store/store.hpp"

namespace navistore::store {

// Point reads that wait for a reader thread. While the backend is asked for some, others gather,
// and the next call asks for all of them at once.
class ReadQueue {
 public:
  struct Request {
    std::vector<std::string> keys;
    Values values = Values::kWith;
    Store::ReadCallback done;
  };
  struct Limits {
    unsigned calls;   // of the backend at the same time
    size_t requests;  // that wait; past it kBusy
  };
  using Read = std::function<Result<uint64_t>(const std::string_view *keys, size_t count,
                                              Values values, Visitor visit)>;

  ReadQueue(ReaderPool &pool, Limits limits, Read read)
      : pool_(pool), limits_(limits), read_(std::move(read)) {}

  void push(Request request) NAVISTORE_EXCLUDES(mutex_);

 private:
  using Batch = std::deque<Request>;

  enum class Next : uint8_t { kNothing, kCall, kRefuse };
  Next place(Request &request) NAVISTORE_EXCLUDES(mutex_);  // takes it unless refused
  void run();
  Batch take() NAVISTORE_EXCLUDES(mutex_);
  void give_back(Batch requests) NAVISTORE_EXCLUDES(mutex_);
  enum class Left : uint8_t { kNothing, kMore };
  Left finish_call() NAVISTORE_EXCLUDES(mutex_);

  ReaderPool &pool_;
  const Limits limits_;
  const Read read_;
  Mutex mutex_;
  Batch waiting_ NAVISTORE_GUARDED_BY(mutex_);
  unsigned calls_ NAVISTORE_GUARDED_BY(mutex_) = 0;  // run() was posted, or runs
};

}  // namespace navistore::store
