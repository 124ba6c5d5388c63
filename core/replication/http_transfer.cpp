// SPDX-License-Identifier: Apache-2.0
#include "core/replication/http_transfer.hpp"

#include <curl/curl.h>
#include <strings.h>

#include <atomic>
#include <utility>

namespace navistore::replication {
namespace {

constexpr long kConnectTimeoutMs = 5'000;
constexpr int kPollMs = 1'000;
constexpr size_t kLongestAnswer = 64 * 1024;
constexpr std::string_view kRevisionField = "Navi-Revision:";

struct EasyDelete {
  void operator()(CURL *easy) const { curl_easy_cleanup(easy); }
};
struct MultiDelete {
  void operator()(CURLM *multi) const { curl_multi_cleanup(multi); }
};
struct ListDelete {
  void operator()(curl_slist *list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDelete>;

List list_of(const std::vector<std::string> &fields) {
  List list;
  for (const std::string &field : fields) {
    curl_slist *longer = curl_slist_append(list.get(), field.c_str());
    if (longer == nullptr) return nullptr;
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

size_t take_part(char *part, size_t size, size_t count, void *out) {
  std::string &body = static_cast<HttpReply *>(out)->body;
  if (body.size() + size * count > kLongestAnswer) return 0;
  body.append(part, size * count);
  return size * count;
}

size_t take_field(char *line, size_t size, size_t count, void *out) {
  const std::string_view field(line, size * count);
  const bool wanted = field.size() > kRevisionField.size() &&
                      ::strncasecmp(line, kRevisionField.data(), kRevisionField.size()) == 0;
  if (!wanted) return field.size();
  const size_t first = field.find_first_not_of(" \t", kRevisionField.size());
  const size_t end = field.find_last_not_of(" \t\r\n") + 1;
  std::string &revision = static_cast<HttpReply *>(out)->revision;
  revision = first < end ? field.substr(first, end - first) : std::string_view();
  return field.size();
}

// Whatever in the process uses libcurl first; never undone, as its documentation advises.
void initialise_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(done);
}

class CurlTransfer final : public HttpTransfer {
 public:
  CurlTransfer(PeerTls tls, std::chrono::seconds longest_stall)
      : tls_(std::move(tls)),
        longest_stall_(longest_stall),
        multi_(curl_multi_init()),
        easy_(curl_easy_init()) {}
  Result<HttpReply> perform(const HttpCall &call) override;
  void cancel() override {
    cancelled_ = true;
    curl_multi_wakeup(multi_.get());
  }

 private:
  void prepare(const HttpCall &call, const List &fields, HttpReply &reply);
  void set_method(const HttpCall &call);
  void set_tls();
  Outcome run();
  Outcome result();

  const PeerTls tls_;
  const std::chrono::seconds longest_stall_;
  std::atomic<bool> cancelled_{false};
  std::unique_ptr<CURLM, MultiDelete> multi_;
  std::unique_ptr<CURL, EasyDelete> easy_;  // goes before multi_
};

void CurlTransfer::prepare(const HttpCall &call, const List &fields, HttpReply &reply) {
  CURL *easy = easy_.get();
  curl_easy_reset(easy);  // keeps the connection
  curl_easy_setopt(easy, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);  // a key may be ".."
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");  // whatever the environment names
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(longest_stall_.count()));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_part);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_field);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reply);
  set_method(call);
  set_tls();
}

// The files are read again for each connection: they may be replaced while we run.
void CurlTransfer::set_tls() {
  CURL *easy = easy_.get();
  if (!tls_.authorities.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, tls_.authorities.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (tls_.certificate.empty()) return;
  curl_easy_setopt(easy, CURLOPT_SSLCERT, tls_.certificate.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, tls_.key.c_str());
}

void CurlTransfer::set_method(const HttpCall &call) {
  using Method = HttpCall::Method;
  CURL *easy = easy_.get();
  if (call.method == Method::kHead) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (call.method == Method::kDelete) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    return;
  }
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  if (call.method == Method::kPut) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "PUT");
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.empty() ? "" : call.body.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
}

// A multi handle with one transfer: so that cancel() can wake the wait.
Outcome CurlTransfer::run() {
  curl_multi_add_handle(multi_.get(), easy_.get());
  int running = 1;
  while (running != 0 && !cancelled_) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
    if (running != 0) curl_multi_poll(multi_.get(), nullptr, 0, kPollMs, nullptr);
  }
  Outcome outcome = running == 0 ? result() : Error{Code::kCancelled, "cancelled"};
  curl_multi_remove_handle(multi_.get(), easy_.get());
  return outcome;
}

Outcome CurlTransfer::result() {
  int left = 0;
  while (const CURLMsg *message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    if (message->data.result == CURLE_OK) return Done{};
    return Error{Code::kUnavailable, curl_easy_strerror(message->data.result)};
  }
  return Error{Code::kUnavailable, "the transfer ended without a result"};
}

Result<HttpReply> CurlTransfer::perform(const HttpCall &call) {
  if (!easy_ || !multi_) return Error{Code::kNoMemory, "no handle for a transfer"};
  const List fields = list_of(call.fields);
  if (!fields && !call.fields.empty()) return Error{Code::kNoMemory, "no memory for a transfer"};
  HttpReply reply;
  prepare(call, fields, reply);
  if (Outcome performed = run(); !performed) return std::move(performed).error();
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  return reply;
}

}  // namespace

std::unique_ptr<HttpTransfer> open_transfer(PeerTls tls, std::chrono::seconds longest_stall) {
  initialise_once();
  return std::make_unique<CurlTransfer>(std::move(tls), longest_stall);
}

Error error_of(const HttpReply &reply, const std::string &detail) {
  const bool refused =
      reply.status >= 400 && reply.status < 500 && reply.status != 408 && reply.status != 429;
  std::string text = "the peer answered " + std::to_string(reply.status);
  if (!detail.empty()) text += ": " + detail;
  return {refused ? Code::kRefused : Code::kUnavailable, std::move(text)};
}

}  // namespace navistore::replication
