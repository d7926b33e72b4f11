// content/content_link.h - links to published content: starling://s…/path, starling://d…/path, starling://b….
// Wire: docs/wire/content.md#links.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crypto/blob_id.h"
#include "crypto/keys.h"

namespace starling::content {

struct ContentLink {
  static constexpr std::string_view kScheme = "starling://";
  static constexpr size_t kTextSizeMax = 8'192;

  std::variant<crypto::SiteKey, crypto::FolderId, crypto::BlobId> what;
  // Names below the site or folder, decoded, each without fault. None: the folder itself.
  std::vector<std::string> path;
  bool ends_with_slash = false;
  friend bool operator==(const ContentLink&, const ContentLink&) = default;
};

enum class LinkFault : uint8_t {
  not_a_link,  // another scheme, or a node or account
  bad_name,    // not the name of a site, folder or blob
  bad_path,    // a percent sign or a name that cannot be
  path_of_blob,
  too_long,
};
std::string_view describe(LinkFault fault);

// The scheme may be missing, and it may be what to_browser_url() makes. What stands behind '?' or '#' is not part of it.
std::expected<ContentLink, LinkFault> parse_content_link(std::string_view text);
std::string to_text(const ContentLink& link);

// Where a browser of this computer finds it, when the gateway listens at that port: http://s….localhost:7119/path.
std::string to_browser_url(const ContentLink& link, uint16_t port);

// The path of an URL: names between slashes, percent signs decoded.
std::expected<std::vector<std::string>, LinkFault> parse_path(std::string_view path);

}  // namespace starling::content
