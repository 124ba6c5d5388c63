// SPDX-License-Identifier: Apache-2.0
#include "core/http/engine.hpp"

namespace navistore::http {
namespace {

// How many workers are still to do the task.
struct Countdown {
  explicit Countdown(size_t workers) : left(workers) {}
  Mutex mutex;
  Condition done;
  size_t left NAVISTORE_GUARDED_BY(mutex);
};

class Errand final : public Letter {
 public:
  Errand(std::function<void(Worker &)> task, Worker &worker, std::shared_ptr<Countdown> countdown)
      : task_(std::move(task)), worker_(worker), countdown_(std::move(countdown)) {}

  void deliver() override {
    task_(worker_);
    Lock lock(countdown_->mutex);
    if (--countdown_->left == 0) countdown_->done.notify_all();
  }

 private:
  const std::function<void(Worker &)> task_;
  Worker &worker_;
  const std::shared_ptr<Countdown> countdown_;
};

}  // namespace

bool Engine::on_each_worker(const std::function<void(Worker &)> &task,
                            std::chrono::steady_clock::time_point limit) {
  const auto countdown = std::make_shared<Countdown>(seats.size());
  for (const auto &seat : seats) {
    seat->mailbox->post(std::make_shared<Errand>(task, *seat->worker, countdown));
  }
  Lock lock(countdown->mutex);
  while (countdown->left > 0) {
    if (!countdown->done.wait_until(countdown->mutex, limit)) break;
  }
  return countdown->left == 0;
}

}  // namespace navistore::http
