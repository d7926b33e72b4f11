#include "sim/flock.h"

#include <algorithm>
#include <set>

#include "base/check.h"

namespace starling::sim {
namespace {

constexpr uint16_t kPort = node::kDefaultPort;

}  // namespace

Flock::Flock(World& world, const FlockOptions& options) : world_(world), options_(options) {
  options_.config.lan = false;
  options_.config.routing.checked = &checked_;
}

Flock::~Flock() = default;

size_t Flock::add_nodes(size_t count) {
  const size_t first = members_.size();
  for (size_t i = 0; i < count; ++i) {
    Member member;
    member.host = world_.add_host();
    crypto::SeededRandom random(world_.seed() * 1'000'003 + members_.size());
    member.identity = std::make_unique<crypto::Identity>(crypto::Identity::generate(random));
    member.account = std::make_unique<crypto::Identity>(crypto::Identity::generate(random));
    members_.push_back(std::move(member));
  }
  return first;
}

void Flock::connect(size_t a, size_t b) {
  STARLING_CHECK(a != b);
  members_[a].dials.push_back(b);
  edges_.emplace_back(a, b);
}

void Flock::connect_random(size_t degree) {
  // A random tree keeps it whole, the rest is drawn freely.
  std::set<std::pair<size_t, size_t>> drawn;
  for (size_t i = 1; i < size(); ++i) {
    const size_t other = world_.rng().below(i);
    drawn.insert({other, i});
    connect(i, other);
  }
  const size_t wanted = size() * degree / 2;
  while (drawn.size() < wanted) {
    const size_t a = world_.rng().below(size());
    const size_t b = world_.rng().below(size());
    if (a == b || !drawn.insert({std::min(a, b), std::max(a, b)}).second) continue;
    connect(a, b);
  }
}

void Flock::connect_chain() {
  for (size_t i = 1; i < size(); ++i) connect(i, i - 1);
}

void Flock::connect_ring() {
  connect_chain();
  connect(0, size() - 1);
}

void Flock::start(size_t index) {
  Member& member = members_[index];
  STARLING_CHECK(!member.node);
  node::NodeConfig config = options_.config;
  config.listen = {{reach::Transport::udp, Endpoint::ipv4(0, 0, 0, 0, kPort), true}};
  for (const size_t peer : member.dials) {
    reach::PeerUri uri;
    uri.key = key(peer);
    const Endpoint at = world_.network().endpoint(members_[peer].host, kPort);
    uri.addresses.push_back(reach::peer_address_of(reach::Transport::udp, at));
    config.peers.push_back(std::move(uri));
  }
  if (options_.adjust) options_.adjust(index, config);
  member.node = std::make_unique<node::Node>(world_.runtime(member.host), std::move(config),
                                             *member.identity, *member.account);
  member.started = false;
  member.node->start([&member](std::expected<void, node::StartError> started) {
    STARLING_CHECK(started.has_value());
    member.started = true;
  });
}

void Flock::start_all() {
  for (size_t i = 0; i < size(); ++i) start(i);
  run_until_started();
}

void Flock::run_until_started() {
  const bool all = world_.run_until(
      [&] {
        return std::all_of(members_.begin(), members_.end(),
                           [](const Member& m) { return !m.node || m.started; });
      },
      10s);
  STARLING_CHECK(all);
}

void Flock::crash(size_t index) {
  world_.crash(members_[index].host);
  members_[index].node.reset();
}

std::vector<bool> Flock::component_of(size_t index) const {
  std::vector<std::vector<size_t>> neighbours(size());
  for (const auto& [a, b] : edges_) {
    if (!is_up(a) || !is_up(b)) continue;
    neighbours[a].push_back(b);
    neighbours[b].push_back(a);
  }
  std::vector<bool> reached(size(), false);
  std::vector<size_t> open = {index};
  reached[index] = is_up(index);
  while (!open.empty()) {
    const size_t at = open.back();
    open.pop_back();
    for (const size_t next : neighbours[at]) {
      if (reached[next]) continue;
      reached[next] = true;
      open.push_back(next);
    }
  }
  return reached;
}

std::vector<Flock::Pair> Flock::sample_pairs(size_t count) {
  std::vector<Pair> pairs;
  std::vector<std::vector<bool>> components(size());
  const auto connected = [&](size_t from, size_t to) {
    if (components[from].empty()) components[from] = component_of(from);
    return components[from][to];
  };
  if (count == 0) {
    for (size_t from = 0; from < size(); ++from) {
      for (size_t to = 0; to < size(); ++to) {
        if (from != to && is_up(from) && is_up(to) && connected(from, to))
          pairs.push_back({from, to});
      }
    }
    return pairs;
  }
  for (size_t tries = 0; pairs.size() < count && tries < 100 * count; ++tries) {
    const size_t from = world_.rng().below(size());
    const size_t to = world_.rng().below(size());
    if (from != to && is_up(from) && is_up(to) && connected(from, to)) pairs.push_back({from, to});
  }
  return pairs;
}

Flock::PingReport Flock::ping_pairs(const std::vector<Pair>& pairs, Duration patience) {
  PingReport report;
  report.asked = pairs.size();
  size_t done = 0;
  size_t tries = 0;
  for (const Pair& pair : pairs) {
    node(pair.from).mesh().ping(
        id(pair.to),
        [&, pair](const node::PingResult& result) {
          ++done;
          tries += static_cast<size_t>(result.tries);
          if (!result.answered) report.unanswered.push_back(pair);
          report.slowest = std::max(report.slowest, result.time);
        },
        patience);
  }
  world_.run_until([&] { return done == pairs.size(); }, patience + 1s);
  STARLING_CHECK(done == pairs.size());
  if (done > 0) report.mean_tries = static_cast<double>(tries) / static_cast<double>(done);
  return report;
}

}  // namespace starling::sim
