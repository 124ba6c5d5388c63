// SPDX-License-Identifier: Apache-2.0
#include "core/classic/page.hpp"

#include <utility>

namespace navistore::classic {
namespace {

void append_escaped(std::string_view text, std::string &out) {
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      default: out += c;
    }
  }
}

// Values are anything that anybody put: a browser that shows one runs no script of it.
void begin(int status, http::Response &response) {
  response.clear();
  response.status = status;
  response.field("Content-Type", "text/html").field("Content-Security-Policy", "sandbox");
}

}  // namespace

void write_body(std::string body, http::Response &response) {
  begin(200, response);
  response.body = std::move(body);
}

void write_page(int status, std::string_view title, std::string_view text,
                http::Response &response) {
  begin(status, response);
  std::string &out = response.body;
  out.append("<html>\n<head><title>").append(std::to_string(status)).append(" - ");
  append_escaped(title, out);
  out.append("</title></head>\n<body>\n<h1>");
  append_escaped(title, out);
  out.append("</h1>\n<p>");
  append_escaped(text, out);
  out.append("</p>\n</body>\n</html>\n");
}

void write_missing(http::Response &response) {
  write_page(404, "No Such Resource", "Sorry. No luck finding that resource.", response);
}

void write_failure(const Error &error, api::Access access, http::Response &response) {
  const api::Fault fault = api::fault_of(error, access);
  const api::ProblemKind &kind = api::kind_of(fault.problem);
  write_page(kind.status, kind.title, fault.detail, response);
  if (kind.status == 503 && kind.retryable) response.field("Retry-After", "1");
}

}  // namespace navistore::classic
