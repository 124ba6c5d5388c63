// SPDX-License-Identifier: Apache-2.0
#include "core/http/stream_channel.hpp"

#include <utility>

namespace navistore::http {
namespace {

constexpr size_t kKeptParts = 16;  // room for so many stays between two bursts

class ChannelStream final : public Stream {
 public:
  explicit ChannelStream(std::shared_ptr<StreamChannel> channel) : channel_(std::move(channel)) {}
  ~ChannelStream() override { channel_->finish(Ending::kCut); }
  ChannelStream(const ChannelStream &) = delete;
  ChannelStream &operator=(const ChannelStream &) = delete;

  State write(std::string part) override { return channel_->write(Part(std::move(part))); }
  State write(SharedText part) override { return channel_->write(Part(std::move(part))); }
  void end() override { channel_->finish(Ending::kEnd); }
  State state() const override { return channel_->state(); }
  size_t queued_bytes() const override { return channel_->queued_bytes(); }
  void on_ready(std::function<void()> ready) override { channel_->on_ready(std::move(ready)); }
  void on_closed(std::function<void()> closed) override { channel_->on_closed(std::move(closed)); }
  void on_drain(std::function<void()> drain) override { channel_->on_drain(std::move(drain)); }

 private:
  const std::shared_ptr<StreamChannel> channel_;
};

}  // namespace

std::shared_ptr<Stream> make_stream(std::shared_ptr<StreamChannel> channel) {
  return std::make_shared<ChannelStream>(std::move(channel));
}

Stream::State StreamChannel::state() const {
  if (closed_.load()) return Stream::State::kClosed;
  return full_.load() ? Stream::State::kFull : Stream::State::kOpen;
}

void StreamChannel::post() {
  if (!std::exchange(posted_, true)) address_.mailbox->post(shared_from_this());
}

Stream::State StreamChannel::write(Part part) {
  Lock lock(mutex_);
  if (closed_.load() || ending_ != Ending::kOpen) return Stream::State::kClosed;
  if (part.size() == 0) return state();
  mailed_.fetch_add(part.size());
  parts_.push_back(std::move(part));
  // Before the part is posted: the held() that follows its delivery then sees it.
  if (queued_bytes() > address_.high_bytes) full_.store(true);
  post();
  return state();
}

void StreamChannel::finish(Ending ending) {
  std::function<void()> ready;  // destroyed outside the lock, with what they captured
  std::function<void()> closed;
  std::function<void()> drain;
  Lock lock(mutex_);
  if (ending == Ending::kCut) {
    ready.swap(on_ready_);
    closed.swap(on_closed_);
    drain.swap(on_drain_);
  }
  if (ending_ != Ending::kOpen) return;
  ending_ = ending;
  post();
}

void StreamChannel::on_ready(std::function<void()> ready) {
  Lock lock(mutex_);
  on_ready_.swap(ready);  // the old one is destroyed outside the lock
}

void StreamChannel::on_closed(std::function<void()> closed) {
  Lock lock(mutex_);
  on_closed_.swap(closed);  // the old one is destroyed outside the lock
  if (closed_.load()) post();
}

void StreamChannel::on_drain(std::function<void()> drain) {
  Lock lock(mutex_);
  on_drain_.swap(drain);  // the old one is destroyed outside the lock
  if (draining_) post();
}

void StreamChannel::deliver() {
  Ending ending{};
  {
    Lock lock(mutex_);
    posted_ = false;
    delivering_.swap(parts_);
    ending = ending_;
  }
  size_t bytes = 0;
  for (const Part &part : delivering_) bytes += part.size();
  if (const std::shared_ptr<AnswerSink> sink = address_.sink.lock()) {
    sink->stream_parts(address_.number, delivering_, ending);
  }
  delivering_.clear();
  if (delivering_.capacity() > kKeptParts) delivering_.shrink_to_fit();
  mailed_.fetch_sub(bytes);
  tell();
}

void StreamChannel::held(size_t bytes) {
  held_.store(bytes);
  std::function<void()> ready;
  {
    Lock lock(mutex_);
    if (!full_.load() || queued_bytes() >= address_.low_bytes) return;
    full_.store(false);
    ready = on_ready_;
  }
  if (ready) ready();
}

void StreamChannel::closed() {
  {
    Lock lock(mutex_);
    closed_.store(true);
    held_.store(0);
    for (const Part &part : parts_) mailed_.fetch_sub(part.size());
    parts_.clear();
  }
  tell();
}

void StreamChannel::draining() {
  {
    Lock lock(mutex_);
    draining_ = true;
  }
  tell();
}

void StreamChannel::tell() {
  std::function<void()> drain;
  std::function<void()> closed;
  {
    Lock lock(mutex_);
    if (draining_) drain.swap(on_drain_);
    if (closed_.load()) closed.swap(on_closed_);
  }
  if (drain) drain();
  if (closed) closed();
}

}  // namespace navistore::http
