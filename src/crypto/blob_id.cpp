#include "crypto/blob_id.h"

#include "base/base32.h"
#include "base/check.h"

namespace starling::crypto {
namespace {

constexpr char kBlobLetter = 'b';
constexpr char kFolderLetter = 'd';
constexpr size_t kSizeBytes = 6;

std::string blob_text_with(char letter, const BlobId& id) {
  STARLING_CHECK(id.size <= BlobId::kSizeMax);
  Bytes bytes = copy_of(id.root.view());
  for (size_t i = kSizeBytes; i-- > 0;) bytes.push_back(static_cast<uint8_t>(id.size >> (8 * i)));
  return letter + to_base32(bytes);
}

std::optional<BlobId> parse_blob_with(char letter, std::string_view text) {
  if (text.size() != kBlobTextSize) return std::nullopt;
  if (text.front() != letter && text.front() != letter - 'a' + 'A') return std::nullopt;
  const std::optional<Bytes> bytes = from_base32(text.substr(1));
  if (!bytes || bytes->size() != Digest::kSize + kSizeBytes) return std::nullopt;
  BlobId id;
  id.root = *Digest::from(ByteView(*bytes).first(Digest::kSize));
  for (size_t i = 0; i < kSizeBytes; ++i) id.size = id.size << 8 | (*bytes)[Digest::kSize + i];
  if ((id.size == 0) != (id.root == Digest{})) return std::nullopt;
  return id;
}

}  // namespace

std::string to_text(const BlobId& id) { return blob_text_with(kBlobLetter, id); }
std::string to_text(const FolderId& id) { return blob_text_with(kFolderLetter, id.manifest); }

std::optional<BlobId> parse_blob_id(std::string_view text) {
  return parse_blob_with(kBlobLetter, text);
}

std::optional<FolderId> parse_folder_id(std::string_view text) {
  const auto manifest = parse_blob_with(kFolderLetter, text);
  return manifest ? std::optional(FolderId{*manifest}) : std::nullopt;
}

}  // namespace starling::crypto
