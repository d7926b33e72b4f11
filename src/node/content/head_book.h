// node/content/head_book.h - what other people's sites hold, as far as this node has seen: asked of the directory, and remembered,
// so that nobody can pass off an older version as the newest, and a site that was read opens without the flock.
//
// Bounds:  kHeadsMax sites; the one asked for longest ago is forgotten.
// Threads: network thread.
// Wire:    docs/wire/tables.md#heads.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/lifetime.h"
#include "content/site_head.h"
#include "env/runtime.h"
#include "node/mesh.h"

namespace starling::node {

struct KnownHead {
  content::SiteHead head;
  uint64_t sequence = 0;
  friend bool operator==(const KnownHead&, const KnownHead&) = default;
};

class HeadBook {
 public:
  static constexpr size_t kHeadsMax = 4'096;
  // What was asked so short ago is not asked again.
  static constexpr Duration kFresh = 20s;

  // References are borrowed.
  HeadBook(env::Runtime& runtime, Mesh& mesh) : runtime_(runtime), mesh_(mesh) {}

  using LoadDone = std::function<void(std::expected<void, env::TableError>)>;
  void load(LoadDone done);
  using Done = std::function<void(const std::optional<KnownHead>&)>;
  // The newest version that can be found; what is known from earlier when nobody answers. Never from inside the call.
  void find(const crypto::SiteKey& site, Done done);

 private:
  struct Entry {
    std::optional<KnownHead> known;
    bool under_way = false;
    std::vector<Done> waiting;
    Instant asked = Instant::min();
  };
  void handle_records(const crypto::SiteKey& site, const std::vector<directory::Record>& records);
  void make_room();

  env::Runtime& runtime_;
  Mesh& mesh_;
  std::map<crypto::SiteKey, Entry> entries_;
  Lifetime lifetime_;
};

// A site's head out of its record; empty when the record's body is none.
std::optional<KnownHead> known_head_of(const directory::Record& record);

}  // namespace starling::node
