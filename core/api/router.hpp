// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/api/call.hpp"
#include "core/http/message.hpp"

namespace navistore::api {

// What a path names. Keys are everything behind /v1/kv/, so no resource hangs under one.
enum class Resource : uint8_t {
  kItem,
  kCollection,
  kBulkGet,
  kBulk,
  kTransaction,
  kWatch,
  kPeers,
  kPeerResync,
  kReplication,
  kApply,
  kReset,
  kCompact,
  kInfo,
  kConformance,
  kLive,
  kReady,
  kMetrics,
  kServer,  // "*", for OPTIONS alone
  kUnknown,
};

inline constexpr std::string_view kPeerPath = "/v1/replication/peers/";

Resource resource_of(const http::Request &request);
// The names of the resources in the metrics, in the order of the enum.
std::vector<std::string_view> resource_names();

// How large a body the resource takes.
uint64_t max_body(Resource resource, uint64_t max_value, uint64_t max_json);

// How the body is to be taken. A large one whose request is refused by what its head says
// is not gathered: route() then answers before it.
http::BodyPlan plan_body(const http::Request &head, uint64_t max_value,
                         const ServiceOptions &options);

// Hands the call to its resource; a method that it does not have is 405 with Allow.
void route(Call &call);

}  // namespace navistore::api
