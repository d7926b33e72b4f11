// node/content/folder_plan.h - turns files with paths into folders with lists, the innermost first.
//
// How:     add() all files, then take_deepest() and set_blob() in turn until root().
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "content/manifest.h"
#include "node/content/content_failure.h"

namespace starling::node {

class FolderPlan {
 public:
  FolderPlan() { folders_[{}]; }
  // `path` has slashes between names, which become normal ones.
  std::expected<void, ContentFailure> add(const std::string& path, const crypto::BlobId& blob,
                                          bool executable);
  // A folder all of whose folders are done, as the blob that it is; empty when all are.
  std::expected<std::optional<Bytes>, ContentFailure> take_deepest();
  // What the one taken last became.
  void set_blob(const crypto::BlobId& blob);
  // Empty before all is done.
  [[nodiscard]] std::optional<crypto::FolderId> root() const { return root_; }

 private:
  struct Folder {
    content::Manifest manifest;
    std::map<std::string, std::string> names;  // in use, by what they are when folded
  };
  // The deepest folders come first.
  struct DeepestFirst {
    bool operator()(const std::vector<std::string>& a, const std::vector<std::string>& b) const {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
  };
  using Place = std::vector<std::string>;
  // Takes the name for itself, which others may have for the same folder; empty when it cannot be.
  std::expected<void, ContentFailure> claim(const Place& place, const std::string& name,
                                            bool is_folder, const std::string& path);

  std::map<Place, Folder, DeepestFirst> folders_;
  Place taken_;
  std::optional<crypto::FolderId> root_;
};

}  // namespace starling::node
