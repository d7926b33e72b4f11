#include "content/manifest.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "content/name_rules.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::content {
namespace {

constexpr uint8_t kManifestVersion = 1;

std::optional<ManifestEntry> read_entry(wire::Reader& reader) {
  ManifestEntry entry;
  const uint8_t kind = reader.u8();
  const size_t name_size = reader.u8();
  entry.name = std::string(text_of(reader.view(name_size)));
  entry.blob.size = reader.u48();
  entry.blob.root = reader.fixed<crypto::Digest>();
  if (!reader.ok() || kind > static_cast<uint8_t>(ManifestEntry::Kind::folder)) return std::nullopt;
  if (fault_of_name(entry.name) != NameFault::none) return std::nullopt;
  if ((entry.blob.size == 0) != (entry.blob.root == crypto::Digest{})) return std::nullopt;
  entry.kind = static_cast<ManifestEntry::Kind>(kind);
  if (entry.kind == ManifestEntry::Kind::folder &&
      (entry.blob.size == 0 || entry.blob.size > Manifest::kSizeMax)) {
    return std::nullopt;
  }
  return entry;
}

}  // namespace

const ManifestEntry* Manifest::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(entries, name, std::less<>(), &ManifestEntry::name);
  return found != entries.end() && found->name == name ? &*found : nullptr;
}

std::optional<Manifest> decode_manifest(ByteView bytes) {
  if (bytes.size() > Manifest::kSizeMax) return std::nullopt;
  wire::Reader reader(bytes);
  if (reader.u8() != kManifestVersion) return std::nullopt;
  const uint64_t count = reader.varint();
  // Each entry has 41 bytes and more.
  if (!reader.ok() || count > Manifest::kEntriesMax || count > bytes.size() / 41) {
    return std::nullopt;
  }
  Manifest manifest;
  manifest.entries.reserve(count);
  std::set<std::string> folded;
  for (uint64_t i = 0; i < count; ++i) {
    auto entry = read_entry(reader);
    if (!entry || (i > 0 && entry->name <= manifest.entries.back().name)) return std::nullopt;
    if (!folded.insert(folded_name(entry->name)).second) return std::nullopt;
    manifest.entries.push_back(std::move(*entry));
  }
  if (!reader.finish()) return std::nullopt;
  return manifest;
}

Bytes encode(Manifest manifest) {
  STARLING_CHECK(manifest.entries.size() <= Manifest::kEntriesMax);
  std::ranges::sort(manifest.entries, std::less<>(), &ManifestEntry::name);
  wire::Writer writer;
  writer.u8(kManifestVersion).varint(manifest.entries.size());
  for (const ManifestEntry& entry : manifest.entries) {
    writer.u8(static_cast<uint8_t>(entry.kind)).u8(static_cast<uint8_t>(entry.name.size()));
    writer.bytes(view_of(entry.name)).u48(entry.blob.size).fixed(entry.blob.root);
  }
  return writer.take();
}

}  // namespace starling::content
