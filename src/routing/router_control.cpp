// The half of Router that builds the table: hellos, updates, retractions, sequence requests.
#include <algorithm>

#include "base/check.h"
#include "routing/router.h"

namespace starling::routing {
namespace {

// Looking after requests takes a walk over all that are wanted or asked for: not for each message.
constexpr Duration kRequestsInterval = 20ms;
constexpr Duration kRequestIntervalMin = 2s;
// A shorter route can wait; only starvation is urgent.
constexpr Duration kRequestIntervalMax = 64s;
constexpr Duration kAskerMemory = 10s;
constexpr size_t kAskersMax = 16;  // per destination; further ones ask again
// The same request is passed on at most so often, however many ask.
constexpr Duration kPassOnInterval = 1s;

}  // namespace

void Router::begin_epoch(Instant now, uint32_t epoch) {
  chain_ = std::make_unique<SequenceChain>(random_);
  announcement_ = {};
  announcement_.key = identity_.key();
  announcement_.role = config_.role;
  announcement_.table_size = static_cast<uint8_t>(config_.table_size);
  announcement_.epoch = epoch;
  announcement_.lifetime_s = Announcement::kLifetimeSecondsMax;
  announcement_.anchor = chain_->anchor();
  if (config_.proof) {
    announcement_.proof_kind = ProofKind::work;
    announcement_.proof = *config_.proof;
  }
  sign(announcement_, identity_);
  table_.set_own_priority(priority_of(announcement_));
  step_ = 1;
  // Jitter, so that a flock that started together does not announce together for ever.
  const double share = 0.8 + 0.2 * rng_.unit();
  epoch_ends_ = now + std::chrono::duration_cast<Duration>(kEpochLength * share);
  outputs_.push_back(EpochBegun{epoch});
}

void Router::set_proof(Instant now, const PriorityProof& proof) {
  STARLING_CHECK(is_priority_proof(identity_.key(), proof));
  if (config_.proof == proof) return;
  config_.proof = proof;
  begin_epoch(now, announcement_.epoch + 1);
  schedule_flush(now, false);
}

OwnRoute Router::own_route() const { return {self_, &announcement_, step_, chain_->value(step_)}; }

void Router::send_control(NeighbourId neighbour, const RoutingMessage& message) {
  Bytes bytes = encode(message);
  counters_.add(RouterCounter::control_bytes_sent, bytes.size());
  outputs_.push_back(SendControl{neighbour, std::move(bytes)});
}

void Router::send_hello(NeighbourId neighbour, Metric cost) {
  send_control(neighbour, RouteHello{config_.role, static_cast<uint8_t>(config_.table_size),
                                     static_cast<uint16_t>(cost)});
}

void Router::handle_control(Instant now, NeighbourId id, ByteView message) {
  const auto entry = neighbours_.find(id);
  if (entry == neighbours_.end()) return;
  const auto decoded = decode_routing_message(message);
  if (!decoded) {
    counters_.add(RouterCounter::malformed_message);
    outputs_.push_back(NeighbourAtFault{id});
    return;
  }
  if (const auto* hello = std::get_if<RouteHello>(&*decoded)) {
    return handle_hello(now, entry->second, id, *hello);
  }
  if (!entry->second.their_proposal) {
    counters_.add(RouterCounter::before_hello);
    outputs_.push_back(NeighbourAtFault{id});
    return;
  }
  if (const auto* update = std::get_if<RouteUpdate>(&*decoded)) {
    handle_update(now, id, *update);
  } else if (const auto* retract = std::get_if<RouteRetract>(&*decoded)) {
    for (const Handle handle : retract->handles) {
      const auto* binding = entry->second.teller.binding_of(handle);
      if (binding) table_.handle_retract(now, id, *binding);
      if (!binding) counters_.add(RouterCounter::unknown_handle);
    }
    after_table_change(now);
  } else if (const auto* request = std::get_if<SequenceRequest>(&*decoded)) {
    handle_request(now, id, *request);
  } else if (const auto* keep = std::get_if<KeepPackets>(&*decoded)) {
    handle_keep(now, entry->second, *keep);
  }
}

void Router::handle_hello(Instant now, Neighbour& neighbour, NeighbourId id,
                          const RouteHello& hello) {
  const bool first = !neighbour.their_proposal;
  neighbour.their_proposal = hello.cost;
  neighbour.role = hello.role;
  // The larger proposal counts, so that both directions cost the same.
  const Metric cost = std::max<Metric>(neighbour.own_proposal, hello.cost);
  if (is_leaf() || hello.role == Role::leaf) begin_with_leaf(id, neighbour);
  if (first) {
    table_.add_neighbour(id, cost, neighbour.id);
    schedule_flush(now, true);
  } else {
    table_.set_cost(id, cost);
    after_table_change(now);
  }
}

void Router::handle_update(Instant now, NeighbourId id, const RouteUpdate& update) {
  counters_.add(RouterCounter::updates_received);
  counters_.add(RouterCounter::update_entries_received, update.entries.size());
  for (const UpdateEntry& entry : update.entries) {
    if (handle_entry(now, id, entry)) continue;
    outputs_.push_back(NeighbourAtFault{id});
    break;
  }
  after_table_change(now);
}

// False when the neighbour is at fault.
bool Router::handle_entry(Instant now, NeighbourId id, const UpdateEntry& entry) {
  if (entry.announcement) return handle_announced(now, id, entry);
  const EpochName* binding = neighbours_.at(id).teller.binding_of(entry.handle);
  if (!binding) return false;
  const auto outcome = table_.handle_advert(id, *binding, {entry.step, entry.metric, entry.proof});
  // We forgot it (expired here, not yet there), or hold another announcement of that epoch: its next one brings it
  // back.
  if (!outcome) counters_.add(RouterCounter::unknown_handle);
  return !outcome || judge(*outcome);
}

bool Router::handle_announced(Instant now, NeighbourId id, const UpdateEntry& entry) {
  Neighbour& neighbour = neighbours_.at(id);
  const Announcement& announcement = *entry.announcement;
  const EpochName* bound = neighbour.teller.binding_of(entry.handle);
  const EpochName before = bound ? *bound : EpochName{};
  EpochName name;
  const AdvertOutcome outcome = table_.handle_advert(
      now, id, announcement, {entry.step, entry.metric, entry.proof}, announcement_.epoch, &name);
  // What it said under this handle no longer holds.
  if (name.serial == 0) table_.handle_retract(now, id, before);
  if (!neighbour.teller.bind(entry.handle, name)) return false;
  if (announcement.key == neighbour.key) neighbour.teller.note_neighbour_epoch(announcement.epoch);
  if (outcome == AdvertOutcome::own_newer) outputs_.push_back(NewerLifeSeen{announcement.epoch});
  return judge(outcome);
}

// False when the neighbour is at fault.
bool Router::judge(AdvertOutcome outcome) {
  switch (outcome) {
    case AdvertOutcome::taken:
    case AdvertOutcome::own:
    case AdvertOutcome::own_newer:
      return true;
    case AdvertOutcome::stale_epoch:
      counters_.add(RouterCounter::stale_advert);
      return true;
    case AdvertOutcome::full:
      counters_.add(RouterCounter::table_full);
      return true;
    case AdvertOutcome::forged:
      counters_.add(RouterCounter::forged_advert);
      return false;
  }
  return true;
}

void Router::after_table_change(Instant now) {
  const RouteTable::Changes changes = table_.select();
  const bool may_answer = changes.any && !asked_.empty();
  if (may_answer || !table_.wanting().empty() || !requests_.empty()) {
    requests_at_ = std::min(requests_at_, std::max(now, last_requests_ + kRequestsInterval));
    look_after_requests(now);
  }
  if (!changes.any) return;
  release_kept(changes.found);
  // The address of a leaf is that of its routers.
  if (!is_leaf()) prober_.handle_table_changed(now);
  // Losses and news travel fast, improvements can wait.
  schedule_flush(now, !changes.lost.empty() || !changes.found.empty());
}

void Router::schedule_flush(Instant now, bool urgent) {
  const double jitter = 0.75 + 0.5 * rng_.unit();
  const Duration interval =
      urgent ? kUrgentInterval : std::chrono::duration_cast<Duration>(kFlushInterval * jitter);
  flush_at_ = std::min(flush_at_, std::max(now + kFlushDelay, last_flush_ + interval));
}

void Router::flush(Instant now) {
  flush_at_ = kNever;
  last_flush_ = now;
  table_.list(now);
  const std::vector<Slot> untold = table_.take_untold(now);
  RouteTeller::Proofs proofs;
  const OwnRoute own = own_route();
  for (auto& [id, neighbour] : neighbours_) {
    if (!neighbour.their_proposal) continue;
    for (const RoutingMessage& message : neighbour.teller.messages(table_, own, untold, proofs)) {
      if (const auto* update = std::get_if<RouteUpdate>(&message)) {
        counters_.add(RouterCounter::updates_sent);
        counters_.add(RouterCounter::update_entries_sent, update->entries.size());
      } else {
        counters_.add(RouterCounter::retracts_sent);
      }
      send_control(id, message);
    }
  }
}

// Those of others that can be answered, and our own ones.
void Router::look_after_requests(Instant now) {
  if (now < requests_at_) return;
  requests_at_ = kNever;
  last_requests_ = now;
  answer_askers(now);
  std::erase_if(requests_,
                [&](const auto& entry) { return !table_.wanting().contains(entry.first); });
  for (const crypto::NodeId& id : table_.wanting()) {
    Request& last = requests_[id];
    if (now < last.again) {
      requests_at_ = std::min(requests_at_, last.again);
      continue;
    }
    const Destination& destination = *table_.find(id);
    last.interval = RouteTable::is_starving(destination)
                        ? kRequestIntervalMin
                        : std::clamp(last.interval * 2, kRequestIntervalMin, kRequestIntervalMax);
    last.again =
        now + std::chrono::duration_cast<Duration>(last.interval * (1 + 1.5 * rng_.unit()));
    requests_at_ = std::min(requests_at_, last.again);
    for (const WantedSequence& wanted : table_.wanted_of(destination)) {
      counters_.add(RouterCounter::requests_sent);
      send_control(wanted.neighbour, SequenceRequest{id, wanted.sequence});
    }
  }
}

void Router::handle_request(Instant now, NeighbourId from, const SequenceRequest& request) {
  if (request.destination == self_) return handle_own_request(now, from, request.wanted);
  const Destination* destination = table_.find(request.destination);
  if (!destination) return;
  const auto selected = destination->selected;
  if (selected && destination->sequence >= request.wanted && selected != from) {
    neighbours_.at(from).teller.force(request.destination);
    return schedule_flush(now, true);
  }
  Asked& asked = asked_[request.destination];
  std::erase_if(asked.askers,
                [&](const Asker& asker) { return asker.neighbour == from || asker.until <= now; });
  if (asked.askers.size() < kAskersMax)
    asked.askers.push_back({from, request.wanted, now + kAskerMemory});
  const bool is_repeated =
      asked.passed_on >= request.wanted && now < asked.passed_on_at + kPassOnInterval;
  if (request.hops_left == 0 || is_repeated) return;
  // Towards the origin: along our route, or, without one, wherever somebody claims to have one.
  SequenceRequest onward = request;
  --onward.hops_left;
  for (const Advert& advert : destination->adverts) {
    if (advert.neighbour == from || (selected && advert.neighbour != selected)) continue;
    asked.passed_on = request.wanted;
    asked.passed_on_at = now;
    counters_.add(RouterCounter::requests_sent);
    send_control(advert.neighbour, onward);
    break;
  }
}

void Router::handle_own_request(Instant now, NeighbourId from, const Sequence& wanted) {
  const Sequence current{announcement_.epoch, step_};
  if (current >= wanted) {
    neighbours_.at(from).teller.force(self_);
    return schedule_flush(now, true);
  }
  // Nobody can have heard more than the present one, so that nobody needs more than the next.
  if (wanted > next_after(current)) return counters_.add(RouterCounter::excessive_request);
  step_wanted_ = true;
  if (now >= step_allowed_at_) step_sequence(now);
}

void Router::answer_askers(Instant now) {
  for (auto entry = asked_.begin(); entry != asked_.end();) {
    const Destination* destination = table_.find(entry->first);
    const auto selected = destination ? destination->selected : std::nullopt;
    if (selected) {
      std::erase_if(entry->second.askers, [&](const Asker& asker) {
        if (destination->sequence < asker.wanted || selected == asker.neighbour) return false;
        const auto neighbour = neighbours_.find(asker.neighbour);
        if (neighbour == neighbours_.end()) return true;
        counters_.add(RouterCounter::requests_answered);
        neighbour->second.teller.force(entry->first);
        schedule_flush(now, true);
        return true;
      });
    }
    entry = entry->second.askers.empty() ? asked_.erase(entry) : std::next(entry);
  }
}

void Router::step_sequence(Instant now) {
  step_wanted_ = false;
  step_allowed_at_ = now + kStepInterval;
  if (step_ < kSteps) {
    ++step_;
  } else {
    begin_epoch(now, announcement_.epoch + 1);
  }
  schedule_flush(now, true);
}

}  // namespace starling::routing
