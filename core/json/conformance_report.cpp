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

}  // namespace

Result<ConformanceReport> parse_conformance_report(const std::string &text) {
  return guarded("conformance report", [&] {
    const Json root = Json::parse(text);
    ConformanceReport report;
    report.harness = root.at("harness").dump();
    for (const Json &entry : root.at("results")) {
      report.cases.push_back({entry.at("case"), entry.at("state"), entry.value("message", "")});
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
  return Json{{"dependencies", std::move(dependencies)},
              {"report_json", pass.report_json},
              {"report_junit", pass.report_junit}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Pass> parse_pass(const std::string &text) {
  return guarded("stored pass", [&] {
    const Json root = Json::parse(text);
    return Pass{dependencies_of(root.at("dependencies")), root.at("report_json"),
                root.at("report_junit")};
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
