// SPDX-License-Identifier: Apache-2.0
#include "core/store/read_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace navistore::store {
namespace {

// Of one call of the backend.
constexpr size_t kMaxKeys = 128;         // one request may have more
constexpr uint64_t kMaxBytes = 1 << 20;  // of values

// One call for several requests. Once it has delivered enough, requests that it has not begun to
// answer are left for another one; begun ones are finished, for each is of one state.
class SharedRead {
 public:
  explicit SharedRead(std::deque<ReadQueue::Request> requests) : requests_(std::move(requests)) {
    parts_.resize(requests_.size());
    for (size_t i = 0; i < requests_.size(); ++i) {
      parts_[i].first_key = keys_.size();
      keys_.insert(keys_.end(), requests_[i].keys.begin(), requests_[i].keys.end());
      part_of_.resize(keys_.size(), i);
      if (requests_[i].values == Values::kWith) values_ = Values::kWith;
    }
  }

  // Answers requests and returns those that were left.
  std::deque<ReadQueue::Request> run(const ReadQueue::Read &read) {
    const auto revision =
        read(keys_.data(), keys_.size(), values_,
             [this](size_t index, const ItemView &item) { return take(index, item); });
    std::deque<ReadQueue::Request> left;
    for (size_t i = 0; i < requests_.size(); ++i) {
      if (revision && parts_[i].state == State::kLeft) {
        left.push_back(std::move(requests_[i]));
      } else if (revision) {
        parts_[i].answer.revision = revision.value();
        requests_[i].done(std::move(parts_[i].answer));
      } else {
        requests_[i].done(revision.error());
      }
    }
    return left;
  }

 private:
  enum class State : uint8_t { kUntouched, kBegun, kLeft };
  struct Part {
    size_t first_key = 0;
    State state = State::kUntouched;
    ReadAnswer answer;
  };

  bool take(size_t index, const ItemView &item) {
    const size_t i = part_of_[index];
    Part &part = parts_[i];
    if (part.state == State::kUntouched) {
      part.state = delivered_ < kMaxBytes ? State::kBegun : State::kLeft;
    }
    if (part.state == State::kLeft) return true;
    ReadAnswer::Found found;
    found.index = index - part.first_key;
    found.item.key = item.key;
    if (requests_[i].values == Values::kWith) found.item.value = item.value;
    found.item.meta = item.meta.encoded();
    found.item.revision = item.revision;
    found.item.expires_ms = item.expires_ms;
    part.answer.items.push_back(std::move(found));
    delivered_ += item.value.size();
    return true;
  }

  std::deque<ReadQueue::Request> requests_;
  std::vector<Part> parts_;  // one a request
  std::vector<std::string_view> keys_;
  std::vector<size_t> part_of_;  // one a key
  Values values_ = Values::kWithout;
  uint64_t delivered_ = 0;
};

}  // namespace

void ReadQueue::push(Request request) {
  const Next next = place(request);
  if (next == Next::kRefuse) request.done(Error{Code::kBusy, "too many reads are queued"});
  if (next == Next::kCall && !pool_.post([this] { run(); })) run();  // the store closes
}

ReadQueue::Next ReadQueue::place(Request &request) {
  const Lock lock(mutex_);
  if (waiting_.size() >= limits_.requests) return Next::kRefuse;
  waiting_.push_back(std::move(request));
  if (calls_ >= limits_.calls) return Next::kNothing;
  ++calls_;
  return Next::kCall;
}

void ReadQueue::run() {
  do {
    Batch batch = take();
    if (!batch.empty()) give_back(SharedRead(std::move(batch)).run(read_));
    if (finish_call() == Left::kNothing) return;
    // Behind what else waits for a reader thread, which may be a scan.
  } while (!pool_.post([this] { run(); }));
}

ReadQueue::Batch ReadQueue::take() {
  const Lock lock(mutex_);
  Batch batch;
  size_t keys = 0;
  while (!waiting_.empty()) {
    keys += waiting_.front().keys.size();
    if (!batch.empty() && keys > kMaxKeys) break;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

void ReadQueue::give_back(Batch requests) {
  const Lock lock(mutex_);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(requests.begin()),
                  std::make_move_iterator(requests.end()));
}

ReadQueue::Left ReadQueue::finish_call() {
  const Lock lock(mutex_);
  if (!waiting_.empty()) return Left::kMore;
  --calls_;
  return Left::kNothing;
}

}  // namespace navistore::store
