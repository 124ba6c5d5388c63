// SPDX-License-Identifier: Apache-2.0
// GET and HEAD of the collection: pages, counts, documents and streams of one range.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/api/ascii.hpp"
#include "core/api/conditions.hpp"
#include "core/api/count.hpp"
#include "core/api/detached.hpp"
#include "core/api/document.hpp"
#include "core/api/item_request.hpp"
#include "core/api/key_codec.hpp"
#include "core/api/limits.hpp"
#include "core/api/line_stream.hpp"
#include "core/api/list_cache.hpp"
#include "core/api/list_query.hpp"
#include "core/api/resources.hpp"
#include "core/api/waiter.hpp"
#include "core/api/walk.hpp"
#include "core/json/base64.hpp"
#include "core/json/utf8.hpp"

namespace navistore::api {
namespace {

constexpr size_t kMostAtOnce = size_t{1} << 20;  // bytes that an event loop copies for a list
constexpr size_t kItemRoom = 512;                // what most items take
constexpr size_t kGrowth = 8;

// {"items":[..],"prefixes":[..], written as the walk goes.
class JsonPage final : public PageSink {
 public:
  JsonPage(const ItemStyle &style, std::string &body) : style_(style), body_(body) {}

  void begin() override {
    body_.assign("{\"items\":[");
    prefixes_.clear();
    prefixes64_.clear();
    items_.emplace(body_);
  }
  void item(const store::ItemView &item) override {
    if (body_.capacity() - body_.size() < kItemRoom) grow();
    before_ = sizes();
    write_item(item, style_, *items_);
  }
  void prefix(std::string_view prefix) override {
    before_ = sizes();
    const bool text = style_.encoding == json::Encoding::kText && json::is_utf8(prefix);
    std::string &list = text ? prefixes_ : prefixes64_;
    if (!list.empty()) list.push_back(',');
    if (text) {
      json::Writer(list).string(prefix);
      return;
    }
    list.push_back('"');
    json::append_base64(prefix, json::Alphabet::kPadded, list);
    list.push_back('"');
  }
  void undo() override {
    body_.resize(before_.body);
    prefixes_.resize(before_.prefixes);
    prefixes64_.resize(before_.prefixes64);
  }
  size_t bytes() const override { return body_.size() + prefixes_.size() + prefixes64_.size(); }

  Shown end(const PageEnd &end) {
    body_.append("],\"prefixes\":[").append(prefixes_).append("],");
    if (!prefixes64_.empty()) body_.append("\"prefixes64\":[").append(prefixes64_).append("],");
    json::Writer tail(body_);
    tail.member("revision", end.revision);
    const size_t told_at = body_.size() - std::to_string(end.revision).size();
    if (end.rest == PageEnd::Rest::kMore) tail.member("cursor", cursor_of(end.next));
    tail.name("complete").boolean(end.rest == PageEnd::Rest::kComplete);
    body_.push_back('}');
    return {end.revision, end.expires_ms, told_at};
  }

 private:
  struct Sizes {
    size_t body, prefixes, prefixes64;
  };
  Sizes sizes() const { return {body_.size(), prefixes_.size(), prefixes64_.size()}; }

  // A string that grows by itself doubles, and copies all that it holds each time.
  void grow() {
    const size_t capacity = body_.capacity();
    if (capacity < kMaxPageBytes) body_.reserve(std::min(kGrowth * capacity, kMaxPageBytes));
  }

  const ItemStyle style_;
  std::string &body_;
  std::string prefixes_;
  std::string prefixes64_;
  std::optional<json::Writer> items_;
  Sizes before_{};  // the item or prefix that came last
};

// The bytes that would end the reference early are escaped; all others are the client's own.
void append_reference(std::string_view text, std::string &out) {
  for (const char c : text) {
    switch (c) {
      case '<': out.append("%3C"); break;
      case '>': out.append("%3E"); break;
      case '"': out.append("%22"); break;
      default: out.push_back(c);
    }
  }
}

// The request's own query with a cursor instead of where it began.
std::string next_link(const http::Request &request, const std::string &cursor) {
  std::string link = "<";
  append_reference(request.path, link);
  link.push_back('?');
  std::string_view rest = request.query.value_or("");
  while (!rest.empty()) {
    const std::string_view pair = cut(rest, '&');
    std::string_view value = pair;
    const std::string_view name = cut(value, '=');
    if (pair.empty() || name == "cursor" || name == "after") continue;
    append_reference(pair, link);
    link.push_back('&');
  }
  return link + "cursor=" + cursor + ">; rel=\"next\"";
}

std::optional<Shown> answer_page(Call &call, const ListQuery &query) {
  http::Response &response = call.response();
  JsonPage page({call.store().epoch(), query.include, query.encoding}, response.body);
  const Budget budget{query.limit.value_or(kDefaultListItems), kMaxPageBytes};
  const auto end = walk_page(call.store(), query, query.from, budget, page);
  if (!end) {
    call.fail(fault_of(end.error(), Access::kRead));
    return std::nullopt;
  }
  const Shown shown = page.end(end.value());
  call.valid_at(shown.revision);
  response.field("Content-Type", kJsonType);
  if (end.value().rest == PageEnd::Rest::kMore) {
    response.field("Link", next_link(call.request(), cursor_of(end.value().next)));
  }
  return shown;
}

void answer_count(Call &call, const ListQuery &query) {
  const auto count = count_items(call.store(), query);
  if (!count) return call.fail(fault_of(count.error(), Access::kRead));
  call.valid_at(count.value().revision);
  call.response().field("Content-Type", kJsonType);
  json::Writer json(call.response().body);
  json.begin_object().member("count", count.value().items);
  json.member("revision", count.value().revision).end_object();
}

// The list's version: it changes with what is under the prefix, and with nothing else. Taken before
// the list is read, so that a change in between is at worst announced again.
Version list_version(Call &call, const ListQuery &query) {
  return call.version(call.store().feed().newest_under(query.prefix));
}

Form form_of(const ListQuery &query) {
  return query.shape == Shape::kLines ? Form::kLines : Form::kPlain;
}

bool is_unchanged(const Call &call, Version version, Form form) {
  return call.headers().present(Header::kIfNoneMatch) &&
         !if_none_match_holds(call.headers()[Header::kIfNoneMatch], version, form);
}

Attempt answer_unchanged(Call &call, Version version, Form form) {
  call.response().status = 304;
  std::string tag;
  append_etag(version, form, tag);
  call.response().field("ETag", tag).field("Cache-Control", "no-cache").field("Vary", "Accept");
  return {Attempt::Kind::kMayChange, 0};  // an expiry is a change like any other
}

void answer_list(Call &call, const ListQuery &query, Version version, Form form) {
  if (answer_known_list(call, query, SIZE_MAX)) return;
  const uint64_t since_ms = call.store().now_ms();
  std::optional<Shown> shown;
  switch (query.shape) {
    case Shape::kPage: shown = answer_page(call, query); break;
    case Shape::kCount: answer_count(call, query); break;
    case Shape::kLines: break;
    case Shape::kJson:
    case Shape::kEnv:
    case Shape::kProperties: shown = answer_document(call, query); break;
  }
  http::Response &response = call.response();
  if (response.status != 200) return;
  std::string tag;
  append_etag(version, form, tag);
  response.field("ETag", tag).field("Cache-Control", "no-cache").field("Vary", "Accept");
  if (shown) keep_list(call, query, version, since_ms, *shown);
  if (query.shape == Shape::kLines) stream_lines(call, query);
}

bool is_acceptable(const Call &call, const ListQuery &query) {
  const std::string_view accept = call.headers()[Header::kAccept];
  switch (query.shape) {
    case Shape::kPage:
    case Shape::kCount:
    case Shape::kJson: return quality(accept, kJsonType) > 0;
    case Shape::kEnv: return quality(accept, "text/plain") > 0;
    case Shape::kProperties:
      return quality(accept, "text/x-java-properties") > 0 || quality(accept, "text/plain") > 0;
    case Shape::kLines: break;
  }
  return true;
}

std::optional<Fault> read_request(Call &call, ListQuery &query) {
  if (auto fault = read_list_query(call, query)) return fault;
  if (auto fault = check_tag_lists(call.headers())) return fault;
  if (!is_acceptable(call, query)) {
    return Fault{Problem::kNotAcceptable, "Accept does not cover what this list can be shown as",
                 0};
  }
  return parse_wait(call.headers()[Header::kPrefer], call.wait);
}

bool is_wanted(const Call &call, Version version) {
  return !call.headers().present(Header::kIfMatch) ||
         if_match_holds(call.headers()[Header::kIfMatch], version);
}

// Whether a condition's answer depends on what is expired and was not removed yet.
bool may_be_old(const Call &call, Version version, Form form) {
  return call.headers().present(Header::kIfMatch) || is_unchanged(call, version, form);
}

// An item that is due and was not removed yet is shown by no list, and no version tells of it. To
// wait for the removal would be to wait for all that is due with it, so a request looks under its
// own prefix, a page at a try.
class DueSearch {
 public:
  // version: of the list, now. What is found, or kNone, is true of that version, if the version is
  // the same when this returns.
  Result<store::Due::Found> go_on(store::Store &store, const std::string &prefix, Version version) {
    if (version.epoch != version_.epoch || version.revision != version_.revision) {
      version_ = version;
      from_ = {};
    }
    ListQuery all;
    all.prefix = prefix;
    const Stretch left = stretch_of(all, from_);
    if (left.content == Stretch::Content::kNothing) return store::Due::Found::kNone;
    store::ScanQuery page;
    page.start = left.start;
    page.end = left.end;
    page.start_bound = left.bound;
    auto due = store.find_due(page);
    if (!due) return std::move(due).error();
    const bool more = due.value().found == store::Due::Found::kMore;
    from_ = more ? Position{Position::Kind::kKey, std::move(due.value().last_key)} : Position{};
    return due.value().found;
  }

 private:
  Version version_;
  Position from_;
};

// If-Match first (RFC 9110 13.2.2). current: the list's version, or one that nothing has.
Attempt answer_compared(Call &call, const ListQuery &query, Version version, Version current) {
  const Form form = form_of(query);
  const bool has_version = current.epoch != 0;
  if (!is_wanted(call, current)) {
    if (has_version) {
      fail_not_current(call, version);
    } else {
      call.fail(Problem::kPreconditionFailed, "since that version something has expired");
    }
    return {};
  }
  if (is_unchanged(call, current, form)) return answer_unchanged(call, version, form);
  answer_list(call, query, version, form);
  if (call.held()) return {Attempt::Kind::kHandedOn, 0};
  // Who waits is told of the removal, which makes a version that can be waited on.
  const bool comes = !has_version && is_unchanged(call, version, form);
  return {comes ? Attempt::Kind::kMayChange : Attempt::Kind::kFinal, 0};
}

Attempt try_list(Call &call, DueSearch &search) {
  ListQuery query;
  if (const auto fault = read_request(call, query)) {
    call.fail(*fault);
    return {};
  }
  const Version before = list_version(call, query);
  if (!may_be_old(call, before, form_of(query))) {
    return answer_compared(call, query, before, before);
  }
  const auto found = search.go_on(call.store(), query.prefix, before);
  if (!found) {
    call.fail(fault_of(found.error(), Access::kRead));
    return {};
  }
  if (found.value() == store::Due::Found::kMore) return {Attempt::Kind::kToGoOn, 0};
  const Version version = list_version(call, query);
  const bool searched =
      found.value() == store::Due::Found::kNone && version.revision == before.revision;
  return answer_compared(call, query, version, searched ? version : Version{});
}

void list_on_pool(Call &call, const std::shared_ptr<DueSearch> &search) {
  const Attempt attempt = try_list(call, *search);
  if (attempt.kind == Attempt::Kind::kToGoOn) {
    return on_reader_pool(call, [search](Call &again) { list_on_pool(again, search); });
  }
  const bool waits = call.wait && call.wait->count() > 0;
  if (attempt.kind != Attempt::Kind::kMayChange || !waits) return;
  Parameters parameters(call.request().query);
  store::Interest interest{store::Interest::Kind::kPrefix,
                           std::string(parameters.take("prefix").value_or(""))};
  wait_for_change(call, std::move(interest), Place::kReaderPool,
                  [search](Call &again) { return try_list(again, *search); });
}

}  // namespace

// Where nothing is compared or waited for, a list that is known is answered here and now.
void list_items(Call &call) {
  const Headers &headers = call.headers();
  const bool compared = headers.present(Header::kIfMatch) || headers.present(Header::kIfNoneMatch);
  if (!compared && !headers.present(Header::kPrefer)) {
    ListQuery query;
    if (const auto fault = read_request(call, query)) return call.fail(*fault);
    if (answer_known_list(call, query, kMostAtOnce)) return;
  }
  on_reader_pool(
      call, [search = std::make_shared<DueSearch>()](Call &held) { list_on_pool(held, search); });
}

}  // namespace navistore::api
