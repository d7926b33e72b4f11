#include "node/content/manifest_cache.h"

#include <algorithm>

namespace starling::node {
namespace {

constexpr size_t kManifestReadSize = 1 << 20;

}  // namespace

void ManifestCache::get(const crypto::BlobId& folder, const crypto::Position& providers,
                        Done done) {
  if (const auto kept = kept_.find(folder); kept != kept_.end()) {
    order_.splice(order_.begin(), order_, kept->second.place);
    runtime_.post([done = std::move(done), manifest = kept->second.manifest] { done(manifest); });
    return;
  }
  const bool is_manifest = folder.size > 0 && folder.size <= content::Manifest::kSizeMax;
  if (!is_manifest) {
    runtime_.post([done = std::move(done)] {
      done(std::unexpected(ContentFailure{ContentFailure::Kind::bad_folder}));
    });
    return;
  }
  Reading& reading = readings_[folder];
  reading.waiting.push_back(std::move(done));
  if (reading.reader) return;
  reading.reader = std::make_unique<BlobReader>(pool_, runtime_.blobs(), folder, providers);
  read_on(folder);
}

void ManifestCache::read_on(const crypto::BlobId& folder) {
  Reading& reading = readings_.at(folder);
  const uint64_t offset = reading.bytes.size();
  const auto size =
      static_cast<size_t>(std::min<uint64_t>(kManifestReadSize, folder.size - offset));
  reading.reader->read(offset, size, [this, folder](std::expected<Bytes, FetchFailure> bytes) {
    if (!bytes) return finish(folder, std::unexpected(failure_of(bytes.error())));
    Reading& filled = readings_.at(folder);
    append(filled.bytes, *bytes);
    if (filled.bytes.size() < folder.size) return read_on(folder);
    auto manifest = content::decode_manifest(filled.bytes);
    if (!manifest)
      return finish(folder, std::unexpected(ContentFailure{ContentFailure::Kind::bad_folder}));
    finish(folder, std::make_shared<const content::Manifest>(std::move(*manifest)));
  });
}

void ManifestCache::finish(const crypto::BlobId& folder,
                           std::expected<ManifestPointer, ContentFailure> result) {
  auto entry = readings_.extract(folder);
  if (result) keep(folder, *result);
  for (const Done& done : entry.mapped().waiting) done(result);
}

void ManifestCache::keep(const crypto::BlobId& folder, ManifestPointer manifest) {
  entries_ += manifest->entries.size() + 1;
  order_.push_front(folder);
  kept_[folder] = {std::move(manifest), order_.begin()};
  while (entries_ > kEntriesMax && order_.size() > 1) {
    const auto oldest = kept_.find(order_.back());
    entries_ -= oldest->second.manifest->entries.size() + 1;
    kept_.erase(oldest);
    order_.pop_back();
  }
}

}  // namespace starling::node
