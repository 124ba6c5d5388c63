// SPDX-License-Identifier: Apache-2.0
// A server whose file system fills up.
#include <doctest/doctest.h>

#include <sched.h>
#include <sys/mount.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "tests/support/http_client.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/support/server_process.hpp"

using navistore::test::HttpAnswer;
using navistore::test::HttpClient;
using navistore::test::ScratchDir;
using navistore::test::ServerProcess;

namespace {

// A file system of its own, in a mount namespace that ends with this process.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string &path) : path_(path) {
    std::filesystem::create_directories(path);
    mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("none", path.c_str(), "tmpfs", 0, "size=4m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk &) = delete;
  SmallDisk &operator=(const SmallDisk &) = delete;

  bool mounted() const { return mounted_; }
  void grow() const {
    REQUIRE(::mount("none", path_.c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0);
  }

 private:
  const std::string path_;
  bool mounted_ = false;
};

HttpAnswer ask(HttpClient &client, const std::string &method, const std::string &target,
               const std::string &body = {}) {
  auto answer = client.request(method, target, body);
  REQUIRE(answer);
  return *answer;
}

}  // namespace

TEST_SUITE("integration/disk-full") {
  TEST_CASE("a full disk is 507 and changes nothing, and with room again writes go on") {
    const ScratchDir dir;
    const SmallDisk disk(dir / "data");
    if (!disk.mounted()) {
      MESSAGE("skipped, since mounting is not allowed here: " << std::strerror(errno));
      return;
    }
    ServerProcess server({"--backend", "sqlite", "--data-dir", dir / "data", "--state-dir",
                          dir / "state", "--conformance", "skip"});
    HttpClient client(server.port());
    const HttpAnswer ready = ask(client, "GET", "/readyz");
    CHECK(ready.status == 503);
    CHECK_MESSAGE(ready.body.find("\"status\":503,") != std::string::npos, ready.body);
    const std::string value(128 * 1024, 'v');
    int kept = 0;
    HttpAnswer refused;
    for (; kept < 64; ++kept) {
      refused = ask(client, "PUT", "/v1/kv/" + std::to_string(kept), value);
      if (refused.status != 201) break;
    }
    CHECK(kept > 4);
    CHECK_MESSAGE(refused.status == 507, refused.body);
    CHECK(refused.body.find("problem:storage-full") != std::string::npos);
    CHECK(ask(client, "GET", "/v1/kv/" + std::to_string(kept)).status == 404);
    for (int i = 0; i < kept; ++i) {
      CHECK(ask(client, "GET", "/v1/kv/" + std::to_string(i)).body == value);
    }
    disk.grow();
    CHECK(ask(client, "GET", "/readyz").status == 200);
    CHECK(ask(client, "PUT", "/v1/kv/" + std::to_string(kept), value).status == 201);
    CHECK(ask(client, "GET", "/v1/kv/" + std::to_string(kept)).body == value);
  }
}
