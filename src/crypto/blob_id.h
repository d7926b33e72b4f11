// crypto/blob_id.h - the name of immutable bytes: the root of their hash tree and their length, and how that looks to people.
//
// Rule: the length belongs to the name. The tree of BEP 52 does not tell leaves from inner nodes, so 64 bytes that are two
//       hashes have the root of a two-leaf file; with the length they have another name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/keys.h"

namespace starling::crypto {

struct BlobId {
  // 6 bytes on the wire.
  static constexpr uint64_t kSizeMax = (uint64_t{1} << 48) - 1;

  Digest root;  // of the empty blob: zeros
  uint64_t size = 0;
  friend auto operator<=>(const BlobId&, const BlobId&) = default;
};

// A blob that is the manifest of a folder (docs/wire/content.md).
struct FolderId {
  BlobId manifest;
  friend auto operator<=>(const FolderId&, const FolderId&) = default;
};

// The letter, then root and size at 5 bits a character.
inline constexpr size_t kBlobTextSize = 1 + ((32 + 6) * 8 + 4) / 5;

// `b` or `d` and base32; 62 characters, each a valid DNS label.
std::string to_text(const BlobId& id);
std::string to_text(const FolderId& id);
// As parse_node_key(); empty too for a root without a size, and the reverse.
std::optional<BlobId> parse_blob_id(std::string_view text);
std::optional<FolderId> parse_folder_id(std::string_view text);

}  // namespace starling::crypto
