// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/report.hpp"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "sdk/conformance/markup.hpp"

namespace navistore::conformance {
namespace {

// The build id that the linker put into this executable.
int find_build_id(dl_phdr_info *info, size_t, void *out) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) &header = info->dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address is what the loader tells
    const char *at = reinterpret_cast<const char *>(info->dlpi_addr + header.p_vaddr);
    const char *end = at + header.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) < end) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof note);
      const char *name = at + sizeof note;
      const char *content = name + (note.n_namesz + 3) / 4 * 4;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(name, "GNU", 4) == 0) {
        *static_cast<std::string *>(out) = hex({content, note.n_descsz});
        return 1;
      }
      at = content + (note.n_descsz + 3) / 4 * 4;
    }
  }
  return 1;  // the first object is the executable: do not look further
}

size_t count(const SuiteReport &report, State state) {
  return static_cast<size_t>(
      std::count_if(report.cases.begin(), report.cases.end(),
                    [state](const CaseReport &c) { return c.state == state; }));
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds);
  return text;
}

std::string first_line(const std::string &text) { return text.substr(0, text.find('\n')); }

// 'it'\''s': one argument for a shell.
std::string shell_quoted(const std::string &text) {
  if (text.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+=:,@") ==
      std::string::npos)
    return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string own_command(const Options &options) {
  std::string command = "navistore-conformance " + shell_quoted(options.plugin);
  if (!options.config_path.empty()) command += " --config " + shell_quoted(options.config_path);
  if (!options.scratch.empty()) command += " --scratch " + shell_quoted(options.scratch);
  return command;
}

}  // namespace

const char *state_name(State state) {
  static const char *const names[] = {"PASS", "FAIL", "CRASH", "TIMEOUT", "SKIP", "WARN"};
  return names[static_cast<size_t>(state)];
}

const char *verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed: return "passed";
    case Verdict::kFailed: return "failed";
    case Verdict::kNotABackend: return "not a backend";
    case Verdict::kNotTested: return "not tested";
  }
  return "failed";
}

std::string harness_build() {
  std::string id;
  dl_iterate_phdr(find_build_id, &id);
  return std::string(NAVISTORE_VERSION) + (id.empty() ? "" : "+" + id);
}

// FNV-1a over names, tiers and needs.
std::string case_list_digest() {
  uint64_t hash = 14695981039346656037u;
  const auto mix = [&hash](const void *bytes, size_t size) {
    for (size_t i = 0; i < size; ++i)
      hash = (hash ^ static_cast<const unsigned char *>(bytes)[i]) * 1099511628211u;
  };
  for (const Case *entry : all_cases()) {
    mix(entry->name, std::strlen(entry->name) + 1);
    mix(&entry->tier, sizeof entry->tier);
    mix(&entry->needs.bits, sizeof entry->needs.bits);
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string repeat_command(const Options &options, const SuiteReport &report,
                           const std::string &case_name) {
  std::string command = report.repeat.empty() ? own_command(options) : report.repeat;
  if (options.tier != Tier::kGate) command += std::string(" --tier ") + tier_name(options.tier);
  if (options.case_seconds != 0) command += " --timeout " + std::to_string(options.case_seconds);
  if (options.suite_seconds != 0)
    command += " --total-timeout " + std::to_string(options.suite_seconds);
  if (case_name != "probe") command += " --case " + case_name;
  return command + " --seed " + std::to_string(options.seed);
}

std::string to_console(const Options &options, const SuiteReport &report) {
  std::string text;
  for (const CaseReport &result : report.cases) {
    if (result.bad()) {
      text += std::string(state_name(result.state)) + " " + result.name + ": " +
              printable(first_line(result.message)) +
              "\n  repeat: " + repeat_command(options, report, result.name) + "\n";
    } else if (result.state == State::kWarn) {
      text += "WARN " + result.name + ": " + printable(first_line(result.message)) + "\n";
    }
  }
  const bool known = !report.plugin.id.empty();
  text += known ? printable(report.plugin.id + " " + report.plugin.version) : options.plugin;
  text += std::string(": ") + verdict_name(report.verdict);
  if (!report.reason.empty()) text += ": " + printable(report.reason);
  if (!report.cases.empty()) {
    const size_t bad =
        count(report, State::kFail) + count(report, State::kCrash) + count(report, State::kTimeout);
    text += ": " + std::to_string(count(report, State::kPass)) + " passed, " + std::to_string(bad) +
            " failed, " + std::to_string(count(report, State::kSkip)) + " skipped, " +
            std::to_string(count(report, State::kWarn)) + " warned in " +
            seconds_text(report.seconds) + " s (seed " + std::to_string(options.seed) + ")";
  }
  return text + "\n";
}

std::string to_json(const Options &options, const SuiteReport &report) {
  const PluginInfo &plugin = report.plugin;
  std::string dependencies;
  for (const std::string &library : plugin.libraries)
    dependencies +=
        (dependencies.empty() ? "{\"path\":" : ",{\"path\":") + json_string(library) + "}";
  const auto boolean = [](bool value) { return value ? "true" : "false"; };
  std::string text = "{\"harness\":{\"build\":" + json_string(harness_build()) +
                     ",\"cases\":" + json_string(case_list_digest()) + "}";
  text += ",\"plugin\":{\"path\":" + json_string(options.plugin) +
          ",\"id\":" + json_string(plugin.id) + ",\"version\":" + json_string(plugin.version) +
          ",\"about\":" + json_string(plugin.about) + ",\"flags\":" + std::to_string(plugin.flags) +
          ",\"changes\":" + boolean(plugin.changes) + ",\"watch\":" + boolean(plugin.watch) +
          ",\"upkeep\":" + boolean(plugin.upkeep) + "},\"dependencies\":[" + dependencies + "]";
  text += ",\"tier\":" + json_string(tier_name(options.tier)) +
          ",\"seed\":" + json_string(std::to_string(options.seed)) +
          ",\"verdict\":" + json_string(verdict_name(report.verdict)) +
          ",\"reason\":" + json_string(report.reason) +
          ",\"seconds\":" + seconds_text(report.seconds) + ",\"results\":[";
  bool first = true;
  for (const CaseReport &result : report.cases) {
    text += first ? "" : ",";
    first = false;
    text += "{\"case\":" + json_string(result.name) +
            ",\"state\":" + json_string(state_name(result.state)) +
            ",\"seconds\":" + seconds_text(result.seconds) +
            ",\"message\":" + json_string(result.message);
    if (result.bad())
      text += ",\"repeat\":" + json_string(repeat_command(options, report, result.name));
    text += "}";
  }
  return text + "]}\n";
}

std::string to_junit(const Options &options, const SuiteReport &report) {
  const size_t bad =
      count(report, State::kFail) + count(report, State::kCrash) + count(report, State::kTimeout);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=" +
                     xml_attribute("navistore-conformance " + options.plugin) + " tests=\"" +
                     std::to_string(report.cases.size()) + "\" failures=\"" + std::to_string(bad) +
                     "\" skipped=\"" + std::to_string(count(report, State::kSkip)) + "\" time=\"" +
                     seconds_text(report.seconds) + "\">\n";
  for (const CaseReport &result : report.cases) {
    text += "  <testcase classname=" + xml_attribute(std::string("conformance.") + result.name[0]) +
            " name=" + xml_attribute(result.name) + " time=\"" + seconds_text(result.seconds) +
            "\">";
    if (result.bad())
      text += std::string("<failure type=\"") + state_name(result.state) +
              "\" message=" + xml_attribute(result.message) + "/>";
    if (result.state == State::kSkip)
      text += "<skipped message=" + xml_attribute(result.message) + "/>";
    if (result.state == State::kWarn)
      text += "<system-out>" + xml_text(result.message) + "</system-out>";
    text += "</testcase>\n";
  }
  return text + "</testsuite>\n";
}

}  // namespace navistore::conformance
