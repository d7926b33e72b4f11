#include "node/content/folder_walk.h"

#include <ranges>

namespace starling::node {

FolderWalk::FolderWalk(ManifestCache& manifests, const crypto::BlobId& folder,
                       const crypto::Position& providers, Done done)
    : manifests_(manifests), providers_(providers), done_(std::move(done)) {
  todo_.push_back({{}, folder, 0});
  go_on();
}

void FolderWalk::go_on() {
  const Todo place = std::move(todo_.back());
  todo_.pop_back();
  manifests_.get(place.folder, providers_, lifetime_.guard([this, place](const auto& manifest) {
    const Done done = done_;  // outlives the walk
    if (!manifest) return done(std::unexpected(manifest.error()));
    if (!add(place, **manifest))
      return done(std::unexpected(ContentFailure{ContentFailure::Kind::too_many_files}));
    if (todo_.empty()) return done(std::move(tree_));
    go_on();
  }));
}

bool FolderWalk::add(const Todo& place, const content::Manifest& manifest) {
  tree_.manifests.push_back(place.folder);
  const size_t sum = tree_.files.size() + tree_.manifests.size() + todo_.size();
  if (sum + manifest.entries.size() > kFilesMax || place.depth >= kDepthMax) return false;
  for (const content::ManifestEntry& entry : manifest.entries) {
    if (entry.kind == content::ManifestEntry::Kind::folder) continue;
    tree_.files.push_back({place.path + entry.name, entry.blob,
                           entry.kind == content::ManifestEntry::Kind::executable});
    tree_.bytes += entry.blob.size;
  }
  // The last one put here comes next.
  for (const content::ManifestEntry& entry : manifest.entries | std::views::reverse) {
    if (entry.kind != content::ManifestEntry::Kind::folder) continue;
    todo_.push_back({place.path + entry.name + "/", entry.blob, place.depth + 1});
  }
  return true;
}

}  // namespace starling::node
