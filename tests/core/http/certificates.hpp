// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace navistore::http::testing {

// A certificate authority in a directory of its own, with certificates "server" and "client", and
// "stranger", which signed itself.
class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates &) = delete;
  Certificates &operator=(const Certificates &) = delete;

  std::string authority() const { return certificate("authority"); }
  std::string certificate(const std::string &file) const { return path_ / (file + ".pem"); }
  std::string key(const std::string &file) const { return path_ / (file + ".key"); }

  // Writes a new certificate and key for the common name.
  void issue(const std::string &file, const std::string &name);
  // Copies a certificate, replacing the other one; returns the path of the copy.
  std::string copy(const std::string &from, const std::string &to) const;
  // Leaves a certificate file that is none.
  void spoil(const std::string &file);

 private:
  std::filesystem::path path_;
};

}  // namespace navistore::http::testing
