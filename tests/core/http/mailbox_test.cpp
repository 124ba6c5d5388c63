// SPDX-License-Identifier: Apache-2.0
#include "core/http/mailbox.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <string>

namespace navistore::http {
namespace {

class Note final : public Letter {
 public:
  Note(std::string &log, char name) : log_(log), name_(name) {}
  void deliver() override { log_ += name_; }

 private:
  std::string &log_;
  const char name_;
};

bool signalled(const Mailbox &mailbox) {
  pollfd wanted = {mailbox.descriptor(), POLLIN, 0};
  return ::poll(&wanted, 1, 0) == 1;
}

}  // namespace

TEST_SUITE_BEGIN("core/http");

TEST_CASE("mailbox: who posts many letters wakes the worker when all of them are there") {
  const auto mailbox = std::make_shared<Mailbox>();
  std::string log;
  {
    const WakeLater later;
    mailbox->post(std::make_shared<Note>(log, 'a'));
    mailbox->post(std::make_shared<Note>(log, 'b'));
    CHECK_FALSE(signalled(*mailbox));
  }
  CHECK(signalled(*mailbox));
  CHECK(mailbox->deliver_all() == 2);
  CHECK(log == "ab");
  CHECK(mailbox->deliver_all() == 0);
}

TEST_SUITE_END();

}  // namespace navistore::http
