// SPDX-License-Identifier: Apache-2.0
#include "core/json/conformance_report.hpp"

#include <nlohmann/json.hpp>

namespace navistore::json {
namespace {

using Json = nlohmann::json;

// Runs a conversion that may throw for JSON of another shape.
template <class Convert>
auto guarded(const std::string &what, Convert convert) -> Result<decltype(convert())> {
  try {
    return convert();
  } catch (const Json::exception &failure) {
    return Error{Code::kInvalid, what + ": " + failure.what()};
  }
}

std::vector<Dependency> dependencies_of(const Json &list) {
  std::vector<Dependency> dependencies;
  for (const Json &entry : list) {
    dependencies.push_back({entry.at("path"), entry.value("build_id", "")});
  }
  return dependencies;
}

Declared declared_of(const Json &plugin) {
  return {plugin.at("id"),      plugin.at("version"), plugin.at("flags"),
          plugin.at("changes"), plugin.at("watch"),   plugin.at("upkeep")};
}

}  // namespace

Result<ConformanceReport> parse_conformance_report(const std::string &text) {
  return guarded("conformance report", [&] {
    const Json root = Json::parse(text);
    ConformanceReport report;
    report.harness = root.at("harness").dump();
    report.reason = root.value("reason", "");
    report.declared = declared_of(root.at("plugin"));
    for (const Json &entry : root.at("results")) {
      report.cases.push_back({entry.at("case"), entry.at("state"), entry.value("message", ""),
                              entry.value("repeat", "")});
    }
    if (root.contains("dependencies")) {
      report.dependencies = dependencies_of(root.at("dependencies"));
    }
    return report;
  });
}

std::string to_json(const Pass &pass) {
  Json dependencies = Json::array();
  for (const Dependency &dependency : pass.dependencies) {
    dependencies.push_back({{"path", dependency.path}, {"build_id", dependency.build_id}});
  }
  const Declared &declared = pass.declared;
  return Json{{"dependencies", std::move(dependencies)},
              {"plugin",
               {{"id", declared.id},
                {"version", declared.version},
                {"flags", declared.flags},
                {"changes", declared.changes},
                {"watch", declared.watch},
                {"upkeep", declared.upkeep}}},
              {"report_json", pass.report_json},
              {"report_junit", pass.report_junit}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Pass> parse_pass(const std::string &text) {
  return guarded("stored pass", [&] {
    const Json root = Json::parse(text);
    return Pass{dependencies_of(root.at("dependencies")), root.at("report_json"),
                root.at("report_junit"), declared_of(root.at("plugin"))};
  });
}

Result<std::string> canonical_object(const std::string &text) {
  auto parsed = guarded("configuration", [&] { return Json::parse(text); });
  if (!parsed) return std::move(parsed).error();
  if (!parsed.value().is_object()) {
    return Error{Code::kInvalid, "configuration: expected a JSON object"};
  }
  return guarded("configuration", [&] { return parsed.value().dump(); });
}

}  // namespace navistore::json
