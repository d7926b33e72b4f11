// node/content/pin_sweep.h - unpins the blobs that nothing kept leads to: of replaced versions of a site, of publications that a
// crash cut off.
//
// How:     runs by itself; destroying it ends it.
// Rule:    while it runs nothing may be pinned that `kept` does not lead to. When a folder cannot be listed, nothing is let go.
// Threads: network thread.
#pragma once

#include <set>

#include "node/content/folder_walk.h"

namespace starling::node {

class PinSweep {
 public:
  struct Kept {
    std::vector<crypto::BlobId> files;
    std::vector<crypto::BlobId> folders;
  };
  // References are borrowed. `done` comes once, never from inside the call, and may destroy the sweep.
  PinSweep(env::Runtime& runtime, ManifestCache& manifests, Kept kept, std::function<void()> done);

 private:
  void walk_next();
  void unpin_others();
  void finish();

  env::Runtime& runtime_;
  ManifestCache& manifests_;
  std::vector<crypto::BlobId> folders_;
  std::set<crypto::BlobId> reached_;
  std::function<void()> done_;
  std::unique_ptr<FolderWalk> walk_;
  Lifetime lifetime_;
};

}  // namespace starling::node
