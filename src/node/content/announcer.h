// node/content/announcer.h - tells the directory what can be had from this node.
//
// How:     what is kept is announced until it is dropped; of what was only read, the latest kReadMax.
// Threads: network thread.
// Wire:    docs/wire/content.md#provider.
#pragma once

#include <list>
#include <set>

#include "env/runtime.h"
#include "node/mesh.h"

namespace starling::node {

class Announcer {
 public:
  static constexpr uint32_t kLifetimeSeconds = 6 * 3'600;
  // The one read longest ago is no longer announced.
  static constexpr size_t kReadMax = 256;

  // References are borrowed.
  Announcer(env::Runtime& runtime, Mesh& mesh) : runtime_(runtime), mesh_(mesh) {}

  void keep(const crypto::Position& position);
  void drop(const crypto::Position& position);
  void read(const crypto::Position& position);
  [[nodiscard]] size_t count() const { return kept_.size() + read_.size(); }

 private:
  void announce(const crypto::Position& position);
  void withdraw(const crypto::Position& position);

  env::Runtime& runtime_;
  Mesh& mesh_;
  std::set<crypto::Position> kept_;
  std::list<crypto::Position> read_;  // the latest first
};

}  // namespace starling::node
