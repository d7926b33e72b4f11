#include "sim/paths.h"

#include <algorithm>

#include "base/check.h"

namespace starling::sim {
namespace {

Duration seconds(double value) { return Duration(static_cast<int64_t>(value * 1e9)); }

bool is_probability(double value) { return value >= 0 && value <= 1; }

void check_valid(const LinkProperties& link) {
  STARLING_CHECK(link.latency >= 0ms && link.jitter >= 0ms && link.queue_ms_max >= 0);
  STARLING_CHECK(is_probability(link.loss) && is_probability(link.reorder));
  STARLING_CHECK(is_probability(link.duplicate) && link.bytes_per_s >= 0);
}

}  // namespace

void Paths::set_default(const LinkProperties& link) {
  check_valid(link);
  links_.front() = link;
}

void Paths::set_one_way(HostId from, HostId to, const LinkProperties& link) {
  check_valid(link);
  // Loops that set many pairs alike share one entry; the first is the default and may change later.
  if (links_.size() == 1 || links_.back() != link) links_.push_back(link);
  states_.find_or_insert(from, to).link = static_cast<uint32_t>(links_.size() - 1);
}

void Paths::set_blocked_one_way(HostId from, HostId to, bool blocked) {
  states_.find_or_insert(from, to).blocked = blocked;
}

void Paths::partition(const std::vector<std::vector<HostId>>& groups) {
  groups_.clear();
  uint32_t group = 0;
  for (const std::vector<HostId>& members : groups) {
    ++group;
    for (const HostId host : members) {
      if (groups_.size() <= index_of(host)) groups_.resize(index_of(host) + 1, 0);
      groups_[index_of(host)] = group;
    }
  }
}

void Paths::heal() {
  groups_.clear();
  states_.change_all([](State& state) { state.blocked = false; });
}

bool Paths::blocked(HostId from, HostId to) const {
  if (from == to) return false;
  const State* state = states_.find(from, to);
  return separated(from, to) || (state != nullptr && state->blocked);
}

Transit Paths::transit(Instant now, HostId from, HostId to, size_t ip_bytes) {
  if (from == to) return {.drop = {}, .arrival = now + kLoopbackDelay, .copy_arrival = {}};
  State* state = states_.find(from, to);
  if (separated(from, to) || (state != nullptr && state->blocked)) {
    return {.drop = PacketFate::blocked, .arrival = {}, .copy_arrival = {}};
  }
  const LinkProperties& link = link_of(state);
  if (ip_bytes > link.mtu) return {.drop = PacketFate::too_big, .arrival = {}, .copy_arrival = {}};
  if (state == nullptr && (link.jitter > 0ms || link.bytes_per_s > 0)) {
    state = &states_.find_or_insert(from, to);
  }
  Instant sent = now;
  if (link.bytes_per_s > 0) {
    sent = std::max(now, state->busy_until);
    if (sent - now > std::chrono::milliseconds(link.queue_ms_max)) {
      return {.drop = PacketFate::queue_full, .arrival = {}, .copy_arrival = {}};
    }
    sent += seconds(static_cast<double>(ip_bytes) / link.bytes_per_s);
    state->busy_until = sent;
  }
  if (link.loss > 0 && rng_.chance(link.loss)) {
    return {.drop = PacketFate::lost, .arrival = {}, .copy_arrival = {}};
  }
  Transit transit{
      .drop = {}, .arrival = sent + link.latency + uniform_up_to(link.jitter), .copy_arrival = {}};
  if (link.reorder > 0 && rng_.chance(link.reorder)) {
    transit.reordered = true;
    transit.arrival += uniform_up_to(4 * (link.latency + link.jitter));
  } else if (link.jitter > 0ms) {
    // The upper bound lets packets overtake those sent before the latency was lowered.
    transit.arrival =
        std::min(std::max(transit.arrival, state->last_arrival), sent + link.latency + link.jitter);
    state->last_arrival = transit.arrival;
  }
  if (link.duplicate > 0 && rng_.chance(link.duplicate)) {
    transit.copy_arrival = transit.arrival + uniform_up_to(link.latency + link.jitter);
  }
  return transit;
}

Duration Paths::stream_delay(HostId from, HostId to) {
  if (from == to) return kLoopbackDelay;
  const LinkProperties& link = link_of(states_.find(from, to));
  return link.latency + uniform_up_to(link.jitter);
}

Duration Paths::sending_time(HostId from, HostId to, size_t bytes) const {
  if (from == to) return 0ms;
  const double bytes_per_s = link_of(states_.find(from, to)).bytes_per_s;
  return bytes_per_s > 0 ? seconds(static_cast<double>(bytes) / bytes_per_s) : Duration{};
}

const LinkProperties& Paths::link_of(const State* state) const {
  return links_[state == nullptr ? 0 : state->link];
}

bool Paths::separated(HostId from, HostId to) const {
  return !groups_.empty() && group_of(from) != group_of(to);
}

uint32_t Paths::group_of(HostId host) const {
  return index_of(host) < groups_.size() ? groups_[index_of(host)] : 0;
}

Duration Paths::uniform_up_to(Duration limit) {
  if (limit <= 0ms) return 0ms;
  return Duration(static_cast<int64_t>(rng_.below(static_cast<uint64_t>(limit.count()) + 1)));
}

}  // namespace starling::sim
