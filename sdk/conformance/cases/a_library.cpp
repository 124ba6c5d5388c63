// SPDX-License-Identifier: Apache-2.0
// The plugin as a file and as a library.
#include <dlfcn.h>

#include <chrono>
#include <thread>

#include "sdk/conformance/case.hpp"
#include "sdk/conformance/elf_file.hpp"
#include "sdk/conformance/fixture.hpp"

namespace navistore::conformance {
namespace {

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

ElfFacts facts_of(const Fixture &fixture) {
  ElfFacts facts;
  const std::string why = read_elf(fixture.plugin().path, facts);
  CHECK_MESSAGE(why.empty(), why);
  return facts;
}

// A thread begins with all signals blocked and takes the mask of its creator a moment later, so one
// look may come too early.
bool keeps_signals_blocked(int thread) {
  constexpr int kLooks = 30;
  for (int i = 0; i < kLooks; ++i) {
    if (!blocks_all_signals(thread)) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

NAVI_CASE("A.exports_entry_only", kGate, needs()) {
  CHECK(joined(facts_of(fixture).exported) == "navistore_backend_entry");
}

NAVI_CASE("A.no_text_relocations", kGate, needs()) { CHECK(!facts_of(fixture).text_relocations); }

NAVI_CASE("A.no_executable_stack", kGate, needs()) { CHECK(!facts_of(fixture).executable_stack); }

// Magic, size, members and the owner of the symbol are checked whenever a plugin is loaded
// (plugin.cpp).
NAVI_CASE("A.entry", kGate, needs()) {
  const navi_entry &entry = *fixture.plugin().entry;
  CHECK(entry.header >= 1);
  CHECK(entry.zero[0] == 0);
  CHECK(entry.zero[1] == 0);
  const std::string id = entry.id;
  CHECK(!id.empty());
  CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
        std::string::npos);
  CHECK(!std::string(entry.version).empty());
  CHECK(std::string(entry.about).find('\n') == std::string::npos);
}

NAVI_CASE("A.loads_locally", kGate, needs()) {
  CHECK_MESSAGE(dlsym(RTLD_DEFAULT, "navistore_backend_entry") == nullptr,
                "the entry became a global symbol");
}

NAVI_CASE("A.loading_does_nothing", kGate, needs()) {
  const ProcessState now = ProcessState::now();
  CHECK(now.settings == fixture.before_load().settings);
  CHECK(now.descriptors == fixture.before_load().descriptors);
  CHECK(now.threads.size() == fixture.before_load().threads.size());
}

NAVI_CASE("A.unknown_interface_is_null", kGate, needs()) {
  const auto get = fixture.plugin().entry->get_interface;
  for (const char *id : {"", "navistore.store", "navistore.store/2", "navistore.store/1 ",
                         "navistore.changes/0", "navistore.nothing/1", "NAVISTORE.STORE/1"}) {
    CHECK_MESSAGE(get(id) == nullptr, "get_interface(\"" << std::string(id) << "\") is not NULL");
  }
}

NAVI_CASE("A.interfaces_are_static", kGate, needs()) {
  const Plugin &plugin = fixture.plugin();
  const auto get = plugin.entry->get_interface;
  const auto check_all = [&] {
    CHECK(get(NAVI_STORE_1) == plugin.store);
    CHECK(get(NAVI_CHANGES_1) == plugin.changes);
    CHECK(get(NAVI_WATCH_1) == plugin.watch);
    CHECK(get(NAVI_UPKEEP_1) == plugin.upkeep);
  };
  check_all();
  std::thread(check_all).join();
  fixture.store();
  check_all();
}

// Each member is checked whenever a plugin is loaded; what remains is that they fit together.
NAVI_CASE("A.vtables_complete", kGate, needs()) {
  CHECK(vtable_defect(fixture.plugin()) == "");
  CHECK_MESSAGE((fixture.plugin().watch == nullptr || fixture.plugin().changes != nullptr),
                NAVI_WATCH_1 " is offered without " NAVI_CHANGES_1);
  CHECK(fixture.plugin().store->zero == 0);
}

NAVI_CASE("A.process_untouched", kGate, needs()) {
  Store &store = fixture.store();
  CHECK(process_settings() == fixture.before_load().settings);
  store.put("a", "1");
  store.scan_all();
  store.clear();
  store.interrupt();
  CHECK(process_settings() == fixture.before_load().settings);
  fixture.close();
  CHECK(process_settings() == fixture.before_load().settings);
}

NAVI_CASE("A.threads_block_signals", kGate, needs()) {
  Bell bell;
  Store &store = fixture.store();
  if (store.has(kWatch)) CHECK(store.arm(bell).ok());
  CHECK(store.put("a", "1").ok());
  for (const int thread : thread_ids()) {
    if (fixture.before_load().threads.count(thread) != 0) continue;
    CHECK_MESSAGE(keeps_signals_blocked(thread),
                  "a thread of the plugin takes signals of the process");
  }
  if (store.has(kWatch)) CHECK(store.disarm().ok());
}

}  // namespace navistore::conformance
