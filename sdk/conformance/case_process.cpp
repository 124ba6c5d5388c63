// SPDX-License-Identifier: Apache-2.0
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS  // a crash is the runner's to see
#include <doctest/doctest.h>

#include "sdk/conformance/case_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <sstream>

#include "sdk/conformance/confine.hpp"
#include "sdk/conformance/probe.hpp"
#include "sdk/conformance/record.hpp"
#include "sdk/conformance/worker.hpp"

namespace navistore::conformance {
namespace {

Job &mutable_job() {
  static Job job;
  return job;
}

constexpr int kMaxFailures = 20;  // records a case; the first ones tell the story

std::string where(const char *file, int line) {
  const char *slash = std::strrchr(file, '/');
  return std::string(slash != nullptr ? slash + 1 : file) + ":" + std::to_string(line) + ": ";
}

// Turns doctest's events into records.
class RecordReporter : public doctest::IReporter {
 public:
  explicit RecordReporter(const doctest::ContextOptions &) {}

  void test_case_exception(const doctest::TestCaseException &e) override {
    fail(std::string("exception: ") + e.error_string.c_str());
  }
  void log_assert(const doctest::AssertData &data) override {
    if (!data.m_failed) return;
    std::string text = data.m_expr;
    if (data.m_threw) {
      text += std::string(" threw ") + data.m_exception.c_str();
    } else if (std::strlen(data.m_decomp.c_str()) != 0) {
      text += std::string(" is ") + data.m_decomp.c_str();
    }
    const std::string said = contexts();
    fail(where(data.m_file, data.m_line) + (said.empty() ? text : said + " [" + text + "]"));
  }
  void log_message(const doctest::MessageData &data) override {
    if (data.m_severity == doctest::assertType::is_warn) return;
    const std::string said = contexts();
    fail(where(data.m_file, data.m_line) + data.m_string.c_str() +
         (said.empty() ? "" : " [" + said + "]"));
  }
  void test_run_end(const doctest::TestRunStats &stats) override {
    if (stats.numTestCasesPassingFilters != 1) fail("the case did not run");
    if (stats.numAsserts == 0) fail("the case checked nothing");
    asserts_ = stats.numAsserts;
  }

  void report_query(const doctest::QueryData &) override {}
  void test_run_start() override {}
  void test_case_start(const doctest::TestCaseData &) override {}
  void test_case_reenter(const doctest::TestCaseData &) override {}
  void test_case_end(const doctest::CurrentTestCaseStats &) override {}
  void subcase_start(const doctest::SubcaseSignature &) override {}
  void subcase_end() override {}
  void test_case_skipped(const doctest::TestCaseData &) override {}

  static int asserts() { return asserts_; }

 private:
  static void fail(const std::string &text) {
    if (failures_.fetch_add(1) < kMaxFailures) send_record(RecordKind::kFailure, text);
  }
  static std::string contexts() {
    std::string text;
    const int n = get_num_active_contexts();
    for (int i = 0; i < n; ++i) {
      std::ostringstream out;
      get_active_contexts()[i]->stringify(&out);
      text += (text.empty() ? "" : "; ") + out.str();
    }
    return text;
  }

  static std::atomic<int> failures_;
  static int asserts_;
};

std::atomic<int> RecordReporter::failures_{0};
int RecordReporter::asserts_ = 0;

// What the caller of the runner left open is no business of a plugin: a write to it could block, or
// kill the process by SIGPIPE.
void close_inherited() {
  static_assert(kJobFd < kRecordFd && kRecordFd < kSharedFd);
  close_range(STDERR_FILENO + 1, kJobFd - 1, 0);
  close_range(kSharedFd + 1, ~0U, 0);
}

int run_one_case(const Job &job) {
  doctest::registerReporter<RecordReporter>("records", 0, true);
  doctest::Context context;
  context.setOption("reporters", "records");
  context.setOption("test-case", job.target.c_str());
  context.setOption("no-version", true);
  context.run();
  send_record(RecordKind::kDone, std::to_string(RecordReporter::asserts()));
  return 0;
}

}  // namespace

const Job &current_job() { return mutable_job(); }

int case_process_main() {
  Job &job = mutable_job();
  close_inherited();
  if (!read_job(kJobFd, job)) return 2;
  confine_case_process(job.tier);
  fcntl(kRecordFd, F_SETFD, FD_CLOEXEC);
  start_records(kRecordFd, job.nonce);
  if (job.role == "case") return run_one_case(job);
  if (job.role == "probe") return probe(job);
  return run_worker(job);
}

}  // namespace navistore::conformance
