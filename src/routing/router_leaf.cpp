// The part of Router about leaves: what a leaf does instead of having a table, and what its routers do for it.
#include "routing/router.h"

namespace starling::routing {

void Router::begin_with_leaf(NeighbourId id, Neighbour& neighbour) {
  neighbour.teller.tell_only_self();
  if (is_leaf() && neighbour.role == Role::router && config_.keep_time.count() > 0)
    send_control(id, KeepPackets{static_cast<uint32_t>(config_.keep_time.count())});
}

void Router::handle_keep(Instant now, const Neighbour& neighbour, const KeepPackets& keep) {
  const bool is_taken = !is_leaf() && neighbour.role == Role::leaf &&
                        waiting_.reserve(now, neighbour.id, std::chrono::seconds(keep.seconds));
  if (!is_taken) counters_.add(RouterCounter::keep_refused);
}

bool Router::keep_for_leaf(Instant now, const MeshPacket& packet, bool sealed) {
  if (waiting_.leaves() == 0 || !waiting_.is_reserved(now, packet.destination)) return false;
  const Destination* known = table_.find(packet.destination);
  if (known && known->selected) return false;
  MeshPacket last = packet;
  last.water = 0;  // nothing remains behind this router
  WaitingRoom::Packet kept;
  kept.source = packet.source;
  kept.bytes = encode(last);
  kept.sealed_from = sealed ? kept.bytes.size() - packet.payload.size() : 0;
  uint64_t dropped = 0;
  const bool is_kept = waiting_.keep(now, packet.destination, std::move(kept), dropped);
  counters_.add(is_kept ? RouterCounter::packets_kept : RouterCounter::kept_dropped);
  counters_.add(RouterCounter::kept_dropped, dropped);
  return true;
}

void Router::release_kept(const std::vector<crypto::NodeId>& found) {
  if (waiting_.bytes() == 0) return;
  for (const crypto::NodeId& leaf : found) {
    const Destination* known = table_.find(leaf);
    // From its own mouth: what another says of it may be long past.
    if (!known || !known->selected || neighbours_.at(*known->selected).id != leaf) continue;
    for (WaitingRoom::Packet& packet : waiting_.take(leaf)) {
      counters_.add(RouterCounter::kept_delivered);
      outputs_.push_back(SendPacket{*known->selected, std::move(packet.bytes), packet.sealed_from});
    }
  }
}

// Whatever it is, its routers know better: the nearest of them.
std::optional<NextHop> Router::hop_of_leaf(std::optional<NeighbourId> from) const {
  std::optional<NextHop> best;
  for (const auto& [id, neighbour] : neighbours_) {
    const auto cost = table_.cost_of(id);
    if (!cost || neighbour.role != Role::router || id == from) continue;
    if (!best || *cost < best->total) best = NextHop{id, *cost, kInfinity};
  }
  return best;
}

}  // namespace starling::routing
