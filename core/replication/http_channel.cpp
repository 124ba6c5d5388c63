// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "core/json/shape.hpp"
#include "core/json/value.hpp"
#include "core/replication/channels.hpp"

namespace navistore::replication {
namespace {

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
  HttpChannel(Peer peer, PeerTls tls)
      : peer_(std::move(peer)), transfer_(open_transfer(std::move(tls))) {}
  Result<Receipt> deliver(const ChangeBatch &batch) override;
  void cancel() override { transfer_->cancel(); }

 private:
  Result<std::string> token() const;

  const Peer peer_;
  const std::unique_ptr<HttpTransfer> transfer_;
};

// Read each time: it may be replaced while we run.
Result<std::string> HttpChannel::token() const {
  std::ifstream file(peer_.token_file);
  std::string token;
  if (std::getline(file, token) && !token.empty()) return token;
  return Error{Code::kUnavailable, "no token can be read from " + peer_.token_file};
}

Result<Receipt> HttpChannel::deliver(const ChangeBatch &batch) {
  const std::string body = encode(batch);
  HttpCall call;
  call.method = HttpCall::Method::kPost;
  call.url = peer_.url + std::string(kApplyPath);
  // The body is small, so waiting for a 100 would cost more than sending it in vain.
  call.fields = {"Content-Type: " + std::string(kBatchType), "Expect:"};
  call.body = body;
  if (!peer_.token_file.empty()) {
    auto read = token();
    if (!read) return std::move(read).error();
    call.fields.push_back("Authorization: Bearer " + read.value());
  }
  const auto reply = transfer_->perform(call);
  if (!reply) return reply.error();
  if (reply.value().status == 200) return parse_receipt(reply.value().body);
  return error_of(reply.value(), detail_of(reply.value().body));
}

}  // namespace

std::unique_ptr<Channel> open_http_channel(const Peer &peer, const PeerTls &tls) {
  return std::make_unique<HttpChannel>(peer, tls);
}

}  // namespace navistore::replication
