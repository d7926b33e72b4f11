// The part of ScenarioRun about leaves: nodes without a table that sleep most of the time.
#include <algorithm>

#include "sim/scenario_round.h"
#include "sim/scenario_run.h"

namespace starling::sim {
namespace {

constexpr Duration kLeafLatency = 10ms;
// After they came they stay awake so long: their first address has to be found and published.
constexpr Duration kFirstAwake = 30s;

}  // namespace

// Each hangs on a random node and on neighbours of that.
void ScenarioRun::add_leaves(const ScenarioStep& step) {
  leaf_sleep_ = from_seconds(step.number("sleep_s", 600));
  leaf_awake_ = from_seconds(step.number("awake_s", 5));
  const auto routers = static_cast<size_t>(step.number("routers", 2));
  const std::vector<uint32_t> honest = honest_nodes();
  if (honest.empty()) return;
  routing::RouterConfig config;
  config.role = routing::Role::leaf;
  config.keep_time = std::chrono::duration_cast<std::chrono::seconds>(2 * leaf_sleep_ + 60s);
  for (auto left = static_cast<size_t>(step.number("count", 100)); left > 0; --left) {
    const uint32_t number = world_.add_node(config);
    world_.start(number);
    Leaf& leaf = leaves_[number];
    leaf.routers.push_back(honest[world_.rng().below(honest.size())]);
    for (const MeshWorld::LinkView& link : world_.links_of(leaf.routers.front())) {
      if (leaf.routers.size() < routers && link.carries && is_honest(link.peer))
        leaf.routers.push_back(link.peer);
    }
    const auto share = static_cast<double>(leaf_sleep_.count()) * world_.rng().unit();
    leaf.turns_at = world_.now() + kFirstAwake + Duration(static_cast<int64_t>(share));
    link_leaf(number);
  }
}

void ScenarioRun::link_leaf(uint32_t leaf) {
  for (const uint32_t router : leaves_[leaf].routers) {
    if (world_.is_started(router)) world_.connect(leaf, router, {.latency = kLeafLatency});
  }
}

void ScenarioRun::sleep_and_wake() {
  for (auto& [number, leaf] : leaves_) {
    if (world_.now() < leaf.turns_at) continue;
    leaf.is_awake = !leaf.is_awake;
    leaf.turns_at = world_.now() + (leaf.is_awake ? leaf_awake_ : leaf_sleep_);
    if (leaf.is_awake) {
      ++leaf.wakings;
      link_leaf(number);
    } else {
      // It says goodbye before it sleeps.
      for (const uint32_t router : leaf.routers) world_.disconnect(number, router);
    }
  }
}

// One packet each, without a second try, spread over the time.
void ScenarioRun::ask_leaves(const ScenarioStep& step) {
  const auto wanted = static_cast<size_t>(step.number("pairs", 500));
  const Duration time = from_seconds(step.number("seconds", 600));
  const AskPlan plan{.tries = {Duration{}},
                     .patience = from_seconds(step.number("patience_s", 700))};
  std::vector<uint32_t> numbers;
  uint64_t wakings = 0;
  for (const auto& [number, leaf] : leaves_) {
    numbers.push_back(number);
    wakings += leaf.wakings;
  }
  const std::vector<uint32_t> honest = honest_nodes();
  if (numbers.empty() || honest.empty()) return;
  const Instant begun = world_.now();
  std::vector<std::unique_ptr<MeshAsker>> askers;
  std::vector<bool> was_asleep;
  for (size_t i = 0; i < wanted && !stopped_; ++i) {
    const uint32_t leaf = numbers[world_.rng().below(numbers.size())];
    was_asleep.push_back(!leaves_[leaf].is_awake);
    const MeshPair pair{honest[world_.rng().below(honest.size())], leaf};
    askers.push_back(std::make_unique<MeshAsker>(world_, ++askers_used_, std::vector{pair}, plan));
    askers_[askers_used_] = askers.back().get();
    advance(time / static_cast<int64_t>(wanted));
  }
  const auto is_over = [](const auto& asker) { return asker->is_over(); };
  while (!std::ranges::all_of(askers, is_over) && !stopped_) advance(1s);
  std::erase_if(askers_, [&](const auto& entry) {
    return std::ranges::any_of(askers, [&](const auto& own) { return own.get() == entry.second; });
  });
  size_t answered = 0;
  size_t on_waking = 0;
  Duration slowest{};
  for (size_t i = 0; i < askers.size(); ++i) {
    const AskResult& result = askers[i]->results().front();
    if (!result.answered) continue;
    ++answered;
    on_waking += was_asleep[i] ? 1U : 0U;
    slowest = std::max(slowest, result.time);
  }
  const auto asleep = static_cast<size_t>(std::ranges::count(was_asleep, true));
  uint64_t wakings_after = 0;
  for (const auto& [number, leaf] : leaves_) wakings_after += leaf.wakings;
  const double leaf_hours =
      static_cast<double>(numbers.size()) * to_seconds(world_.now() - begun) / 3'600;
  set(step, "pairs", static_cast<double>(askers.size()));
  set(step, "asked_asleep", static_cast<double>(asleep));
  set(step, "delivered", static_cast<double>(answered) / static_cast<double>(askers.size()));
  if (asleep > 0)
    set(step, "delivered_on_waking", static_cast<double>(on_waking) / static_cast<double>(asleep));
  set(step, "slowest_s", to_seconds(slowest));
  set(step, "wakings_per_hour", static_cast<double>(wakings_after - wakings) / leaf_hours);
  set(step, "kept", count(routing::RouterCounter::packets_kept));
}

}  // namespace starling::sim
