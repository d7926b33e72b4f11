// The part of ScenarioRun that attacks: black holes, liars, floods, an attacker with many keys, sybils.
#include <algorithm>

#include "sim/scenario_run.h"

namespace starling::sim {

void ScenarioRun::add_black_holes(const ScenarioStep& step) {
  const double share = step.number("share", 0.2);
  for (uint32_t node = 0; node < topology_nodes_; ++node) {
    if (world_.rng().chance(share)) world_.set_behaviour(node, MeshBehaviour::black_hole);
  }
}

void ScenarioRun::add_liars(const ScenarioStep& step) {
  const double share = step.number("share", 0.1);
  for (uint32_t node = 0; node < topology_nodes_; ++node) {
    if (world_.rng().chance(share)) world_.set_behaviour(node, MeshBehaviour::liar);
  }
}

// They drop what they attract, and live anew several times a second.
void ScenarioRun::add_flooders(const ScenarioStep& step) {
  const double share = step.number("share", 0.05);
  flood_every_ = from_seconds(step.number("every_s", 0.2));
  flood_at_ = world_.now();
  for (uint32_t node = 0; node < topology_nodes_; ++node) {
    if (!world_.rng().chance(share)) continue;
    world_.set_behaviour(node, MeshBehaviour::flooder);
    flooders_.push_back(node);
  }
}

void ScenarioRun::flood() {
  flood_at_ = world_.now() + flood_every_;
  for (const uint32_t node : flooders_) {
    if (world_.is_up(node)) world_.flood(node);
  }
}

// One attacker with the highest priorities of all, hanging on one honest node; it passes nothing on.
void ScenarioRun::add_attacker(const ScenarioStep& step) {
  const auto keys = static_cast<size_t>(step.number("keys", 64));
  const std::vector<uint32_t> honest = honest_nodes();
  if (honest.empty()) return;
  routing::Priority best = world_.router(honest.front()).own_priority();
  for (const uint32_t node : honest) {
    const routing::Priority other = world_.router(node).own_priority();
    if (routing::outranks(other, best)) best = other;
  }
  std::vector<uint64_t> seeds;
  for (uint64_t seed = settings_.seed << 40 | 1; seeds.size() < keys; ++seed) {
    if (routing::outranks(MeshWorld::priority_of_seed(seed), best)) seeds.push_back(seed);
  }
  const auto add = [&](uint64_t seed) {
    const uint32_t node = world_.add_node({.table_size = settings_.table_size}, seed);
    world_.set_behaviour(node, MeshBehaviour::black_hole);
    world_.start(node);
    return node;
  };
  const uint32_t gate = add(seeds.front());
  const uint32_t victim = honest[world_.rng().below(honest.size())];
  world_.connect(gate, victim, {.latency = 5ms});
  for (size_t i = 1; i < seeds.size(); ++i) world_.connect(add(seeds[i]), gate, {.latency = 1ms});
}

// Nodes whose positions lie around that of a random node, each linked to two honest ones; they take part in routing and are
// silent in the directory. Of `tries` keys those that come nearest.
void ScenarioRun::add_sybils(const ScenarioStep& step) {
  const auto count = static_cast<size_t>(step.number("count", 200));
  const auto tries =
      static_cast<uint64_t>(step.number("tries", 100.0 * static_cast<double>(count)));
  const std::vector<uint32_t> honest = honest_nodes();
  if (honest.empty()) return;
  const uint32_t victim = honest[world_.rng().below(honest.size())];
  around_ = world_.id(victim);
  std::vector<std::pair<crypto::NodeId, uint64_t>> nearest;
  for (uint64_t i = 0; i < tries; ++i) {
    const uint64_t seed = (settings_.seed << 40) + (1ULL << 39) + i;
    crypto::NodeId distance = MeshWorld::id_of_seed(seed);
    for (size_t byte = 0; byte < distance.value.size(); ++byte)
      distance.value[byte] ^= around_->value[byte];
    nearest.emplace_back(distance, seed);
  }
  std::sort(nearest.begin(), nearest.end());
  nearest.resize(std::min(count, nearest.size()));
  for (const auto& [distance, seed] : nearest) {
    const uint32_t node = world_.add_node({.table_size = settings_.table_size}, seed);
    world_.set_behaviour(node, MeshBehaviour::silent);
    world_.start(node);
    for (int i = 0; i < 2; ++i) {
      const uint32_t to = honest[world_.rng().below(honest.size())];
      if (!world_.is_linked(node, to)) world_.connect(node, to, {.latency = 10ms});
    }
  }
}

}  // namespace starling::sim
