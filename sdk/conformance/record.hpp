// SPDX-License-Identifier: Apache-2.0
// What a case process reports, over a pipe. Each record carries the nonce of its job, so output
// that a plugin sends to the same descriptor is recognised as foreign. Wire format: nonce, one kind
// character, eight hex digits of length, text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace navistore::conformance {

enum class RecordKind : char {
  kFailure = 'F',  // one failed assertion
  kWarning = 'W',
  kSkip = 'S',     // the capability that is missing
  kInfo = 'I',     // probe: what the plugin is
  kRefused = 'R',  // probe: why it is not a backend, or the text of a failed open
  kDone = 'D',     // last record: the number of assertions that were checked
};

struct Record {
  RecordKind kind;
  std::string text;
};

// The writing side: one a process.
void start_records(int fd, const std::string &nonce);
// One write(2) of at most PIPE_BUF bytes, so records of several threads do not mix; longer text is
// cut. [any thread]
void send_record(RecordKind kind, const std::string &text);

class RecordParser {
 public:
  explicit RecordParser(std::string nonce) : nonce_(std::move(nonce)) {}
  void feed(std::string_view bytes);
  const std::vector<Record> &records() const noexcept { return records_; }
  bool saw_foreign_bytes() const noexcept { return foreign_; }
  bool done() const noexcept {
    return !records_.empty() && records_.back().kind == RecordKind::kDone;
  }

 private:
  std::string nonce_;
  std::string pending_;
  std::vector<Record> records_;
  bool foreign_ = false;
};

}  // namespace navistore::conformance
