#include "routing/router.h"

#include <algorithm>

#include "base/check.h"

namespace starling::routing {
namespace {

constexpr Duration kExpireInterval = 10s;

}  // namespace

Router::Router(const RouterConfig& config, const crypto::Identity& identity, uint32_t epoch,
               Rng& rng, crypto::SecureRandom& random, Instant now)
    : config_(config),
      identity_(identity),
      self_(crypto::node_id_of(identity.key())),
      rng_(rng),
      random_(random),
      table_(self_, config.table_size, config.checked, random.u64()),
      step_allowed_at_(now),
      last_requests_(now - kFlushInterval),
      last_flush_(now - kFlushInterval),
      expire_at_(now + kExpireInterval),
      book_(config.role == Role::leaf),
      prober_(random),
      greeted_at_(now) {
  STARLING_CHECK(!config.proof || is_priority_proof(identity.key(), *config.proof));
  begin_epoch(now, epoch);
}

void Router::add_neighbour(Instant now, NeighbourId id, const crypto::NodeKey& key, Metric cost) {
  STARLING_CHECK(cost >= 1 && cost <= kCostMax && !neighbours_.contains(id));
  const crypto::NodeId node = crypto::node_id_of(key);
  const double rate = config_.transit_rate > 0 ? config_.transit_rate : 1e12;
  neighbours_.emplace(
      id, Neighbour{key, node, cost, std::nullopt, RouteTeller(id, node), TokenBucket(rate, rate)});
  send_hello(id, cost);
  watch_.add_neighbour(id);
  schedule_flush(now, true);
}

void Router::propose_cost(Instant now, NeighbourId id, Metric cost) {
  STARLING_CHECK(cost >= 1 && cost <= kCostMax);
  const auto entry = neighbours_.find(id);
  if (entry == neighbours_.end() || entry->second.own_proposal == cost) return;
  Neighbour& neighbour = entry->second;
  neighbour.own_proposal = cost;
  send_hello(id, cost);
  if (!neighbour.their_proposal) return;
  table_.set_cost(id, std::max(cost, *neighbour.their_proposal));
  after_table_change(now);
}

void Router::remove_neighbour(Instant now, NeighbourId id) {
  const auto entry = neighbours_.find(id);
  if (entry == neighbours_.end()) return;
  neighbours_.erase(entry);
  watch_.remove_neighbour(id);
  if (table_.cost_of(id)) {
    table_.remove_neighbour(now, id);
    after_table_change(now);
  }
}

void Router::handle_timeout(Instant now) {
  if (now >= epoch_ends_) {
    begin_epoch(now, announcement_.epoch + 1);
    schedule_flush(now, false);
  }
  if (step_wanted_ && now >= step_allowed_at_) step_sequence(now);
  if (now >= expire_at_) {
    expire_at_ = now + kExpireInterval;
    table_.expire(now);
    counters_.add(RouterCounter::kept_dropped, waiting_.expire(now));
    after_table_change(now);
    for (auto entry = asked_.begin(); entry != asked_.end();) {
      std::vector<Asker>& askers = entry->second.askers;
      std::erase_if(askers, [&](const Asker& asker) { return asker.until <= now; });
      entry = askers.empty() ? asked_.erase(entry) : std::next(entry);
    }
  }
  look_after_requests(now);
  if (now >= table_.next_telling()) schedule_flush(now, false);
  if (now >= flush_at_) flush(now);
  watch_transit(now);
  send_probes(now);
  if (auto address = prober_.poll_address(now))
    outputs_.push_back(AddressChanged{std::move(*address)});
}

Instant Router::next_timeout() const {
  Instant next =
      std::min({epoch_ends_, expire_at_, flush_at_, prober_.next_timeout(), watch_.next_timeout()});
  // Once it is due, the flush that it brings counts.
  if (flush_at_ == kNever) next = std::min(next, table_.next_telling());
  if (step_wanted_) next = std::min(next, step_allowed_at_);
  next = std::min(next, requests_at_);
  return next;
}

std::optional<RouterOutput> Router::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  RouterOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

bool Router::knows_way(Instant now, const crypto::NodeId& node) const {
  if (node == self_) return true;
  const Destination* known = table_.find(node);
  return (known && known->selected) || book_.knows(now, node);
}

bool Router::wants_address(Instant now, const crypto::NodeId& node) const {
  if (node == self_) return false;
  const Destination* known = table_.find(node);
  const bool is_near = known && (known->listed || (known->is_leaf() && known->selected));
  return !is_near && !book_.has_address(now, node);
}

}  // namespace starling::routing
