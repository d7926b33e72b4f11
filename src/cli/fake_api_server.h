// cli/fake_api_server.h - for tests: an HTTP server that gives one prepared answer after the other and
// remembers what it was asked.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/endpoint.h"

namespace starling::cli {

// Sends each of `answers` byte for byte to one connection, then closes it.
class FakeApiServer {
 public:
  explicit FakeApiServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    socklen_t size = sizeof name;
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&name), &size), 0);
    address_ = Endpoint::ipv4(127, 0, 0, 1, ntohs(name.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;
  ~FakeApiServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] const Endpoint& address() const { return address_; }
  // Whole requests, in the order in which they came.
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard guard(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (const std::string& answer : answers_) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      const std::string request = read_request(client);
      {
        const std::lock_guard guard(mutex_);
        requests_.push_back(request);
      }
      [[maybe_unused]] const ssize_t sent =
          ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(client);
    }
  }

  static std::string read_request(int client) {
    std::string text;
    char buffer[4096];
    while (!is_whole(text)) {
      const ssize_t size = ::recv(client, buffer, sizeof buffer, 0);
      if (size <= 0) break;
      text.append(buffer, static_cast<size_t>(size));
    }
    return text;
  }

  static bool is_whole(const std::string& text) {
    const size_t head_end = text.find("\r\n\r\n");
    if (head_end == std::string::npos) return false;
    const size_t length_at = text.find("Content-Length: ");
    const size_t length =
        length_at == std::string::npos ? 0 : std::stoul(text.substr(length_at + 16));
    return text.size() >= head_end + 4 + length;
  }

  std::vector<std::string> answers_;
  int listener_ = -1;
  Endpoint address_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // guarded by mutex_
  std::thread thread_;
};

inline std::string http_answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Reason\r\nContent-Type: application/json\r\ncontent-length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A port on which nobody listens.
inline Endpoint deserted_address() {
  const FakeApiServer gone({});
  return gone.address();
}

}  // namespace starling::cli
