// SPDX-License-Identifier: Apache-2.0
#include "core/http/worker.hpp"

#include <sched.h>

#include <algorithm>
#include <ctime>
#include <type_traits>
#include <utility>

#include "core/http/refusals.hpp"

namespace navistore::http {
namespace {

using Pistache::Aio::FdSet;
using Pistache::Polling::Event;
using Pistache::Polling::Mode;
using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;
using Interest = Pistache::Flags<NotifyOn>;

const Interest kRead(NotifyOn::Read);
const Interest kReadAndEnd = kRead | NotifyOn::Shutdown;
const Interest kReadWriteAndEnd = kReadAndEnd | NotifyOn::Write;

// See Client::tag().
// Descriptors, which tag everything else, are smaller than any of them.
constexpr unsigned kPlaceBits = 32;
constexpr uint64_t kGenerations = (uint64_t{1} << 24) - 1;

bool is_client(uint64_t tag) { return tag >> kPlaceBits != 0; }

// FdSet::Entry hides the flag for a half-close in its private base, Event.
const Event &event_of(const FdSet::Entry &entry) {
  static_assert(std::is_standard_layout_v<FdSet::Entry> && sizeof(FdSet::Entry) == sizeof(Event));
  return reinterpret_cast<const Event &>(entry);
}

// Makes the worker's loop go round once more.
class Nudge final : public Letter {
 public:
  void deliver() override {}
};

// A worker that is woken does not interrupt who runs, often the client that is still sending, and
// so finds more to do at once (SCHED_BATCH, sched(7)). A policy that was chosen for the process
// stays, and so does the usual one where the system refuses.
class Settling final : public Letter {
 public:
  void deliver() override {
    constexpr sched_param kNoPriority{};
    if (::sched_getscheduler(0) != SCHED_OTHER) return;
    ::sched_setscheduler(0, SCHED_BATCH, &kNoPriority);
  }
};

void begin_drain(Client &client) {
  client.run();  // a request may have come already
  client.connection().drain();
  client.run();
}

Client &client_of(const std::shared_ptr<Pistache::Tcp::Peer> &peer) {
  return static_cast<Client &>(*peer);  // all peers of a Worker are Clients
}

}  // namespace

void InputHandler::onInput(const char *bytes, size_t size,
                           const std::shared_ptr<Pistache::Tcp::Peer> &peer) {
  client_of(peer).connection().receive({bytes, size});
}

void InputHandler::onDisconnection(const std::shared_ptr<Pistache::Tcp::Peer> &peer) {
  client_of(peer).connection().closed();
}

Worker::Worker(std::shared_ptr<InputHandler> handler, Engine &engine)
    : Transport(handler), handler_(std::move(handler)), engine_(engine) {}

Worker::~Worker() {
  if (seat_ == nullptr) return;
  seat_->mailbox->close();
  close_all();
  removed_.clear();
}

std::shared_ptr<Pistache::Aio::Handler> Worker::clone() const {
  return std::make_shared<Worker>(std::static_pointer_cast<InputHandler>(handler_->clone()),
                                  engine_);
}

void Worker::registerPoller(Pistache::Polling::Epoll &poller) {
  Transport::registerPoller(poller);
  poller_ = &poller;
  workspace_ = std::make_unique<Workspace>(engine_.options, engine_.draining, engine_.bodies,
                                           std::make_shared<Mailbox>());
  workspace_->now_ms = monotonic_ms();
  refresh_date();
  ticker_.emplace();
  engine_.reserves_missing.fetch_add(1);
  restore_reserve();
  const int mailbox = workspace_->mailbox->descriptor();
  poller.addFd(mailbox, kRead, Tag(static_cast<uint64_t>(mailbox)), Mode::Edge);
  const int timer = ticker_->descriptor();
  poller.addFd(timer, kRead, Tag(static_cast<uint64_t>(timer)), Mode::Edge);
  workspace_->mailbox->post(std::make_shared<Settling>());
  accepting_ = false;
  resume_accepting();
  auto seat = std::make_unique<Seat>();
  seat->number = engine_.seats.size();
  seat->worker = this;
  seat->mailbox = workspace_->mailbox;
  seat->counters = &workspace_->counters;
  seat_ = seat.get();
  engine_.seats.push_back(std::move(seat));
}

void Worker::onReady(const FdSet &events) {
  workspace_->now_ms = monotonic_ms();
  refresh_date();
  for (std::shared_ptr<Client> &client : std::exchange(yielded_, {})) attend(*client);
  for (const FdSet::Entry &entry : events) dispatch(event_of(entry));
  run_attended();
  settle();
  removed_.clear();
}

void Worker::dispatch(const Event &event) {
  const uint64_t tag = event.tag.value();
  if (is_client(tag)) {
    on_client(tag, event);
    return;
  }
  const int descriptor = static_cast<int>(tag);
  if (descriptor == workspace_->mailbox->descriptor()) {
    workspace_->mailbox->deliver_all([this] { run_attended(); });
  } else if (descriptor == ticker_->descriptor()) {
    on_tick();
  } else {
    for (Listener &listener : engine_.listeners) {
      if (accepting_ && descriptor == listener.descriptor()) accept_some(listener);
    }
  }
}

// An exception must not leave the event loop, which would end the process: it ends the client.
template <class Work>
void Worker::guarded(Client &client, Work work) {
  try {
    work(client);
  } catch (...) {
    remove(client);
  }
}

void Worker::on_client(uint64_t tag, const Event &event) {
  const size_t place = Client::place_of(tag);
  if (place >= clients_.size() || !clients_[place] || clients_[place]->tag() != tag) {
    return;  // closed earlier in this batch
  }
  Client &client = *clients_[place];  // lives until the batch is done, see remove()
  const Client::Readiness readiness{
      event.flags.hasFlag(NotifyOn::Read), event.flags.hasFlag(NotifyOn::Write),
      event.flags.hasFlag(NotifyOn::Shutdown) || event.flags.hasFlag(NotifyOn::Hangup)};
  guarded(client, [&](Client &c) { c.ready(readiness); });
}

void Worker::run_attended() {
  refresh_date();
  std::vector<std::shared_ptr<Client>> clients;
  clients.swap(attended_);
  for (const std::shared_ptr<Client> &client : clients) {
    client->awaits_attention = false;
    if (clients_[client->place()] != client) continue;
    guarded(*client, [](Client &c) { c.run(); });
  }
  if (attended_.empty()) {
    clients.clear();
    attended_.swap(clients);  // keeps the capacity
  } else {
    workspace_->mailbox->post(std::make_shared<Nudge>());
  }
}

void Worker::on_tick() {
  ticker_->acknowledge();
  workspace_->buffers.trim();
  if (!reserve_.valid()) restore_reserve();
  if (!engine_.draining && !accepting_) resume_accepting();
  for (size_t place = 0; place < clients_.size(); ++place) {
    const std::shared_ptr<Client> client = clients_[place];
    if (client) guarded(*client, [](Client &c) { c.tick(); });
  }
}

// By the clock that items are stamped with: time() may be behind it by a tick of the kernel's, and
// no Last-Modified may be later than the Date (RFC 9110 8.8.2.1).
void Worker::refresh_date() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  const int64_t now = time.tv_sec;
  if (std::exchange(date_seconds_, now) != now) workspace_->date = date_line(now);
}

void Worker::adopt(Guest guest) {
  const size_t place = free_place();
  generation_ = generation_ % kGenerations + 1;
  const uint64_t tag = generation_ << kPlaceBits | place;
  ClientHost &host = *this;
  const int descriptor = guest.socket.get();
  auto client =
      std::make_shared<Client>(descriptor, host, *workspace_, *guest.handler, guest.origin, tag);
  clients_[place] = client;
  guest.socket.release();
  guarded(*client, [&](Client &c) {
    handler_->onConnection(client);
    if (guest.secure) c.secure(guest.tls ? std::move(guest.tls) : engine_.tls.begin(descriptor));
    poller_->addFd(descriptor, kReadAndEnd, Tag(tag), Mode::Edge);
    if (guest.admission == Guest::Admission::kRefused) {
      c.connection().refuse(refusals::kTooManyConnections);
    }
    if (engine_.draining) {
      begin_drain(c);
    } else {
      c.run();  // the request is usually there already
    }
  });
}

size_t Worker::free_place() {
  if (free_places_.empty()) {
    clients_.emplace_back();
    free_places_.reserve(clients_.capacity());
    return clients_.size() - 1;
  }
  const size_t place = free_places_.back();
  free_places_.pop_back();
  return place;
}

void Worker::watch_writable(Client &client) {
  poller_->rearmFd(client.fd(), kReadWriteAndEnd, Tag(client.tag()), Mode::Edge);
}

void Worker::attend(Client &client) {
  const std::shared_ptr<Client> &known = clients_[client.place()];
  if (known.get() != &client || std::exchange(client.awaits_attention, true)) return;
  attended_.push_back(known);
}

void Worker::yield(Client &client) {
  const std::shared_ptr<Client> &known = clients_[client.place()];
  if (known.get() != &client) return;
  if (yielded_.empty()) workspace_->mailbox->post(std::make_shared<Nudge>());
  yielded_.push_back(known);
}

void Worker::input(Client &client, std::string_view bytes) {
  handler_->onInput(bytes.data(), bytes.size(), clients_[client.place()]);
}

// client, which lives until the batch of events is done, is none of this worker's any more.
void Worker::vacate(Client &client) {
  const size_t place = client.place();
  removed_.push_back(std::move(clients_[place]));
  clients_[place].reset();
  free_places_.push_back(place);
  handler_->onDisconnection(removed_.back());
  seat_->load.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::remove(Client &client) {
  if (clients_[client.place()].get() != &client) return;
  vacate(client);
  client.close();
  if (engine_.connections.fetch_sub(1) == 1 && engine_.draining) {
    navistore::Lock lock(engine_.mutex);  // not Transport::Lock
    engine_.emptied.notify_all();
  }
}

void Worker::drain() {
  accept_last();
  for (size_t place = 0; place < clients_.size(); ++place) {
    if (const std::shared_ptr<Client> client = clients_[place]) {
      guarded(*client, begin_drain);
    }
  }
}

void Worker::close_all() {
  for (size_t place = 0; place < clients_.size(); ++place) {
    if (const std::shared_ptr<Client> client = clients_[place]) remove(*client);
  }
}

}  // namespace navistore::http
