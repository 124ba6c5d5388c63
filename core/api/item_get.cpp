// SPDX-License-Identifier: Apache-2.0
// GET and HEAD of one key: the path that must be fast.
#include <algorithm>
#include <string>

#include "core/api/conditions.hpp"
#include "core/api/detached.hpp"
#include "core/api/item_json.hpp"
#include "core/api/item_request.hpp"
#include "core/api/resources.hpp"
#include "core/api/time_text.hpp"
#include "core/api/waiter.hpp"

namespace navistore::api {
namespace {

// What every answer about an item says. Written as one piece: it is on the hot path.
constexpr std::string_view kItemFields =
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: sandbox\r\n"
    "Cache-Control: no-cache\r\n"
    "Vary: Accept\r\n";

enum class Verdict : uint8_t { kMissing, kShown, kNotModified, kNotCurrent, kNotAcceptable };

// The envelope is given only to who names its type, and likes it no less than the value's own.
std::optional<Form> choose_form(std::string_view accept, std::string_view type) {
  if (accept.empty() || accept == "*/*") return Form::kPlain;
  const unsigned plain = quality(accept, type);
  const auto envelope = named_quality(accept, kEnvelopeType);
  if (envelope && *envelope > 0 && *envelope >= plain) return Form::kEnvelope;
  if (plain > 0) return Form::kPlain;
  return std::nullopt;
}

// Answers one GET from what the store shows of the item.
class ItemAnswer {
 public:
  ItemAnswer(Call &call, json::Encoding encoding)
      : call_(call), encoding_(encoding), epoch_(call.store().epoch()) {}

  void judge(const store::ItemView &item) {
    revision_ = item.revision;
    expires_ms_ = item.expires_ms;
    const Headers &headers = call_.headers();
    const std::string_view type = item.meta.type().empty() ? kDefaultType : item.meta.type();
    const Version version{epoch_, item.revision};
    const auto form = choose_form(headers[Header::kAccept], type);
    if (!form) {
      verdict_ = Verdict::kNotAcceptable;
    } else if (headers.present(Header::kIfMatch) &&
               !if_match_holds(headers[Header::kIfMatch], version)) {
      verdict_ = Verdict::kNotCurrent;
    } else if (headers.present(Header::kIfNoneMatch) &&
               !if_none_match_holds(headers[Header::kIfNoneMatch], version, *form)) {
      verdict_ = Verdict::kNotModified;
      call_.response().status = 304;
      write_fields(item, *form);
    } else {
      verdict_ = Verdict::kShown;
      write_fields(item, *form);
      write_body(item, *form, type);
    }
  }

  Verdict verdict() const { return verdict_; }
  uint64_t revision() const { return revision_; }
  uint64_t expires_ms() const { return expires_ms_; }
  // HEAD of an envelope, or without a size in the meta: only the value tells the length.
  bool needs_value() const { return needs_value_; }

 private:
  void write_fields(const store::ItemView &item, Form form) {
    std::string &fields = call_.response().fields;
    fields.append("ETag: ");
    append_etag({epoch_, item.revision}, form, fields);
    fields.append("\r\n").append(kItemFields);
    if (item.meta.modified_ms() != 0) {
      fields.append("Last-Modified: ");
      append_http_date(item.meta.modified_ms(), fields);
      fields.append("\r\n");
    }
    if (item.expires_ms != 0) {
      fields.append("Navi-Expires-At: ");
      append_rfc3339(item.expires_ms, fields);
      fields.append("\r\n");
    }
    if (!item.meta.has_user()) return;
    item.meta.for_each_user([&](std::string_view name, std::string_view value) {
      call_.response().field(std::string(kMetaPrefix).append(name), value);
    });
  }

  void write_body(const store::ItemView &item, Form form, std::string_view type) {
    http::Response &response = call_.response();
    if (form == Form::kEnvelope) {
      response.field("Content-Type", kEnvelopeType);
      json::Writer json(response.body);
      write_item(item, {epoch_, Include::kValues, encoding_}, json);
      needs_value_ = call_.is_head();
      return;
    }
    response.field("Content-Type", type);
    if (!call_.is_head()) {
      response.body.append(item.value);
    } else if (item.meta.valid()) {
      response.head_length = item.meta.size();
    } else {
      response.head_length = item.value.size();
      needs_value_ = true;
    }
  }

  Call &call_;
  const json::Encoding encoding_;
  const uint64_t epoch_;
  Verdict verdict_ = Verdict::kMissing;
  uint64_t revision_ = 0;
  uint64_t expires_ms_ = 0;
  bool needs_value_ = false;
};

// Reads the key and makes the answer, but for problems.
std::optional<Fault> read_item(Call &call, std::string_view key, store::Values values,
                               ItemAnswer &answer) {
  const auto revision =
      call.store().read(&key, 1, values, [&](size_t, const store::ItemView &item) {
        answer.judge(item);
        return true;
      });
  if (!revision) return fault_of(revision.error(), Access::kRead);
  call.valid_at(revision.value());
  return std::nullopt;
}

void fail_not_current(Call &call, uint64_t revision) {
  const Fault fault{Problem::kPreconditionFailed, "the current version is none that If-Match names",
                    0};
  const std::string current = etag_text(call.version(revision));
  call.fail(fault, [&](json::Writer &members) { members.member("current", current); });
  call.response().field("ETag", current);
}

Attempt conclude(Call &call, const ItemAnswer &answer) {
  Attempt attempt;
  switch (answer.verdict()) {
    case Verdict::kShown: break;
    case Verdict::kNotModified: attempt = {Attempt::Kind::kMayChange, answer.expires_ms()}; break;
    case Verdict::kMissing:
      call.fail(Problem::kNotFound, "no such key");
      if (!call.headers().present(Header::kIfNoneMatch)) attempt.kind = Attempt::Kind::kMayChange;
      break;
    case Verdict::kNotCurrent: fail_not_current(call, answer.revision()); break;
    case Verdict::kNotAcceptable:
      call.fail(Problem::kNotAcceptable,
                "Accept covers neither the value's own type nor " + std::string(kEnvelopeType));
      break;
  }
  return attempt;
}

std::optional<Fault> read_request(Call &call, Key &key, json::Encoding &encoding) {
  Parameters parameters(call.request().query);
  if (auto fault = locate(call, parameters, key)) return fault;
  encoding = take_encoding(parameters);
  if (auto fault = parameters.finish()) return fault;
  if (auto fault = check_tag_lists(call.headers())) return fault;
  return parse_wait(call.headers()[Header::kPrefer], call.wait);
}

Attempt read_and_conclude(Call &call, std::string_view key, json::Encoding encoding,
                          store::Values values) {
  ItemAnswer answer(call, encoding);
  if (const auto fault = read_item(call, key, values, answer)) {
    call.fail(*fault);
    return {};
  }
  if (values == store::Values::kWithout && answer.needs_value()) {
    call.response().clear();
    return read_and_conclude(call, key, encoding, store::Values::kWith);
  }
  return conclude(call, answer);
}

Attempt try_get(Call &call) {
  Key key;
  json::Encoding encoding = json::Encoding::kText;
  if (const auto fault = read_request(call, key, encoding)) {
    call.fail(*fault);
    return {};
  }
  const auto values = call.is_head() ? store::Values::kWithout : store::Values::kWith;
  return read_and_conclude(call, key.bytes(), encoding, values);
}

}  // namespace

void get_item(Call &call) {
  const bool here = call.store().reads_inline(1);
  if (!here && call.detached() == nullptr) return on_reader_pool(call, get_item);
  const Attempt attempt = try_get(call);
  const bool waits = call.wait && call.wait->count() > 0;
  if (attempt.kind != Attempt::Kind::kMayChange || !waits) return;
  Key key;
  Parameters parameters(call.request().query);
  if (locate(call, parameters, key)) return;
  store::Interest interest{store::Interest::Kind::kKey, std::string(key.bytes())};
  wait_for_change(call, std::move(interest), here ? Place::kHere : Place::kReaderPool, try_get);
}

}  // namespace navistore::api
