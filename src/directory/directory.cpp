#include "directory/directory.h"

#include <algorithm>

#include "base/check.h"

namespace starling::directory {

Directory::Directory(const crypto::Identity& identity, Rng& rng, crypto::SecureRandom& random,
                     Instant now, crypto::CheckedClaims* checked)
    : state_(identity, rng, random, checked),
      keeper_(state_, now),
      passages_(state_),
      publisher_(state_, keeper_, passages_),
      next_explore_(now + kExploreFirst) {}

void Directory::set_contacts(Instant now, const std::vector<NodeId>& nodes) {
  state_.contacts.set_routed(nodes);
  note_contacts(now);
  if (state_.contacts.size() == 0) return;
  publisher_.handle_contacts(now);
  while (const auto number = lonely_.take_due(Instant::max())) try_next_way(now, *number);
}

void Directory::note_contacts(Instant now) { keeper_.note_contacts(now); }

void Directory::publish(Instant now, uint8_t kind, Bytes body, uint32_t lifetime_s,
                        uint64_t sequence) {
  STARLING_CHECK(kind < kGathered);
  publish_at(now, kind, {}, std::move(body), lifetime_s, sequence);
}

void Directory::publish_at(Instant now, uint8_t kind, const Position& position, Bytes body,
                           uint32_t lifetime_s, uint64_t sequence) {
  STARLING_CHECK(body.size() <= Record::kBodyMax && lifetime_s > 0 &&
                 lifetime_s <= Record::kLifetimeSecondsMax);
  Record draft;
  draft.kind = kind;
  draft.position = position;
  draft.body = std::move(body);
  draft.lifetime_s = lifetime_s;
  draft.sequence = sequence;
  publisher_.publish(now, std::move(draft));
}

void Directory::publish_signed(Instant now, Record record) {
  publisher_.publish_signed(now, std::move(record));
}

std::optional<Record> Directory::location_of(Instant now, const NodeId& node) {
  auto found = find(now, location_of_node(node));
  if (found.records.empty()) return std::nullopt;
  return std::move(found.records.front());
}

void Directory::handle_message(Instant now, const NodeId& from, ByteView payload) {
  auto message = decode_directory_message(payload);
  if (!message) return state_.count(DirectoryCounter::malformed_message);
  if (from == state_.self) return state_.count(DirectoryCounter::wrong_sender);
  state_.contacts.note_sign_of_life(from);
  std::visit(
      [&](auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<Body, PassedOn>) {
          passages_.handle_passed_on(now, from, body.nonce);
        } else if constexpr (std::is_same_v<Body, LookupAnswer> ||
                             std::is_same_v<Body, PutAnswer>) {
          handle(now, from, std::move(body));  // only if we asked
        } else if constexpr (std::is_same_v<Body, Lookup> ||
                             std::is_same_v<Body, CarriedDelivery>) {
          if (!lookup_limits_.take(now, from)) return state_.count(DirectoryCounter::lookup_limit);
          handle(now, from, std::move(body));
        } else if (!put_limits_.take(now, from)) {
          state_.count(DirectoryCounter::put_limit);
        } else if constexpr (std::is_same_v<Body, Put>) {
          handle(now, from, std::move(body));
        } else if constexpr (std::is_same_v<Body, Greeting>) {
          keeper_.handle(now, body);
        } else {
          keeper_.handle(now, from, body);
        }
      },
      *message);
  note_contacts(now);
}

void Directory::handle(Instant now, const NodeId& from, Put put) {
  state_.count(DirectoryCounter::puts_received);
  // The last of the way is who sent it to us, whatever it claims.
  if (put.via.back() != from) return state_.count(DirectoryCounter::wrong_sender);
  if (std::find(put.via.begin(), put.via.end(), state_.self) != put.via.end())
    return state_.count(DirectoryCounter::looped);
  const uint32_t nonce = put.nonce;
  switch (passages_.begin(now, {from, nonce}, put)) {
    case Passages::Begun::begun:
      state_.count(DirectoryCounter::puts_passed_on);
      state_.send(from, PassedOn{nonce});
      return keeper_.handle_passing(now, put.record);
    case Passages::Begun::known:
      return state_.send(from, PassedOn{nonce});
    case Passages::Begun::full:
      return state_.count(DirectoryCounter::too_many_open);
    case Passages::Begun::no_way:
      if (put.via.size() >= kViaMax) state_.count(DirectoryCounter::way_too_long);
      if (const auto replicas = keeper_.handle_put_end(now, put.record))
        state_.send(from, PutAnswer{nonce, *replicas});
  }
}

void Directory::handle(Instant now, const NodeId& from, const PutAnswer& answer) {
  const Question* question = passages_.asked(from, answer.nonce);
  if (!question || !std::holds_alternative<Put>(*question))
    return state_.count(DirectoryCounter::unknown_nonce);
  const PassageEnd end = passages_.end(answer.nonce);
  if (end.asker.node == state_.self) return publisher_.handle_put_answer(now, end.asker.nonce);
  state_.send(end.asker.node, PutAnswer{end.asker.nonce, answer.replicas});
}

void Directory::handle(Instant now, const NodeId& /*from*/, const CarriedDelivery& delivery) {
  const Carried& carried = delivery.carried;
  const NodeId sender = crypto::node_id_of(carried.sender_location.signer);
  const std::pair name(sender, carried.id);
  if (carried_seen_.contains(name)) return state_.count(DirectoryCounter::carried_again);
  if (!keeper_.believes(carried.sender_location))
    return state_.count(DirectoryCounter::forged_record);
  if (carried_order_.size() >= kCarriedMax) {
    carried_seen_.erase(carried_order_.front());
    carried_order_.pop_front();
  }
  carried_seen_.insert(name);
  carried_order_.push_back(name);
  state_.count(DirectoryCounter::carried_received);
  keeper_.keep(now, carried.sender_location, Holding::copy);
  state_.outputs.push_back(CarriedArrived{sender, carried.payload_kind, carried.payload});
}

void Directory::handle_undeliverable(Instant now, const NodeId& node) {
  state_.contacts.note_undeliverable(now, node);
  passages_.handle_undeliverable(now, node);
  note_contacts(now);
}

void Directory::handle_timeout(Instant now) {
  publisher_.handle_timeout(now);
  keeper_.handle_timeout(now);
  passages_.handle_timeout(now);
  while (auto end = passages_.poll_end()) {
    const bool own = end->asker.node == state_.self;
    if (std::holds_alternative<Lookup>(end->question)) {
      handle_failed_way(now, *end, {});
    } else if (own) {
      publisher_.handle_put_silence(now, end->asker.nonce);
    }
  }
  while (const auto number = lonely_.take_due(now)) finish_lookup(*number);
  if (now >= next_explore_) explore(now);
  note_contacts(now);
}

Instant Directory::next_timeout() const {
  return std::min({publisher_.next_timeout(), keeper_.next_timeout(), passages_.next_timeout(),
                   next_explore_, lonely_.next()});
}

std::optional<DirectoryOutput> Directory::poll_output() {
  if (state_.outputs.empty()) return std::nullopt;
  DirectoryOutput output = std::move(state_.outputs.front());
  state_.outputs.pop_front();
  return output;
}

}  // namespace starling::directory
