// routing/handmade_table.h - for tests: a route table whose destinations are as far away as the test says.
#pragma once

#include "base/check.h"
#include "crypto/identity.h"
#include "crypto/secure_random.h"
#include "routing/handmade_origin.h"
#include "routing/route_table.h"

namespace starling::routing {

class HandmadeTable {
 public:
  static constexpr NeighbourId kNeighbour{1};
  static constexpr Metric kLinkCost = 1;

  explicit HandmadeTable(size_t table_size = kFullRouter) : table_(crypto::NodeId{}, table_size) {
    table_.add_neighbour(kNeighbour, kLinkCost);
  }

  // A new node at `distance` from here, over the one neighbour. Pre: distance >= kLinkCost.
  crypto::NodeId add(Metric distance, Role role = Role::router) {
    const auto identity = crypto::Identity::generate(random_);
    const Metric metric = distance - kLinkCost;
    const auto proof = random_.fixed<ChainValue>();
    Announcement announcement;
    announcement.key = identity.key();
    announcement.role = role;
    announcement.epoch = 1;
    announcement.lifetime_s = Announcement::kLifetimeSecondsMax;
    announcement.anchor = descend(proof, chain_position(1, metric));
    sign(announcement, identity);
    const auto outcome =
        table_.handle_advert(Instant{}, kNeighbour, announcement, {1, metric, proof}, 0);
    STARLING_CHECK(outcome == AdvertOutcome::taken);
    table_.select();
    return crypto::node_id_of(identity.key());
  }
  // The same of a node that is made already.
  crypto::NodeId add(Metric distance, const HandmadeOrigin& origin) {
    const Metric metric = distance - kLinkCost;
    const auto outcome = table_.handle_advert(Instant{}, kNeighbour, origin.announcement,
                                              {1, metric, origin.proof(1, metric)}, 0);
    STARLING_CHECK(outcome == AdvertOutcome::taken);
    table_.select();
    return origin.id();
  }
  void list() { table_.list(); }
  [[nodiscard]] const RouteTable& table() const { return table_; }

 private:
  crypto::SeededRandom random_{1};
  RouteTable table_;
};

}  // namespace starling::routing
