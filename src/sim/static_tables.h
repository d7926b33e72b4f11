// sim/static_tables.h - the routing tables of a graph at rest, computed without messages: what every router would list once
// nothing changes any more.
//
// How:     node by node in order of priority, a Dijkstra search that ends where k better ones are nearer already: the table
//          rule of routing/table_rule.h, which follows_rule() checks with the very class that routers use.
// Sizes:   8 bytes an entry, 8 k bytes a node while it is being computed: a million nodes with k = 64 take 7 GB.
// Seeds:   equal arguments give equal tables.  Threads: single owner.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "routing/forwarding_rule.h"
#include "routing/table_rule.h"
#include "sim/topology.h"

namespace starling::sim {

class StaticTables {
 public:
  struct Entry {
    uint32_t node = 0;
    routing::Metric distance = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  struct Link {
    uint32_t peer = 0;
    routing::Metric cost = 0;
  };

  // `progress` hears the share that is done; may be empty. Pre: table_size > 0.
  StaticTables(const Topology& topology, size_t table_size, uint64_t seed,
               const std::function<void(double)>& progress = {});

  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(tables_.size()); }
  // By node; without the node itself.
  [[nodiscard]] std::span<const Entry> table(uint32_t node) const { return tables_[node]; }
  [[nodiscard]] std::span<const Link> links(uint32_t node) const {
    return std::span(links_).subspan(first_link_[node], first_link_[node + 1] - first_link_[node]);
  }
  [[nodiscard]] routing::Priority priority(uint32_t node) const;
  // To every node; kInfinity where there is no way.
  [[nodiscard]] std::vector<routing::Metric> distances_from(uint32_t node) const;
  // Whether the table is what routers would choose from all nodes there are.
  [[nodiscard]] bool follows_rule(uint32_t node) const;

  // Names of a node in packets: equal distances are ordered by them.
  static crypto::NodeId id_of(uint32_t node);
  static uint32_t node_of(const routing::ShortId& id);

  // One node's table as forwarding asks for it. Borrows.
  class View {
   public:
    View(const StaticTables& tables, uint32_t node) : tables_(tables), node_(node) {}
    // As with routers: also to neighbours, and to what only they list.
    [[nodiscard]] std::optional<routing::TableWay> way_to(const routing::ShortId& id) const;
    [[nodiscard]] std::optional<routing::TableWay> way_to(const crypto::NodeId& id) const {
      return way_to(routing::short_id_of(id));
    }
    [[nodiscard]] routing::Metric link_cost(routing::NeighbourId neighbour) const {
      return tables_.links(node_)[neighbour.value].cost;
    }

   private:
    const StaticTables& tables_;
    uint32_t node_;
  };
  [[nodiscard]] bool lists(uint32_t at, uint32_t node) const { return entry(at, node) != nullptr; }
  [[nodiscard]] View view(uint32_t node) const { return {*this, node}; }

 private:
  [[nodiscard]] const Entry* entry(uint32_t at, uint32_t node) const;
  void read_links(const Topology& topology);
  void compute(const std::function<void(double)>& progress);

  size_t table_size_;
  uint64_t seed_;
  std::vector<size_t> first_link_;  // by node, and one more
  std::vector<Link> links_;
  std::vector<std::vector<Entry>> tables_;
};

}  // namespace starling::sim
