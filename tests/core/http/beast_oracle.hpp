// SPDX-License-Identifier: Apache-2.0
// Boost.Beast's parser, as an oracle for ours: what ours accepts, it must understand the same.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/message.hpp"
#include "core/http/request_parser.hpp"

namespace navistore::http::testing {

// A head as somebody understood it.
struct Understood {
  bool accepted = false;
  std::string method;
  std::string target;
  std::vector<std::string> fields;  // "Name: value"
  std::string framing;              // "length N", "chunked" or ""
  bool keep_alive = false;

  bool operator==(const Understood &other) const {
    return accepted == other.accepted && method == other.method && target == other.target &&
           fields == other.fields && framing == other.framing && keep_alive == other.keep_alive;
  }
};

class BeastParser final : public boost::beast::http::basic_parser<true> {
 public:
  Understood understand(std::string_view bytes) {
    boost::beast::error_code error;
    header_limit(64 * 1024);
    body_limit(std::numeric_limits<std::uint64_t>::max());
    put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    understood_.accepted = !error && is_header_done();
    if (!understood_.accepted) return {};
    if (chunked()) understood_.framing = "chunked";
    if (content_length()) understood_.framing = "length " + std::to_string(*content_length());
    understood_.keep_alive = keep_alive();
    return understood_;
  }

 private:
  using Error = boost::beast::error_code;
  using View = boost::beast::string_view;
  static std::string text(View view) { return {view.data(), view.size()}; }

  void on_request_impl(boost::beast::http::verb, View method, View target, int, Error &) override {
    understood_.method = text(method);
    understood_.target = text(target);
  }
  void on_field_impl(boost::beast::http::field, View name, View value, Error &) override {
    understood_.fields.push_back(text(name) + ": " + text(value));
  }
  void on_response_impl(int, View, int, Error &) override {}
  void on_header_impl(Error &) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t> &, Error &) override {}
  std::size_t on_body_impl(View body, Error &) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, View, Error &) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Error &) override { return body.size(); }
  void on_finish_impl(Error &) override {}

  Understood understood_;
};

// bytes: a head. target is what stood in the request line.
inline Understood understand_ours(std::string_view bytes) {
  static constexpr HeadLimits kLimits{60'000, 60'000, 10'000};
  HeadScanner scanner(kLimits);
  Request request;
  HeadFacts facts;
  if (scanner.scan(bytes) != HeadScanner::State::kComplete) return {};
  const std::string_view head = scanner.head(bytes);
  if (parse_head(head, kLimits, request, facts) != nullptr) return {};
  Understood understood{true, std::string(request.method_name), {}, {}, {}, facts.keep_alive};
  const size_t target = request.method_name.size() + 1;
  understood.target = head.substr(target, head.find(' ', target) - target);
  for (const Field &field : request.fields) {
    understood.fields.push_back(std::string(field.name).append(": ").append(field.value));
  }
  if (request.chunked) understood.framing = "chunked";
  if (request.content_length) {
    understood.framing = "length " + std::to_string(*request.content_length);
  }
  return understood;
}

constexpr std::string_view kProxyConnection = "proxy-connection";
inline bool is_same_letter(char a, char lower) {
  return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == lower;
}

// Where Beast says no and we say yes on purpose, or it obeys a field that is in no RFC.
inline bool is_known_leniency(std::string_view bytes) {
  const bool empty_line = bytes.substr(0, 2) == "\r\n";  // RFC 9112 2.2
  const size_t version = bytes.find(" HTTP/1.");
  const char minor = version == std::string_view::npos ? '1' : bytes[version + 8];
  const bool proxy_connection = std::search(bytes.begin(), bytes.end(), kProxyConnection.begin(),
                                            kProxyConnection.end(), is_same_letter) != bytes.end();
  return empty_line || proxy_connection || (minor != '0' && minor != '1');  // RFC 9110 2.5
}

}  // namespace navistore::http::testing
