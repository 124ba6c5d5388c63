// SPDX-License-Identifier: Apache-2.0
// GET and HEAD of one key: the path that must be fast.
#include <algorithm>
#include <array>
#include <string>

#include "core/api/conditions.hpp"
#include "core/api/detached.hpp"
#include "core/api/item_json.hpp"
#include "core/api/item_request.hpp"
#include "core/api/resources.hpp"
#include "core/api/time_text.hpp"
#include "core/api/value_cache.hpp"
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

// Answers one GET from what the store shows of the item. epoch: of the store before it was read, so
// that a version never names what is older than its epoch.
class ItemAnswer {
 public:
  ItemAnswer(Call &call, json::Encoding encoding, uint64_t epoch)
      : call_(call), encoding_(encoding), epoch_(epoch) {}

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
    std::array<char, 64 + kItemFields.size() + kLongestEtag + kHttpDate + kRfc3339> room;
    TextWriter fields(room);
    fields.text("ETag: ");
    write_etag({epoch_, item.revision}, form, fields);
    fields.text("\r\n").text(kItemFields);
    if (item.meta.modified_ms() != 0) {
      fields.text("Last-Modified: ");
      write_http_date(item.meta.modified_ms(), fields);
      fields.text("\r\n");
    }
    if (item.expires_ms != 0) {
      fields.text("Navi-Expires-At: ");
      write_rfc3339(item.expires_ms, fields);
      fields.text("\r\n");
    }
    call_.response().fields.append(fields.written());
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
      response.sealed = known_value(call_, item.key, item.value, {epoch_, item.revision});
      if (!response.sealed) response.body.append(item.value);
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

Attempt conclude(Call &call, const ItemAnswer &answer) {
  Attempt attempt;
  switch (answer.verdict()) {
    case Verdict::kShown: break;
    case Verdict::kNotModified: attempt = {Attempt::Kind::kMayChange, answer.expires_ms()}; break;
    case Verdict::kMissing:
      call.fail(Problem::kNotFound, "no such key");
      if (!call.headers().present(Header::kIfNoneMatch)) attempt.kind = Attempt::Kind::kMayChange;
      break;
    case Verdict::kNotCurrent: fail_not_current(call, call.version(answer.revision())); break;
    case Verdict::kNotAcceptable:
      call.fail(Problem::kNotAcceptable,
                "Accept covers neither the value's own type nor " + std::string(kEnvelopeType));
      break;
  }
  return attempt;
}

struct ItemRequest {
  Key key;
  json::Encoding encoding = json::Encoding::kText;
};

std::optional<Fault> read_request(Call &call, ItemRequest &request) {
  Parameters parameters(call.request().query);
  if (auto fault = locate(call, parameters, request.key)) return fault;
  request.encoding = take_encoding(parameters);
  if (auto fault = parameters.finish()) return fault;
  if (auto fault = check_tag_lists(call.headers())) return fault;
  return parse_wait(call.headers()[Header::kPrefer], call.wait);
}

// HEAD of an envelope, or of a value that has no size in its meta, is asked again with the value.
bool needs_value(Call &call, const ItemAnswer &answer, store::Values values) {
  if (values == store::Values::kWith || !answer.needs_value()) return false;
  call.response().clear();
  return true;
}

store::Values values_for(const Call &call) {
  return call.is_head() ? store::Values::kWithout : store::Values::kWith;
}

// Where reading may block.
Attempt read_and_conclude(Call &call, const ItemRequest &request, store::Values values) {
  ItemAnswer answer(call, request.encoding, call.store().epoch());
  const std::string_view key = request.key.bytes();
  const auto revision =
      call.store().read(&key, 1, values, [&](size_t, const store::ItemView &item) {
        answer.judge(item);
        return true;
      });
  if (!revision) {
    call.fail(fault_of(revision.error(), Access::kRead));
    return {};
  }
  if (needs_value(call, answer, values)) {
    return read_and_conclude(call, request, store::Values::kWith);
  }
  call.valid_at(revision.value());
  return conclude(call, answer);
}

Attempt try_get(Call &call) {
  ItemRequest request;
  if (const auto fault = read_request(call, request)) {
    call.fail(*fault);
    return {};
  }
  return read_and_conclude(call, request, values_for(call));
}

void answer_or_wait(Call &call, const ItemRequest &request, const Attempt &attempt) {
  const bool waits = call.wait && call.wait->count() > 0;
  if (attempt.kind != Attempt::Kind::kMayChange || !waits) return;
  store::Interest interest{store::Interest::Kind::kKey, std::string(request.key.bytes())};
  const Place place = call.store().reads_inline(1) ? Place::kHere : Place::kReaderPool;
  wait_for_change(call, std::move(interest), place, try_get);
}

// Reads together with what other requests want, off the event loop.
void get_later(Call &call, const ItemRequest &request, store::Values values) {
  when_done<Result<store::ReadAnswer>>(
      call,
      [&](store::Store::ReadCallback done) {
        call.store().read_later({std::string(request.key.bytes())}, values, std::move(done));
      },
      [request, values, epoch = call.store().epoch()](Call &later,
                                                      Result<store::ReadAnswer> &read) {
        if (!read) return later.fail(fault_of(read.error(), Access::kRead));
        later.wait.reset();
        if (parse_wait(later.headers()[Header::kPrefer], later.wait)) return;  // was checked
        ItemAnswer answer(later, request.encoding, epoch);
        for (const auto &found : read.value().items) answer.judge(found.item.view());
        if (needs_value(later, answer, values)) {
          return get_later(later, request, store::Values::kWith);
        }
        later.valid_at(read.value().revision);
        answer_or_wait(later, request, conclude(later, answer));
      });
}

// On an event loop. False: it is too much for one.
bool get_here(Call &call, const ItemRequest &request, store::Values values) {
  ItemAnswer answer(call, request.encoding, call.store().epoch());
  const std::string_view key = request.key.bytes();
  const auto revision =
      call.store().read_inline(&key, 1, values, [&](size_t, const store::ItemView &item) {
        answer.judge(item);
        return true;
      });
  if (!revision) {
    call.fail(fault_of(revision.error(), Access::kRead));
    return true;
  }
  if (!revision.value()) return false;
  if (needs_value(call, answer, values)) return get_here(call, request, store::Values::kWith);
  call.valid_at(*revision.value());
  answer_or_wait(call, request, conclude(call, answer));
  return true;
}

}  // namespace

void get_item(Call &call) {
  ItemRequest request;
  if (const auto fault = read_request(call, request)) return call.fail(*fault);
  const store::Values values = values_for(call);
  if (call.store().reads_inline(1) && get_here(call, request, values)) return;
  get_later(call, request, values);
}

}  // namespace navistore::api
