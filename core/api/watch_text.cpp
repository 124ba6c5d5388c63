// SPDX-License-Identifier: Apache-2.0
#include "core/api/watch_text.hpp"

#include <string_view>

#include "core/api/etag.hpp"

namespace navistore::api {
namespace {

std::string_view name_of(store::Event::Kind kind) {
  switch (kind) {
    case store::Event::Kind::kPut: return "put";
    case store::Event::Kind::kDelete: return "delete";
    case store::Event::Kind::kExpire: return "expire";
    case store::Event::Kind::kClear:        // never reaches a watcher: it ends the watch
    case store::Event::Kind::kBury: break;  // is not asked for
  }
  return "reset";
}

std::string_view name_of(Mark mark) {
  switch (mark) {
    case Mark::kProgress: return "progress";
    case Mark::kSynced: return "synced";
    case Mark::kReset: return "reset";
    case Mark::kOverflow: break;
  }
  return "overflow";
}

store::ItemView view_of(const store::Event &event) {
  store::ItemView view;
  view.key = event.key;
  view.value = event.value;
  view.meta = store::MetaView(event.meta);
  view.revision = event.revision;
  view.expires_ms = event.expires_ms;
  return view;
}

}  // namespace

json::Writer WatchText::begin(std::string_view name, Cursor cursor, std::string &out) const {
  if (form_ == WatchForm::kEvents) {
    if (cursor) append_id(*cursor, out);
    out.append("event: ").append(name).append("\ndata: ");
  }
  json::Writer json(out);
  json.begin_object();
  if (form_ != WatchForm::kEvents) json.member("event", name);
  return json;
}

void WatchText::end(json::Writer &json, Cursor cursor, std::string &out) const {
  if (form_ == WatchForm::kLines && cursor) {
    std::string version;
    append_version({style_.epoch, *cursor}, version);
    json.member("cursor", version);
  }
  json.end_object();
  if (form_ == WatchForm::kEvents) out.append("\n\n");
  if (form_ == WatchForm::kLines) out.push_back('\n');
}

void WatchText::append_id(uint64_t revision, std::string &out) const {
  out.append("id: ");
  append_version({style_.epoch, revision}, out);
  out.push_back('\n');
}

void WatchText::change(const store::Event &event, Cursor cursor, std::string &out) const {
  json::Writer json = begin(name_of(event.kind), cursor, out);
  json.bytes("key", event.key, style_.encoding).member("revision", event.revision);
  if (event.kind == store::Event::Kind::kPut) write_news(view_of(event), style_, json);
  end(json, cursor, out);
}

void WatchText::item(const store::ItemView &item, std::string &out) const {
  json::Writer json = begin("put", std::nullopt, out);
  json.bytes("key", item.key, style_.encoding).member("revision", item.revision);
  write_news(item, style_, json);
  end(json, std::nullopt, out);
}

void WatchText::mark(Mark mark, Cursor cursor, std::string &out) const {
  json::Writer json = begin(name_of(mark), cursor, out);
  if (cursor) json.member("revision", *cursor);
  end(json, cursor, out);
}

void WatchText::start(uint64_t revision, std::string &out) const {
  if (form_ != WatchForm::kEvents) return;
  append_id(revision, out);
  out.push_back('\n');
}

}  // namespace navistore::api
