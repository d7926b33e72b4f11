#include "node/mesh.h"

#include <algorithm>
#include <cmath>

#include "wire/message_number.h"

namespace starling::node {
namespace {

static_assert(routing::Router::kPacketMax == link::kDatagramMax);

// A link without a round-trip time joins routing after this with a guess.
constexpr Duration kAddPatience = 300ms;
constexpr routing::Metric kGuessedCost = 50;
constexpr Duration kCostCheckInterval = 5s;
constexpr double kCostTolerance = 0.12;
constexpr Duration kCostPatience = 10s;
// The directory hears of a changed table at most so often.
constexpr Duration kContactsDelay = 200ms;
constexpr uint32_t kLocationLifetimeSeconds = 7'200;
constexpr Duration kPublishIntervalYoung = 1s;
constexpr Duration kYoung = 30s;
constexpr Duration kPublishInterval = 60s;
routing::NeighbourId neighbour_id(link::LinkId link) { return {link.value}; }

// Half the round-trip time in milliseconds, and one for the hop itself.
routing::Metric cost_of(Duration rtt) {
  const auto half_ms = static_cast<routing::Metric>(std::lround(to_seconds(rtt) * 500));
  return std::clamp<routing::Metric>(1 + half_ms, 1, routing::kCostMax);
}

// An address that fits a record: the landmark paths that are shortest in bytes come first when not all fit.
Bytes fitted(routing::Address address) {
  while (true) {
    Bytes bytes;
    encode(address, bytes);
    if (bytes.size() <= directory::Record::kBodyMax) return bytes;
    const auto longest = std::max_element(
        address.paths.begin(), address.paths.end(),
        [](const auto& a, const auto& b) { return a.waypoints.size() < b.waypoints.size(); });
    address.paths.erase(longest);
  }
}

}  // namespace

Mesh::Mesh(env::Runtime& runtime, LinkDriver& driver, const crypto::Identity& identity,
           const routing::RouterConfig& config, uint32_t epoch, Handlers handlers)
    : runtime_(runtime),
      driver_(driver),
      handlers_(std::move(handlers)),
      own_key_(identity.key()),
      started_(runtime.now()),
      epoch_(epoch),
      router_(config, identity, epoch, driver.rng(), runtime.secure_random(), runtime.now()),
      directory_(identity, driver.rng(), runtime.secure_random(), runtime.now()),
      next_cost_check_(runtime.now() + kCostCheckInterval),
      last_publish_(runtime.now() - kPublishInterval),
      timer_(runtime.make_timer([this] { work(); })) {
  router_.set_link_room([this](routing::NeighbourId neighbour) { return link_room(neighbour); });
  // A node that knows nobody yet has an empty address; who carries a first packet needs one to name.
  unpublished_ = routing::Address{};
  publish_address(runtime.now());
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
    if (neighbour->second.added) router_.remove_neighbour(now, neighbour_id(link_event->link));
    neighbours_.erase(neighbour);
    contacts_at_ = std::min(contacts_at_, now + kContactsDelay);
  } else if (const auto* datagram = std::get_if<link::DatagramReceived>(&link_event->what)) {
    router_.handle_packet(now, neighbour_id(link_event->link), datagram->bytes);
  } else if (auto* sealed = std::get_if<link::SealedReceived>(&link_event->what)) {
    router_.handle_sealed(now, neighbour_id(link_event->link), sealed->mesh_header,
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
  auto& added = neighbours_.insert_or_assign(event.link.value, neighbour).first->second;
  const link::Link* link = driver_.layer().find(event.link);
  if (link && link->rtt().has_sample()) add_neighbour(added);
}

void Mesh::add_neighbour(Neighbour& neighbour) {
  const link::Link* link = driver_.layer().find(neighbour.link);
  if (!link) return;
  const Instant now = runtime_.now();
  neighbour.measured = link->rtt().has_sample();
  neighbour.cost = neighbour.measured ? cost_of(link->rtt().smoothed()) : kGuessedCost;
  neighbour.add_by = kNever;
  if (neighbour.added) {
    router_.propose_cost(now, neighbour_id(neighbour.link), neighbour.cost);
  } else {
    neighbour.added = true;
    router_.add_neighbour(now, neighbour_id(neighbour.link), neighbour.key, neighbour.cost);
  }
}

void Mesh::check_costs(Instant now) {
  next_cost_check_ = now + kCostCheckInterval;
  for (auto& [id, neighbour] : neighbours_) {
    const link::Link* link = driver_.layer().find(neighbour.link);
    if (!neighbour.added || !link || !link->rtt().has_sample()) continue;
    const routing::Metric cost = cost_of(link->rtt().smoothed());
    const double difference = std::abs(static_cast<double>(cost) - neighbour.cost);
    if (difference <= kCostTolerance * neighbour.cost || difference < 1.5) {
      neighbour.off_since = kNever;
    } else if (neighbour.off_since == kNever) {
      neighbour.off_since = now;
    } else if (now - neighbour.off_since >= kCostPatience) {
      neighbour.off_since = kNever;
      neighbour.cost = cost;
      router_.propose_cost(now, neighbour_id(neighbour.link), cost);
    }
  }
}

bool Mesh::handle_control(link::LinkId link, ByteView message) {
  const uint8_t number = message.front();
  const bool is_routing = number >= static_cast<uint8_t>(wire::ControlMessage::route_hello) &&
                          number <= static_cast<uint8_t>(wire::ControlMessage::sequence_request);
  const auto neighbour = neighbours_.find(link.value);
  if (!is_routing || neighbour == neighbours_.end()) return is_routing;
  // The other side was faster to begin.
  if (!neighbour->second.added) add_neighbour(neighbour->second);
  router_.handle_control(runtime_.now(), neighbour_id(link), message);
  contacts_at_ = std::min(contacts_at_, runtime_.now() + kContactsDelay);
  pump();
  return true;
}

void Mesh::pump() {
  if (pumping_) return;
  pumping_ = true;
  bool busy = true;
  while (busy) {
    busy = false;
    while (auto output = router_.poll_output()) {
      handle_output(*output);
      busy = true;
    }
    while (const auto output = directory_.poll_output()) {
      handle_output(*output);
      busy = true;
    }
  }
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
    handle_delivered(*delivered);
  } else if (const auto* lost = std::get_if<routing::Undeliverable>(&output)) {
    if (lost->kind == routing::PayloadKind::directory)
      directory_.handle_undeliverable(now, lost->destination);
  } else if (const auto* echo = std::get_if<routing::EchoReceived>(&output)) {
    if (handlers_.echo) handlers_.echo(*echo);
  } else if (const auto* changed = std::get_if<routing::AddressChanged>(&output)) {
    handle_address(changed->address);
  } else if (const auto* fault = std::get_if<routing::NeighbourAtFault>(&output)) {
    driver_.layer().close(now, {fault->neighbour.value}, link::CloseReason::protocol_violation);
  } else if (std::holds_alternative<routing::NewerLifeSeen>(output)) {
    if (handlers_.newer_life) handlers_.newer_life();
  } else if (const auto* begun = std::get_if<routing::EpochBegun>(&output)) {
    epoch_ = begun->epoch;
    if (handlers_.epoch_begun) handlers_.epoch_begun(begun->epoch);
  }
}

void Mesh::handle_delivered(const routing::Delivered& delivered) {
  if (delivered.kind == routing::PayloadKind::directory) {
    directory_.handle_message(runtime_.now(), delivered.source, delivered.payload);
  } else if (handlers_.delivered) {
    handlers_.delivered(delivered);
  }
}

void Mesh::handle_output(const directory::DirectoryOutput& output) {
  const Instant now = runtime_.now();
  if (const auto* send = std::get_if<directory::SendTo>(&output)) {
    const auto result =
        router_.send(now, send->node, routing::PayloadKind::directory, Bytes(send->payload));
    if (result != routing::Router::SendResult::sent)
      directory_.handle_undeliverable(now, send->node);
  } else if (const auto* done = std::get_if<directory::LookupDone>(&output)) {
    const auto lookup = lookups_.extract(done->id);
    if (lookup) lookup.mapped()(done->records);
  } else if (const auto* learned = std::get_if<directory::LocationLearned>(&output)) {
    learn_location(learned->record);
  } else if (const auto* carried = std::get_if<directory::CarriedArrived>(&output)) {
    const auto kind = static_cast<routing::PayloadKind>(carried->payload_kind);
    router_.handle_carried(now, carried->sender, kind, carried->payload);
  }
}

void Mesh::handle_address(const routing::Address& address) {
  const Instant now = runtime_.now();
  unpublished_ = address;
  const Duration interval = now - started_ < kYoung ? kPublishIntervalYoung : kPublishInterval;
  publish_at_ = std::max(now, last_publish_ + interval);
  if (publish_at_ <= now) publish_address(now);
}

void Mesh::publish_address(Instant now) {
  publish_at_ = kNever;
  if (!unpublished_) return;
  last_publish_ = now;
  const uint64_t sequence = uint64_t{epoch_} << 32 | ++publications_;
  // Without landmarks there is no address to publish, but first packets need somebody who sent them.
  Bytes body = unpublished_->paths.empty() ? Bytes{} : fitted(std::move(*unpublished_));
  directory_.publish(now, static_cast<uint8_t>(directory::RecordKind::location), std::move(body),
                     kLocationLifetimeSeconds, sequence);
  unpublished_.reset();
}

void Mesh::find_way(const crypto::NodeId& node, bool newer, std::function<void(bool)> done) {
  const auto known = directory_.location_of(runtime_.now(), node);
  directory::Target target = directory::location_of_node(node);
  if (newer && known) target.sequence_min = known->sequence + 1;
  look_up(target, [this, node, done = std::move(done)](const auto& records) {
    for (const directory::Record& location : records) learn_location(location);
    done(router_.knows_way(runtime_.now(), node));
  });
}

void Mesh::learn_location(const directory::Record& location) {
  auto address = routing::decode_address(location.body);
  if (!address) return;
  const Duration left = std::chrono::seconds(location.lifetime_s - location.age_s);
  const Instant now = runtime_.now();
  router_.learn_address(now, crypto::node_id_of(location.signer), std::move(*address), now + left);
}

std::optional<crypto::NodeKey> Mesh::key_of(const routing::ShortId& node) const {
  if (node == routing::short_id_of(router_.id())) return own_key_;
  const routing::Destination* known = router_.table().find(node);
  return known ? std::optional(known->newest.announcement.key) : std::nullopt;
}

void Mesh::find_key(const crypto::MeshAddress& address,
                    std::function<void(std::optional<crypto::NodeKey>)> done) {
  // The three bytes fd53:54, then the beginning of the position.
  constexpr size_t kPrefixBytes = 3;
  directory::Target target;
  target.kind = static_cast<uint8_t>(directory::RecordKind::location);
  target.prefix_bits = (crypto::MeshAddress::kSize - kPrefixBytes) * 8;
  std::copy(address.value.begin() + kPrefixBytes, address.value.end(),
            target.position.value.begin());
  for (const auto& [id, destination] : router_.table().all()) {
    const crypto::NodeKey& key = destination.newest.announcement.key;
    if (crypto::mesh_address_of(key) == address) return done(key);
  }
  look_up(target, [done = std::move(done)](std::vector<directory::Record> records) {
    done(records.empty() ? std::nullopt : std::optional(records.front().signer));
  });
}

const crypto::NodeKey* Mesh::key_of(routing::NeighbourId neighbour) const {
  const auto entry = neighbours_.find(neighbour.value);
  return entry == neighbours_.end() ? nullptr : &entry->second.key;
}

size_t Mesh::payload_room(const crypto::NodeId& node) {
  const auto road = router_.road_to(runtime_.now(), node);
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
  lookups_[directory_.look_up(runtime_.now(), target)] = std::move(done);
  runtime_.post([this] { work(); });
}

void Mesh::work() {
  const Instant now = runtime_.now();
  for (auto& [id, neighbour] : neighbours_) {
    if (!neighbour.added && now >= neighbour.add_by) add_neighbour(neighbour);
  }
  if (now >= next_cost_check_) check_costs(now);
  if (now >= contacts_at_) {
    contacts_at_ = kNever;
    std::vector<crypto::NodeId> contacts;
    for (const auto& [id, destination] : router_.table().all()) {
      if (destination.selected) contacts.push_back(id);
    }
    directory_.set_contacts(now, std::move(contacts));
  }
  if (now >= publish_at_) publish_address(now);
  router_.handle_timeout(now);
  directory_.handle_timeout(now);
  pump();
}

void Mesh::rearm() {
  Instant next = std::min({router_.next_timeout(), directory_.next_timeout(), next_cost_check_,
                           contacts_at_, publish_at_});
  for (const auto& [id, neighbour] : neighbours_) next = std::min(next, neighbour.add_by);
  timer_->arm(next);
}

}  // namespace starling::node
