// node/content/library.h - what is published, on this node and elsewhere: finding it by its link, reading it, keeping it.
//
// How:     load() once, then everything. What is kept stays on the disk and is announced; what was only read makes room for
//          other things when space runs out.
// Threads: network thread.
#pragma once

#include "content/content_link.h"
#include "node/content/announcer.h"
#include "node/content/blob_server.h"
#include "node/content/head_book.h"
#include "node/content/library_config.h"
#include "node/content/pin_book.h"
#include "node/content/pin_sweep.h"
#include "node/content/site_book.h"

namespace starling::node {

// What a link leads to.
struct FoundContent {
  crypto::BlobId blob;  // the file, or the folder's list
  crypto::Position providers;
  ManifestPointer folder;  // null: a file
  bool executable = false;
  std::string name;               // the last one on the way; empty for the whole
  std::optional<KnownHead> site;  // when the link was a site's
};

class Library {
 public:
  // References are borrowed.
  Library(env::Runtime& runtime, Mesh& mesh, SessionDriver& sessions, const LibraryConfig& config);

  using Done = std::function<void(std::expected<void, ContentFailure>)>;
  // Reads what is kept, and announces it.
  void load(Done done);

  using FindDone = std::function<void(std::expected<FoundContent, ContentFailure>)>;
  // `done` never comes from inside the call.
  void find(const content::ContentLink& link, FindDone done);
  [[nodiscard]] std::unique_ptr<BlobReader> read(const FoundContent& found);
  // All of it has been read: others may have it from here, if the owner wants that.
  void handle_read(const crypto::Position& providers);

  // --- keeping ---
  // The site's next version; its folder is here and pinned.
  void publish_site(const std::string& name, content::SiteHead head, Done done);
  // All blobs of it are here and pinned.
  void keep(const crypto::BlobId& root, Pin pin, Done done);
  // Fails with not_there when it is not kept.
  void drop(const crypto::BlobId& root, Done done);
  // While somebody pins blobs that nothing leads to yet, none are let go.
  void hold_sweeps();
  void release_sweeps();

  FetchPool& pool() { return pool_; }
  [[nodiscard]] const FetchPool& pool() const { return pool_; }
  ManifestCache& manifests() { return manifests_; }
  env::Runtime& runtime() { return runtime_; }
  [[nodiscard]] const SiteBook& sites() const { return sites_; }
  [[nodiscard]] const PinBook& pins() const { return pins_; }
  [[nodiscard]] const BlobServer& server() const { return server_; }
  [[nodiscard]] const Announcer& announcer() const { return announcer_; }

 private:
  // A way into a folder, one name after the other.
  struct Descent {
    std::vector<std::string> path;
    size_t at = 0;
    bool ends_with_slash = false;
    FoundContent found;
    FindDone done;
  };
  void find_in_site(const content::ContentLink& link, FindDone done);
  void descend(std::shared_ptr<Descent> descent);
  void enter(const std::shared_ptr<Descent>& descent, ManifestPointer folder);
  void announce_kept();
  [[nodiscard]] bool is_kept(const crypto::BlobId& root) const;
  // Unpins what nothing kept leads to.
  void sweep();

  env::Runtime& runtime_;
  Mesh& mesh_;
  LibraryConfig config_;
  HolderFinder holders_;
  FetchPool pool_;
  ManifestCache manifests_;
  BlobServer server_;
  Announcer announcer_;
  SiteBook sites_;
  PinBook pins_;
  HeadBook heads_;
  int holds_ = 0;
  bool sweep_wanted_ = false;
  std::unique_ptr<PinSweep> sweeping_;
  Lifetime lifetime_;
};

}  // namespace starling::node
