// The half of Router that moves mesh packets: choosing next hops, delivering, errors and retries.
#include <algorithm>

#include "routing/forwarding_rule.h"
#include "routing/recorded_way.h"
#include "routing/router.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace starling::routing {
namespace {

// An error repeats the nonce of the packet and its destination.
constexpr size_t kErrorSize = 4 + crypto::NodeId::kSize;
constexpr Duration kGreetingInterval = 500ms;

Metric cost_of_way(const MeshPacket& packet) {
  return packet.recorded.empty() ? 0 : packet.recorded.back().so_far;
}

// Of kinds whose sender wants to know what became of them, and whose receiver wants to answer. Probes and their answers
// are repeated by the prober and leave nothing behind; errors stay without answer.
bool is_conversation(PayloadKind kind) {
  switch (kind) {
    case PayloadKind::echo:
    case PayloadKind::echo_answer:
    case PayloadKind::directory:
    case PayloadKind::tunnel:
    case PayloadKind::stream:
      return true;
    default:
      return false;
  }
}

// Of kinds that this version knows. What a later one forwards as sealed stays sealed.
bool is_known(PayloadKind kind) {
  return kind >= PayloadKind::probe && kind <= PayloadKind::stream;
}

}  // namespace

std::optional<NextHop> Router::choose(const MeshPacket& packet,
                                      std::optional<NeighbourId> from) const {
  auto best = choose_hop(packet, short_id_of(self_), from, table_);
  return best || !is_leaf() ? best : hop_of_leaf(from);
}

void Router::forward(Instant now, MeshPacket packet, std::optional<NeighbourId> from, bool sealed) {
  if (keep_for_leaf(now, packet, sealed)) return;
  const auto next = choose(packet, from);
  const bool rises = next && next->left >= packet.water;
  if (!next || (rises && packet.rises_left == 0)) {
    counters_.add(RouterCounter::no_way);
    if (packet.records && is_conversation(packet.kind)) send_error(now, packet);
    return;
  }
  if (rises) --packet.rises_left;
  packet.water = next->left;
  if (packet.records) {
    packet.room = std::min(packet.room, static_cast<uint16_t>(link_room(next->neighbour)));
  }
  Bytes bytes = encode(packet);
  if (from) {
    Neighbour& neighbour = neighbours_.at(*from);
    if (!neighbour.transit.take(now, static_cast<double>(bytes.size()))) {
      return counters_.add(RouterCounter::transit_limit);
    }
    counters_.add(RouterCounter::packets_forwarded);
    counters_.add(RouterCounter::bytes_forwarded, bytes.size());
  }
  // Of a conversation the other half comes over the same neighbour, mostly.
  if (is_conversation(packet.kind) && neighbours_.at(next->neighbour).id != packet.destination)
    watch_.handle_given(now, next->neighbour);
  const size_t sealed_from = sealed ? bytes.size() - packet.payload.size() : 0;
  outputs_.push_back(SendPacket{next->neighbour, std::move(bytes), sealed_from});
}

void Router::handle_packet(Instant now, NeighbourId from, ByteView bytes) {
  handle_arrived(now, from, decode_mesh_packet(bytes), nullptr);
}

void Router::handle_sealed(Instant now, NeighbourId from, ByteView header, Bytes&& body) {
  handle_arrived(now, from, decode_mesh_packet(header, body), &body);
}

void Router::handle_arrived(Instant now, NeighbourId from, std::optional<MeshPacket> packet,
                            Bytes* sealed) {
  const auto neighbour = neighbours_.find(from);
  const auto cost = table_.cost_of(from);
  if (neighbour == neighbours_.end() || !cost) return counters_.add(RouterCounter::before_hello);
  if (!packet || (is_known(packet->kind) && is_sealed(packet->kind) != (sealed != nullptr)))
    return counters_.add(RouterCounter::malformed_packet);
  if (packet->records) {
    const Metric so_far = add_metrics(cost_of_way(*packet), *cost);
    const auto is_known = [&](const ShortId& node) { return table_.way_to(node).has_value(); };
    if (packet->recorded.size() == MeshPacket::kRecordedMax) thin(packet->recorded, is_known);
    packet->recorded.push_back({short_id_of(self_), so_far, reach_from(*packet, so_far, table_)});
    while (packet->recorded.size() > 2 &&
           header_size(*packet) + packet->payload.size() > kPacketMax) {
      thin(packet->recorded, is_known);
    }
  }
  if (packet->source != neighbour->second.id) watch_.handle_passed_on(now, from);
  if (packet->destination == self_) return deliver(now, *packet, sealed);
  if (is_leaf()) return counters_.add(RouterCounter::leaf_transit);
  if (packet->ttl <= 1) return counters_.add(RouterCounter::ttl_ended);
  --packet->ttl;
  forward(now, std::move(*packet), from, sealed != nullptr);
}

std::optional<std::vector<Waypoint>> Router::way_to(Instant now,
                                                    const crypto::NodeId& destination) {
  const Destination* known = table_.find(destination);
  const bool in_table = known && known->selected;
  // Without a link to a router nothing goes anywhere, whatever is known.
  if (is_leaf() && !in_table && !hop_of_leaf(std::nullopt)) return std::nullopt;
  // What is listed is so over its shortest way; what only neighbours list may be nearer by its address.
  if (in_table && (known->listed || known->is_leaf())) return std::vector<Waypoint>{};
  auto waypoints = book_.waypoints(now, destination, table_, {});
  if (!in_table && waypoints.empty()) return std::nullopt;
  return waypoints;
}

void Router::want_address(Instant now, const crypto::NodeId& destination, PayloadKind kind) {
  const bool is_talk =
      kind == PayloadKind::echo || kind == PayloadKind::tunnel || kind == PayloadKind::stream;
  const Destination* known = table_.find(destination);
  if (!is_talk || !known || known->listed || known->is_leaf() || is_leaf() ||
      !book_.should_ask(now, destination))
    return;
  outputs_.push_back(AddressWanted{destination});
}

Router::SendResult Router::send(Instant now, const crypto::NodeId& destination, PayloadKind kind,
                                Bytes&& payload) {
  if (payload.size() > kPayloadMax) {
    counters_.add(RouterCounter::too_large);
    return SendResult::too_large;
  }
  if (destination == self_) {
    handle_carried(now, self_, kind, payload);
    return SendResult::sent;
  }
  auto waypoints = way_to(now, destination);
  if (!waypoints) return SendResult::no_way;
  if (payload.size() > kPayloadAlwaysMax &&
      header_size_with(destination, kind, *waypoints) + payload.size() + kRecordRoom > kPacketMax) {
    counters_.add(RouterCounter::too_large);
    return SendResult::too_large;
  }
  SentPacket packet;
  packet.destination = destination;
  packet.kind = kind;
  packet.payload = std::move(payload);
  originate(now, std::move(packet), std::move(*waypoints), should_record(now, destination, kind));
  want_address(now, destination, kind);
  return SendResult::sent;
}

size_t Router::header_size_with(const crypto::NodeId& destination, PayloadKind kind,
                                const std::vector<Waypoint>& waypoints) const {
  MeshPacket packet;
  packet.kind = kind;
  packet.destination = destination;
  packet.source = self_;
  packet.waypoints = waypoints;
  return header_size(packet);
}

std::optional<Router::Road> Router::road_to(Instant now, const crypto::NodeId& destination) {
  const auto waypoints = way_to(now, destination);
  if (!waypoints) return std::nullopt;
  MeshPacket packet;
  packet.destination = destination;
  packet.waypoints = *waypoints;
  const auto hop = choose(packet, std::nullopt);
  if (!hop) return std::nullopt;
  const NeighbourId next = hop->neighbour;
  size_t room = link_room(next);
  if (neighbours_.at(next).id != destination) room = std::min(room, book_.room(now, destination));
  return Road{header_size_with(destination, PayloadKind::stream, *waypoints), next, room};
}

size_t Router::link_room(NeighbourId neighbour) const {
  return link_room_ ? std::min(link_room_(neighbour), kPacketMax) : kPacketMax;
}

bool Router::should_record(Instant now, const crypto::NodeId& destination, PayloadKind kind) {
  switch (kind) {
    case PayloadKind::probe_answer:  // its waypoints are the answer
    case PayloadKind::error:
      return false;
    case PayloadKind::tunnel:
    case PayloadKind::stream:
      return book_.should_record(now, destination);
    default:
      return true;
  }
}

void Router::originate(Instant now, SentPacket sent, std::vector<Waypoint> waypoints,
                       bool records) {
  counters_.add(RouterCounter::packets_originated);
  MeshPacket packet;
  packet.kind = sent.kind;
  packet.destination = sent.destination;
  packet.source = self_;
  packet.waypoints = waypoints;
  packet.payload = sent.payload;
  if (records) {
    packet.records = true;
    packet.nonce = random_.u32();
    packet.recorded.push_back({short_id_of(self_), 0});
  }
  if (records && is_conversation(sent.kind)) {
    sent.nonce = packet.nonce;
    sent.waypoints = std::move(waypoints);
    sent_.add(sent);
  }
  forward(now, packet, std::nullopt, is_sealed(packet.kind));
}

Router::SendResult Router::ping(Instant now, const crypto::NodeId& destination, uint64_t nonce) {
  return send(now, destination, PayloadKind::echo, encode(Echo{nonce}));
}

void Router::greet_correspondents(Instant now) {
  if (now < greeted_at_ + kGreetingInterval) return;
  greeted_at_ = now;
  for (const crypto::NodeId& node : book_.begin_anew_with_correspondents(now)) {
    counters_.add(RouterCounter::greetings_sent);
    ping(now, node, random_.u64());
  }
}

void Router::note_silence(Instant now, const crypto::NodeId& destination) {
  book_.handle_silence(now, destination, book_.waypoints(now, destination, table_, {}));
}

void Router::learn_way_back(Instant now, const MeshPacket& packet) {
  if (!packet.records || packet.recorded.size() < 2 || !is_conversation(packet.kind)) return;
  // As seen from here: the rest from a recorded node to the source is what the packet had spent to reach it.
  book_.learn_path(now, packet.source, way_back(packet.recorded), packet.recorded.back().so_far,
                   packet.room);
}

void Router::deliver(Instant now, const MeshPacket& packet, Bytes* payload) {
  counters_.add(RouterCounter::packets_delivered);
  learn_way_back(now, packet);
  switch (packet.kind) {
    case PayloadKind::probe:
      return deliver_probe(now, packet);
    case PayloadKind::probe_answer:
      return deliver_probe_answer(now, packet);
    case PayloadKind::error:
      return deliver_error(now, packet);
    case PayloadKind::echo:
      return deliver_echo(now, packet);
    case PayloadKind::echo_answer: {
      const auto answer = decode_echo_answer(packet.payload);
      if (!answer || crypto::node_id_of(answer->key) != packet.source ||
          !is_authentic(*answer, self_)) {
        return counters_.add(RouterCounter::malformed_packet);
      }
      if (watch_.is_own(answer->nonce)) {
        watch_.handle_answer(now, answer->nonce);
        return watch_transit(now);
      }
      outputs_.push_back(EchoReceived{answer->nonce, answer->key, answer->way});
      return;
    }
    case PayloadKind::directory:
    case PayloadKind::tunnel:
    case PayloadKind::stream:
      outputs_.push_back(Delivered{
          packet.source, packet.kind,
          payload != nullptr ? std::move(*payload) : copy_of(packet.payload), packet.recorded});
      return;
  }
  counters_.add(RouterCounter::unknown_kind);
}

void Router::handle_carried(Instant now, const crypto::NodeId& source, PayloadKind kind,
                            ByteView payload) {
  MeshPacket packet;
  packet.kind = kind;
  packet.source = source;
  packet.destination = self_;
  packet.payload = payload;
  deliver(now, packet);
}

void Router::deliver_probe(Instant now, const MeshPacket& packet) {
  const auto probe = decode_probe(packet.payload);
  if (!probe || !packet.records || packet.recorded.size() < 2) {
    return counters_.add(RouterCounter::malformed_packet);
  }
  if (!answers_.take(now)) return counters_.add(RouterCounter::answer_limit);
  counters_.add(RouterCounter::probes_answered);
  SentPacket answer;
  answer.destination = packet.source;
  answer.kind = PayloadKind::probe_answer;
  answer.payload = encode(ProbeAnswer{probe->nonce, cost_of_way(packet)});
  originate(now, std::move(answer), shortest_way_back(packet.recorded), /*records=*/false);
}

void Router::deliver_probe_answer(Instant now, const MeshPacket& packet) {
  const auto answer = decode_probe_answer(packet.payload);
  if (!answer) return counters_.add(RouterCounter::malformed_packet);
  auto path = path_of(*answer, packet);
  if (!path || !prober_.handle_answer(now, packet.source, answer->nonce, std::move(*path)))
    return counters_.add(RouterCounter::unknown_nonce);
  if (auto address = prober_.poll_address(now))
    outputs_.push_back(AddressChanged{std::move(*address)});
}

void Router::deliver_echo(Instant now, const MeshPacket& packet) {
  const auto echo = decode_echo(packet.payload);
  if (!echo) return counters_.add(RouterCounter::malformed_packet);
  if (!answers_.take(now)) return counters_.add(RouterCounter::answer_limit);
  send(now, packet.source, PayloadKind::echo_answer,
       encode(answer_echo(*echo, identity_, packet.source, packet.recorded)));
}

void Router::send_error(Instant now, const MeshPacket& packet) {
  if (packet.source == self_) {
    if (auto sent = sent_.take(packet.nonce)) retry(now, std::move(*sent));
    return;
  }
  if (!answers_.take(now)) return counters_.add(RouterCounter::answer_limit);
  counters_.add(RouterCounter::errors_sent);
  const Bytes payload = wire::Writer().u32(packet.nonce).fixed(packet.destination).take();
  MeshPacket error;
  error.kind = PayloadKind::error;
  error.destination = packet.source;
  error.source = self_;
  error.payload = payload;
  error.waypoints = way_back(packet.recorded);
  forward(now, error, std::nullopt, /*sealed=*/false);
}

void Router::deliver_error(Instant now, const MeshPacket& packet) {
  if (packet.payload.size() != kErrorSize) return counters_.add(RouterCounter::malformed_packet);
  wire::Reader reader(packet.payload);
  const uint32_t nonce = reader.u32();
  const auto destination = reader.fixed<crypto::NodeId>();
  auto sent = sent_.take(nonce);
  if (!sent || sent->destination != destination) return counters_.add(RouterCounter::unknown_nonce);
  counters_.add(RouterCounter::errors_received);
  retry(now, std::move(*sent));
}

void Router::retry(Instant now, SentPacket packet) {
  book_.handle_failure(now, packet.destination, packet.waypoints);
  for (const Waypoint& waypoint : packet.waypoints) packet.tried.insert(waypoint.node);
  if (packet.tries < kTriesMax) {
    ++packet.tries;
    auto waypoints = book_.waypoints(now, packet.destination, table_, packet.tried);
    const Destination* known = table_.find(packet.destination);
    if (!waypoints.empty() || (known && known->selected)) {
      counters_.add(RouterCounter::retries);
      return originate(now, std::move(packet), std::move(waypoints), true);
    }
  }
  // The directory may have a newer address.
  book_.forget(packet.destination);
  // Who asked for an echo asks again.
  if (packet.kind == PayloadKind::echo_answer) return;
  outputs_.push_back(Undeliverable{packet.destination, packet.kind, std::move(packet.payload)});
}

void Router::send_probes(Instant now) {
  while (const auto order = prober_.poll_order(now, table_)) {
    counters_.add(RouterCounter::probes_sent);
    send(now, order->landmark, PayloadKind::probe, encode(Probe{order->nonce}));
  }
}

}  // namespace starling::routing
