#include "cli/http_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "cli/socket_name.h"
#include "crypto/secret.h"
#include "os/file_descriptor.h"

namespace starling::cli {
namespace {

using os::FileDescriptor;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "HTTP/1.1 200 OK"
std::optional<int> parse_status_line(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return std::nullopt;
  if (line.size() > 12 && line[12] != ' ') return std::nullopt;
  const auto status = parse_number<int>(line.substr(9, 3));
  if (!status || *status < 100) return std::nullopt;
  return status;
}

// False for a header that makes the length of the body something that we do not understand.
bool take_header(std::string_view line, HttpHead& head) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = without_blanks(line.substr(colon + 1));
  if (same_ignoring_case(name, "transfer-encoding")) return false;
  if (!same_ignoring_case(name, "content-length")) return true;
  const auto length = parse_number<size_t>(value);
  if (!length || head.content_length || *length > kHttpBodySizeMax) return false;
  head.content_length = length;
  return true;
}

class Connection {
 public:
  Connection(FileDescriptor socket, Clock::time_point deadline)
      : socket_(std::move(socket)), deadline_(deadline) {}

  static std::expected<Connection, HttpError> open(const Endpoint& server, Duration patience);
  std::expected<void, HttpError> send(std::string_view text);
  // What there is, some bytes at least; empty at the end of the stream.
  std::expected<std::string_view, HttpError> receive();

 private:
  std::expected<void, HttpError> wait_for(short events);

  FileDescriptor socket_;
  Clock::time_point deadline_;
  std::array<char, 16 << 10> buffer_;
};

HttpError error_of(int number) {
  return number == ECONNREFUSED ? HttpError::refused : HttpError::failed;
}

std::expected<Connection, HttpError> Connection::open(const Endpoint& server, Duration patience) {
  const SocketName name(server);
  FileDescriptor socket(
      ::socket(name.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return std::unexpected(HttpError::failed);
  const auto deadline = Clock::now() + patience;
  const int number = socket.number();
  Connection connection(std::move(socket), deadline);
  if (::connect(number, reinterpret_cast<const sockaddr*>(&name.storage), name.size) == 0) {
    return connection;
  }
  if (errno != EINPROGRESS) return std::unexpected(error_of(errno));
  if (auto ready = connection.wait_for(POLLOUT); !ready) return std::unexpected(ready.error());
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(number, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return std::unexpected(error_of(error));
  return connection;
}

std::expected<void, HttpError> Connection::wait_for(short events) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) return std::unexpected(HttpError::timed_out);
    pollfd poll{.fd = socket_.number(), .events = events, .revents = 0};
    const int ready = ::poll(&poll, 1, static_cast<int>(std::min<int64_t>(left.count(), 1 << 30)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return std::unexpected(HttpError::failed);
  }
}

std::expected<void, HttpError> Connection::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      text.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (auto ready = wait_for(POLLOUT); !ready) return ready;
    } else if (errno != EINTR) {
      return std::unexpected(HttpError::failed);
    }
  }
  return {};
}

std::expected<std::string_view, HttpError> Connection::receive() {
  for (;;) {
    const ssize_t received = ::recv(socket_.number(), buffer_.data(), buffer_.size(), 0);
    if (received >= 0) return std::string_view(buffer_.data(), static_cast<size_t>(received));
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (auto ready = wait_for(POLLIN); !ready) return std::unexpected(ready.error());
    } else if (errno != EINTR) {
      return std::unexpected(HttpError::failed);
    }
  }
}

std::expected<void, HttpError> send_request(Connection& connection, const Endpoint& server,
                                            const HttpRequest& request) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.path,
                                 request.host.empty() ? to_text(server) : request.host);
  if (!request.authorization.empty())
    text += fmt::format("Authorization: {}\r\n", request.authorization);
  if (request.json_body) {
    text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n",
                        request.json_body->size());
  }
  text += "Connection: close\r\n\r\n" + request.json_body.value_or("");
  auto sent = connection.send(text);
  crypto::wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  return sent;
}

}  // namespace

std::expected<std::optional<HttpHead>, HttpError> parse_http_head(std::string_view text) {
  const size_t end = text.find(kHeadEnd);
  if (end == std::string_view::npos || end > kHttpHeadSizeMax) {
    if (text.size() > kHttpHeadSizeMax) return std::unexpected(HttpError::malformed);
    return std::optional<HttpHead>();
  }
  std::string_view lines = text.substr(0, end + kLineEnd.size());
  const auto take_line = [&lines] {
    const size_t line_end = lines.find(kLineEnd);
    const std::string_view line = lines.substr(0, line_end);
    lines.remove_prefix(line_end + kLineEnd.size());
    return line;
  };
  HttpHead head;
  head.size = end + kHeadEnd.size();
  const auto status = parse_status_line(take_line());
  if (!status) return std::unexpected(HttpError::malformed);
  head.status = *status;
  while (!lines.empty()) {
    if (!take_header(take_line(), head)) return std::unexpected(HttpError::malformed);
  }
  return std::optional(head);
}

std::expected<HttpResponse, HttpError> exchange(const Endpoint& server, const HttpRequest& request,
                                                Duration patience) {
  auto connection = Connection::open(server, patience);
  if (!connection) return std::unexpected(connection.error());
  if (auto sent = send_request(*connection, server, request); !sent) {
    return std::unexpected(sent.error());
  }
  std::string text;
  std::optional<HttpHead> head;
  for (;;) {
    if (!head) {
      const auto parsed = parse_http_head(text);
      if (!parsed) return std::unexpected(parsed.error());
      head = *parsed;
    }
    if (head && head->content_length && text.size() - head->size >= *head->content_length) {
      return HttpResponse{head->status, text.substr(head->size, *head->content_length)};
    }
    const auto received = connection->receive();
    if (!received) return std::unexpected(received.error());
    if (received->empty()) break;
    text += *received;
    if (text.size() > kHttpHeadSizeMax + kHttpBodySizeMax) {
      return std::unexpected(HttpError::malformed);
    }
  }
  if (!head || head->content_length) return std::unexpected(HttpError::malformed);
  return HttpResponse{head->status, text.substr(head->size)};
}

}  // namespace starling::cli
