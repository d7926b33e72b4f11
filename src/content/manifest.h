// content/manifest.h - what is in a folder: a blob of its own, the same bytes for the same folder everywhere.
// Wire: docs/wire/content.md#manifest.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/blob_id.h"

namespace starling::content {

using crypto::BlobId;
using crypto::FolderId;

struct ManifestEntry {
  enum class Kind : uint8_t { file = 0, executable = 1, folder = 2 };
  std::string name;  // as name_rules.h wants it
  Kind kind = Kind::file;
  BlobId blob;  // of a folder: its manifest
  friend bool operator==(const ManifestEntry&, const ManifestEntry&) = default;
};

struct Manifest {
  // Overflow: refused. A folder with more is a database; its files can be spread over folders.
  static constexpr size_t kEntriesMax = 100'000;
  static constexpr size_t kSizeMax = 32 << 20;

  std::vector<ManifestEntry> entries;  // ascending by name, as bytes

  // Null when there is none.
  [[nodiscard]] const ManifestEntry* find(std::string_view name) const;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// Empty for anything that encode() would not write.
std::optional<Manifest> decode_manifest(ByteView bytes);
// Sorts the entries. Pre: the names have no fault, and no two are equal when folded; within the limits.
Bytes encode(Manifest manifest);

}  // namespace starling::content
