// content/site_head.h - the body of the directory record that says what a site holds now.
// Wire: docs/wire/content.md#site-head.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "crypto/blob_id.h"

namespace starling::content {

struct SiteHead {
  // Bytes of UTF-8 without control characters.
  static constexpr size_t kTitleSizeMax = 200;
  // A site is found so long after its owner was last there.
  static constexpr uint32_t kLifetimeSeconds = 400 * 24 * 3'600;

  crypto::FolderId folder;
  uint64_t published_unix_s = 0;  // as the owner's clock said; for people
  std::string title;
  friend bool operator==(const SiteHead&, const SiteHead&) = default;
};

bool is_title(std::string_view text);
std::optional<SiteHead> decode_site_head(ByteView bytes);
// Pre: is_title(title), and the folder has a manifest.
Bytes encode(const SiteHead& head);

}  // namespace starling::content
