// The part of ScenarioRun that does something to the world: starts, deaths, cuts, movement.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "sim/scenario_run.h"

namespace starling::sim {
namespace {

Duration exponential(Rng& rng, Duration mean) {
  return Duration(
      static_cast<int64_t>(-std::log(1 - rng.unit()) * static_cast<double>(mean.count())));
}

double to_milliseconds(Duration duration) { return to_seconds(duration) * 1'000; }

// What a link's smoothed round-trip time follows of each sample (RFC 6298).
constexpr double kSmoothing = 1.0 / 8;

}  // namespace

void ScenarioRun::start(const ScenarioStep& step) {
  const Duration spread = from_seconds(step.number("spread_s", 0));
  std::vector<std::pair<Instant, uint32_t>> order;
  for (uint32_t node = 0; node < topology_nodes_; ++node) {
    const auto share = static_cast<double>(spread.count()) * world_.rng().unit();
    order.emplace_back(world_.now() + Duration(static_cast<int64_t>(share)), node);
  }
  std::sort(order.begin(), order.end());
  if (spread == Duration::zero()) {
    for (const auto& [at, node] : order) world_.start(node);
    for (const Edge& edge : edges_) link(edge);
    return advance(1ms);
  }
  for (const auto& [at, node] : order) {
    if (at > world_.now()) advance(at - world_.now());
    world_.start(node);
    link_up_of(node);
  }
  advance(1ms);
}

void ScenarioRun::kill(const ScenarioStep& step) {
  std::vector<uint32_t> victims = honest_nodes();
  auto count = static_cast<size_t>(step.number("count", 0) +
                                   step.number("share", 0) * static_cast<double>(victims.size()));
  count = std::min(count, victims.size());
  if (step.text("which", "random") == "top") {
    std::sort(victims.begin(), victims.end(), [this](uint32_t a, uint32_t b) {
      return routing::outranks(world_.router(a).own_priority(), world_.router(b).own_priority());
    });
  } else {
    for (size_t i = 0; i < count; ++i)
      std::swap(victims[i], victims[i + world_.rng().below(victims.size() - i)]);
  }
  for (size_t i = 0; i < count; ++i) world_.crash(victims[i]);
}

// In halves: what is nearest to a random node, hop by hop, and the rest.
void ScenarioRun::partition() {
  std::vector<bool> inside(topology_nodes_, false);
  std::vector<uint32_t> open = {static_cast<uint32_t>(world_.rng().below(topology_nodes_))};
  inside[open.front()] = true;
  for (size_t at = 0; at < open.size() && open.size() < topology_nodes_ / 2; ++at) {
    for (const uint32_t edge : edges_of_[open[at]]) {
      const uint32_t other = edges_[edge].a == open[at] ? edges_[edge].b : edges_[edge].a;
      if (inside[other] || open.size() >= topology_nodes_ / 2) continue;
      inside[other] = true;
      open.push_back(other);
    }
  }
  for (const Edge& edge : edges_) {
    if (inside[edge.a] != inside[edge.b]) world_.cut(edge.a, edge.b);
  }
}

void ScenarioRun::heal() {
  for (const Edge& edge : edges_) {
    if (!world_.is_linked(edge.a, edge.b)) link(edge);
  }
}

void ScenarioRun::begin_churn(const ScenarioStep& step) {
  up_mean_ = from_seconds(step.number("up_s", 3'600));
  down_mean_ = from_seconds(step.number("down_s", 400));
  toggle_at_.clear();
  for (uint32_t node = 0; node < topology_nodes_; ++node)
    toggle_at_.push_back(world_.now() + exponential(world_.rng(), up_mean_));
}

void ScenarioRun::churn() {
  for (uint32_t node = 0; node < toggle_at_.size(); ++node) {
    if (world_.now() < toggle_at_[node]) continue;
    const bool was_up = world_.is_up(node);
    if (was_up) {
      world_.crash(node);
    } else {
      world_.start(node);
      link_up_of(node);
    }
    toggle_at_[node] = world_.now() + exponential(world_.rng(), was_up ? down_mean_ : up_mean_);
  }
}

void ScenarioRun::begin_noise(const ScenarioStep& step) {
  noise_share_ = step.number("share", 0.3);
  noise_every_ = from_seconds(step.number("every_s", 1));
  noise_at_ = world_.now();
  noisy_.clear();
  for (const Edge& edge : edges_) {
    const auto cost = routing::cost_of_rtt(2 * edge.latency);
    noisy_.push_back(
        {to_milliseconds(2 * edge.latency), routing::CostWatch(cost), routing::CostWatch(cost)});
  }
}

// Every link measures anew, as node::Mesh does it; what it measures is off by up to the share.
void ScenarioRun::noise() {
  const Instant now = world_.now();
  noise_at_ = now + noise_every_;
  for (size_t i = 0; i < edges_.size(); ++i) {
    const Edge& edge = edges_[i];
    NoisyLink& noisy = noisy_[i];
    const double off = 1 + noise_share_ * (2 * world_.rng().unit() - 1);
    noisy.smoothed_ms += kSmoothing * (to_milliseconds(2 * edge.latency) * off - noisy.smoothed_ms);
    const auto measured = routing::cost_of_rtt(from_seconds(noisy.smoothed_ms / 1'000));
    if (const auto cost = noisy.at_a.handle_measured(now, measured))
      world_.propose_cost(edge.a, edge.b, *cost);
    if (const auto cost = noisy.at_b.handle_measured(now, measured))
      world_.propose_cost(edge.b, edge.a, *cost);
  }
}

void ScenarioRun::begin_movement(const ScenarioStep& step) {
  move_every_ = from_seconds(step.number("every_s", 10));
  move_at_ = world_.now() + move_every_;
  if (settings_.topology == TopologyKind::moving) {
    if (!satellites_) satellites_ = std::make_unique<Satellites>(settings_.nodes, settings_.seed);
    return;
  }
  if (!radio_) {
    const auto links = static_cast<uint32_t>(step.number("links", 3.0 * settings_.nodes));
    radio_ = std::make_unique<MovingRadio>(settings_.nodes, links, step.number("step_m", 60),
                                           settings_.seed);
  }
  // From the topology's places to those of the movement.
  const auto changes = link_changes(edges_, radio_->edges());
  for (const Edge& edge : changes.down) world_.disconnect(edge.a, edge.b);
  for (const Edge& edge : changes.up) link(edge);
  edges_ = radio_->edges();
}

void ScenarioRun::move() {
  move_at_ = world_.now() + move_every_;
  const std::vector<Edge> before = satellites_ ? satellites_->edges() : radio_->edges();
  if (satellites_) satellites_->step(move_every_);
  if (radio_) radio_->step();
  edges_ = satellites_ ? satellites_->edges() : radio_->edges();
  const auto changes = link_changes(before, edges_);
  // Out of range: nobody says goodbye.
  for (const Edge& edge : changes.down) world_.cut(edge.a, edge.b);
  for (const Edge& edge : changes.up) link(edge);
  for (const Edge& edge : changes.changed) world_.set_latency(edge.a, edge.b, edge.latency);
}

// Of links drawn at random, one direction gets slower and loses more.
void ScenarioRun::worsen_links(const ScenarioStep& step) {
  const double share = step.number("share", 0.3);
  const double factor = step.number("factor", 4);
  for (const Edge& edge : edges_) {
    if (!world_.rng().chance(share)) continue;
    const bool forth = world_.rng().chance(0.5);
    const Duration more = from_seconds(to_seconds(edge.latency) * (factor - 1));
    world_.worsen(forth ? edge.a : edge.b, forth ? edge.b : edge.a, more, step.number("loss", 0));
  }
}

}  // namespace starling::sim
