// SPDX-License-Identifier: Apache-2.0
// The part of a worker that hands connections to others: new ones, and such that are better off
// there.
#include <algorithm>
#include <utility>

#include "core/http/placement.hpp"
#include "core/http/worker.hpp"

namespace navistore::http {
namespace {

constexpr int64_t kSettleMs = 50;
constexpr size_t kMovesAtOnce = 256;

// A connection on its way to another worker.
class Transferral final : public Letter {
 public:
  Transferral(Worker &worker, Guest guest) : worker_(worker), guest_(std::move(guest)) {}
  void deliver() override { worker_.adopt(std::move(guest_)); }

 private:
  Worker &worker_;
  Guest guest_;
};

bool take(double &quota, uint64_t rate) {
  if (quota < static_cast<double>(rate)) return false;
  quota -= static_cast<double>(rate);
  return true;
}

}  // namespace

void Worker::place(Guest guest) {
  std::vector<size_t> connections;
  connections.reserve(engine_.seats.size());
  for (const auto &seat : engine_.seats) connections.push_back(seat->load.load());
  const int processor = incoming_processor(guest.socket.get());
  give(*engine_.seats[place_of_new(connections, processor, seat_->number)], std::move(guest));
}

void Worker::give(Seat &seat, Guest guest) {
  seat.load.fetch_add(1, std::memory_order_relaxed);
  if (&seat == seat_) {
    adopt(std::move(guest));
  } else {
    seat.mailbox->post(std::make_shared<Transferral>(*seat.worker, std::move(guest)));
  }
}

// Connections that were busy lately follow their packets, by what this worker saw of its own and
// the others told when they did the same.
void Worker::settle() {
  const size_t workers = engine_.seats.size();
  const int64_t elapsed = workspace_->now_ms - settled_ms_;
  if (workers == 1 || elapsed < kSettleMs) return;
  settled_ms_ = workspace_->now_ms;
  std::vector<Busy> busy;
  std::vector<uint64_t> own(workers);
  for (const std::shared_ptr<Client> &client : clients_) {
    const uint64_t events = client ? client->take_events() : 0;
    const int processor = events == 0 ? -1 : incoming_processor(client->fd());
    if (processor < 0) continue;
    const size_t group = static_cast<size_t>(processor) % workers;
    busy.push_back({client.get(), group, events * 1'000 / static_cast<uint64_t>(elapsed)});
    own[group] += busy.back().rate;
  }
  if (!busy.empty() && !engine_.draining) move_some(busy, own);
  for (size_t group = 0; group < workers; ++group) {
    seat_->traffic[group].store(own[group], std::memory_order_relaxed);
  }
}

// own: on return, without those who left.
void Worker::move_some(const std::vector<Busy> &busy, std::vector<uint64_t> &own) {
  Traffic traffic;
  for (const auto &seat : engine_.seats) {
    traffic.emplace_back();
    for (const auto &rate : seat->traffic) traffic.back().push_back(rate.load());
  }
  traffic[seat_->number] = own;
  Surplus surplus = surplus_of(traffic, seat_->number);
  // Others may only not have told yet what they do: it counts what lasts.
  if (!std::exchange(overloaded_, surplus.overloaded())) surplus.to_any.clear();
  size_t moves = 0;
  for (const Busy &one : busy) {
    if (moves == kMovesAtOnce) return;
    if (!one.client->movable()) continue;
    size_t to = surplus.homes[one.group];
    if (to == seat_->number || !take(surplus.to_home[to], one.rate)) {
      const auto any = std::find_if(surplus.to_any.begin(), surplus.to_any.end(),
                                    [&](double &quota) { return take(quota, one.rate); });
      if (any == surplus.to_any.end()) continue;
      to = static_cast<size_t>(any - surplus.to_any.begin());
    }
    if (to == seat_->number) continue;
    own[one.group] -= one.rate;
    move(*one.client, *engine_.seats[to]);
    ++moves;
  }
}

void Worker::move(Client &client, Seat &seat) {
  poller_->removeFd(client.fd());
  vacate(client);
  workspace_->counters.moved.add(1);
  give(seat, client.leave());
}

}  // namespace navistore::http
