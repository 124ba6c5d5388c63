// SPDX-License-Identifier: Apache-2.0
// What the rest of the core sees of HTTP: a request, the answer to fill, and who decides. No
// Pistache type, no socket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace navistore::http {

enum class Method : uint8_t { kGet, kHead, kPut, kPost, kDelete, kOptions, kPatch, kOther };

// name as received; value without surrounding blanks.
struct Field {
  std::string_view name;
  std::string_view value;
};

// One request. Everything borrows from the connection and dies when Handler::handle() returns.
struct Request {
  Method method = Method::kOther;
  std::string_view method_name;
  std::string_view path;  // as received up to '?', undecoded, starts with '/' (or is "*")
  std::optional<std::string_view> query;   // what follows the first '?', undecoded
  int minor_version = 1;                   // HTTP/1.x
  std::vector<Field> fields;               // in order of arrival
  std::string_view body;                   // empty while a body is streamed
  std::optional<uint64_t> content_length;  // as declared
  bool chunked = false;                    // Transfer-Encoding: chunked was sent
  bool from_loopback = false;              // peer is 127.0.0.0/8, ::1 or a unix socket

  // The first field of that name (ASCII case is ignored).
  std::optional<std::string_view> field(std::string_view name) const;
  // All fields of that name joined with ", " (RFC 9110 5.3); nothing when there is none.
  std::optional<std::string> joined(std::string_view name) const;
};

class SealedBody;
using SealedBodyPtr = std::shared_ptr<const SealedBody>;

// One answer. A worker reuses it: clear() keeps the capacity, so a steady load allocates nothing.
// The engine adds Date, Content-Length or Transfer-Encoding, and Connection.
struct Response {
  int status = 200;
  std::string fields;  // "Name: value\r\n" each; use field()
  std::string body;
  SealedBodyPtr sealed;  // instead of body, where it is set
  std::optional<uint64_t>
      head_length;  // answer to HEAD: Content-Length where body was not produced
  // kUnknown, in an answer to HEAD: GET would stream, so that no Content-Length is given.
  enum class Length : uint8_t { kKnown, kUnknown } length = Length::kKnown;
  enum class After : uint8_t { kKeepAlive, kClose } after = After::kKeepAlive;

  // value must hold no CR, LF or NUL: such bytes are replaced by a blank.
  Response &field(std::string_view name, std::string_view value);
  std::string_view content() const;  // body, or what is sealed
  void clear();
};

// A text that many streams send; nobody changes it any more.
using SharedText = std::shared_ptr<const std::string>;

// A body in parts (SSE, NDJSON), chunked on HTTP/1.1, until closed on HTTP/1.0.
// [any thread] all members. Answers to a connection that is gone vanish.
// Its end without end() cuts the connection, so that the client sees that something is missing.
class Stream {
 public:
  enum class State : uint8_t { kOpen, kFull, kClosed };
  virtual ~Stream() = default;
  // Queues a part. kFull: taken, but the connection's output is over its limit: stop until
  // on_ready.
  virtual State write(std::string part) = 0;
  virtual State write(SharedText part) = 0;  // the same; a large one is not copied
  virtual void end() = 0;
  virtual State state() const = 0;
  virtual size_t queued_bytes() const = 0;
  // Called on the worker thread: ready each time when the queue fell below the low-water mark
  // after kFull; closed once, when the stream is over (ended, or the connection is gone); drain
  // once, when the server drains (end() with the last words is still possible then).
  virtual void on_ready(std::function<void()> ready) = 0;
  virtual void on_closed(std::function<void()> closed) = 0;
  virtual void on_drain(std::function<void()> drain) = 0;
};

// The right to answer one request later. [any thread] Destroyed unanswered, it answers 500.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void send(Response response) = 0;
  virtual std::shared_ptr<Stream> stream(Response head) = 0;
  // Called once on the worker thread when the client went away, or the server drains, before an
  // answer was given.
  enum class Gone : uint8_t { kClosed, kDraining };
  virtual void on_gone(std::function<void(Gone)> gone) = 0;
};

// Receives a request body in parts, in order, on the worker thread. Once the request is answered
// nothing more is called: what is left of the body is discarded with the connection.
class BodySink {
 public:
  enum class Flow : uint8_t { kContinue, kPause };
  virtual ~BodySink() = default;
  virtual Flow data(
      std::string_view part) = 0;  // kPause: reading stops until Exchange's resume is called
  virtual void end() = 0;
  virtual void aborted() = 0;  // the client went away, broke the framing or timed out
};

// One request and its answer. response() is sent when handle() returns, unless defer() was called.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request &request() const = 0;
  virtual Response &response() = 0;
  // At most once.
  virtual std::shared_ptr<Responder> defer() = 0;
  // The body of request() as a string of its own: moved where the engine had to gather it, else
  // copied. request().body is empty afterwards.
  virtual std::string take_body() { return std::string(request().body); }
  // Only where plan() said kStream, before an answer: hands the body to sink. A request without a
  // body ends it at once. The returned function resumes a paused body [any thread].
  virtual std::function<void()> receive(std::shared_ptr<BodySink> sink) = 0;
};

// How the body of a request is to be taken, decided from its head; not asked where there is no
// body. A larger body is refused before it is read.
struct BodyPlan {
  enum class Mode : uint8_t { kGather, kStream } mode = Mode::kGather;
  uint64_t max_bytes = 0;
};

// A request that the engine refuses by itself (bad framing, limits, timeouts). All of them, with
// their problem names, are in refusals.hpp.
struct Refusal {
  int status;
  std::string_view problem;  // the name of the problem type, as "bad-request", "headers-too-large"
  std::string_view detail;
  uint64_t limit = 0;  // the limit that was passed (bytes, or lines of a head); 0: none
  // Of the request, as far as it was read, for the time of Handler::refuse(); null: nothing was.
  const Request *head = nullptr;
};

// Decides; sending is the engine's. [concurrent] all members, on the worker threads: they never
// block.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual BodyPlan plan(const Request &head) = 0;
  virtual void handle(Exchange &exchange) = 0;
  // Words an answer for a refusal: status is set already.
  virtual void refuse(const Refusal &refusal, Response &response) = 0;
};

}  // namespace navistore::http
