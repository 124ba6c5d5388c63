// SPDX-License-Identifier: Apache-2.0
// A Pistache transport that does all I/O of its clients itself, and the Pistache handler that
// passes their input on. Pistache clones one of each for every thread of its reactor.
#pragma once

#include <pistache/http.h>
#include <pistache/transport.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/http/client.hpp"
#include "core/http/engine.hpp"
#include "core/http/ticker.hpp"
#include "core/http/workspace.hpp"

namespace navistore::http {

// Input of a Pistache peer goes to its connection. Nothing of Pistache's parser is attached.
class InputHandler final : public Pistache::Http::Handler {
  HTTP_PROTOTYPE(InputHandler)
 public:
  void onRequest(const Pistache::Http::Request &, Pistache::Http::ResponseWriter) override {}
  void onConnection(const std::shared_ptr<Pistache::Tcp::Peer> &) override {}
  void onInput(const char *bytes, size_t size,
               const std::shared_ptr<Pistache::Tcp::Peer> &peer) override;
  void onDisconnection(const std::shared_ptr<Pistache::Tcp::Peer> &peer) override;
};

// [worker] but for construction and registerPoller, which run before the threads start, and
// destruction, which runs after they ended.
class Worker final : public Pistache::Tcp::Transport, private ClientHost {
 public:
  Worker(std::shared_ptr<InputHandler> handler, Engine &engine);
  ~Worker() override;

  // Pistache::Aio::Handler
  std::shared_ptr<Pistache::Aio::Handler> clone() const override;
  void registerPoller(Pistache::Polling::Epoll &poller) override;
  void onReady(const Pistache::Aio::FdSet &events) override;

  // Takes a connected socket over; it counts in Engine::connections and Seat::load already.
  void adopt(Guest guest);
  // Accepts what waits, lets go of the listening sockets, and closes what is idle.
  void drain();
  void close_all();

 private:
  struct Busy {
    Client *client;
    size_t group;   // see placement.hpp
    uint64_t rate;  // events a second
  };

  // ClientHost
  void watch_writable(Client &client) override;
  void attend(Client &client) override;
  void yield(Client &client) override;
  void input(Client &client, std::string_view bytes) override;
  void remove(Client &client) override;

  template <class Work>
  void guarded(Client &client, Work work);
  void dispatch(const Pistache::Polling::Event &event);
  void on_client(uint64_t tag, const Pistache::Polling::Event &event);
  void on_tick();
  void run_attended();
  bool accept_some(Listener &listener);
  void accept_last();
  void admit(Accepted accepted, const Listener &listener);
  void place(Guest guest);
  void give(Seat &seat, Guest guest);
  void settle();
  void move_some(const std::vector<Busy> &busy, std::vector<uint64_t> &own);
  void move(Client &client, Seat &seat);
  void vacate(Client &client);
  void pause_accepting();
  void resume_accepting();
  void shed(Listener &listener);
  void restore_reserve();
  size_t free_place();
  void refresh_date();

  const std::shared_ptr<InputHandler> handler_;
  Engine &engine_;
  Pistache::Polling::Epoll *poller_ = nullptr;
  Seat *seat_ = nullptr;
  std::unique_ptr<Workspace> workspace_;
  std::optional<Ticker> ticker_;
  Descriptor reserve_;  // given up for a moment to shed connections when descriptors run out
  std::vector<std::shared_ptr<Client>> clients_;  // by place, see Client::tag()
  std::vector<size_t> free_places_;
  std::vector<std::shared_ptr<Client>> attended_;
  std::vector<std::shared_ptr<Client>> yielded_;
  std::vector<std::shared_ptr<Client>> removed_;  // until the batch is done
  uint64_t generation_ = 0;
  int64_t date_seconds_ = 0;
  int64_t settled_ms_ = 0;   // when settle() did something
  bool overloaded_ = false;  // then
  bool accepting_ = true;
  bool starved_ = false;  // of descriptors, at the last tick
};

}  // namespace navistore::http
