// cli/http_client.h - one HTTP/1.1 request to a server on this computer, and its whole answer.
//
// Blocks; one connection for each request. Understands what the node's API sends: a status, headers
// and a body that Content-Length or the end of the connection delimits (RFC 9112 section 6.3).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/time.h"

namespace starling::cli {

struct HttpRequest {
  std::string method;
  std::string path;
  std::string
      authorization;  // the header's value, or empty; a secret that print and log must not show
  std::optional<std::string> json_body;
  std::string host = {};  // empty: the server's address
};

struct HttpResponse {
  int status = 0;
  std::string body;
};

enum class HttpError : uint8_t {
  refused,  // nobody listens there
  timed_out,
  malformed,  // not HTTP, cut short, or beyond the limits
  failed,     // the operating system said no
};

// Larger answers are malformed. The largest that the API gives is the list of some hundred peers.
inline constexpr size_t kHttpHeadSizeMax = 16 << 10;
inline constexpr size_t kHttpBodySizeMax = 16 << 20;

struct HttpHead {
  int status = 0;
  std::optional<size_t> content_length;
  size_t size = 0;  // with the empty line
};
// Empty while the empty line has not come; malformed when it cannot become a head any more.
std::expected<std::optional<HttpHead>, HttpError> parse_http_head(std::string_view text);

// `patience` is for all of it.
std::expected<HttpResponse, HttpError> exchange(const Endpoint& server, const HttpRequest& request,
                                                Duration patience);

}  // namespace starling::cli
