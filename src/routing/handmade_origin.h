// routing/handmade_origin.h - for tests: a node somewhere behind the neighbours, with all its secrets.
#pragma once

#include <optional>

#include "routing/control_message.h"
#include "routing/sequence_chain.h"

namespace starling::routing {

class HandmadeOrigin {
 public:
  explicit HandmadeOrigin(uint64_t seed)
      : random_(seed), identity_(crypto::Identity::generate(random_)) {
    begin_epoch(1);
  }

  // Makes a new chain each time: twice for one epoch is a lie, or a home that runs twice.
  void begin_epoch(uint32_t epoch, uint32_t lifetime_s = Announcement::kLifetimeSecondsMax) {
    chain_.emplace(random_);
    announcement.key = identity_.key();
    announcement.epoch = epoch;
    announcement.lifetime_s = lifetime_s;
    announcement.anchor = chain_->anchor();
    sign(announcement, identity_);
  }
  // For this epoch and those that come.
  void set_priority_proof(const PriorityProof& proof) {
    announcement.proof_kind = ProofKind::work;
    announcement.proof = proof;
    sign(announcement, identity_);
  }
  [[nodiscard]] ChainValue proof(uint8_t step, Metric metric) const {
    return descend(chain_->value(step), chain_position(step, 0) - chain_position(step, metric));
  }
  [[nodiscard]] UpdateEntry entry(Handle handle, uint8_t step, Metric metric) const {
    return {handle, announcement, step, metric, proof(step, metric)};
  }
  [[nodiscard]] crypto::NodeId id() const { return crypto::node_id_of(identity_.key()); }
  [[nodiscard]] const crypto::Identity& identity() const { return identity_; }

  Announcement announcement;

 private:
  crypto::SeededRandom random_;
  crypto::Identity identity_;
  std::optional<SequenceChain> chain_;
};

}  // namespace starling::routing
