// gateway/site_request.h - what a browser asks the gateway for, and whether it may.
//
// Rules, and the attack that each answers (the attackers are pages of strangers in the owner's browser, published here or
// elsewhere, which can send requests to this computer):
//  - the Host names content and nothing else, so each site is an origin of its own: no page reads another's;
//  - only GET and HEAD: a page changes nothing;
//  - what another site's page asks for is refused, but for the address bar going there: no page finds out what its reader
//    has here, frames it, or uses it;
//  - no service workers: what a site once was does not outlive it.
// Wire: docs/wire/gateway.md.
#pragma once

#include <expected>

#include "content/content_link.h"
#include "http/message.h"

namespace starling::gateway {

struct SiteRequest {
  content::ContentLink link;
  // For files that have no other: the last name of the path behind a blob's.
  std::string name;
};

enum class Refusal : uint8_t {
  no_content_named,  // the gateway itself: say what it is for
  foreign_host,
  wrong_method,
  other_site,
  service_worker,
  bad_path,
};

std::expected<SiteRequest, Refusal> judge(const http::Request& request);

}  // namespace starling::gateway
