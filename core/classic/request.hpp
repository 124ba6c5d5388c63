// SPDX-License-Identifier: Apache-2.0
// What the resources of the classic API share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/classic/handler.hpp"
#include "core/gate.hpp"

namespace navistore::classic {

struct Rooms {
  store::Store &store;
  replication::Replication &replication;
  const Options &options;
  const std::shared_ptr<Gate> &gate;  // other threads get a share: see Handler::stop()
};

// Each answers the exchange, at once or later; none blocks the thread that it is called on.
void get_item(const Rooms &rooms, std::string key, http::Exchange &exchange);  // also HEAD
void put_item(const Rooms &rooms, std::string key, http::Exchange &exchange);
void delete_item(const Rooms &rooms, std::string key, http::Exchange &exchange);
void list_keys(const Rooms &rooms, http::Exchange &exchange);  // also HEAD
void reset(const Rooms &rooms, http::Exchange &exchange);
void get_peers(const Rooms &rooms, http::Exchange &exchange);  // also HEAD
void put_peers(const Rooms &rooms, http::Exchange &exchange);
void delete_peers(const Rooms &rooms, http::Exchange &exchange);

// What another server pushes: a PUT or DELETE with the fields of replication/classic_push.hpp.
bool is_push(const http::Request &request);
void apply_push(const Rooms &rooms, std::string key, http::Exchange &exchange);

// True: the answer is made, since this server takes no writes of clients.
bool refuses_writes(const Rooms &rooms, http::Response &response);
// Adds what every answer carries; the last step before it is sent.
void finish(const store::Store &store, http::Response &response);
// Answers later, once, from a reader thread, where making the answer may block.
void answer_on_reader(const Rooms &rooms, http::Exchange &exchange,
                      std::function<void(http::Response &)> make);

}  // namespace navistore::classic
