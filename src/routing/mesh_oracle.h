// routing/mesh_oracle.h - for tests only: graphs for a RouterMesh, and what its routers should have found out about them.
#pragma once

#include <algorithm>
#include <queue>

#include "routing/router_mesh.h"

namespace starling::routing {

inline void connect_chain(RouterMesh& mesh, Metric cost) {
  for (size_t i = 1; i < mesh.size(); ++i) mesh.connect(i - 1, i, cost);
}
inline void connect_ring(RouterMesh& mesh, Metric cost) {
  connect_chain(mesh, cost);
  mesh.connect(mesh.size() - 1, 0, cost);
}
// Connected, with a mean degree of `degree` among the nodes from `first` on; costs are uniform from 1 to `cost_max`.
inline void connect_randomly(RouterMesh& mesh, Rng& rng, size_t degree, Metric cost_max,
                             size_t first = 0) {
  const size_t count = mesh.size() - first;
  std::set<std::pair<size_t, size_t>> edges;
  const auto connect = [&](size_t a, size_t b) {
    if (a == b || !edges.insert(std::minmax(a, b)).second) return;
    mesh.connect(first + a, first + b, 1 + static_cast<Metric>(rng.below(cost_max)));
  };
  for (size_t i = 1; i < count; ++i) connect(i, rng.below(i));
  while (edges.size() < count * degree / 2) connect(rng.below(count), rng.below(count));
}

// Costs of the shortest ways over links that carry; kInfinity where there is none (Dijkstra).
inline std::vector<Metric> distances_from(const RouterMesh& mesh, size_t from) {
  std::vector<std::vector<std::pair<size_t, Metric>>> edges(mesh.size());
  for (const auto& [name, link] : mesh.links()) {
    if (link.carries) edges[link.from].emplace_back(link.to, link.cost);
  }
  std::vector<Metric> distances(mesh.size(), kInfinity);
  using Reached = std::pair<Metric, size_t>;
  std::priority_queue<Reached, std::vector<Reached>, std::greater<>> next;
  next.emplace(0, from);
  while (!next.empty()) {
    const auto [distance, at] = next.top();
    next.pop();
    if (distance >= distances[at]) continue;
    distances[at] = distance;
    for (const auto& [to, cost] : edges[at]) next.emplace(add_metrics(distance, cost), to);
  }
  return distances;
}

inline Priority priority_of(RouterMesh& mesh, size_t at) {
  Announcement announcement;
  announcement.key = mesh.node(at).identity.key();
  if (const auto& proof = mesh.node(at).config.proof) {
    announcement.proof_kind = ProofKind::work;
    announcement.proof = *proof;
  }
  return priority_of(announcement);
}

// The nodes that `at` has to list: fewer than `k` nearer ones, itself among them, outrank each of these.
inline std::set<size_t> sketch_of(RouterMesh& mesh, size_t at, size_t k) {
  const std::vector<Metric> distances = distances_from(mesh, at);
  std::set<size_t> sketch;
  for (size_t w = 0; w < mesh.size(); ++w) {
    if (w == at || distances[w] == kInfinity) continue;
    size_t outranking = 0;
    for (size_t v = 0; v < mesh.size(); ++v) {
      const bool is_nearer =
          distances[v] < distances[w] || (distances[v] == distances[w] && mesh.id(v) < mesh.id(w));
      if (is_nearer && outranks(priority_of(mesh, v), priority_of(mesh, w))) ++outranking;
    }
    if (outranking < k) sketch.insert(w);
  }
  return sketch;
}

// All ordered pairs of nodes that are up and connected ping each other, again each second while there is no answer. What is
// left without one after `limit`.
inline size_t unanswered_pairs(RouterMesh& mesh, Duration limit) {
  struct Pair {
    size_t from;
    size_t to;
    uint64_t nonce;
  };
  std::vector<Pair> open;
  for (size_t from = 0; from < mesh.size(); ++from) {
    if (!mesh.is_up(from)) continue;
    const std::vector<Metric> distances = distances_from(mesh, from);
    for (size_t to = 0; to < mesh.size(); ++to) {
      if (from != to && distances[to] < kInfinity) open.push_back({from, to, 0});
    }
  }
  const Instant end = mesh.now() + limit;
  while (!open.empty() && mesh.now() < end) {
    for (Pair& pair : open) {
      if (pair.nonce != 0) mesh.router(pair.from).note_silence(mesh.now(), mesh.id(pair.to));
      pair.nonce = mesh.ping(pair.from, pair.to);
    }
    const Instant next = std::min(end, mesh.now() + 1s);
    while (!open.empty() && mesh.now() < next) {
      mesh.run_for(std::min<Duration>(50ms, next - mesh.now()));
      std::erase_if(open, [&](const Pair& p) { return mesh.answered(p.from, p.nonce); });
    }
  }
  return open.size();
}

}  // namespace starling::routing
