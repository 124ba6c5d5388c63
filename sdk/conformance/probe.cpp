// SPDX-License-Identifier: Apache-2.0
#include "sdk/conformance/probe.hpp"

#include <sys/stat.h>

#include <sstream>

#include "sdk/conformance/record.hpp"
#include "sdk/conformance/store.hpp"

namespace navistore::conformance {

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
                          plugin.upkeep != nullptr};
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
      << info.about;
  return out.str();
}

PluginInfo parse_info(const std::string &text) {
  PluginInfo info;
  std::istringstream in(text);
  in >> info.flags >> info.changes >> info.watch >> info.upkeep;
  in.ignore(1);
  std::getline(in, info.id);
  std::getline(in, info.version);
  std::getline(in, info.about, '\0');
  return info;
}

}  // namespace navistore::conformance
