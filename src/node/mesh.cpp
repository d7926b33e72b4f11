#include "node/mesh.h"

#include <algorithm>
#include <utility>

#include "wire/message_number.h"

namespace starling::node {
namespace {

static_assert(routing::Router::kPacketMax == link::kDatagramMax);

// A link without a round-trip time joins routing after this with a guess.
constexpr Duration kAddPatience = 300ms;
constexpr routing::Metric kGuessedCost = 50;
constexpr Duration kCostCheckInterval = 5s;
// From the first link after a sleep until the directory has contacts again.
constexpr Duration kAwakeAfter = 400ms;

routing::NeighbourId neighbour_id(link::LinkId link) { return {static_cast<uint32_t>(link.value)}; }

}  // namespace

Mesh::Mesh(env::Runtime& runtime, LinkDriver& driver, const crypto::Identity& identity,
           const routing::RouterConfig& config, uint32_t epoch, Handlers handlers)
    : runtime_(runtime),
      driver_(driver),
      handlers_(std::move(handlers)),
      core_(config, identity, epoch, driver.rng(), runtime.secure_random(), runtime.now()),
      next_cost_check_(runtime.now() + kCostCheckInterval),
      timer_(runtime.make_timer([this] { work(); })) {
  router().set_link_room([this](routing::NeighbourId neighbour) { return link_room(neighbour); });
}

void Mesh::handle_event(link::LayerEvent&& event) {
  auto* link_event = std::get_if<link::LinkEvent>(&event);
  if (!link_event) return;
  const Instant now = runtime_.now();
  const auto neighbour = neighbours_.find(link_event->link.value);
  if (std::holds_alternative<link::LinkUp>(link_event->what)) {
    handle_link_up(*link_event);
  } else if (std::holds_alternative<link::LinkDown>(link_event->what)) {
    if (neighbour == neighbours_.end()) return;
    if (neighbour->second.added) router().remove_neighbour(now, neighbour_id(link_event->link));
    neighbours_.erase(neighbour);
    core_.note_table_changed(now);
  } else if (const auto* datagram = std::get_if<link::DatagramReceived>(&link_event->what)) {
    router().handle_packet(now, neighbour_id(link_event->link), datagram->bytes);
  } else if (auto* sealed = std::get_if<link::SealedReceived>(&link_event->what)) {
    router().handle_sealed(now, neighbour_id(link_event->link), sealed->mesh_header,
                           std::move(sealed->body));
  } else if (std::holds_alternative<link::AddressObserved>(link_event->what)) {
    // The first answer to a ping: the round-trip time is known now.
    if (neighbour != neighbours_.end() && !neighbour->second.measured)
      add_neighbour(neighbour->second);
  } else {
    return;
  }
  pump();
}

void Mesh::handle_link_up(const link::LinkEvent& event) {
  Neighbour neighbour;
  neighbour.link = event.link;
  neighbour.key = event.peer;
  neighbour.add_by = runtime_.now() + kAddPatience;
  if (!asleep_) postponed_until_ = std::min(postponed_until_, runtime_.now() + kAwakeAfter);
  auto& added = neighbours_.insert_or_assign(event.link.value, neighbour).first->second;
  const link::Link* link = driver_.layer().find(event.link);
  if (link && link->rtt().has_sample()) add_neighbour(added);
}

void Mesh::add_neighbour(Neighbour& neighbour) {
  const link::Link* link = driver_.layer().find(neighbour.link);
  if (!link) return;
  const Instant now = runtime_.now();
  neighbour.measured = link->rtt().has_sample();
  const routing::Metric cost =
      neighbour.measured ? routing::cost_of_rtt(link->rtt().smoothed()) : kGuessedCost;
  neighbour.cost = routing::CostWatch(cost);
  neighbour.add_by = kNever;
  if (neighbour.added) {
    router().propose_cost(now, neighbour_id(neighbour.link), cost);
  } else {
    neighbour.added = true;
    router().add_neighbour(now, neighbour_id(neighbour.link), neighbour.key, cost);
  }
}

void Mesh::check_costs(Instant now) {
  next_cost_check_ = now + kCostCheckInterval;
  for (auto& [id, neighbour] : neighbours_) {
    const link::Link* link = driver_.layer().find(neighbour.link);
    if (!neighbour.added || !link || !link->rtt().has_sample()) continue;
    const auto cost =
        neighbour.cost.handle_measured(now, routing::cost_of_rtt(link->rtt().smoothed()));
    if (cost) router().propose_cost(now, neighbour_id(neighbour.link), *cost);
  }
}

bool Mesh::handle_control(link::LinkId link, ByteView message) {
  const uint8_t number = message.front();
  const bool is_routing = number >= static_cast<uint8_t>(wire::ControlMessage::route_hello) &&
                          number <= static_cast<uint8_t>(wire::ControlMessage::keep_packets);
  const auto neighbour = neighbours_.find(link.value);
  if (!is_routing || neighbour == neighbours_.end()) return is_routing;
  // The other side was faster to begin.
  if (!neighbour->second.added) add_neighbour(neighbour->second);
  router().handle_control(runtime_.now(), neighbour_id(link), message);
  core_.note_table_changed(runtime_.now());
  pump();
  return true;
}

void Mesh::pump() {
  if (pumping_) return;
  pumping_ = true;
  while (auto output = core_.poll_output(runtime_.now())) handle_output(*output);
  pumping_ = false;
  driver_.pump();
  rearm();
}

void Mesh::handle_output(routing::RouterOutput& output) {
  const Instant now = runtime_.now();
  if (const auto* control = std::get_if<routing::SendControl>(&output)) {
    driver_.layer().send_control(now, {control->neighbour.value}, control->message);
  } else if (auto* packet = std::get_if<routing::SendPacket>(&output)) {
    const link::LinkId link{packet->neighbour.value};
    if (packet->sealed_from > 0) {
      driver_.layer().send_sealed(now, link, std::move(packet->packet), packet->sealed_from);
    } else {
      driver_.layer().send_datagram(now, link, std::move(packet->packet));
    }
  } else if (const auto* delivered = std::get_if<routing::Delivered>(&output)) {
    if (handlers_.delivered) handlers_.delivered(*delivered);
  } else if (const auto* fault = std::get_if<routing::NeighbourAtFault>(&output)) {
    driver_.layer().close(now, {fault->neighbour.value}, link::CloseReason::protocol_violation);
  } else if (std::holds_alternative<routing::NewerLifeSeen>(output)) {
    if (handlers_.newer_life) handlers_.newer_life();
  } else if (const auto* begun = std::get_if<routing::EpochBegun>(&output)) {
    if (handlers_.epoch_begun) handlers_.epoch_begun(begun->epoch);
  }
}

void Mesh::ping(const crypto::NodeId& node, std::function<void(const PingResult&)> done,
                Duration patience) {
  when_awake([this, node, done = std::move(done), patience] {
    core_.ping(runtime_.now(), node, done, patience);
  });
}

void Mesh::find_way(const crypto::NodeId& node, bool newer, std::function<void(bool)> done) {
  when_awake([this, node, newer, done = std::move(done)] {
    core_.find_way(runtime_.now(), node, newer, done);
  });
}

std::optional<crypto::NodeKey> Mesh::key_of(const routing::ShortId& node) const {
  if (node == routing::short_id_of(router().id())) return own_key();
  const routing::Destination* known = router().table().find(node);
  return known ? std::optional(known->newest.announcement.key) : std::nullopt;
}

void Mesh::find_key(const crypto::MeshAddress& address,
                    std::function<void(std::optional<crypto::NodeKey>)> done) {
  when_awake(
      [this, address, done = std::move(done)] { core_.find_key(runtime_.now(), address, done); });
}

const crypto::NodeKey* Mesh::key_of(routing::NeighbourId neighbour) const {
  const auto entry = neighbours_.find(neighbour.value);
  return entry == neighbours_.end() ? nullptr : &entry->second.key;
}

size_t Mesh::payload_room(const crypto::NodeId& node) {
  const auto road = router().road_to(runtime_.now(), node);
  if (!road) return 0;
  const size_t fits =
      std::min(road->room, routing::Router::kPacketMax - routing::Router::kRecordRoom);
  return fits - std::min(fits, road->header_size);
}

size_t Mesh::link_room(routing::NeighbourId neighbour) const {
  const link::Link* link = driver_.layer().find(link::LinkId{neighbour.value});
  if (link == nullptr || link->active_path() == nullptr) return 0;
  const size_t mtu = link->active_path()->mtu.mtu();
  return mtu - std::min(mtu, link::DataPlane::kSealedOverhead);
}

void Mesh::look_up(const directory::Target& target,
                   std::function<void(std::vector<directory::Record>)> done) {
  when_awake(
      [this, target, done = std::move(done)] { core_.look_up(runtime_.now(), target, done); });
}

void Mesh::when_awake(std::function<void()> what) {
  if (handlers_.wanted_awake) handlers_.wanted_awake();
  if (!asleep_ && postponed_.empty()) {
    what();
    return runtime_.post([this] { work(); });
  }
  postponed_.push_back(std::move(what));
}

void Mesh::set_asleep(bool asleep) {
  asleep_ = asleep;
  if (asleep || postponed_.empty()) return;
  postponed_until_ = runtime_.now() + kWakePatience;
  rearm();
}

void Mesh::begin_postponed() {
  postponed_until_ = kNever;
  for (const auto& what : std::exchange(postponed_, {})) what();
}

void Mesh::work() {
  const Instant now = runtime_.now();
  for (auto& [id, neighbour] : neighbours_) {
    if (!neighbour.added && now >= neighbour.add_by) add_neighbour(neighbour);
  }
  if (now >= next_cost_check_) check_costs(now);
  if (!asleep_ && now >= postponed_until_) begin_postponed();
  core_.handle_timeout(now);
  pump();
}

void Mesh::rearm() {
  Instant next = std::min({core_.next_timeout(), next_cost_check_, postponed_until_});
  for (const auto& [id, neighbour] : neighbours_) next = std::min(next, neighbour.add_by);
  timer_->arm(next);
}

}  // namespace starling::node
