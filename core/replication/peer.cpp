// SPDX-License-Identifier: Apache-2.0
#include "core/replication/peer.hpp"

#include <algorithm>
#include <utility>

#include "core/json/shape.hpp"
#include "core/json/value.hpp"
#include "core/json/writer.hpp"
#include "core/replication/classic_peers.hpp"

namespace navistore::replication {
namespace {

constexpr size_t kLongestId = 63;
constexpr size_t kLongestUrl = 2'048;

bool good_id(const std::string &id) {
  return !id.empty() && id.size() <= kLongestId &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

Peer read_peer(const json::Value &value, const std::string &path, json::Faults &faults) {
  Peer peer;
  json::Shape shape(value, path, faults);
  const std::string *id = shape.string("id");
  const std::string *url = shape.string("url");
  const std::string *token_file = shape.string("token_file");
  shape.finish();
  if (id == nullptr || !good_id(*id)) {
    shape.fault("id", "expected 1 to 63 of a-z, 0-9, _ and -");
  } else if (id->rfind(kClassicIdPrefix, 0) == 0) {
    shape.fault("id", "names that begin with classic- are those of _replication_slaves");
  } else {
    peer.id = *id;
  }
  if (url == nullptr || !is_peer_url(*url)) {
    shape.fault("url", "expected http://host:port or https://host:port");
  } else {
    peer.url = *url;
    while (peer.url.back() == '/') peer.url.pop_back();
  }
  if (token_file != nullptr) peer.token_file = *token_file;
  return peer;
}

Error invalid(const std::string &text) { return {Code::kInvalid, text}; }

}  // namespace

// Only the scheme and that there is a host: the rest shows when the peer is called.
bool is_peer_url(const std::string &url) {
  const size_t host = url.rfind("http://", 0) == 0    ? 7
                      : url.rfind("https://", 0) == 0 ? 8
                                                      : std::string::npos;
  if (host == std::string::npos || host >= url.size() || url.size() > kLongestUrl) return false;
  if (url.find_first_of("?#@", host) != std::string::npos) return false;
  return std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<std::vector<Peer>> parse_peers(std::string_view json) {
  auto parsed = json::parse(json);
  if (!parsed) return std::move(parsed).error();
  const json::Value::Array *array = parsed.value().array();
  if (array == nullptr) return invalid("expected an array of peers");
  std::vector<Peer> peers;
  json::Faults faults;
  for (size_t i = 0; i < array->size(); ++i) {
    peers.push_back(read_peer((*array)[i], json::element_path("", i), faults));
    const auto same = [&](const Peer &other) { return other.id == peers.back().id; };
    if (std::any_of(peers.begin(), peers.end() - 1, same)) {
      faults.add(json::element_path("", i) + ".id", "given twice");
    }
  }
  if (faults.any()) return invalid(faults.text());
  return peers;
}

std::string to_json(const std::vector<Peer> &peers) {
  std::string out;
  json::Writer json(out);
  json.begin_array();
  for (const Peer &peer : peers) {
    json.begin_object().member("id", peer.id).member("url", peer.url);
    if (!peer.token_file.empty()) json.member("token_file", peer.token_file);
    json.end_object();
  }
  json.end_array();
  return out;
}

std::string_view name_of(PeerState state) {
  switch (state) {
    case PeerState::kStreaming: return "streaming";
    case PeerState::kCatchingUp: return "catching-up";
    case PeerState::kRetrying: return "retrying";
    case PeerState::kResyncing: return "resyncing";
    case PeerState::kRefused: break;
  }
  return "refused";
}

std::string to_json(const Cursor &cursor) {
  std::string out;
  json::Writer json(out);
  json.begin_object().member("epoch", cursor.epoch).member("revision", cursor.revision);
  json.member("peer_epoch", cursor.peer_epoch).member("last_ok_ms", cursor.last_ok_ms);
  json.end_object();
  return out;
}

Result<Cursor> parse_cursor(std::string_view json) {
  auto parsed = json::parse(json);
  if (!parsed) return std::move(parsed).error();
  json::Faults faults;
  json::Shape shape(parsed.value(), "cursor", faults);
  const auto epoch = shape.integer("epoch");
  const auto revision = shape.integer("revision");
  const auto peer_epoch = shape.integer("peer_epoch");
  const auto last_ok_ms = shape.integer("last_ok_ms");
  shape.finish();
  if (faults.any()) return invalid(faults.text());
  if (!epoch || !revision || !peer_epoch || !last_ok_ms) return invalid("cursor: incomplete");
  return Cursor{*epoch, *revision, *peer_epoch, *last_ok_ms};
}

}  // namespace navistore::replication
