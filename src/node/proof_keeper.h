// node/proof_keeper.h - keeps the work behind this node's priority: reads it from the home, checks it, has it done once.
//
// How:     load() first. make() has the work done in the background if the home held none, and stores it; a crash on the way
//          leaves nothing, so that the next start begins again.
// Threads: network thread; callbacks never come from inside the call, and none after the end of this object.
// Wire:    docs/wire/work-proof.md#stored.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/lifetime.h"
#include "env/runtime.h"
#include "routing/priority_proof.h"

namespace starling::node {

enum class ProofState : uint8_t {
  off,     // there is none, and nobody works on one
  making,  // there is none yet
  made,
  failed,  // the work could not be done; the next start tries again
};
// "off", "making", "made", "failed"
std::string_view name_of(ProofState state);

class ProofKeeper {
 public:
  // `runtime` is borrowed.
  ProofKeeper(env::Runtime& runtime, const crypto::NodeKey& key) : runtime_(runtime), key_(key) {}

  enum class Found : uint8_t {
    nothing,
    right,
    wrong,  // damaged, or another node's: counts as none
  };
  void load(std::function<void(Found)> done);
  // Pre: load() is done. `done` comes once the work is over, stored or failed; never if there was a proof already.
  void make(std::function<void()> done);

  // Empty unless it is made.
  [[nodiscard]] const std::optional<routing::PriorityProof>& proof() const { return proof_; }
  [[nodiscard]] ProofState state() const { return state_; }

 private:
  env::Runtime& runtime_;
  crypto::NodeKey key_;
  ProofState state_ = ProofState::off;
  std::optional<routing::PriorityProof> proof_;
  Lifetime lifetime_;
};

}  // namespace starling::node
