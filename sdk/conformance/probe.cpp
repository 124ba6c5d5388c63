// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/probe.hpp"

#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "sdk/conformance/record.hpp"
#include "sdk/conformance/store.hpp"

namespace navistore::conformance {
namespace {

// Every shared object of this process that is a file: once the plugin is loaded and opened, those
// that it needs.
std::vector<std::string> loaded_libraries() {
  std::vector<std::string> libraries;
  dl_iterate_phdr(
      [](dl_phdr_info *info, size_t, void *list) {
        if (info->dlpi_name != nullptr && info->dlpi_name[0] == '/')
          static_cast<std::vector<std::string> *>(list)->push_back(info->dlpi_name);
        return 0;
      },
      &libraries);
  return libraries;
}

// Those files but the plugin's own.
std::vector<std::string> libraries_of(const std::string &plugin) {
  std::vector<std::string> libraries = loaded_libraries();
  const auto own = [&plugin](const std::string &path) {
    std::error_code failure;
    return std::filesystem::equivalent(path, plugin, failure);
  };
  libraries.erase(std::remove_if(libraries.begin(), libraries.end(), own), libraries.end());
  return libraries;
}

}  // namespace

int probe(const Job &job) {
  Plugin plugin;
  if (const std::string why = load_plugin(job.plugin, plugin); !why.empty()) {
    send_record(RecordKind::kRefused, "not a backend: " + why);
    send_record(RecordKind::kDone, "1");
    return 0;
  }
  const std::string data = job.scratch + "/data";
  mkdir(data.c_str(), 0700);
  const Opened opened = Store::open(plugin, {job.config, data, job.ns, 0});
  if (opened.store) {
    const PluginInfo info{plugin.entry->id,          plugin.entry->version,
                          plugin.entry->about,       opened.store->caps().flags,
                          plugin.changes != nullptr, plugin.watch != nullptr,
                          plugin.upkeep != nullptr,  libraries_of(job.plugin)};
    send_record(RecordKind::kInfo, to_text(info));
  } else {
    send_record(RecordKind::kRefused, "open " + status_name(opened.status) + ": " + opened.error);
  }
  send_record(RecordKind::kDone, "1");
  return 0;
}

std::string to_text(const PluginInfo &info) {
  std::ostringstream out;
  out << info.flags << ' ' << info.changes << ' ' << info.watch << ' ' << info.upkeep << '\n'
      << info.id << '\n'
      << info.version << '\n'
      << info.libraries.size() << '\n';
  for (const std::string &library : info.libraries) out << library << '\n';
  out << info.about;
  return out.str();
}

PluginInfo parse_info(const std::string &text) {
  PluginInfo info;
  std::istringstream in(text);
  in >> info.flags >> info.changes >> info.watch >> info.upkeep;
  in.ignore(1);
  std::getline(in, info.id);
  std::getline(in, info.version);
  size_t libraries = 0;
  in >> libraries;
  in.ignore(1);
  for (std::string library; libraries > 0 && std::getline(in, library); --libraries)
    info.libraries.push_back(library);
  std::getline(in, info.about, '\0');
  return info;
}

}  // namespace navistore::conformance
