// SPDX-License-Identifier: Apache-2.0
#include "core/replication/classic_peers.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace navistore::replication {
namespace {

constexpr size_t kReadablePart = 46;  // of an id: with prefix and hash it has at most 63
constexpr int kHex = 16;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// FNV-1a, 32 bits.
uint32_t hash_of(std::string_view text) {
  uint32_t hash = 0x811C9DC5;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

// Readable in a metric's label; the hash keeps a.b and a-b apart.
std::string id_of(const std::string &url) {
  std::string name = url.substr(url.find("//") + 2, kReadablePart);
  for (char &c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!good) c = '-';
  }
  std::array<char, 8> digits{};
  const auto [end, failure] =
      std::to_chars(digits.data(), digits.data() + digits.size(), hash_of(url), kHex);
  return std::string(kClassicIdPrefix) + name + "-" + std::string(digits.data(), end);
}

}  // namespace

Result<std::vector<Peer>> parse_classic_peers(std::string_view urls) {
  std::vector<Peer> peers;
  while (!urls.empty()) {
    const size_t comma = std::min(urls.find(','), urls.size());
    std::string url(trimmed(urls.substr(0, comma)));
    urls.remove_prefix(std::min(comma + 1, urls.size()));
    if (url.empty()) continue;
    if (!is_peer_url(url)) {
      return Error{Code::kInvalid, "'" + url + "' is not of the form http://host:port"};
    }
    while (url.back() == '/') url.pop_back();
    const auto same = [&](const Peer &other) { return other.url == url; };
    if (std::any_of(peers.begin(), peers.end(), same)) continue;
    peers.push_back({id_of(url), url, {}, Peer::Kind::kClassic});
  }
  return peers;
}

std::string to_urls(const std::vector<Peer> &peers) {
  std::string urls;
  for (const Peer &peer : peers) urls += (urls.empty() ? "" : ",") + peer.url;
  return urls;
}

}  // namespace navistore::replication
