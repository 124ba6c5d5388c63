// SPDX-License-Identifier: Apache-2.0
#include "core/api/commit.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/api/detached.hpp"
#include "core/api/replicate_preference.hpp"

namespace navistore::api {
namespace {

using Kind = store::CommitResult::Kind;

// A write that may have to be tried with another of the versions that If-Match named.
struct Write {
  store::Transaction transaction;  // kept only while it may be needed again
  std::vector<uint64_t> other_revisions;
  CommitAnswer answer;
  std::optional<ReplicatePreference> replicate;
};

// Words the answer, after as many peers have it as the client asked for.
void answer(Call &call, const std::shared_ptr<Write> &write, store::CommitResult &result) {
  call.valid_at(result.revision);
  if (!write->replicate || result.kind != Kind::kCommitted) return write->answer(call, result);
  const uint64_t revision = result.revision;
  write->transaction = {};
  when_replicated(call, *write->replicate, revision,
                  [write, result = std::move(result)](Call &later) {
                    later.valid_at(result.revision);
                    write->answer(later, result);
                  });
}

// The first condition failed, but what is current is named as well: that one is tried next. Each
// revision is tried once, so this ends.
bool take_current(Write &write, const store::CommitResult &result) {
  if (result.kind != Kind::kConflict || result.failed_condition != 0) return false;
  auto &others = write.other_revisions;
  const auto named = std::find(others.begin(), others.end(), result.current);
  if (named == others.end()) return false;
  others.erase(named);
  write.transaction.conditions.front().revision = result.current;
  return true;
}

void submit(Call &call, const std::shared_ptr<Write> &write) {
  auto transaction =
      write->other_revisions.empty() ? std::move(write->transaction) : write->transaction;
  when_done<store::CommitResult>(
      call,
      [&](store::Store::CommitCallback done) {
        call.store().submit(std::move(transaction), std::move(done));
      },
      [write](Call &later, store::CommitResult &result) {
        if (take_current(*write, result)) return submit(later, write);
        if (result.kind != Kind::kFailed) return answer(later, write, result);
        later.fail(fault_of(result.error, Access::kWrite));
      });
}

}  // namespace

void commit(Call &call, store::Transaction transaction, std::vector<uint64_t> other_revisions,
            CommitAnswer answer) {
  std::optional<ReplicatePreference> replicate;
  const auto fault = read_replicate(call.headers()[Header::kPrefer], replicate);
  if (fault) return call.fail(*fault);
  submit(call, std::make_shared<Write>(Write{std::move(transaction), std::move(other_revisions),
                                             std::move(answer), replicate}));
}

void write_current(const Call &call, uint64_t revision, json::Writer &members) {
  members.name("current");
  if (revision == 0) {
    members.null();
  } else {
    members.string(etag_text(call.version(revision)));
  }
}

void fail_precondition(Call &call, const store::CommitResult &conflict) {
  const Fault fault{Problem::kPreconditionFailed, "the current version is not the one named", 0};
  call.fail(fault, [&](json::Writer &members) { write_current(call, conflict.current, members); });
  if (conflict.current != 0) {
    call.response().field("ETag", etag_text(call.version(conflict.current)));
  }
}

bool refuses_writes(Call &call) {
  if (call.shared().options.writes == ServiceOptions::Writes::kAccepted) return false;
  call.fail(Problem::kReadOnly, "this server takes no writes from clients");
  return true;
}

}  // namespace navistore::api
