#include "gateway/site_request.h"

namespace starling::gateway {
namespace {

using http::Request;

constexpr std::string_view kDomain = ".localhost";

// Without the port.
std::string_view host_name(std::string_view host) {
  const size_t colon = host.find_last_of(':');
  return host.ends_with(']') ? host : host.substr(0, colon);
}

bool is_own_name(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool comes_from_another_site(const Request& request) {
  if (request.sec_fetch_site) {
    const bool own = *request.sec_fetch_site == "same-origin" || *request.sec_fetch_site == "none";
    const bool address_bar =
        request.sec_fetch_mode == "navigate" && request.sec_fetch_dest == "document";
    return !own && !address_bar;
  }
  // Browsers that do not say so name the page's origin where it matters.
  return request.origin && *request.origin != "http://" + request.host.value_or("");
}

}  // namespace

std::expected<SiteRequest, Refusal> judge(const Request& request) {
  const std::string_view host = host_name(request.host ? *request.host : std::string_view());
  if (is_own_name(host)) return std::unexpected(Refusal::no_content_named);
  if (!host.ends_with(kDomain)) return std::unexpected(Refusal::foreign_host);
  const std::string_view name = host.substr(0, host.size() - kDomain.size());
  auto link = content::parse_content_link(name);
  if (!link || name.find('/') != std::string_view::npos)
    return std::unexpected(Refusal::foreign_host);
  if (request.method != "GET" && request.method != "HEAD")
    return std::unexpected(Refusal::wrong_method);
  if (comes_from_another_site(request)) return std::unexpected(Refusal::other_site);
  if (request.sec_fetch_dest == "serviceworker") return std::unexpected(Refusal::service_worker);
  auto names = content::parse_path(request.path);
  if (!names) return std::unexpected(Refusal::bad_path);
  SiteRequest asked{std::move(*link), {}};
  if (!names->empty()) asked.name = names->back();
  if (std::holds_alternative<crypto::BlobId>(asked.link.what)) return asked;
  asked.link.path = std::move(*names);
  asked.link.ends_with_slash = request.path.ends_with('/');
  return asked;
}

}  // namespace starling::gateway
