// http/loopback_client.h - for tests: a blocking client that sends exactly the bytes it is told, on plain
// sockets.
#pragma once

#include <arpa/inet.h>
#include <cerrno>
#include <gtest/gtest.h>
#include <map>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/time.h"

namespace starling::http {

struct ReceivedResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class LoopbackClient {
 public:
  explicit LoopbackClient(const Endpoint& server) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    // Only so that a broken server fails the test instead of stopping it.
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  LoopbackClient(const LoopbackClient&) = delete;
  LoopbackClient& operator=(const LoopbackClient&) = delete;
  ~LoopbackClient() { ::close(socket_); }

  // False when the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // Status 0 when the server closed before a whole response came.
  ReceivedResponse receive(bool has_body = true) {
    ReceivedResponse response;
    const auto head = take_until("\r\n\r\n");
    if (!head || head->size() < 12) return response;
    for (size_t at = head->find("\r\n") + 2; at < head->size() && at > 1;) {
      const size_t end = head->find("\r\n", at);
      const std::string line = head->substr(at, end - at);
      if (const size_t colon = line.find(": "); colon != std::string::npos) {
        std::string name = line.substr(0, colon);
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        response.headers[name] = line.substr(colon + 2);
      }
      at = end + 2;
    }
    const auto length = response.headers.find("content-length");
    if (has_body && length != response.headers.end()) {
      const auto body = take(std::stoul(length->second));
      if (!body) return response;
      response.body = *body;
    }
    response.status = std::stoi(head->substr(9, 3));
    return response;
  }

  // One unmasked, unfragmented frame of a WebSocket (RFC 6455 section 5.2).
  struct Frame {
    int opcode = -1;  // -1 when the server closed
    std::string payload;
  };
  Frame receive_frame() {
    const auto head = take(2);
    if (!head) return {};
    size_t size = static_cast<unsigned char>((*head)[1]) & 0x7fU;
    if (size == 126) {
      const auto more = take(2);
      if (!more) return {};
      size = static_cast<size_t>(static_cast<unsigned char>((*more)[0])) << 8 |
             static_cast<unsigned char>((*more)[1]);
    }
    const auto payload = take(size);
    if (!payload) return {};
    return {(*head)[0] & 0x0f, *payload};
  }
  // With a mask of zeros, which is one as good as any here. Pre: less than 126 bytes.
  bool send_frame(int opcode, std::string_view payload) {
    std::string frame = {
        static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | payload.size()), 0, 0, 0, 0};
    frame += payload;
    return send(frame);
  }

  // Fewer when the server closed before.
  std::string receive_bytes(size_t size) { return take(size).value_or(received_); }
  // Nothing more is sent.
  void finish() { ::shutdown(socket_, SHUT_WR); }
  // Waits; false when something came instead, or an orderly end.
  bool is_reset_by_server() {
    char byte = 0;
    return received_.empty() && ::recv(socket_, &byte, 1, 0) < 0 && errno == ECONNRESET;
  }
  // Waits; false when something came instead.
  bool is_closed_by_server() { return received_.empty() && !fill(); }

 private:
  bool fill() {
    char bytes[4096];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    received_.append(bytes, static_cast<size_t>(size));
    return true;
  }
  std::optional<std::string> take(size_t size) {
    while (received_.size() < size) {
      if (!fill()) return std::nullopt;
    }
    std::string bytes = received_.substr(0, size);
    received_.erase(0, size);
    return bytes;
  }
  std::optional<std::string> take_until(std::string_view end) {
    size_t at;
    while ((at = received_.find(end)) == std::string::npos) {
      if (!fill()) return std::nullopt;
    }
    return take(at + end.size());
  }

  int socket_ = -1;
  std::string received_;
};

}  // namespace starling::http
