// node/content/manifest_cache.h - the lists of files of folders, fetched when they are not here, and remembered.
//
// Bounds:  lists with kEntriesMax entries in all; the one unused longest is forgotten.
// Threads: network thread.
#pragma once

#include <expected>
#include <functional>
#include <list>
#include <map>
#include <memory>

#include "content/manifest.h"
#include "node/content/content_failure.h"
#include "node/content/fetch_pool.h"

namespace starling::node {

using ManifestPointer = std::shared_ptr<const content::Manifest>;

class ManifestCache {
 public:
  static constexpr size_t kEntriesMax = 200'000;

  // References are borrowed.
  ManifestCache(env::Runtime& runtime, FetchPool& pool) : runtime_(runtime), pool_(pool) {}

  using Done = std::function<void(std::expected<ManifestPointer, ContentFailure>)>;
  // `done` never comes from inside the call. `providers`: as for BlobFetch.
  void get(const crypto::BlobId& folder, const crypto::Position& providers, Done done);

 private:
  // One that is being read.
  struct Reading {
    std::unique_ptr<BlobReader> reader;
    Bytes bytes;
    std::vector<Done> waiting;
  };
  struct Kept {
    ManifestPointer manifest;
    std::list<crypto::BlobId>::iterator place;
  };
  void read_on(const crypto::BlobId& folder);
  void finish(const crypto::BlobId& folder, std::expected<ManifestPointer, ContentFailure> result);
  void keep(const crypto::BlobId& folder, ManifestPointer manifest);

  env::Runtime& runtime_;
  FetchPool& pool_;
  std::map<crypto::BlobId, Reading> readings_;
  std::map<crypto::BlobId, Kept> kept_;
  std::list<crypto::BlobId> order_;  // the one used last comes first
  size_t entries_ = 0;
  Lifetime lifetime_;
};

}  // namespace starling::node
