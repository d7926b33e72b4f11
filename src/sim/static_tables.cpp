#include "sim/static_tables.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

#include "base/check.h"

namespace starling::sim {
namespace {

using routing::kInfinity;
using routing::Metric;

// A distance and a node as one number that orders them.
uint64_t key_of(Metric distance, uint32_t node) { return uint64_t{distance} << 32 | node; }
Metric distance_of(uint64_t key) { return static_cast<Metric>(key >> 32); }
uint32_t node_of_key(uint64_t key) { return static_cast<uint32_t>(key); }

using SearchQueue = std::priority_queue<uint64_t, std::vector<uint64_t>, std::greater<>>;

// No two numbers have the same (the finalizer of Steele, Lea and Flood's SplitMix64).
uint64_t mixed(uint64_t number) {
  number = (number ^ number >> 30) * 0xbf58'476d'1ce4'e5b9;
  number = (number ^ number >> 27) * 0x94d0'49bb'1331'11eb;
  return number ^ number >> 31;
}

// For each node the k nearest of those that are listed so far.
class Nearest {
 public:
  Nearest(uint32_t nodes, size_t k) : k_(k), keys_(nodes * k), counts_(nodes) {}
  [[nodiscard]] bool has_place_for(uint32_t node, uint64_t key) const {
    return counts_[node] < k_ || key < keys_[node * k_];
  }
  void add(uint32_t node, uint64_t key) {
    const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(node * k_);
    const auto end = begin + counts_[node];
    if (counts_[node] < k_) {
      ++counts_[node];
      *end = key;
      std::push_heap(begin, end + 1);
    } else {
      std::pop_heap(begin, end);
      *(end - 1) = key;
      std::push_heap(begin, end);
    }
  }

 private:
  size_t k_;
  std::vector<uint64_t> keys_;    // of each node a heap, the farthest first
  std::vector<uint16_t> counts_;  // by node
};

}  // namespace

StaticTables::StaticTables(const Topology& topology, size_t table_size, uint64_t seed,
                           const std::function<void(double)>& progress)
    : table_size_(table_size), seed_(mixed(seed + 1)), tables_(topology.nodes) {
  STARLING_CHECK(table_size > 0 && table_size <= UINT16_MAX);
  read_links(topology);
  compute(progress);
}

void StaticTables::read_links(const Topology& topology) {
  first_link_.assign(topology.nodes + size_t{1}, 0);
  for (const Topology::Edge& edge : topology.edges) {
    ++first_link_[edge.a + size_t{1}];
    ++first_link_[edge.b + size_t{1}];
  }
  std::partial_sum(first_link_.begin(), first_link_.end(), first_link_.begin());
  links_.resize(2 * topology.edges.size());
  std::vector<size_t> next(first_link_.begin(), first_link_.end() - 1);
  for (const Topology::Edge& edge : topology.edges) {
    const Metric cost = routing::cost_of_rtt(2 * edge.latency);
    links_[next[edge.a]++] = {edge.b, cost};
    links_[next[edge.b]++] = {edge.a, cost};
  }
}

void StaticTables::compute(const std::function<void(double)>& progress) {
  std::vector<uint32_t> by_priority(size());
  std::iota(by_priority.begin(), by_priority.end(), 0U);
  std::ranges::sort(by_priority, [&](uint32_t a, uint32_t b) {
    return routing::outranks(priority(a), priority(b));
  });
  // Entries of a table, on average, when so many nodes are done.
  const auto entries = [&](size_t done) {
    const auto count = static_cast<double>(done);
    const auto k = static_cast<double>(table_size_);
    return count <= k ? count : k * (1 + std::log(count / k));
  };
  const double expected = entries(size());
  for (auto& table : tables_) table.reserve(static_cast<size_t>(1.05 * expected));
  Nearest nearest(size(), table_size_);
  SearchQueue queue;
  for (size_t done = 0; done < by_priority.size(); ++done) {
    const uint32_t source = by_priority[done];
    if (progress && (done < 1'024 || done % 1'024 == 0)) progress(entries(done) / expected);
    queue.push(key_of(0, source));
    while (!queue.empty()) {
      const uint32_t at = node_of_key(queue.top());
      const Metric distance = distance_of(queue.top());
      queue.pop();
      const bool is_done = !tables_[at].empty() && tables_[at].back().node == source;
      if (is_done || !nearest.has_place_for(at, key_of(distance, source))) continue;
      nearest.add(at, key_of(distance, source));
      tables_[at].push_back({source, distance});
      for (const Link& link : links(at)) {
        const Metric onward = routing::add_metrics(distance, link.cost);
        if (onward < kInfinity && nearest.has_place_for(link.peer, key_of(onward, source)))
          queue.push(key_of(onward, link.peer));
      }
    }
  }
  for (uint32_t node = 0; node < size(); ++node) {
    std::erase_if(tables_[node], [&](const Entry& entry) { return entry.node == node; });
    std::ranges::sort(tables_[node], {}, &Entry::node);
  }
}

routing::Priority StaticTables::priority(uint32_t node) const {
  return {.proof_rank = 0, .draw = mixed(node + seed_)};
}

std::vector<Metric> StaticTables::distances_from(uint32_t node) const {
  std::vector<Metric> distances(size(), kInfinity);
  SearchQueue queue;
  queue.push(key_of(0, node));
  while (!queue.empty()) {
    const uint32_t at = node_of_key(queue.top());
    const Metric distance = distance_of(queue.top());
    queue.pop();
    if (distances[at] != kInfinity) continue;
    distances[at] = distance;
    for (const Link& link : links(at)) {
      const Metric onward = routing::add_metrics(distance, link.cost);
      if (onward < kInfinity && distances[link.peer] == kInfinity)
        queue.push(key_of(onward, link.peer));
    }
  }
  return distances;
}

bool StaticTables::follows_rule(uint32_t node) const {
  const std::vector<Metric> distances = distances_from(node);
  std::vector<uint64_t> by_distance;
  for (uint32_t other = 0; other < size(); ++other) {
    if (other != node && distances[other] < kInfinity)
      by_distance.push_back(key_of(distances[other], other));
  }
  std::ranges::sort(by_distance);
  routing::TableRule rule(table_size_);
  rule.admit(priority(node), false);
  std::vector<Entry> listed;
  for (const uint64_t key : by_distance) {
    if (rule.admit(priority(node_of_key(key)), false))
      listed.push_back({node_of_key(key), distance_of(key)});
  }
  std::ranges::sort(listed, {}, &Entry::node);
  return std::ranges::equal(listed, table(node));
}

crypto::NodeId StaticTables::id_of(uint32_t node) {
  crypto::NodeId id;
  for (size_t i = 0; i < sizeof node; ++i) id.value[i] = static_cast<uint8_t>(node >> (24 - 8 * i));
  return id;
}

uint32_t StaticTables::node_of(const routing::ShortId& id) {
  uint32_t node = 0;
  for (size_t i = 0; i < sizeof node; ++i) node = node << 8 | id.value[i];
  return node;
}

const StaticTables::Entry* StaticTables::entry(uint32_t at, uint32_t node) const {
  const std::vector<Entry>& table = tables_[at];
  const auto found = std::ranges::lower_bound(table, node, {}, &Entry::node);
  return found != table.end() && found->node == node ? &*found : nullptr;
}

std::optional<routing::TableWay> StaticTables::View::way_to(const routing::ShortId& id) const {
  const uint32_t node = node_of(id);
  if (node == node_) return std::nullopt;
  std::optional<routing::TableWay> best;
  const auto links = tables_.links(node_);
  for (uint32_t i = 0; i < links.size(); ++i) {
    const Entry* onward = tables_.entry(links[i].peer, node);
    if (!onward && links[i].peer != node) continue;
    const Metric distance =
        routing::add_metrics(links[i].cost, links[i].peer == node ? 0 : onward->distance);
    if (!best || distance < best->distance) best = {routing::NeighbourId{i}, distance};
  }
  return best;
}

}  // namespace starling::sim
