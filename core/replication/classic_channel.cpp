// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/replication/channels.hpp"
#include "core/replication/classic_peers.hpp"
#include "core/replication/classic_push.hpp"

namespace navistore::replication {
namespace {

using Method = HttpCall::Method;

constexpr int kHex = 16;
constexpr std::chrono::seconds kGreetEvery{10};

std::string path_of(std::string_view key) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string path = "/";
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '~' || c == '.';
    if (plain) {
      path.push_back(c);
    } else {
      path.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
    }
  }
  return path;
}

class ClassicChannel final : public Channel {
 public:
  ClassicChannel(Peer peer, PeerTls tls, Echoes &echoes)
      : peer_(std::move(peer)), transfer_(open_transfer(std::move(tls))), echoes_(echoes) {}
  Result<Receipt> deliver(const ChangeBatch &batch) override;
  void cancel() override { transfer_->cancel(); }

 private:
  Outcome greet();
  Outcome push(const Change &change, uint64_t source);
  Outcome put(const Change &change, uint64_t source);
  Outcome remove(const Change &change, uint64_t source);
  Result<HttpReply> call(const HttpCall &call);
  bool is_missing(const std::string &url);

  const Peer peer_;
  const std::unique_ptr<HttpTransfer> transfer_;
  Echoes &echoes_;
  std::optional<std::chrono::steady_clock::time_point> greeted_;
  int greeting_ = 0;    // the status then
  uint64_t epoch_ = 0;  // as the last answer told it; 0: it did not
};

// Notes the epoch that a server of our kind tells in every answer.
Result<HttpReply> ClassicChannel::call(const HttpCall &call) {
  auto reply = transfer_->perform(call);
  if (!reply) return reply;
  const std::string &revision = reply.value().revision;
  epoch_ = 0;
  std::from_chars(revision.data(), revision.data() + revision.size(), epoch_, kHex);
  return reply;
}

Result<Receipt> ClassicChannel::deliver(const ChangeBatch &batch) {
  const auto now = std::chrono::steady_clock::now();
  if (batch.transactions.empty() || !greeted_ || now - *greeted_ > kGreetEvery) {
    if (Outcome greeted = greet(); !greeted) return std::move(greeted).error();
  }
  // What the store itself has replaced since then would only come back from a peer that repeats it.
  std::unordered_map<std::string_view, const Change *> last;
  for (const ChangedTogether &changes : batch.transactions) {
    for (const Change &change : changes) last[change.key] = &change;
  }
  for (const ChangedTogether &changes : batch.transactions) {
    for (const Change &change : changes) {
      if (change.key == kClassicPeersKey) continue;  // there it is the peer's own list of peers
      if (last[change.key] != &change) continue;
      if (Outcome done = push(change, batch.node); !done) return std::move(done).error();
    }
  }
  return Receipt{epoch_, batch.changes(), 0};
}

Outcome ClassicChannel::push(const Change &change, uint64_t source) {
  const bool tombstone = store::MetaView(change.meta).tombstone();
  const Echoes::Value value = tombstone ? Echoes::Value() : Echoes::Value(change.value);
  echoes_.push(peer_.url, change.key, value);
  Outcome done = tombstone ? remove(change, source) : put(change, source);
  if (epoch_ != 0) echoes_.forget(peer_.url, change.key, value);
  return done;
}

// Whether it is there, and what it tells of its epoch; every server of the API answers this.
Outcome ClassicChannel::greet() {
  HttpCall head;
  head.url = peer_.url + path_of(kClassicPeersKey);
  const auto reply = call(head);
  if (!reply) return reply.error();
  const int status = reply.value().status;
  if (status == 200 || status == 404) {
    // It repeats where it has peers itself. What its echoes told is left as it is until this
    // changes.
    if (status != greeting_) echoes_.tell(peer_.url, status == 200);
    greeting_ = status;
    greeted_ = std::chrono::steady_clock::now();
    return Done{};
  }
  return error_of(reply.value(), {});
}

Outcome ClassicChannel::put(const Change &change, uint64_t source) {
  HttpCall put;
  put.method = Method::kPut;
  put.url = peer_.url + path_of(change.key);
  put.fields = push_fields(change, source);
  // The original's server reads a form's type as a form.
  put.fields.insert(put.fields.end(), {"Content-Type: application/octet-stream", "Expect:"});
  put.body = change.value;
  const auto reply = call(put);
  if (!reply) return reply.error();
  if (reply.value().status / 100 == 2) return Done{};
  return error_of(reply.value(), "PUT " + put.url);
}

// The original answers 500 to the DELETE of a key that it does not have.
Outcome ClassicChannel::remove(const Change &change, uint64_t source) {
  HttpCall remove;
  remove.method = Method::kDelete;
  remove.url = peer_.url + path_of(change.key);
  remove.fields = push_fields(change, source);
  const auto reply = call(remove);
  if (!reply) return reply.error();
  const int status = reply.value().status;
  if (status / 100 == 2 || status == 404) return Done{};
  if (status == 500 && is_missing(remove.url)) return Done{};
  return error_of(reply.value(), "DELETE " + remove.url);
}

bool ClassicChannel::is_missing(const std::string &url) {
  HttpCall head;
  head.url = url;
  const auto reply = call(head);
  return reply && reply.value().status == 404;
}

}  // namespace

std::unique_ptr<Channel> open_classic_channel(const Peer &peer, const PeerTls &tls,
                                              Echoes &echoes) {
  return std::make_unique<ClassicChannel>(peer, tls, echoes);
}

}  // namespace navistore::replication
