// SPDX-License-Identifier: Apache-2.0
// The door to libcurl here: one HTTP exchange at a time with one peer.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace navistore::replication {

struct HttpCall {
  enum class Method : uint8_t { kHead, kPost, kPut, kDelete } method = Method::kHead;
  std::string url;
  std::vector<std::string> fields;  // "Name: value"; "Name:" keeps libcurl from adding its own
  std::string_view body;            // of kPost and kPut; borrowed
};

struct HttpReply {
  int status = 0;
  std::string body;      // at most 64 KiB
  std::string revision;  // the field Navi-Revision; empty: none
};

// Keeps its connection between calls.
class HttpTransfer {
 public:
  virtual ~HttpTransfer() = default;
  // Blocks; one thread. kUnavailable: no whole answer came. kNoMemory. kCancelled.
  virtual Result<HttpReply> perform(const HttpCall &call) = 0;
  virtual void cancel() = 0;  // [any thread] for ever: perform() ends soon
};

// PEM files for https peers; empty: the system's authorities, and no certificate of our own.
struct PeerTls {
  std::string authorities;  // who may have signed a peer's certificate
  std::string certificate;  // shown to a peer that asks for one
  std::string key;
};

// A call ends when less than a byte a second moves for that long, the peer's thinking included;
// while more does, it may take as long as it takes.
inline constexpr std::chrono::seconds kLongestStall{60};
std::unique_ptr<HttpTransfer> open_transfer(PeerTls tls,
                                            std::chrono::seconds longest_stall = kLongestStall);

// What to make of an answer that is no success: kRefused where the same call will fail again.
Error error_of(const HttpReply &reply, const std::string &detail);

}  // namespace navistore::replication
