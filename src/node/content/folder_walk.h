// node/content/folder_walk.h - lists everything below a folder, however deep.
//
// Bounds:  kFilesMax files and folders, kDepthMax levels; beyond: too_many_files. A folder that is in several places counts in
//          each of them.
// Threads: network thread.
#pragma once

#include <vector>

#include "node/content/manifest_cache.h"

namespace starling::node {

struct FolderTree {
  struct File {
    std::string path;  // below the folder, with slashes
    crypto::BlobId blob;
    bool executable = false;
  };
  std::vector<File> files;                // of one folder in the order of their names
  std::vector<crypto::BlobId> manifests;  // the folder's own first
  uint64_t bytes = 0;                     // of the files
};

class FolderWalk {
 public:
  static constexpr size_t kFilesMax = 1'000'000;
  static constexpr size_t kDepthMax = 64;

  using Done = std::function<void(std::expected<FolderTree, ContentFailure>)>;
  // `manifests` is borrowed. `done` comes once, never from inside the call, and may destroy the walk; not after its end.
  FolderWalk(ManifestCache& manifests, const crypto::BlobId& folder,
             const crypto::Position& providers, Done done);

 private:
  struct Todo {
    std::string path;  // empty, or with a slash at its end
    crypto::BlobId folder;
    size_t depth;
  };
  void go_on();
  // False: too much.
  bool add(const Todo& place, const content::Manifest& manifest);

  ManifestCache& manifests_;
  crypto::Position providers_;
  Done done_;
  std::vector<Todo> todo_;
  FolderTree tree_;
  Lifetime lifetime_;
};

}  // namespace starling::node
