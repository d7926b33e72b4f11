#include "node/mesh_core.h"

#include <algorithm>

namespace starling::node {
namespace {

// The directory hears of a changed table at most so often.
constexpr Duration kContactsDelay = 200ms;
constexpr uint32_t kLocationLifetimeSeconds = 7'200;
constexpr Duration kPublishIntervalYoung = 1s;
constexpr Duration kYoung = 30s;
// Afterwards a node that moves publishes some addresses at once, and then one in so long.
constexpr Duration kPublishInterval = 60s;
constexpr double kPublishBurst = 4;

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

MeshCore::MeshCore(const routing::RouterConfig& config, const crypto::Identity& identity,
                   uint32_t epoch, Rng& rng, crypto::SecureRandom& random, Instant now)
    : own_key_(identity.key()),
      started_(now),
      now_(now),
      epoch_(epoch),
      router_(config, identity, epoch, rng, random, now),
      directory_(identity, rng, random, now, config.checked),
      pinger_(router_, directory_, identity.key(), random),
      publications_left_(1 / to_seconds(kPublishInterval), kPublishBurst),
      last_publish_(now - kPublishInterval) {
  if (config.role == routing::Role::leaf) leaf_.emplace();
  // Not leaves, nor who has no address yet and may be one.
  directory_.set_contact_rule([](const directory::Record& location) {
    const auto address = routing::decode_address(location.body);
    return address && !address->of_leaf;
  });
  // A node that knows nobody yet has an empty address; who carries a first packet needs one to name.
  unpublished_ = routing::Address{};
  publish_address(now);
}

void MeshCore::note_table_changed(Instant now) {
  contacts_at_ = std::min(contacts_at_, now + kContactsDelay);
}

void MeshCore::handle_timeout(Instant now) {
  if (now >= contacts_at_) tell_contacts(now);
  if (leaf_) work_as_leaf(now);
  if (now >= publish_at_) publish_address(now);
  router_.handle_timeout(now);
  directory_.handle_timeout(now);
  pinger_.handle_timeout(now);
}

Instant MeshCore::next_timeout() const {
  return std::min({router_.next_timeout(), directory_.next_timeout(), pinger_.next_timeout(),
                   leaf_ ? leaf_->next_timeout() : kNever, contacts_at_, publish_at_});
}

std::optional<routing::RouterOutput> MeshCore::poll_output(Instant now) {
  now_ = now;
  while (true) {
    while (auto output = router_.poll_output()) {
      if (!take(now, *output)) return output;
    }
    auto output = directory_.poll_output();
    if (!output) return std::nullopt;
    take(now, *output);
  }
}

bool MeshCore::take(Instant now, routing::RouterOutput& output) {
  if (const auto* delivered = std::get_if<routing::Delivered>(&output)) {
    if (delivered->kind != routing::PayloadKind::directory) return false;
    directory_.handle_message(now, delivered->source, delivered->payload);
    return true;
  }
  if (const auto* lost = std::get_if<routing::Undeliverable>(&output)) {
    if (lost->kind == routing::PayloadKind::directory)
      directory_.handle_undeliverable(now, lost->destination);
    return true;
  }
  if (const auto* echo = std::get_if<routing::EchoReceived>(&output)) {
    return pinger_.handle_echo(now, *echo);
  }
  if (const auto* changed = std::get_if<routing::AddressChanged>(&output)) {
    handle_address(now, changed->address);
    return true;
  }
  if (const auto* wanted = std::get_if<routing::AddressWanted>(&output)) {
    find_way(now, wanted->node, /*newer=*/false, [](bool) {});
    return true;
  }
  if (const auto* begun = std::get_if<routing::EpochBegun>(&output)) epoch_ = begun->epoch;
  return false;
}

void MeshCore::take(Instant now, directory::DirectoryOutput& output) {
  if (auto* send = std::get_if<directory::SendTo>(&output)) {
    const auto result =
        router_.send(now, send->node, routing::PayloadKind::directory, std::move(send->payload));
    if (result != routing::Router::SendResult::sent)
      directory_.handle_undeliverable(now, send->node);
  } else if (const auto* done = std::get_if<directory::LookupDone>(&output)) {
    const auto lookup = lookups_.extract(done->id);
    if (lookup) lookup.mapped()(done->records);
  } else if (const auto* learned = std::get_if<directory::LocationLearned>(&output)) {
    learn_location(now, learned->record);
  } else if (const auto* carried = std::get_if<directory::CarriedArrived>(&output)) {
    const auto kind = static_cast<routing::PayloadKind>(carried->payload_kind);
    router_.handle_carried(now, carried->sender, kind, carried->payload);
  }
}

void MeshCore::tell_contacts(Instant now) {
  contacts_at_ = kNever;
  std::vector<crypto::NodeId> contacts;
  for (const routing::Destination& destination : router_.table().all()) {
    // A leaf keeps no records for others, and mostly sleeps.
    if (destination.selected && !destination.is_leaf()) contacts.push_back(destination.id);
  }
  directory_.set_contacts(now, contacts);
  if (!leaf_) return;
  std::map<crypto::NodeId, routing::Metric> routers;
  for (const crypto::NodeId& id : contacts) routers[id] = router_.table().find(id)->distance;
  leaf_->set_routers(now, routers);
}

void MeshCore::work_as_leaf(Instant now) {
  while (const auto router = leaf_->poll_wanted(now)) {
    look_up(now, directory::location_of_node(*router), [this, id = *router](const auto& records) {
      const auto address =
          records.empty() ? std::nullopt : routing::decode_address(records.front().body);
      if (address) leaf_->note_location(now_, id, *address);
    });
  }
  if (const auto address = leaf_->poll_address(now)) handle_address(now, *address);
}

void MeshCore::handle_address(Instant now, const routing::Address& address) {
  unpublished_ = address;
  router_.greet_correspondents(now);
  publish_at_ = std::max(now, last_publish_ + kPublishIntervalYoung);
  const double missing = 1 - publications_left_.available(now);
  if (now - started_ >= kYoung && missing > 0)
    publish_at_ = std::max(publish_at_, now + from_seconds(missing * to_seconds(kPublishInterval)));
  if (publish_at_ <= now) publish_address(now);
}

void MeshCore::publish_address(Instant now) {
  publish_at_ = kNever;
  if (!unpublished_) return;
  last_publish_ = now;
  publications_left_.take(now);
  const uint64_t sequence = uint64_t{epoch_} << 32 | ++publications_;
  // Without landmarks there is no address to publish, but first packets need somebody who sent them.
  Bytes body = unpublished_->paths.empty() ? Bytes{} : fitted(std::move(*unpublished_));
  directory_.publish(now, static_cast<uint8_t>(directory::RecordKind::location), std::move(body),
                     kLocationLifetimeSeconds, sequence);
  unpublished_.reset();
}

void MeshCore::learn_location(Instant now, const directory::Record& location) {
  auto address = routing::decode_address(location.body);
  if (!address) return;
  const Duration left = std::chrono::seconds(location.lifetime_s - location.age_s);
  router_.learn_address(now, crypto::node_id_of(location.signer), std::move(*address), now + left);
}

void MeshCore::find_way(Instant now, const crypto::NodeId& node, bool newer,
                        std::function<void(bool)> done) {
  const auto known = directory_.location_of(now, node);
  directory::Target target = directory::location_of_node(node);
  if (newer && known) target.sequence_min = known->sequence + 1;
  look_up(now, target, [this, node, done = std::move(done)](const auto& records) {
    for (const directory::Record& location : records) learn_location(now_, location);
    done(router_.knows_way(now_, node));
  });
}

void MeshCore::find_key(Instant now, const crypto::MeshAddress& address,
                        std::function<void(std::optional<crypto::NodeKey>)> done) {
  // The three bytes fd53:54, then the beginning of the position.
  constexpr size_t kPrefixBytes = 3;
  directory::Target target;
  target.kind = static_cast<uint8_t>(directory::RecordKind::location);
  target.prefix_bits = (crypto::MeshAddress::kSize - kPrefixBytes) * 8;
  std::copy(address.value.begin() + kPrefixBytes, address.value.end(),
            target.position.value.begin());
  for (const routing::Destination& destination : router_.table().all()) {
    const crypto::NodeKey& key = destination.newest.announcement.key;
    if (crypto::mesh_address_of(key) == address) return done(key);
  }
  look_up(now, target, [done = std::move(done)](std::vector<directory::Record> records) {
    done(records.empty() ? std::nullopt : std::optional(records.front().signer));
  });
}

void MeshCore::look_up(Instant now, const directory::Target& target,
                       std::function<void(std::vector<directory::Record>)> done) {
  lookups_[directory_.look_up(now, target)] = std::move(done);
}

}  // namespace starling::node
