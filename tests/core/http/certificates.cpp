// SPDX-License-Identifier: Apache-2.0
#include "tests/core/http/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace navistore::http::testing {
namespace {

struct Free {
  void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
  void operator()(X509 *certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION *extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Extension = std::unique_ptr<X509_EXTENSION, Free>;
using File = std::unique_ptr<std::FILE, Free>;

constexpr long kDay = 24L * 60 * 60;

Certificate make_certificate(const std::string &name, EVP_PKEY *key, const X509 *issuer) {
  static long serial = 0;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char *>(name.c_str()), -1, -1, 0);
  const X509 *signer = issuer == nullptr ? certificate.get() : issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  if (issuer == nullptr) {
    const Extension authority(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE"));
    X509_add_ext(certificate.get(), authority.get(), -1);
  }
  return certificate;
}

File open(const std::string &path, const char *mode) {
  File file(std::fopen(path.c_str(), mode));
  if (!file) throw std::runtime_error("open " + path);
  return file;
}

Key read_key(const std::string &path) {
  return Key(PEM_read_PrivateKey(open(path, "r").get(), nullptr, nullptr, nullptr));
}

Certificate read_certificate(const std::string &path) {
  return Certificate(PEM_read_X509(open(path, "r").get(), nullptr, nullptr, nullptr));
}

void write(const std::string &certificate_path, X509 *certificate, const std::string &key_path,
           EVP_PKEY *key) {
  PEM_write_X509(open(certificate_path, "w").get(), certificate);
  PEM_write_PrivateKey(open(key_path, "w").get(), key, nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace

Certificates::Certificates() {
  std::string name = std::filesystem::temp_directory_path() / "navistore-tls-XXXXXX";
  path_ = ::mkdtemp(name.data());
  for (const std::string self : {"authority", "stranger"}) {
    const Key own(EVP_EC_gen("P-256"));
    const Certificate own_certificate = make_certificate(self, own.get(), nullptr);
    X509_sign(own_certificate.get(), own.get(), EVP_sha256());
    write(certificate(self), own_certificate.get(), key(self), own.get());
  }
  issue("server", "server");
  issue("client", "client");
}

Certificates::~Certificates() { std::filesystem::remove_all(path_); }

void Certificates::issue(const std::string &file, const std::string &name) {
  const Key own(EVP_EC_gen("P-256"));
  const Key authority_key = read_key(key("authority"));
  const Certificate issuer = read_certificate(authority());
  const Certificate issued = make_certificate(name, own.get(), issuer.get());
  X509_sign(issued.get(), authority_key.get(), EVP_sha256());
  write(certificate(file), issued.get(), key(file), own.get());
}

std::string Certificates::copy(const std::string &from, const std::string &to) const {
  std::filesystem::copy_file(certificate(from), certificate(to),
                             std::filesystem::copy_options::overwrite_existing);
  return certificate(to);
}

void Certificates::spoil(const std::string &file) {
  std::ofstream(certificate(file)) << "not a certificate\n";
}

}  // namespace navistore::http::testing
