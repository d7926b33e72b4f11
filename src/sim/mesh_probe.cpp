#include "sim/mesh_probe.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>

#include "base/check.h"

namespace starling::sim {
namespace {

// A nonce says which pair it asks for and which try it is.
constexpr uint64_t kTriesMax = 256;
constexpr size_t kPairsMax = 1 << 24;

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 1;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<size_t>(at, 1, values.size()) - 1];
}

}  // namespace

std::vector<MeshPair> sample_mesh_pairs(MeshWorld& world, size_t count,
                                        const std::function<bool(uint32_t)>& is_eligible) {
  std::vector<uint32_t> eligible;
  for (uint32_t node = 0; node < world.size(); ++node) {
    if (is_eligible(node)) eligible.push_back(node);
  }
  const auto wanted = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(count)) + 0.5));
  const size_t ends = std::min(eligible.size(), wanted);
  for (size_t i = 0; i < ends; ++i)
    std::swap(eligible[i], eligible[i + world.rng().below(eligible.size() - i)]);
  std::vector<MeshPair> pairs;
  for (size_t step = 1; step < ends; ++step) {
    for (size_t i = 0; i < ends && pairs.size() < count; ++i)
      pairs.push_back({eligible[i], eligible[(i + step) % ends]});
  }
  return pairs;
}

MeshAsker::MeshAsker(MeshWorld& world, uint32_t number, const std::vector<MeshPair>& pairs,
                     AskPlan plan)
    : world_(world), number_(number), plan_(std::move(plan)), begun_(world.now()) {
  STARLING_CHECK(!plan_.tries.empty() && plan_.tries.size() <= kTriesMax &&
                 pairs.size() <= kPairsMax);
  for (const MeshPair& pair : pairs) {
    results_.emplace_back();
    results_.back().pair = pair;
  }
}

void MeshAsker::tick() {
  for (; tries_made_ < plan_.tries.size() && world_.now() >= begun_ + plan_.tries[tries_made_];
       ++tries_made_) {
    for (size_t index = 0; index < results_.size(); ++index) {
      AskResult& result = results_[index];
      if (result.answered || !world_.is_up(result.pair.from)) continue;
      result.tries = static_cast<int>(tries_made_ + 1);
      const uint64_t nonce = uint64_t{number_} << 32 | index * kTriesMax | tries_made_;
      world_.ask_once(result.pair.from, result.pair.to, nonce, tries_made_);
    }
  }
}

void MeshAsker::handle_echo(uint32_t node, Instant at, const routing::EchoReceived& echo) {
  // Each result is written by the thread of the node that asks, and by no other.
  const size_t index = static_cast<uint32_t>(echo.nonce) / kTriesMax;
  if (index >= results_.size() || results_[index].pair.from != node) return;
  AskResult& result = results_[index];
  if (result.answered) return;
  result.answered = true;
  result.time = at - begun_;
  result.rtt = result.time - plan_.tries[echo.nonce % kTriesMax];
  result.cost = echo.way.empty() ? 0 : echo.way.back().so_far;
  result.hops = echo.way.empty() ? 0 : echo.way.size() - 1;
}

bool MeshAsker::is_over() const {
  return world_.now() >= begun_ + plan_.patience ||
         std::all_of(results_.begin(), results_.end(), [](const auto& r) { return r.answered; });
}

std::vector<routing::Metric> shortest_from(const MeshWorld& world, uint32_t from,
                                           const std::function<bool(uint32_t)>& may_pass) {
  std::vector<routing::Metric> distance(world.size(), routing::kInfinity);
  using Entry = std::pair<routing::Metric, uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  distance[from] = 0;
  open.emplace(0, from);
  while (!open.empty()) {
    const auto [cost, node] = open.top();
    open.pop();
    if (cost > distance[node] || !world.is_up(node)) continue;
    if (node != from && may_pass && !may_pass(node)) continue;
    for (const auto& link : world.links_of(node)) {
      if (!link.carries || !world.is_up(link.peer)) continue;
      const routing::Metric next = cost + link.cost;
      if (next >= distance[link.peer]) continue;
      distance[link.peer] = next;
      open.emplace(next, link.peer);
    }
  }
  return distance;
}

AskSummary summary_of(const MeshWorld& world, const std::vector<AskResult>& results) {
  AskSummary summary;
  std::map<uint32_t, std::vector<routing::Metric>> shortest;
  std::vector<double> stretches;
  double time_sum = 0;
  for (const AskResult& result : results) {
    ++summary.asked;
    if (!result.answered) continue;
    ++summary.answered;
    if (result.tries == 1) ++summary.first_try;
    summary.slowest = std::max(summary.slowest, result.time);
    time_sum += to_seconds(result.time);
    auto& distance = shortest[result.pair.from];
    if (distance.empty()) distance = shortest_from(world, result.pair.from, nullptr);
    const routing::Metric optimum = distance[result.pair.to];
    if (result.cost == 0 || optimum == 0 || optimum >= routing::kInfinity) continue;
    stretches.push_back(static_cast<double>(result.cost) / optimum);
  }
  if (summary.answered > 0) summary.time_mean_s = time_sum / static_cast<double>(summary.answered);
  if (!stretches.empty()) {
    double sum = 0;
    for (const double stretch : stretches) sum += stretch;
    summary.stretch_mean = sum / static_cast<double>(stretches.size());
    summary.stretch_p99 = percentile(stretches, 0.99);
    summary.stretch_max = percentile(stretches, 1);
  }
  return summary;
}

TableSummary tables_of(const MeshWorld& world) {
  TableSummary summary;
  size_t nodes = 0;
  double bytes = 0;
  for (uint32_t node = 0; node < world.size(); ++node) {
    if (!world.is_up(node)) continue;
    ++nodes;
    bytes += static_cast<double>(world.router(node).table().memory());
    size_t listed = 0;
    for (const routing::Destination& destination : world.router(node).table().all())
      listed += destination.listed ? 1 : 0;
    summary.entries_mean += static_cast<double>(listed);
    summary.entries_max = std::max(summary.entries_max, listed);
    summary.known_mean += static_cast<double>(world.router(node).table().all().size());
  }
  if (summary.entries_mean > 0) {
    summary.bytes_per_entry = bytes / summary.entries_mean;
    summary.bytes_per_known = bytes / summary.known_mean;
  }
  if (nodes > 0) {
    summary.entries_mean /= static_cast<double>(nodes);
    summary.known_mean /= static_cast<double>(nodes);
  }
  return summary;
}

}  // namespace starling::sim
