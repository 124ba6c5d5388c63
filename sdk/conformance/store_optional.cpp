// SPDX-License-Identifier: Apache-2.0
// The calls of the optional interfaces.
#include "sdk/conformance/call_checks.hpp"
#include "sdk/conformance/store.hpp"

namespace navistore::conformance {
namespace {

struct TailContext {
  ChangesAnswer answer;
  const TailRequest &request;
};

int32_t on_change(void *ctx, const navi_change *change) noexcept {
  auto &context = *static_cast<TailContext *>(ctx);
  auto &changes = context.answer.changes;
  if (changes.size() >= context.request.stop_after) {
    violated("changes", "the sink was called after it had said stop");
    return 1;
  }
  if (change->kind < NAVI_CHANGE_PUT || change->kind > NAVI_CHANGE_CLEAR)
    violated("changes", "a change of unknown kind");
  if ((change->flags & ~(NAVI_CHANGE_LAST | NAVI_CHANGE_EXPIRED)) != 0)
    violated("changes", "a change with an unknown flag");
  changes.push_back(
      {change->kind, change->flags, copy_item("changes", change->item, context.request.flags)});
  return changes.size() >= context.request.stop_after ? 1 : 0;
}

void ring(void *ctx) noexcept { static_cast<Bell *>(ctx)->rings.fetch_add(1); }

// A call that fills nothing but the error.
template <class F>
Reply plain(const char *name, F call) {
  ErrorOut error(name);
  Reply reply;
  reply.status = call(error.get());
  reply.error = error.text(reply.status);
  check_status(name, reply.status);
  return reply;
}

}  // namespace

ChangesAnswer Store::changes(const TailRequest &request) {
  Inputs inputs(guard_);
  const navi_tail tail{sizeof tail,   request.flags,     request.now_ms,   request.timeout_ms,
                       request.after, request.max_items, request.max_bytes};
  TailContext context{{}, request};
  ReplyOut reply("changes");
  ErrorOut error("changes");
  navi_status status = NAVI_OK;
  {
    const auto lock = serial();
    status = plugin_.changes->read(handle_, inputs.object(tail),
                                   inputs.object(navi_change_sink{&context, on_change}),
                                   reply.get(), error.get());
  }
  static_cast<Reply &>(context.answer) = reply.finish(status, error);
  uint64_t previous = request.after;
  for (const Change &change : context.answer.changes) {
    const uint64_t revision = change.item.revision;
    if (revision <= request.after)
      violated("changes", "revision " + std::to_string(revision) + " is not after " +
                              std::to_string(request.after));
    if (revision < previous)
      violated("changes",
               "revision " + std::to_string(revision) + " came after " + std::to_string(previous));
    previous = revision;
  }
  return std::move(context.answer);
}

std::vector<Change> Store::changes_after(uint64_t revision) {
  std::vector<Change> all;
  TailRequest request;
  request.after = revision;
  for (;;) {
    ChangesAnswer answer = changes(request);
    if (!answer.ok()) violated("changes", status_name(answer.status) + ": " + answer.error);
    const bool go_on = answer.ok() && answer.more && !answer.changes.empty();
    std::move(answer.changes.begin(), answer.changes.end(), std::back_inserter(all));
    if (!go_on) return all;
    request.after = all.back().item.revision;
  }
}

Reply Store::trim(uint64_t before) {
  const auto lock = serial();
  return plain("trim",
               [&](navi_error *error) { return plugin_.changes->trim(handle_, before, error); });
}

Reply Store::arm(Bell &bell) {
  const auto lock = serial();
  return plain("arm",
               [&](navi_error *error) { return plugin_.watch->arm(handle_, ring, &bell, error); });
}

Reply Store::disarm() {
  const auto lock = serial();
  return plain("arm", [&](navi_error *error) {
    return plugin_.watch->arm(handle_, nullptr, nullptr, error);
  });
}

Reply Store::purge(uint64_t now_ms, uint64_t max_items) {
  ReplyOut reply("purge");
  ErrorOut error("purge");
  const auto lock = serial();
  const navi_status status =
      plugin_.upkeep->purge(handle_, now_ms, max_items, reply.get(), error.get());
  return reply.finish(status, error);
}

Reply Store::compact() {
  const auto lock = serial();
  return plain("compact",
               [&](navi_error *error) { return plugin_.upkeep->compact(handle_, 0, error); });
}

Reply Store::verify() {
  const auto lock = serial();
  return plain("verify",
               [&](navi_error *error) { return plugin_.upkeep->verify(handle_, 0, error); });
}

Reply Store::backup(const std::string &empty_dir) {
  Inputs inputs(guard_);
  ReplyOut reply("backup");
  ErrorOut error("backup");
  const auto lock = serial();
  const navi_status status =
      plugin_.upkeep->backup(handle_, inputs.text(empty_dir), reply.get(), error.get());
  return reply.finish(status, error);
}

}  // namespace navistore::conformance
