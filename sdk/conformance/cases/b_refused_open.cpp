// SPDX-License-Identifier: Apache-2.0
// What open() must refuse, and how.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/config_keys.hpp"
#include "sdk/conformance/fixture.hpp"
#include "sdk/conformance/worker.hpp"

namespace navistore::conformance {
namespace {

// Store::open checks for each refusal that there is a text and no store.
void expect_invalid_config(Fixture &fixture, const std::string &config) {
  OpenRequest request = fixture.open_request();
  request.config = config;
  const Opened opened = fixture.try_open(request);
  CHECK_MESSAGE(opened.status == NAVI_INVALID,
                "config " << config << ": " << status_name(opened.status) << ", expected INVALID");
}

constexpr int kOpened = 7;  // exit status of the worker
constexpr int kDenied = 8;
constexpr int kOtherwise = 9;
constexpr int kStillRoot = 10;

}  // namespace

NAVI_CASE("B.config_must_be_json", kGate, needs()) {
  for (const char *config :
       {"{", "}", "{]", "nonsense", "{} {}", "{\"a\" 1}", "{'a': 1}", "{\"a\": }"}) {
    expect_invalid_config(fixture, config);
  }
}

NAVI_CASE("B.config_must_be_an_object", kGate, needs()) {
  for (const char *config : {"[]", "null", "42", "\"text\"", "true"})
    expect_invalid_config(fixture, config);
}

NAVI_CASE("B.config_unknown_key", kGate, needs()) {
  const std::string key = "no_such_setting_" + std::to_string(fixture.random()() % 1000);
  OpenRequest request = fixture.open_request();
  request.config = config_with_member(request.config, key);
  const Opened opened = fixture.try_open(request);
  CHECK_MESSAGE(opened.status == NAVI_INVALID, "an unknown key: " << status_name(opened.status));
  CHECK_MESSAGE(opened.error.find(key) != std::string::npos,
                "the text does not name the key: " << opened.error);
}

// Only a setting that the configuration has is known to this case.
NAVI_CASE("B.config_wrong_type", kGate, needs()) {
  const auto wrong = configs_with_wrong_type(fixture.open_request().config);
  for (const std::string &config : wrong) expect_invalid_config(fixture, config);
  if (wrong.empty()) {
    fixture.warn(
        "no wrong type was tried: the configuration that the suite was given has no setting");
  }
  CHECK(fixture.store().dump().empty());  // none of them left anything behind
}

NAVI_CASE("B.malformed_namespace", kGate, needs()) {
  for (const std::string &ns : {std::string(), std::string("Upper"), std::string("a/b"),
                                std::string(".."), std::string("sp ace"), std::string(64, 'a')}) {
    OpenRequest request = fixture.open_request();
    request.ns = ns;
    const Opened opened = fixture.try_open(request);
    CHECK_MESSAGE(opened.status == NAVI_INVALID,
                  "namespace '" << ns << "': " << status_name(opened.status));
  }
}

NAVI_CASE("B.missing_directory", kGate, needs()) {
  OpenRequest request = fixture.open_request();
  request.data_dir += "/missing";
  const Opened opened = fixture.try_open(request);
  const bool keeps_no_files = opened.store && !opened.store->has(kPersistent);
  CHECK_MESSAGE((opened.status == NAVI_INVALID || keeps_no_files),
                "a missing data_dir: " << status_name(opened.status));
}

// As who may write nowhere: the superuser may write everywhere.
NAVI_WORKER(stranger) {
  constexpr id_t kNobody = 65534;
  const bool lowered = geteuid() != 0 || (setresgid(kNobody, kNobody, kNobody) == 0 &&
                                          setresuid(kNobody, kNobody, kNobody) == 0);
  if (!lowered) return kStillRoot;
  const Opened opened = Store::open(worker.plugin, worker.request);
  if (opened.store) return kOpened;
  return opened.status == NAVI_DENIED ? kDenied : kOtherwise;
}

NAVI_CASE("B.unwritable_directory", kGate, needs(kPersistent, kNotShared)) {
  REQUIRE(fixture.store().put("a", "1").ok());
  fixture.close();
  REQUIRE(chmod(fixture.data_dir().c_str(), S_IRUSR | S_IXUSR) == 0);
  for (const auto &entry : std::filesystem::directory_iterator(fixture.data_dir()))
    chmod(entry.path().c_str(), S_IRUSR);
  const int status = WorkerProcess(fixture, "stranger", "", nullptr).wait().exit_status;
  for (const auto &entry : std::filesystem::directory_iterator(fixture.data_dir()))
    chmod(entry.path().c_str(), S_IRUSR | S_IWUSR);
  chmod(fixture.data_dir().c_str(), S_IRWXU);
  if (status == kStillRoot) return fixture.warn("the superuser cannot be refused a directory");
  CHECK_MESSAGE(status != kOpened, "a store without rights to its directory was opened");
  CHECK_MESSAGE(status != kOtherwise, "no rights to data_dir: not DENIED");
  CHECK(fixture.store().dump() == "a=1");
}

NAVI_CASE("B.directory_is_a_file", kGate, needs(kPersistent, kNotShared)) {
  OpenRequest request = fixture.open_request();
  request.data_dir = fixture.make_dir("with_file") + "/file";
  std::ofstream(request.data_dir) << "x";
  const Opened opened = fixture.try_open(request);
  CHECK_MESSAGE(opened.status != NAVI_OK, "opened a store in a regular file");
}

NAVI_CASE("B.refused_open_leaves_nothing", kGate, needs()) {
  fixture.store().put("warm", "up");
  fixture.close();
  const ProcessState before = ProcessState::now();
  for (int i = 0; i < 20; ++i) {
    expect_invalid_config(fixture, "{");
    expect_invalid_config(fixture,
                          config_with_member(fixture.open_request().config, "no_such_setting"));
  }
  const ProcessState after = ProcessState::now();
  CHECK(after.threads == before.threads);
  CHECK(after.descriptors == before.descriptors);
}

}  // namespace navistore::conformance
