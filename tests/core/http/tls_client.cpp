// SPDX-License-Identifier: Apache-2.0
#include "tests/core/http/tls_client.hpp"

#include <openssl/x509.h>
#include <signal.h>

#include <ctime>
#include <utility>
#include <vector>

namespace navistore::http::testing {
namespace {

// OpenSSL writes to sockets that the server closed. Not ignored in the whole process, where that
// would hide that the server is safe from it.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec at_once{};
    ::sigtimedwait(&pipe_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal &) = delete;
  NoPipeSignal &operator=(const NoPipeSignal &) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

}  // namespace

TlsClient::TlsClient(const std::string &address, const std::string &authority, const Wishes &wishes)
    : socket_(address, wishes.receive_buffer), context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(context_.get(), wishes.version);
  SSL_CTX_set_max_proto_version(context_.get(), wishes.version);
  SSL_CTX_load_verify_file(context_.get(), authority.c_str());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (!wishes.certificate.empty()) {
    SSL_CTX_use_certificate_file(context_.get(), wishes.certificate.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), wishes.key.c_str(), SSL_FILETYPE_PEM);
  }
  session_.reset(SSL_new(context_.get()));
  if (!wishes.protocols.empty()) {
    SSL_set_alpn_protos(session_.get(),
                        reinterpret_cast<const unsigned char *>(wishes.protocols.data()),
                        static_cast<unsigned>(wishes.protocols.size()));
  }
  if (wishes.resume) SSL_set_session(session_.get(), wishes.resume.get());
  SSL_set_fd(session_.get(), socket_.descriptor());
  const NoPipeSignal quiet;
  connected_ = SSL_connect(session_.get()) == 1;
}

std::string TlsClient::protocol() const {
  const unsigned char *name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(session_.get(), &name, &length);
  return {reinterpret_cast<const char *>(name), length};
}

std::string TlsClient::server_name() const {
  X509 *peer = SSL_get0_peer_certificate(session_.get());
  char name[64] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
  return name;
}

int TlsClient::chain_length() const { return sk_X509_num(SSL_get_peer_cert_chain(session_.get())); }

int TlsClient::authorities() const {
  return sk_X509_NAME_num(SSL_get0_peer_CA_list(session_.get()));
}

std::shared_ptr<SSL_SESSION> TlsClient::resumable() const {
  return {SSL_get1_session(session_.get()), SSL_SESSION_free};
}

TlsClient &TlsClient::send(const std::string &bytes) {
  const NoPipeSignal quiet;
  SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
  return *this;
}

std::string TlsClient::receive(size_t size) {
  std::string bytes = std::exchange(unread_, {});
  std::vector<char> part(65536);
  while (bytes.size() < size) {
    const int length = SSL_read(session_.get(), part.data(), static_cast<int>(part.size()));
    if (length <= 0) {
      const bool clean = SSL_get_error(session_.get(), length) == SSL_ERROR_ZERO_RETURN;
      return clean ? bytes : bytes + "!";
    }
    bytes.append(part.data(), static_cast<size_t>(length));
  }
  return bytes;
}

std::string TlsClient::receive_through(const std::string &mark) {
  std::string bytes;
  while (bytes.find(mark) == std::string::npos) {
    const std::string more = receive(1);
    bytes += more;
    if (more.empty() || more.back() == '!') return bytes;
  }
  const size_t end = bytes.find(mark) + mark.size();
  unread_ = bytes.substr(end);
  bytes.resize(end);
  return bytes;
}

}  // namespace navistore::http::testing
