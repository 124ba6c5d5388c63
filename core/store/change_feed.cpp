// SPDX-License-Identifier: Apache-2.0
#include "core/store/change_feed.hpp"

#include <algorithm>
#include <utility>

namespace navistore::store {
namespace {

constexpr size_t kCommitsAtOnce = 128;  // looked at while the feed is locked
constexpr size_t kBytesAtOnce = kHistoryAtOnce.bytes;
constexpr size_t kFew = 16;  // commits and listeners that who committed deals with itself

class ChangeListener final : public Listener {
 public:
  ChangeListener(Interest interest, uint64_t after, std::function<void(uint64_t)> changed)
      : Listener(std::move(interest)), after_(after), changed_(std::move(changed)) {}
  void committed(const CommitPtr &commit) override {
    if (commit->revision > after_) changed_.call(commit->revision);
  }
  void broken(Break, uint64_t revision) override {
    after_ = revision;  // a store that lost its data may count from an earlier one
    changed_.call(revision);
  }
  void close() { changed_.close(); }

 private:
  uint64_t after_;
  Callback<uint64_t> changed_;
};

class ChangeRegistration final : public Feed::Registration {
 public:
  ChangeRegistration(ChangeFeed &feed, std::shared_ptr<ChangeListener> listener)
      : feed_(feed), listener_(std::move(listener)) {}
  ~ChangeRegistration() override {
    feed_.remove(listener_);
    listener_->close();
  }

 private:
  ChangeFeed &feed_;
  const std::shared_ptr<ChangeListener> listener_;
};

class QueueWatcher final : public Watcher {
 public:
  QueueWatcher(ChangeFeed &feed, std::shared_ptr<WatchQueue> queue)
      : feed_(feed), queue_(std::move(queue)) {}
  ~QueueWatcher() override {
    queue_->end(State::kClosed, 0);  // who catches up for it stops
    feed_.remove(queue_);
    queue_->close();
  }
  Taken take(size_t max_notices, size_t max_bytes) override {
    // A watcher that is live before the feed's position is read has all up to it in its queue.
    const bool live = queue_->phase() == WatchQueue::Phase::kLive;
    const uint64_t seen = live ? feed_.position() : 0;
    bool resume = false;
    Taken taken = queue_->take({max_notices, max_bytes}, seen, resume);
    if (resume) feed_.resume(queue_);
    return taken;
  }

 private:
  ChangeFeed &feed_;
  const std::shared_ptr<WatchQueue> queue_;
};

}  // namespace

class ChangeFeed::Bell final : public Sleeper {
 public:
  explicit Bell(ChangeFeed &feed) : feed_(feed) {}
  void wake() override { feed_.doorbell_.ring(); }
  void relieve() override { feed_.dispatch_few(); }

 private:
  ChangeFeed &feed_;
};

ChangeFeed::ChangeFeed(uint64_t start, Options options, Sources sources)
    : sources_(std::move(sources)),
      bell_(std::make_shared<Bell>(*this)),
      ring_(start, options.ring),
      prefixes_(options.max_prefix_bytes),
      start_(start),
      dispatched_(start) {}

ChangeFeed::~ChangeFeed() { stop(); }

void ChangeFeed::start() {
  thread_ = std::thread([this] { run(); });
}

void ChangeFeed::stop() {
  if (!thread_.joinable()) return;
  {
    const Lock lock(mutex_);
    break_all(Break::kClosed, dispatched_);
  }
  stopping_ = true;
  doorbell_.ring();
  thread_.join();
}

void ChangeFeed::append(CommitPtr commit) {
  bool wake = false;
  {
    const Lock lock(mutex_);
    if (commit->revision <= ring_.newest()) return;
    for (const Event &event : commit->events) {
      if (event.kind != Event::Kind::kBury) prefixes_.changed(event.key, commit->revision);
    }
    const bool cared_for = listeners_.anyone_cares(*commit);
    wake = cared_for && !wanted_;
    if (cared_for) wanted_ = true;
    if (!wanted_) dispatched_ = commit->revision;
    ring_.push(std::move(commit));
  }
  if (wake) WakeLater::relieve(bell_);
}

void ChangeFeed::skip_to(uint64_t revision) {
  const Lock lock(mutex_);
  if (revision <= ring_.newest()) return;
  ring_.skip_to(revision);
  if (!wanted_) dispatched_ = revision;
}

void ChangeFeed::restart(uint64_t revision, Break why, FunctionRef<void()> meanwhile) {
  {
    const Lock lock(mutex_);
    ring_.restart(revision);
    prefixes_.clear();
    start_ = revision;
    // Not past the break until everybody was told of it, and never past what the store has.
    dispatched_ = std::min(dispatched_, revision);
    if (why == Break::kReset) ++resets_;
    break_all(why, revision);
    meanwhile();
  }
  doorbell_.ring();
}

void ChangeFeed::begin_after(uint64_t revision) {
  const Lock lock(mutex_);
  beginning_ = revision;
}

uint64_t ChangeFeed::beginning() const {
  const Lock lock(mutex_);
  return beginning_;
}

void ChangeFeed::break_all(Break why, uint64_t revision) {
  const auto &all = listeners_.all();
  breaks_.push_back({nullptr, why, revision, {all.begin(), all.end()}});
  wanted_ = true;
}

uint64_t ChangeFeed::newest() const {
  const Lock lock(mutex_);
  return ring_.newest();
}

uint64_t ChangeFeed::resets() const {
  const Lock lock(mutex_);
  return resets_;
}

uint64_t ChangeFeed::oldest() const {
  const Lock lock(mutex_);
  return std::max(ring_.floor(), beginning_);
}

uint64_t ChangeFeed::position() const {
  const Lock lock(mutex_);
  return wanted_ ? dispatched_ : ring_.newest();
}

// What was evicted from the ring is not above its floor, so the floor is a safe answer for a prefix
// with no commit in the ring: whatever was answered for it before it was forgotten, a change since
// then lies above that, and therefore the answer, too.
uint64_t ChangeFeed::newest_under(std::string_view prefix) const {
  const Lock lock(mutex_);
  if (const auto known = prefixes_.find(prefix)) return *known;
  const uint64_t newest = std::max(ring_.newest_under(prefix), ring_.floor());
  prefixes_.remember(prefix, newest);
  return newest;
}

std::unique_ptr<Feed::Registration> ChangeFeed::on_change(Interest interest,
                                                          std::function<void(uint64_t)> changed) {
  const Lock lock(mutex_);
  auto listener =
      std::make_shared<ChangeListener>(std::move(interest), ring_.newest(), std::move(changed));
  listeners_.add(listener);
  return std::make_unique<ChangeRegistration>(*this, std::move(listener));
}

std::unique_ptr<Watcher> ChangeFeed::watch(WatchOptions options, std::function<void()> ready) {
  auto queue = std::make_shared<WatchQueue>(std::move(options), std::move(ready), resets());
  auto watcher = std::make_unique<QueueWatcher>(*this, queue);
  const Joined joined = join(queue);
  if (joined == Joined::kNotYet || joined == Joined::kTooOld) resume(queue);
  return watcher;
}

void ChangeFeed::remove(const ListenerPtr &listener) {
  const Lock lock(mutex_);
  listeners_.remove(listener);
}

void ChangeFeed::resume(std::shared_ptr<WatchQueue> queue) {
  sources_.post([this, queue = std::move(queue)] { catch_up(queue); });
}

void ChangeFeed::catch_up(const std::shared_ptr<WatchQueue> &queue) {
  while (!queue->ended() && !queue->pause_if_full()) {
    const Joined joined = join(queue);
    queue->announce();
    if (joined == Joined::kLive || joined == Joined::kEnded) return;
    if (joined == Joined::kNotYet) continue;
    auto page = sources_.history(queue->position(), kHistoryAtOnce);
    if (!page) {
      const Code code = page.error().code;
      const bool gone = code == Code::kCompacted || code == Code::kUnsupported;
      queue->end(gone ? Watcher::State::kCursorGone : Watcher::State::kClosed, 0);
      return;
    }
    take_page(queue, page.value());
    queue->announce();
  }
}

std::optional<uint64_t> ChangeFeed::reset_after(const WatchQueue &queue) const {
  if (queue.resets() != resets_) return ring_.newest();
  if (queue.position() < beginning_) return beginning_;
  return std::nullopt;
}

// The store may have been reset since the page was read. A clear that it shows, and that nobody
// told of (another server's, of which no epoch was read yet), is a beginning from now on.
void ChangeFeed::take_page(const std::shared_ptr<WatchQueue> &queue, const HistoryPage &page) {
  const auto clear = std::find_if(
      page.commits.rbegin(), page.commits.rend(),
      [](const CommitPtr &commit) { return commit->events.front().kind == Event::Kind::kClear; });
  std::optional<uint64_t> reset;
  {
    const Lock lock(mutex_);
    if (clear != page.commits.rend()) beginning_ = std::max(beginning_, (*clear)->revision);
    reset = reset_after(*queue);
    if (!reset) queue->fill(page.commits, page.through);
  }
  if (reset) queue->end(Watcher::State::kReset, *reset);
}

ChangeFeed::Joined ChangeFeed::join(const std::shared_ptr<WatchQueue> &queue) {
  std::optional<uint64_t> reset;
  {
    const Lock lock(mutex_);
    reset = reset_after(*queue);
    if (!reset) return fill_from_ring(queue);
  }
  queue->end(Watcher::State::kReset, *reset);
  return Joined::kEnded;
}

ChangeFeed::Joined ChangeFeed::fill_from_ring(const std::shared_ptr<WatchQueue> &queue) {
  uint64_t through = queue->position();
  if (through < ring_.floor()) return Joined::kTooOld;
  std::vector<CommitPtr> commits;
  size_t bytes = 0;
  ring_.visit_after(through, [&](const CommitPtr &commit) {
    if (commits.size() == kCommitsAtOnce || bytes >= kBytesAtOnce) return false;
    bytes += commit->bytes();
    through = commit->revision;
    commits.push_back(commit);
    return true;
  });
  queue->fill(commits, through);
  if (through < ring_.newest()) return Joined::kNotYet;
  queue->go_live();
  if (!queue->ended()) listeners_.add(queue);
  return Joined::kLive;
}

void ChangeFeed::run() {
  while (!stopping_) {
    doorbell_.wait();
    if (pull_wanted_.exchange(false) && sources_.pull && !stopping_) sources_.pull();
    while (dispatch()) {
    }
  }
}

bool ChangeFeed::dispatch() {
  std::vector<Delivery> deliveries;
  uint64_t through = 0;
  {
    const Lock lock(mutex_);
    while (turn_ == Turn::kTaken) turn_freed_.wait(mutex_);
    if (!wanted_) return false;
    deliveries = collect();
    through = begin_turn(deliveries);
  }
  const WakeLater later;
  tell(deliveries);
  return end_turn(through);
}

void ChangeFeed::dispatch_few() {
  std::vector<Delivery> deliveries;
  uint64_t through = 0;
  bool few = false;
  {
    const Lock lock(mutex_);
    if (!wanted_ || turn_ == Turn::kTaken) return;  // whose turn it is looks again
    few = collect_few(deliveries);
    if (few) through = begin_turn(deliveries);
  }
  if (few) tell(deliveries);
  if (!few || end_turn(through)) doorbell_.ring();
}

uint64_t ChangeFeed::begin_turn(const std::vector<Delivery> &deliveries) {
  turn_ = Turn::kTaken;
  return deliveries.empty() ? ring_.newest() : deliveries.back().revision;
}

bool ChangeFeed::end_turn(uint64_t through) {
  const Lock lock(mutex_);
  turn_ = Turn::kFree;
  turn_freed_.notify_one();
  if (!breaks_.empty()) return true;  // restarted meanwhile: `through` is of the past
  dispatched_ = std::max(dispatched_, through);
  wanted_ = dispatched_ < ring_.newest();
  return wanted_;
}

void ChangeFeed::tell(const std::vector<Delivery> &deliveries) {
  for (const Delivery &delivery : deliveries) {
    for (const ListenerPtr &listener : delivery.to) {
      if (delivery.commit) {
        listener->committed(delivery.commit);
      } else {
        listener->broken(delivery.why, delivery.revision);
      }
    }
  }
}

std::vector<ChangeFeed::Delivery> ChangeFeed::untold(size_t most) const {
  std::vector<Delivery> commits;
  ring_.visit_after(dispatched_, [&](const CommitPtr &commit) {
    commits.push_back({commit, Break::kLagged, commit->revision, {}});
    return commits.size() < most;
  });
  return commits;
}

std::vector<ChangeFeed::Delivery> ChangeFeed::collect() {
  if (breaks_.empty() && dispatched_ < ring_.floor()) break_all(Break::kLagged, ring_.floor());
  std::vector<Delivery> deliveries = std::exchange(breaks_, {});
  if (!deliveries.empty()) return deliveries;
  deliveries = untold(kCommitsAtOnce);
  for (Delivery &delivery : deliveries) listeners_.collect(*delivery.commit, delivery.to);
  return deliveries;
}

bool ChangeFeed::collect_few(std::vector<Delivery> &deliveries) {
  if (!breaks_.empty() || dispatched_ < ring_.floor()) return false;
  deliveries = untold(kFew + 1);
  size_t room = kFew;
  for (Delivery &delivery : deliveries) {
    if (room == 0) return false;
    --room;  // to look costs, too
    if (!listeners_.collect(*delivery.commit, delivery.to, room)) return false;
    room -= delivery.to.size();
  }
  return true;
}

}  // namespace navistore::store
