// SPDX-License-Identifier: Apache-2.0
#include "core/http/tls.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace navistore::http {
namespace {

constexpr std::string_view kSessionContext = "navistore";
constexpr size_t kMaxRead = size_t{1} << 30;
constexpr size_t kMaxWrite = 64 * 1024;  // a call; OpenSSL cuts it into records of 16 KiB

// A protocol name with its length in front, as ALPN wants it (RFC 7301 3.1).
constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// A client that offers ALPN, but not HTTP/1.1, would not understand a word of ours.
// NOLINTNEXTLINE(readability-function-size): OpenSSL's signature
int choose_protocol(SSL *, const unsigned char **chosen, unsigned char *length,
                    const unsigned char *offered, unsigned offered_length, void *) {
  unsigned char *found = nullptr;
  const int result = SSL_select_next_proto(&found, length, kHttp11.data(), kHttp11.size(), offered,
                                           offered_length);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// The first of the errors is the cause ("No such file or directory"), the last one only what failed
// by it.
Error tls_error(const std::string &doing) {
  const unsigned long error = ERR_peek_error();  // NOLINT(google-runtime-int): OpenSSL's type
  const char *reason = ERR_SYSTEM_ERROR(error) ? nullptr : ERR_reason_error_string(error);
  const std::string cause =
      ERR_SYSTEM_ERROR(error)
          ? std::generic_category().message(static_cast<int>(ERR_GET_REASON(error)))
          : std::string(reason == nullptr ? "not usable" : reason);
  ERR_clear_error();
  return Error{Code::kInvalid, cause}.in(doing);
}

void configure(SSL_CTX &context) {
  SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
  SSL_CTX_set_mode(&context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(&context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_read_ahead(&context, 1);  // a record with one recv, not its header by itself
  SSL_CTX_set_session_id_context(&context,
                                 reinterpret_cast<const unsigned char *>(kSessionContext.data()),
                                 kSessionContext.size());
  SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
}

Outcome require_clients_of(SSL_CTX &context, const std::string &authority) {
  STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(authority.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(&context, authority.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return tls_error("read client CA '" + authority + "'");
  }
  SSL_CTX_set_client_CA_list(&context, names);  // takes names over
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return Done{};
}

}  // namespace

Result<TlsContext> load_tls(const TlsOptions &options) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return tls_error("set up TLS");
  configure(*context);
  if (SSL_CTX_use_certificate_chain_file(context.get(), options.certificate.c_str()) != 1) {
    return tls_error("read certificate '" + options.certificate + "'");
  }
  const bool key =
      SSL_CTX_use_PrivateKey_file(context.get(), options.key.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(context.get()) == 1;
  if (!key) return tls_error("read key '" + options.key + "'");
  if (!options.client_ca.empty()) {
    if (Outcome outcome = require_clients_of(*context, options.client_ca); !outcome) {
      return std::move(outcome).error();
    }
  }
  return context;
}

Outcome check_tls(const TlsOptions &options) {
  for (const std::string &path : {options.certificate, options.key, options.client_ca}) {
    std::error_code missing;
    const auto file = std::filesystem::status(path, missing);
    if (std::filesystem::exists(file) && !std::filesystem::is_regular_file(file)) return Done{};
  }
  const Result<TlsContext> loaded = load_tls(options);
  return loaded ? Outcome(Done{}) : loaded.error();
}

Outcome TlsKeeper::reload() {
  Result<TlsContext> loaded = load_tls(options_);
  if (!loaded) return std::move(loaded).error();
  Lock lock(mutex_);
  context_.swap(loaded.value());
  return Done{};
}

std::unique_ptr<TlsSession> TlsKeeper::begin(int fd) {
  Lock lock(mutex_);
  return std::make_unique<TlsSession>(*context_, fd);
}

TlsSession::TlsSession(SSL_CTX &context, int fd) : session_(SSL_new(&context)) {
  if (!session_ || SSL_set_fd(session_.get(), fd) != 1) throw std::runtime_error("SSL_new");
  SSL_set_accept_state(session_.get());
}

Transfer::Status TlsSession::failure(int result) {
  wants_write_ = false;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Transfer::Status::kAgain;
    case SSL_ERROR_WANT_WRITE: wants_write_ = true; return Transfer::Status::kAgain;
    case SSL_ERROR_ZERO_RETURN: return Transfer::Status::kEnd;
    default: return Transfer::Status::kBroken;
  }
}

Transfer::Status TlsSession::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result != 1) return failure(result);
  established_ = true;
  return Transfer::Status::kDone;
}

Transfer TlsSession::receive(char *buffer, size_t size) {
  ERR_clear_error();
  const int result = SSL_read(session_.get(), buffer, static_cast<int>(std::min(size, kMaxRead)));
  if (result <= 0) return {failure(result)};
  return {Transfer::Status::kDone, static_cast<size_t>(result)};
}

Transfer TlsSession::send(const iovec *pieces, int count) {
  size_t sent = 0;
  for (const iovec *piece = pieces; piece != pieces + count; ++piece) {
    ERR_clear_error();
    const int size = static_cast<int>(std::min(piece->iov_len, kMaxWrite));
    const int result = SSL_write(session_.get(), piece->iov_base, size);
    if (result <= 0) {
      const Transfer::Status status = failure(result);
      const bool partly = sent > 0 && status == Transfer::Status::kAgain;
      return {partly ? Transfer::Status::kDone : status, sent};
    }
    sent += static_cast<size_t>(result);
    if (static_cast<size_t>(result) < piece->iov_len) break;
  }
  return {Transfer::Status::kDone, sent};
}

uint64_t TlsSession::sent() const { return BIO_number_written(SSL_get_wbio(session_.get())); }

void TlsSession::close() {
  if (!established_) return;
  ERR_clear_error();
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

}  // namespace navistore::http
