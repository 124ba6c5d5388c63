// SPDX-License-Identifier: Apache-2.0
#include "core/http/output_queue.hpp"

#include <malloc.h>

#include <algorithm>

#include "core/http/sealed_body.hpp"

namespace navistore::http {
namespace {

constexpr size_t kMaxSmall = 64;                         // buffers kept
constexpr size_t kMaxSmallCapacity = size_t{64} * 1024;  // above it a buffer is large
constexpr size_t kMinCapacity = 256;                     // below it a buffer is not worth keeping
constexpr size_t kMaxLargeBytes = size_t{64} * 1024 * 1024;
constexpr size_t kWorthReturning = size_t{1024} * 1024;  // less is not worth a walk of the heap
constexpr size_t kTextSegment =
    size_t{64} * 1024;  // a text grows to about this, then a new one begins
constexpr size_t kFirstText = 4096;
constexpr size_t kKeptSegments = 16;

}  // namespace

std::string BufferPool::take(std::vector<std::string> &from) {
  if (from.empty()) return {};
  std::string buffer = std::move(from.back());
  from.pop_back();
  return buffer;
}

void BufferPool::give(std::string &&buffer) {
  const size_t capacity = buffer.capacity();
  buffer.clear();
  if (capacity < kMinCapacity) return;
  if (capacity <= kMaxSmallCapacity) {
    if (small_.size() < kMaxSmall) small_.push_back(std::move(buffer));
    return;
  }
  if (owed_ == 0 || large_bytes_ + capacity > kMaxLargeBytes) {
    note_freed(capacity);
    std::string().swap(buffer);
    return;
  }
  --owed_;
  large_bytes_ += capacity;
  large_.push_back(std::move(buffer));
}

std::string BufferPool::take_large() {
  std::string buffer = take(large_);
  ++owed_;
  large_bytes_ -= std::min(large_bytes_, buffer.capacity());
  unwanted_ = std::min(unwanted_, large_.size());
  return buffer;
}

bool BufferPool::trim() {
  const size_t freed = std::exchange(freed_, 0);
  returnable_ += freed;
  for (size_t i = (unwanted_ + 1) / 2; i > 0; --i) {
    const size_t capacity = large_.front().capacity();
    large_bytes_ -= capacity;
    returnable_ += capacity;
    large_.erase(large_.begin());
  }
  unwanted_ = large_.size();
  owed_ /= 2;  // many never come back
  if (freed > 0 || !large_.empty() || returnable_ < kWorthReturning) return false;
  returnable_ = 0;
  // Otherwise it would keep up to tens of megabytes a thread for ever.
  ::malloc_trim(0);
  return true;
}

OutputQueue::OutputQueue(OutputQueue &&other) noexcept
    : pool_(other.pool_),
      segments_(std::exchange(other.segments_, {})),
      front_(std::exchange(other.front_, 0)),
      bytes_(std::exchange(other.bytes_, 0)) {}

OutputQueue &OutputQueue::operator=(OutputQueue &&other) noexcept {
  std::swap(pool_, other.pool_);
  segments_.swap(other.segments_);
  std::swap(front_, other.front_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

std::string &OutputQueue::tail() {
  const bool fits = front_ < segments_.size() && !segments_.back().complete &&
                    segments_.back().data.size() < kTextSegment;
  if (!fits) {
    Segment segment;
    segment.data = pool_->take_small();
    if (segment.data.capacity() < kFirstText) segment.data.reserve(kFirstText);
    segments_.push_back(std::move(segment));
  }
  return segments_.back().data;
}

OutputQueue::Segment &OutputQueue::add_body(size_t size) {
  bytes_ += size;
  segments_.emplace_back();
  segments_.back().complete = true;
  return segments_.back();
}

void OutputQueue::append(std::string_view text) {
  render([text](std::string &out) { out.append(text); });
}

void OutputQueue::push(std::string &&data) {
  if (data.size() < kLargeBody) {
    append(data);
    return;
  }
  add_body(data.size()).data = std::move(data);
}

void OutputQueue::push(SharedText &&data) {
  if (data->size() < kLargeBody) {
    append(*data);
    return;
  }
  Segment &segment = add_body(data->size());
  segment.borrowed = *data;
  segment.owner = std::move(data);
}

void OutputQueue::push(SealedBodyPtr data) {
  Segment &segment = add_body(data->bytes().size());
  segment.borrowed = data->bytes();
  segment.file = data->descriptor();
  segment.owner = std::move(data);
}

void OutputQueue::splice(OutputQueue &other) {
  for (size_t i = other.front_; i < other.segments_.size(); ++i) {
    segments_.push_back(std::move(other.segments_[i]));
  }
  bytes_ += std::exchange(other.bytes_, 0);
  other.segments_.clear();
  other.front_ = 0;
}

int OutputQueue::gather(iovec *pieces, int max, FilePiece *file) const {
  if (file != nullptr) *file = {};
  int count = 0;
  for (size_t i = front_; i < segments_.size() && count < max; ++i) {
    const Segment &segment = segments_[i];
    const size_t length = segment.text().size() - segment.sent;
    if (length == 0) continue;
    if (file != nullptr && segment.file >= 0) {
      *file = {segment.file, segment.sent, length};
      break;
    }
    pieces[count++] = {const_cast<char *>(segment.text().data()) + segment.sent, length};
  }
  return count;
}

void OutputQueue::pop_front() {
  pool_->give(std::move(segments_[front_].data));
  Segment &segment = segments_[front_];
  segment.data = {};
  const bool freed = segment.owner.use_count() == 1 && segment.file < 0;
  if (freed) pool_->note_freed(segment.borrowed.size());
  segment.owner.reset();
  ++front_;
}

void OutputQueue::consume(size_t bytes) {
  bytes_ -= bytes;
  while (front_ < segments_.size()) {
    Segment &segment = segments_[front_];
    const size_t taken = std::min(bytes, segment.text().size() - segment.sent);
    segment.sent += taken;
    bytes -= taken;
    if (segment.sent < segment.text().size()) break;
    pop_front();
  }
  if (front_ == segments_.size()) {
    clear();
  } else if (front_ > kKeptSegments && front_ * 2 > segments_.size()) {
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(front_));
    front_ = 0;
  }
}

void OutputQueue::clear() {
  while (front_ < segments_.size()) pop_front();
  segments_.clear();
  if (segments_.capacity() > kKeptSegments) segments_.shrink_to_fit();
  front_ = 0;
  bytes_ = 0;
}

}  // namespace navistore::http
