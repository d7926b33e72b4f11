#include "node/content/pin_sweep.h"

#include "node/content/holder_finder.h"

namespace starling::node {

PinSweep::PinSweep(env::Runtime& runtime, ManifestCache& manifests, Kept kept,
                   std::function<void()> done)
    : runtime_(runtime),
      manifests_(manifests),
      folders_(std::move(kept.folders)),
      reached_(kept.files.begin(), kept.files.end()),
      done_(std::move(done)) {
  runtime_.post(lifetime_.guard([this] { walk_next(); }));
}

void PinSweep::walk_next() {
  if (folders_.empty()) return unpin_others();
  const crypto::BlobId folder = folders_.back();
  folders_.pop_back();
  walk_ = std::make_unique<FolderWalk>(
      manifests_, folder, providers_of(folder), [this](const auto& tree) {
        if (!tree) return finish();
        reached_.insert(tree->manifests.begin(), tree->manifests.end());
        for (const FolderTree::File& file : tree->files) reached_.insert(file.blob);
        walk_next();
      });
}

void PinSweep::unpin_others() {
  runtime_.blobs().list(lifetime_.guard([this](const std::vector<env::BlobInfo>& blobs) {
    for (const env::BlobInfo& blob : blobs) {
      if (blob.pinned && !reached_.contains(blob.id))
        runtime_.blobs().pin(blob.id, /*pinned=*/false, [](const auto&) {});
    }
    finish();
  }));
}

void PinSweep::finish() {
  const auto done = done_;  // outlives the sweep
  done();
}

}  // namespace starling::node
