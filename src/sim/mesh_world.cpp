#include "sim/mesh_world.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <thread>

#include "base/check.h"
#include "sim/misbehaviour.h"
#include "sim/seed.h"

namespace starling::sim {
namespace {

// As link/liveness.h does it: silence, then probes; see the head of mesh_world.h.
constexpr Duration kIdleDetectionMax = 10s;
Duration detection_after_sending(Duration latency) {
  return 4 * std::max<Duration>(8 * latency, 100ms);
}
Duration resend_after(Duration latency) { return std::max<Duration>(2 * latency, 50ms); }

Duration share_of(Duration duration, double share) {
  return Duration(static_cast<int64_t>(static_cast<double>(duration.count()) * share));
}

routing::NeighbourId neighbour_named(uint64_t link) { return {static_cast<uint32_t>(link)}; }

uint64_t mixed(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9e37'79b9'7f4a'7c15 + (hash << 6) + (hash >> 2);
  hash ^= hash >> 29;
  return hash * 0xbf58'476d'1ce4'e5b9;
}

}  // namespace

MeshWorld::Node::Node(uint64_t seed, uint64_t key_seed)
    : secure_random(key_seed),
      identity(crypto::Identity::generate(secure_random)),
      id(crypto::node_id_of(identity.key())),
      rng(seed),
      channel(seed ^ 0x5bd1'e995) {}

MeshWorld::Shard::Shard(const MeshWorldOptions& options)
    : events(kStart, options.window), outbox(options.threads) {}

MeshWorld::MeshWorld(const MeshWorldOptions& options) : options_(options), rng_(options.seed) {
  STARLING_CHECK(options.threads >= 1 && options.threads <= 64);
  for (unsigned i = 0; i < options.threads; ++i)
    shards_.push_back(std::make_unique<Shard>(options_));
}

MeshWorld::~MeshWorld() = default;

uint32_t MeshWorld::add_node(const routing::RouterConfig& config, uint64_t seed) {
  const uint64_t number = nodes_.size();
  const uint64_t own = options_.seed * 1'000'003 + number + 1;
  nodes_.push_back(std::make_unique<Node>(own, seed == 0 ? own : seed));
  Node& node = *nodes_.back();
  node.config = config;
  node.config.checked = &shards_[shard_of(static_cast<uint32_t>(number))]->checked;
  return static_cast<uint32_t>(number);
}

routing::Router& MeshWorld::router(uint32_t node) {
  Node& at = *nodes_[node];
  STARLING_CHECK(at.is_up());
  return at.core ? at.core->router() : *at.bare;
}

const routing::Router& MeshWorld::router(uint32_t node) const {
  return const_cast<MeshWorld*>(this)->router(node);
}

// --- what the scenario does ------------------------------------------------------------------------------------------

void MeshWorld::push_from_world(MeshEvent&& event) {
  event.order = ++caused_;
  shards_[shard_of(event.node)]->events.push(std::move(event));
}

void MeshWorld::push(uint32_t from, MeshEvent&& event) {
  event.from = from + 1;
  event.order = ++nodes_[from]->caused;
  const size_t here = shard_of(from);
  const size_t there = shard_of(event.node);
  if (here == there || !running_) {
    shards_[there]->events.push(std::move(event));
  } else {
    shards_[here]->outbox[there].push_back(std::move(event));
  }
}

void MeshWorld::start(uint32_t node) {
  STARLING_CHECK(!nodes_[node]->started);
  nodes_[node]->started = true;
  push_from_world({.at = now_, .node = node, .kind = MeshEventKind::start});
}

void MeshWorld::crash(uint32_t number) {
  Node& node = *nodes_[number];
  for (const Half& half : std::exchange(node.halves, {})) {
    Half* other = find_link(*nodes_[half.peer], half.link);
    if (other == nullptr || !other->carries) continue;
    other->carries = false;
    push_from_world({.at = now_ + share_of(kIdleDetectionMax, rng_.unit()) +
                           detection_after_sending(half.shape.latency),
                     .node = half.peer,
                     .link = half.link,
                     .kind = MeshEventKind::link_down});
  }
  node.core.reset();
  node.bare.reset();
  node.started = false;
  node.armed = kNever;
}

void MeshWorld::connect(uint32_t a, uint32_t b, const MeshLinkShape& shape) {
  STARLING_CHECK(a != b && shape.latency >= options_.window);
  disconnect(a, b);
  const uint64_t link = ++links_made_;
  const auto cost = routing::cost_of_rtt(2 * shape.latency);
  for (const auto& [here, there] : {std::pair(a, b), std::pair(b, a)}) {
    Half half;
    half.link = link;
    half.peer = there;
    half.shape = shape;
    half.cost = cost;
    half.control_free = now_;
    nodes_[here]->halves.push_back(half);
    push_from_world({.at = now_, .node = here, .link = link, .kind = MeshEventKind::link_up});
  }
}

void MeshWorld::disconnect(uint32_t a, uint32_t b) {
  for (const auto& [here, there] : {std::pair(a, b), std::pair(b, a)}) {
    Half* half = find_half(here, there);
    if (half == nullptr) continue;
    half->carries = false;
    push_from_world(
        {.at = now_, .node = here, .link = half->link, .kind = MeshEventKind::link_down});
  }
}

void MeshWorld::cut(uint32_t a, uint32_t b) {
  for (const auto& [here, there] : {std::pair(a, b), std::pair(b, a)}) {
    Half* half = find_half(here, there);
    if (half == nullptr || !half->carries) continue;
    half->carries = false;
    push_from_world({.at = now_ + share_of(kIdleDetectionMax, rng_.unit()) +
                           detection_after_sending(half->shape.latency),
                     .node = here,
                     .link = half->link,
                     .kind = MeshEventKind::link_down});
  }
}

void MeshWorld::set_latency(uint32_t a, uint32_t b, Duration latency) {
  STARLING_CHECK(latency >= options_.window);
  for (const auto& [here, there] : {std::pair(a, b), std::pair(b, a)}) {
    Half* half = find_half(here, there);
    if (half == nullptr) continue;
    half->shape.latency = latency;
    propose_cost(here, there, routing::cost_of_rtt(2 * latency));
  }
}

void MeshWorld::worsen(uint32_t from, uint32_t to, Duration latency, double loss) {
  Half* half = find_half(from, to);
  const Half* back = find_half(to, from);
  if (half == nullptr || back == nullptr) return;
  half->shape.latency += latency;
  half->shape.loss = std::min(half->shape.loss + loss, 0.9);
  // Both see the same round trip.
  const auto cost = routing::cost_of_rtt(half->shape.latency + back->shape.latency);
  propose_cost(from, to, cost);
  propose_cost(to, from, cost);
}

void MeshWorld::propose_cost(uint32_t a, uint32_t b, routing::Metric cost) {
  Half* half = find_half(a, b);
  if (half == nullptr || !nodes_[a]->is_up()) return;
  half->cost = cost;
  router(a).propose_cost(now_, neighbour_named(half->link), cost);
  drain(a);
}

crypto::NodeId MeshWorld::id_of_seed(uint64_t seed) {
  crypto::SeededRandom random(seed);
  return crypto::node_id_of(crypto::Identity::generate(random).key());
}

routing::Priority MeshWorld::priority_of_seed(uint64_t seed) {
  crypto::SeededRandom random(seed);
  routing::Announcement announcement;
  announcement.key = crypto::Identity::generate(random).key();
  return routing::priority_of(announcement);
}

void MeshWorld::ask_once(uint32_t from, uint32_t to, uint64_t nonce, size_t silent_tries) {
  Node& node = *nodes_[from];
  const crypto::NodeId target = id(to);
  if (node.core) {
    node::Pinger::ask(now_, node.core->router(), node.core->directory(), target, nonce,
                      silent_tries);
  } else {
    if (silent_tries > 0) node.bare->note_silence(now_, target);
    if (is_up(to) && (silent_tries > 0 || node.bare->wants_address(now_, target)))
      node.bare->learn_address(now_, target, router(to).address(), now_ + 2h);
    node.bare->ping(now_, target, nonce);
  }
  drain(from);
}

std::vector<MeshWorld::LinkView> MeshWorld::links_of(uint32_t node) const {
  std::vector<LinkView> links;
  for (const Half& half : nodes_[node]->halves)
    links.push_back({half.peer, half.cost, half.carries});
  return links;
}

MeshWorld::Totals MeshWorld::totals() const {
  Totals sum;
  for (const auto& shard : shards_) {
    sum.events += shard->totals.events;
    sum.control_messages += shard->totals.control_messages;
    sum.control_bytes += shard->totals.control_bytes;
    sum.packets += shard->totals.packets;
    sum.packet_bytes += shard->totals.packet_bytes;
    sum.faults += shard->totals.faults;
  }
  return sum;
}

uint64_t MeshWorld::trace_hash() const {
  uint64_t hash = 0;
  for (const auto& node : nodes_) hash = mixed(hash, node->trace);
  return hash;
}

MeshWorld::Half* MeshWorld::find_half(uint32_t node, uint32_t peer) const {
  for (Half& half : nodes_[node]->halves) {
    if (half.peer == peer && half.carries) return &half;
  }
  return nullptr;
}

MeshWorld::Half* MeshWorld::find_link(Node& node, uint64_t link) {
  for (Half& half : node.halves) {
    if (half.link == link) return &half;
  }
  return nullptr;
}

// --- windows ---------------------------------------------------------------------------------------------------------

void MeshWorld::run_until(Instant end) {
  STARLING_CHECK(end >= now_ && !running_);
  const MeshEvents& any = shards_.front()->events;
  const uint64_t last = any.window_of(end);  // not run any more: it begins at or before `end`
  uint64_t window = any.window_of(now_);
  const auto next_of = [&](uint64_t from) {
    uint64_t next = MeshEvents::no_window();
    for (const auto& shard : shards_) next = std::min(next, shard->events.first_window(from));
    return next;
  };
  window = next_of(window);
  running_ = true;
  // All threads agree on `window`: it changes only while they wait for each other.
  std::barrier step(static_cast<std::ptrdiff_t>(shards_.size()), [&]() noexcept {
    deliver_outboxes();
    window = next_of(window + 1);
  });
  const auto work = [&](size_t shard) {
    while (window < last) {
      run_shard(shard, window);
      step.arrive_and_wait();
    }
  };
  std::vector<std::jthread> threads;
  if (window < last) {
    for (size_t i = 1; i < shards_.size(); ++i) threads.emplace_back(work, i);
  }
  work(0);
  threads.clear();
  running_ = false;
  now_ = std::max(now_, any.begin_of(last));
}

void MeshWorld::deliver_outboxes() {
  for (const auto& from : shards_) {
    for (size_t to = 0; to < shards_.size(); ++to) {
      for (MeshEvent& event : from->outbox[to]) shards_[to]->events.push(std::move(event));
      from->outbox[to].clear();
    }
  }
}

void MeshWorld::run_shard(size_t shard, uint64_t window) {
  Shard& at = *shards_[shard];
  at.totals.events +=
      at.events.take_window(window, [this](const MeshEvent& event) { handle(event); });
}

void MeshWorld::handle(const MeshEvent& event) {
  Node& node = *nodes_[event.node];
  if (event.kind == MeshEventKind::start) return handle_start(node, event.node, event.at);
  if (!node.is_up()) return;
  routing::Router& router = node.core ? node.core->router() : *node.bare;
  switch (event.kind) {
    case MeshEventKind::link_up: {
      const Half* half = find_link(node, event.link);
      if (half == nullptr) return;
      router.add_neighbour(event.at, neighbour_named(event.link),
                           nodes_[half->peer]->identity.key(), half->cost);
      break;
    }
    case MeshEventKind::link_down:
      std::erase_if(node.halves, [&](const Half& half) { return half.link == event.link; });
      router.remove_neighbour(event.at, neighbour_named(event.link));
      if (node.core) node.core->note_table_changed(event.at);
      break;
    case MeshEventKind::control: {
      const Half* half = find_link(node, event.link);
      if (half == nullptr || !half->carries) return;
      node.trace = mixed(node.trace, static_cast<uint64_t>(event.at.time_since_epoch().count()) ^
                                         (event.bytes.size() << 48) ^ event.from);
      router.handle_control(event.at, neighbour_named(event.link), event.bytes);
      if (node.core) node.core->note_table_changed(event.at);
      break;
    }
    case MeshEventKind::packet:
      handle_packet(node, event);
      break;
    default:
      if (event.at != node.armed) return;
      node.armed = kNever;
      if (node.core) {
        node.core->handle_timeout(event.at);
      } else {
        router.handle_timeout(event.at);
      }
  }
  drain_outputs(node, event.node, event.at);
}

void MeshWorld::handle_start(Node& node, uint32_t number, Instant at) {
  ++node.epoch;
  if (options_.directory) {
    node.core = std::make_unique<node::MeshCore>(node.config, node.identity, node.epoch, node.rng,
                                                 node.secure_random, at);
  } else {
    node.bare = std::make_unique<routing::Router>(node.config, node.identity, node.epoch, node.rng,
                                                  node.secure_random, at);
  }
  drain_outputs(node, number, at);
}

void MeshWorld::handle_packet(Node& node, const MeshEvent& event) {
  const Half* half = find_link(node, event.link);
  if (half == nullptr || !half->carries) return;
  node.trace = mixed(node.trace, static_cast<uint64_t>(event.at.time_since_epoch().count()) ^
                                     (event.bytes.size() << 48) ^ event.from);
  if (node.behaviour >= MeshBehaviour::black_hole) {
    const auto packet = routing::decode_mesh_packet(event.bytes);
    const bool is_for_itself =
        packet && packet->destination == node.id && packet->kind != routing::PayloadKind::directory;
    if (!is_for_itself) return;
  }
  routing::Router& router = node.core ? node.core->router() : *node.bare;
  if (event.sealed_from > 0) {
    const ByteView bytes = event.bytes;
    router.handle_sealed(event.at, neighbour_named(event.link), bytes.first(event.sealed_from),
                         copy_of(bytes.subspan(event.sealed_from)));
  } else {
    router.handle_packet(event.at, neighbour_named(event.link), event.bytes);
  }
}

// --- what the nodes do -----------------------------------------------------------------------------------------------

void MeshWorld::drain(uint32_t number) { drain_outputs(*nodes_[number], number, now_); }

void MeshWorld::drain_outputs(Node& node, uint32_t number, Instant at) {
  while (true) {
    auto output = node.core ? node.core->poll_output(at) : node.bare->poll_output();
    if (!output) break;
    take(node, number, at, *output);
  }
  const Instant next = node.core ? node.core->next_timeout() : node.bare->next_timeout();
  if (next == node.armed || next == kNever) return;
  node.armed = std::max(next, at);
  push(number, {.at = node.armed, .node = number, .kind = MeshEventKind::timer});
}

void MeshWorld::take(Node& node, uint32_t number, Instant at, routing::RouterOutput& output) {
  if (auto* control = std::get_if<routing::SendControl>(&output)) {
    send_control(node, number, at, *control);
  } else if (auto* packet = std::get_if<routing::SendPacket>(&output)) {
    send_packet(node, number, at, *packet);
  } else if (const auto* echo = std::get_if<routing::EchoReceived>(&output)) {
    if (on_echo) on_echo(number, at, *echo);
  } else if (const auto* fault = std::get_if<routing::NeighbourAtFault>(&output)) {
    ++totals_of(number).faults;
    push(number, {.at = at,
                  .node = number,
                  .link = fault->neighbour.value,
                  .kind = MeshEventKind::link_down});
  } else if (const auto* begun = std::get_if<routing::EpochBegun>(&output)) {
    node.epoch = begun->epoch;
  }
}

void MeshWorld::note_sent(Node& node, uint32_t number, Instant at, Half& half) {
  if (half.carries || half.suspected) return;
  half.suspected = true;
  const Duration detection = detection_after_sending(half.shape.latency);
  push(number, {.at = at + share_of(detection, 0.9 + 0.2 * node.channel.unit()),
                .node = number,
                .link = half.link,
                .kind = MeshEventKind::link_down});
}

void MeshWorld::flood(uint32_t number) {
  Node& node = *nodes_[number];
  const Bytes message =
      announced_anew(node.identity, node.epoch + ++node.flooded, node.secure_random);
  for (const Half& half : std::vector(node.halves)) {
    routing::SendControl control{routing::NeighbourId{static_cast<uint32_t>(half.link)}, message};
    send_control(node, number, now_, control);
  }
}

void MeshWorld::send_control(Node& node, uint32_t number, Instant at,
                             routing::SendControl& control) {
  Half* half = find_link(node, control.neighbour.value);
  if (half == nullptr) return;
  if (node.behaviour == MeshBehaviour::liar) control.message = understated(control.message);
  Totals& totals = totals_of(number);
  ++totals.control_messages;
  totals.control_bytes += control.message.size();
  note_sent(node, number, at, *half);
  if (!half->carries) return;
  Instant arrives = at + half->shape.latency + share_of(half->shape.jitter, node.channel.unit());
  while (half->shape.loss > 0 && node.channel.chance(half->shape.loss)) {
    arrives += resend_after(half->shape.latency);
  }
  arrives = std::max(arrives, half->control_free);
  half->control_free = arrives;
  push(number, {.at = arrives,
                .node = half->peer,
                .link = half->link,
                .bytes = std::move(control.message),
                .kind = MeshEventKind::control});
}

void MeshWorld::send_packet(Node& node, uint32_t number, Instant at, routing::SendPacket& packet) {
  Half* half = find_link(node, packet.neighbour.value);
  if (half == nullptr) return;
  Totals& totals = totals_of(number);
  ++totals.packets;
  totals.packet_bytes += packet.packet.size();
  note_sent(node, number, at, *half);
  if (!half->carries || (half->shape.loss > 0 && node.channel.chance(half->shape.loss))) return;
  push(number, {.at = at + half->shape.latency + share_of(half->shape.jitter, node.channel.unit()),
                .node = half->peer,
                .link = half->link,
                .bytes = std::move(packet.packet),
                .sealed_from = static_cast<uint32_t>(packet.sealed_from),
                .kind = MeshEventKind::packet});
}

}  // namespace starling::sim
