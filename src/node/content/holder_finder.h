// node/content/holder_finder.h - asks the directory who has something; many who ask at once, or soon after, share an answer.
//
// Bounds:  kRememberedMax answers, the oldest is forgotten.
// Threads: network thread.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "base/lifetime.h"
#include "env/runtime.h"
#include "node/mesh.h"

namespace starling::node {

// Where those announce themselves who have a file, a folder or parts of it.
inline crypto::Position providers_of(const crypto::BlobId& root) {
  return crypto::Position{root.root.value};
}

class HolderFinder {
 public:
  static constexpr size_t kRememberedMax = 1'024;
  // An answer counts for so long; shorter when nobody was found.
  static constexpr Duration kFresh = 10s;
  static constexpr Duration kFreshIfNone = 1s;

  // References are borrowed.
  HolderFinder(env::Runtime& runtime, Mesh& mesh) : runtime_(runtime), mesh_(mesh) {}

  using Done = std::function<void(const std::vector<crypto::NodeKey>&)>;
  // Those who announced themselves at `position`, without this node; `done` never comes from inside the call.
  void find(const crypto::Position& position, Done done);

 private:
  struct Search {
    bool under_way = false;
    std::vector<Done> waiting;
    std::vector<crypto::NodeKey> found;
    Instant fresh_until{};
  };
  void handle_records(const crypto::Position& position,
                      const std::vector<directory::Record>& records);
  void make_room();

  env::Runtime& runtime_;
  Mesh& mesh_;
  std::map<crypto::Position, Search> searches_;
  Lifetime lifetime_;
};

}  // namespace starling::node
