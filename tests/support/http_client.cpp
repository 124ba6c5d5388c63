// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace navistore::test {
namespace {

constexpr int kReceiveTimeoutSeconds =
    60;  // a bound for a broken server, never waited for in a good run

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

HttpClient::HttpClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{kReceiveTimeoutSeconds, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
    ::close(fd_);
    throw std::runtime_error("connect to port " + std::to_string(port));
  }
}

HttpClient::~HttpClient() { ::close(fd_); }

std::optional<HttpAnswer> HttpClient::request(std::string_view method, std::string_view target,
                                              std::string_view body,
                                              const std::vector<std::string> &fields) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  for (const std::string &field : fields) text += field + "\r\n";
  if (!body.empty() || method == "PUT" || method == "POST") {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  text += "\r\n";
  text += body;
  if (!send(text)) return std::nullopt;
  return receive(method != "HEAD");
}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool HttpClient::fill() {
  std::array<char, 64 * 1024> part{};
  const ssize_t n = ::recv(fd_, part.data(), part.size(), 0);
  if (n <= 0) return false;
  buffer_.append(part.data(), static_cast<size_t>(n));
  return true;
}

std::optional<std::string> HttpClient::take_line() {
  size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::optional<std::string> HttpClient::take_bytes(size_t count) {
  while (buffer_.size() < count) {
    if (!fill()) return std::nullopt;
  }
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

std::optional<std::string> HttpClient::take_chunks() {
  std::string body;
  for (;;) {
    auto part = receive_chunk();
    if (!part) return std::nullopt;
    if (part->empty()) return body;
    body += *part;
  }
}

std::optional<std::string> HttpClient::receive_chunk() {
  auto size_line = take_line();
  if (!size_line) return std::nullopt;
  const size_t size = std::stoul(*size_line, nullptr, 16);
  auto part = take_bytes(size);
  if (!part || !take_line()) return std::nullopt;
  return part;
}

void HttpClient::shut_down() const { ::shutdown(fd_, SHUT_RDWR); }

std::optional<HttpAnswer> HttpClient::receive_head() {
  auto status_line = take_line();
  if (!status_line || status_line->size() < 12) return std::nullopt;
  HttpAnswer answer;
  answer.status = std::stoi(status_line->substr(9, 3));
  for (;;) {
    auto line = take_line();
    if (!line) return std::nullopt;
    if (line->empty()) break;
    const size_t colon = line->find(':');
    const size_t value = line->find_first_not_of(' ', colon + 1);
    answer.fields[lower(line->substr(0, colon))] =
        value == std::string::npos ? "" : line->substr(value);
  }
  return answer;
}

std::optional<HttpAnswer> HttpClient::receive(bool body_follows) {
  auto head = receive_head();
  if (!head) return std::nullopt;
  HttpAnswer &answer = *head;
  if (!body_follows || answer.status == 304 || answer.status == 204 || answer.status == 100)
    return answer;
  std::optional<std::string> body;
  if (answer.fields.count("content-length") != 0) {
    body = take_bytes(std::stoul(answer.fields["content-length"]));
  } else if (answer.fields.count("transfer-encoding") != 0) {
    body = take_chunks();
  } else {
    body = receive_all();
  }
  if (!body) return std::nullopt;
  answer.body = std::move(*body);
  return answer;
}

std::string HttpClient::receive_all() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

}  // namespace navistore::test
