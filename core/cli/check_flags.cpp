// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "core/cli/commands.hpp"
#include "core/host/admission.hpp"
#include "core/http/server.hpp"

namespace navistore::cli {
namespace {

Outcome check_listener(const std::string &flag, const std::string &address) {
  Outcome good = http::check_address(address);
  return good ? std::move(good) : std::move(good).error().in(flag + " '" + address + "'");
}

Outcome check_tls_flags(const http::TlsOptions &tls) {
  if (tls.certificate.empty()) return Done{};
  Outcome pair = http::check_tls({tls.certificate, tls.key, ""});
  if (!pair) return std::move(pair).error().in("--tls-cert, --tls-key");
  Outcome all = http::check_tls(tls);
  return all ? std::move(all) : std::move(all).error().in("--tls-client-ca");
}

}  // namespace

Outcome check_flags(const config::ServeOptions &options) {
  for (const http::ListenOptions &listen : options.http.listen) {
    if (Outcome good = check_listener("--listen", listen.address); !good) return good;
  }
  for (const std::string &address : options.classic_listen) {
    if (Outcome good = check_listener("--classic-listen", address); !good) return good;
  }
  if (Outcome good = check_tls_flags(options.http.tls); !good) return good;
  return host::check_config(options.admission);
}

}  // namespace navistore::cli
