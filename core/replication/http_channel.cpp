// SPDX-License-Identifier: Apache-2.0
// The one user of libcurl here.
#include <curl/curl.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "core/json/shape.hpp"
#include "core/json/value.hpp"
#include "core/replication/channel.hpp"

namespace navistore::replication {
namespace {

constexpr long kConnectTimeoutMs = 5'000;
constexpr long kTimeoutMs = 60'000;
constexpr int kPollMs = 1'000;
constexpr size_t kLongestAnswer = 64 * 1024;

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

void append(List &list, const std::string &field) {
  curl_slist *longer = curl_slist_append(list.get(), field.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

size_t take_part(char *part, size_t size, size_t count, void *out) {
  auto &answer = *static_cast<std::string *>(out);
  if (answer.size() + size * count > kLongestAnswer) return 0;
  answer.append(part, size * count);
  return size * count;
}

// Whatever in the process uses libcurl first; never undone, as its documentation advises.
void initialise_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(done);
}

std::string detail_of(const std::string &problem) {
  const auto parsed = json::parse(problem);
  if (!parsed) return {};
  const json::Value::Object *members = parsed.value().object();
  if (members == nullptr) return {};
  for (const json::Member &member : *members) {
    if (member.name == "detail" && member.value.string() != nullptr) return *member.value.string();
  }
  return {};
}

Result<Receipt> parse_receipt(const std::string &text) {
  auto parsed = json::parse(text);
  if (!parsed) return std::move(parsed).error().in("the peer's receipt");
  json::Faults faults;
  json::Shape shape(parsed.value(), "receipt", faults);
  const auto epoch = shape.integer("epoch");
  const auto applied = shape.integer("applied");
  const auto ignored = shape.integer("ignored");
  shape.finish();
  if (faults.any()) return Error{Code::kInvalid, faults.text()};
  if (!epoch || !applied || !ignored) return Error{Code::kInvalid, "receipt: incomplete"};
  return Receipt{*epoch, *applied, *ignored};
}

class HttpChannel final : public Channel {
 public:
  explicit HttpChannel(Peer peer) : peer_(std::move(peer)) {
    initialise_once();
    multi_.reset(curl_multi_init());
    easy_.reset(curl_easy_init());
  }
  Result<Receipt> deliver(const ChangeBatch &batch) override;
  void cancel() override {
    cancelled_ = true;
    curl_multi_wakeup(multi_.get());
  }

 private:
  List fields() const;
  void prepare(const std::string &body, const List &fields, std::string &answer);
  Outcome perform();
  Outcome result();

  const Peer peer_;
  std::atomic<bool> cancelled_{false};
  std::unique_ptr<CURLM, MultiDelete> multi_;
  std::unique_ptr<CURL, EasyDelete> easy_;  // goes before multi_
};

List HttpChannel::fields() const {
  List list;
  append(list, "Content-Type: " + std::string(kBatchType));
  append(list, "Expect:");  // its body is small, and a round trip costs more
  if (peer_.token_file.empty()) return list;
  std::ifstream file(peer_.token_file);
  std::string token;
  std::getline(file, token);  // read each time: it may be replaced while we run
  append(list, "Authorization: Bearer " + token);
  return list;
}

void HttpChannel::prepare(const std::string &body, const List &fields, std::string &answer) {
  CURL *easy = easy_.get();
  curl_easy_reset(easy);  // keeps the connection
  curl_easy_setopt(easy, CURLOPT_URL, (peer_.url + std::string(kApplyPath)).c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_part);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
}

// A multi handle with one transfer: so that cancel() can wake the wait.
Outcome HttpChannel::perform() {
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

Outcome HttpChannel::result() {
  int left = 0;
  while (const CURLMsg *message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    if (message->data.result == CURLE_OK) return Done{};
    return Error{Code::kUnavailable, curl_easy_strerror(message->data.result)};
  }
  return Error{Code::kUnavailable, "the transfer ended without a result"};
}

Result<Receipt> HttpChannel::deliver(const ChangeBatch &batch) {
  if (!easy_ || !multi_) return Error{Code::kNoMemory, "no handle for a transfer"};
  const std::string body = encode(batch);
  const List sent_fields = fields();
  std::string answer;
  prepare(body, sent_fields, answer);
  if (Outcome performed = perform(); !performed) return std::move(performed).error();
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 200) return parse_receipt(answer);
  std::string text = "the peer answered " + std::to_string(status);
  if (const std::string detail = detail_of(answer); !detail.empty()) text += ": " + detail;
  const bool refused = status >= 400 && status < 500 && status != 408 && status != 429;
  return Error{refused ? Code::kRefused : Code::kUnavailable, std::move(text)};
}

}  // namespace

std::unique_ptr<Channel> open_channel(const Peer &peer) {
  return std::make_unique<HttpChannel>(peer);
}

}  // namespace navistore::replication
