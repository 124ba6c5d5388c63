// SPDX-License-Identifier: Apache-2.0
#include "tests/core/api/driver.hpp"

#include <chrono>
#include <optional>
#include <regex>
#include <stdexcept>

#include "core/api/etag.hpp"
#include "core/mutex.hpp"

namespace navistore::api::testing {

struct Answer::State {
  Mutex mutex;
  Condition changed;
  std::optional<std::string> text NAVISTORE_GUARDED_BY(mutex);
  std::function<void(http::Responder::Gone)> gone NAVISTORE_GUARDED_BY(mutex);

  void put(std::string answer) {
    {
      const Lock lock(mutex);
      text = std::move(answer);
    }
    changed.notify_all();
  }
};

namespace {

std::string text_of(const http::Response &response) {
  std::string text = std::to_string(response.status) + "\n" + response.fields;
  if (response.head_length) {
    text += "Content-Length: " + std::to_string(*response.head_length) + "\r\n";
  }
  return text.append("\n").append(response.content());
}

class Parts final : public http::Stream {
 public:
  Parts(std::shared_ptr<Answer::State> state, std::string head)
      : state_(std::move(state)), text_(std::move(head)) {}
  State write(std::string part) override {
    text_ += part;
    return State::kOpen;
  }
  State write(http::SharedText part) override { return write(*part); }
  void end() override { state_->put(text_); }
  State state() const override { return State::kOpen; }
  size_t queued_bytes() const override { return 0; }
  void on_ready(std::function<void()>) override {}
  void on_closed(std::function<void()>) override {}
  void on_drain(std::function<void()>) override {}

 private:
  std::shared_ptr<Answer::State> state_;
  std::string text_;
};

class LaterAnswer final : public http::Responder {
 public:
  explicit LaterAnswer(std::shared_ptr<Answer::State> state) : state_(std::move(state)) {}
  void send(http::Response response) override { state_->put(text_of(response)); }
  std::shared_ptr<http::Stream> stream(http::Response head) override {
    return std::make_shared<Parts>(state_, text_of(head));
  }
  void on_gone(std::function<void(Gone)> gone) override {
    {
      const Lock lock(state_->mutex);
      state_->gone = std::move(gone);
    }
    state_->changed.notify_all();
  }

 private:
  std::shared_ptr<Answer::State> state_;
};

class TextExchange final : public http::Exchange {
 public:
  TextExchange(std::string text, std::shared_ptr<Answer::State> state)
      : text_(std::move(text)), state_(std::move(state)) {
    parse();
  }
  const http::Request &request() const override { return request_; }
  http::Response &response() override { return response_; }
  std::shared_ptr<http::Responder> defer() override {
    deferred_ = true;
    return std::make_shared<LaterAnswer>(state_);
  }
  std::function<void()> receive(std::shared_ptr<http::BodySink>) override { return {}; }
  bool deferred() const { return deferred_; }

 private:
  static std::string_view cut_at(std::string_view &text, std::string_view mark) {
    const size_t at = text.find(mark);
    const std::string_view head = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
    return head;
  }
  void parse() {
    std::string_view body = text_;
    std::string_view head = cut_at(body, "\n\n");
    std::string_view line = cut_at(head, "\n");
    request_.method_name = cut_at(line, " ");
    request_.path = cut_at(line, "?");
    if (line.data() != nullptr) request_.query = line;
    request_.body = body;
    bool no_length = false;
    while (!head.empty()) {
      std::string_view value = cut_at(head, "\n");
      const std::string_view name = cut_at(value, ":");
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      no_length = no_length || name == "No-Length";
      request_.fields.push_back({name, value});
    }
    request_.fields.push_back({"X-Request-Id", "t"});
    set_method();
    if (!no_length) request_.content_length = body.size();
  }
  void set_method() {
    using http::Method;
    constexpr std::pair<std::string_view, Method> kMethods[] = {
        {"GET", Method::kGet},    {"HEAD", Method::kHead},     {"PUT", Method::kPut},
        {"POST", Method::kPost},  {"DELETE", Method::kDelete}, {"OPTIONS", Method::kOptions},
        {"PATCH", Method::kPatch}};
    for (const auto &[name, method] : kMethods) {
      if (request_.method_name == name) request_.method = method;
    }
  }

  const std::string text_;
  http::Request request_;
  http::Response response_;
  std::shared_ptr<Answer::State> state_;
  bool deferred_ = false;
};

}  // namespace

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

bool Answer::ready() const {
  const Lock lock(state_->mutex);
  return state_->text.has_value();
}

std::string Answer::text() const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  const Lock lock(state_->mutex);
  while (!state_->text) {
    if (!state_->changed.wait_until(state_->mutex, end)) return "unanswered";
  }
  return *state_->text;
}

void Answer::tell(http::Responder::Gone how) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::function<void(http::Responder::Gone)> gone;
  {
    const Lock lock(state_->mutex);
    while (!state_->gone) {
      if (!state_->changed.wait_until(state_->mutex, end)) {
        throw std::runtime_error("nobody wants to know that the client is gone");
      }
    }
    gone = state_->gone;
  }
  gone(how);
}

Rig::Rig(const host::Backend &backend, store::StoreOptions store_options,
         ServiceOptions service_options) {
  const auto directories = store::testing::options_in(directory_);
  // A given data directory may be another rig's, too; the state is always its own.
  if (store_options.data_dir.empty()) store_options.data_dir = directories.data_dir;
  store_options.state_dir = directories.state_dir;
  store_ = store::testing::open_store(backend, std::move(store_options));
  restart_service(std::move(service_options));
}

Rig::~Rig() { service_.reset(); }

void Rig::restart_service(ServiceOptions options) {
  if (options.version.empty()) options.version = "1.0.0";
  service_ = std::make_unique<Service>(*store_, std::move(options));
}

std::string Rig::epoch() const {
  std::string version;
  append_version({store_->epoch(), 0}, version);
  return version.substr(0, version.find('.'));
}

Answer Rig::start(std::string_view request) {
  auto state = std::make_shared<Answer::State>();
  TextExchange exchange(replaced(std::string(request), "$E", epoch()), state);
  service_->handle(exchange);
  if (!exchange.deferred()) state->put(text_of(exchange.response()));
  return Answer(state);
}

std::string Rig::show(std::string answer) const {
  answer = replaced(std::move(answer), "\r\n", "\n");
  answer = replaced(std::move(answer), epoch(), "$E");
  answer = replaced(std::move(answer),
                    "X-Content-Type-Options: nosniff\nContent-Security-Policy: sandbox\n"
                    "Cache-Control: no-cache\nVary: Accept\n",
                    "(item)\n");
  answer = replaced(std::move(answer), "X-Request-Id: t\n", "");
  const size_t head_end = answer.find("\n\n");
  std::string head = answer.substr(0, head_end);
  head = std::regex_replace(head, std::regex("\nNavi-Revision: [^\n]*"), "");
  head = std::regex_replace(head, std::regex("\nLast-Modified: [^\n]* GMT"), "");
  return head_end == std::string::npos ? head : head + answer.substr(head_end);
}

std::string Rig::body(std::string_view request) {
  const std::string answer = ask(request);
  const size_t head_end = answer.find("\n\n");
  return head_end == std::string::npos ? answer : answer.substr(head_end + 2);
}

uint64_t Rig::metric(const std::string &name) {
  const std::string text = body("GET /metrics");
  const size_t at = text.find("\n" + name + " ");
  if (at == std::string::npos) throw std::runtime_error("no metric " + name);
  return std::stoull(text.substr(at + name.size() + 2));
}

std::string Rig::dump() { return store::testing::dump(*store_); }

}  // namespace navistore::api::testing
