#include "link/link_layer.h"

#include "base/check.h"

namespace starling::link {
namespace {

constexpr size_t kEndedLinksMax = 64;
constexpr Duration kEndedLinkMemory = 180s;
constexpr Duration kEndedLinkAnswerPause = 1s;

}  // namespace

LinkLayer::LinkLayer(const LinkConfig& config, const crypto::Identity& identity, Rng& rng,
                     crypto::SecureRandom& secure_random)
    : config_(config),
      identity_(identity),
      rng_(rng),
      secure_random_(secure_random),
      handshake_(identity, config.network),
      own_mac_keys_(identity.dh_public()),
      gate_(config_, own_mac_keys_, secure_random, counters_),
      inquiry_(identity, crypto::network_tag_of(config.network), config.quiet) {}

void LinkLayer::add_carrier(CarrierId id, CarrierKind kind) { carriers_[id] = kind; }

void LinkLayer::remove_carrier(Instant now, CarrierId id) {
  carriers_.erase(id);
  for (const DialAttempt& attempt : attempts_.take_carrier(id)) {
    release({attempt.initiation.local_index()});
    report_failed(attempt, DialOutcome::no_answer);
  }
  release(pending_.remove_carrier(id));
  std::vector<Link*> all;
  for (const auto& [peer, link] : links_) all.push_back(link.get());
  for (Link* link : all) {
    link->remove_carrier(now, id);
    settle(now, *link);
  }
}

CarrierKind LinkLayer::kind_of(CarrierId id) const {
  const auto carrier = carriers_.find(id);
  return carrier == carriers_.end() ? CarrierKind::udp : carrier->second;
}

void LinkLayer::handle_packet(Instant now, const PathId& from, ByteView bytes) {
  counters_.add(LinkCounter::packets_received);
  counters_.add(LinkCounter::bytes_received, bytes.size());
  if (!carriers_.contains(from.carrier)) return counters_.add(LinkCounter::unknown_carrier);
  const auto packet = decode_packet(bytes);
  if (!packet) return counters_.add(LinkCounter::malformed_packet);
  if (const auto* data = std::get_if<DataPacket>(&*packet)) {
    handle_data(now, from, *data);
  } else if (const auto* init = std::get_if<HandshakeInit>(&*packet)) {
    handle_init(now, from, *init);
  } else if (const auto* response = std::get_if<HandshakeResponse>(&*packet)) {
    handle_response(now, *response);
  } else if (const auto* cookie = std::get_if<CookieReply>(&*packet)) {
    handle_cookie(*cookie);
  } else if (const auto* question = std::get_if<KeyQuestion>(&*packet)) {
    const auto answer = inquiry_.answer(now, *question);
    if (!answer) return counters_.add(LinkCounter::key_question_refused);
    transmit(from, encode(*answer));
  } else if (const auto* key_answer = std::get_if<KeyAnswer>(&*packet)) {
    handle_key_answer(*key_answer);
  }
}

void LinkLayer::handle_key_answer(const KeyAnswer& answer) {
  const auto path = inquiry_.handle_answer(answer);
  if (!path) return counters_.add(LinkCounter::key_answer_invalid);
  events_.push_back(KeyLearned{*path, answer.key});
}

void LinkLayer::handle_data(Instant now, const PathId& from, const DataPacket& packet) {
  const auto owner = indices_.find(packet.receiver_index);
  if (owner == indices_.end()) return counters_.add(LinkCounter::unknown_index);
  switch (owner->second.use) {
    case IndexUse::dialing:
      return counters_.add(LinkCounter::unknown_index);
    case IndexUse::pending:
      return confirm_pending(now, from, packet);
    case IndexUse::ended:
      return handle_late_packet(now, from, packet);
    case IndexUse::link:
      break;
  }
  Link& link = *links_.at(owner->second.peer);
  link.handle_data(now, from, kind_of(from.carrier), packet);
  settle(now, link);
}

void LinkLayer::handle_late_packet(Instant now, const PathId& from, const DataPacket& packet) {
  const crypto::NodeKey peer = indices_.at(packet.receiver_index).peer;
  EndedLink& ended = ended_.at(peer);
  KeySlot* slot = ended.keys.find(packet.receiver_index);
  STARLING_CHECK(slot != nullptr);
  if (!slot->plane.open(packet)) return counters_.add(LinkCounter::forged_packet);
  if (now < ended.next_answer || slot->plane.is_spent()) return;
  ended.next_answer = now + kEndedLinkAnswerPause;
  transmit_close(from, slot->plane, CloseReason::forgotten);
  if (ended.lost) begin_attempt(now, peer, from, false);
}

SendOutcome LinkLayer::send_control(Instant now, LinkId id, ByteView message) {
  Link* link = mutable_link(id);
  if (!link) return SendOutcome::no_link;
  const SendOutcome outcome = link->send_control(message);
  if (outcome == SendOutcome::refused) link->close(CloseReason::forgotten, DownReason::congested);
  settle(now, *link);
  return outcome;
}

SendOutcome LinkLayer::send_datagram(Instant now, LinkId id, Bytes bytes) {
  Link* link = mutable_link(id);
  if (!link) return SendOutcome::no_link;
  const SendOutcome outcome = link->send_datagram(std::move(bytes));
  settle(now, *link);
  return outcome;
}

SendOutcome LinkLayer::send_sealed(Instant now, LinkId id, Bytes packet, size_t header_size) {
  Link* link = mutable_link(id);
  if (!link) return SendOutcome::no_link;
  const SendOutcome outcome = link->send_sealed(std::move(packet), header_size);
  settle(now, *link);
  return outcome;
}

void LinkLayer::close(Instant now, LinkId id, CloseReason reason) {
  Link* link = mutable_link(id);
  if (!link) return;
  link->close(reason, DownReason::closed_by_us);
  settle(now, *link);
}

void LinkLayer::close_all(Instant now) {
  while (!links_.empty()) close(now, links_.begin()->second->id(), CloseReason::leaving);
}

void LinkLayer::suspect(Instant now, LinkId id) {
  Link* link = mutable_link(id);
  if (!link) return;
  link->suspect(now);
  settle(now, *link);
}

void LinkLayer::network_changed(Instant now) {
  for (const auto& [peer, link] : links_) {
    link->network_changed(now);
    unflushed_.insert(link->id().value);
  }
}

void LinkLayer::handle_timeout(Instant now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Link& link = *links_by_id_.at(timers_.begin()->second);
    if (link.rekey_due(now)) {
      link.rekey_begun(now);
      if (link.active_path()) begin_attempt(now, link.peer(), link.active_path()->id, false);
    }
    link.handle_timeout(now);
    // Flush before the timer is set anew: what is due may have been waiting for its time only.
    link.flush(now, out_);
    settle(now, link);
  }
  while (DialAttempt* attempt = attempts_.poll_due(now)) send_init(*attempt);
  while (const auto attempt = attempts_.poll_given_up(now)) {
    indices_.erase(attempt->initiation.local_index());
    report_failed(*attempt, DialOutcome::no_answer);
  }
  while (const auto send = inquiry_.poll_send(now)) transmit(send->path, encode(send->question));
  while (const auto path = inquiry_.poll_given_up(now)) events_.push_back(KeyUnanswered{*path});
  release(pending_.expire(now));
  std::erase_if(ended_, [&](const auto& entry) {
    if (entry.second.forgotten_at > now) return false;
    release(entry.second.keys.indices());
    return true;
  });
}

Instant LinkLayer::next_timeout() const {
  Instant next =
      std::min({attempts_.next_timeout(), inquiry_.next_timeout(), pending_.next_timeout()});
  if (!timers_.empty()) next = std::min(next, timers_.begin()->first);
  for (const auto& [peer, ended] : ended_) next = std::min(next, ended.forgotten_at);
  return next;
}

void LinkLayer::settle(Instant now, Link& link) {
  while (auto event = link.poll_event()) {
    if (std::holds_alternative<LinkUp>(event->what)) counters_.add(LinkCounter::links_up);
    if (std::holds_alternative<LinkDown>(event->what)) counters_.add(LinkCounter::links_down);
    events_.push_back(std::move(*event));
  }
  release(link.take_retired_indices());
  if (link.is_down()) return end_link(now, link);
  unflushed_.insert(link.id().value);
  schedule(link);
}

void LinkLayer::schedule(Link& link) {
  const uint64_t id = link.id().value;
  const Instant when = link.next_timeout();
  const auto [entry, inserted] = timer_of_.try_emplace(id, kNever);
  if (entry->second == when) return;
  timers_.erase({entry->second, id});
  entry->second = when;
  if (when != kNever) timers_.insert({when, id});
}

// `link` is down, or still up and about to be replaced by the peer's next life.
void LinkLayer::end_link(Instant now, Link& link) {
  link.flush(now, out_);  // the goodbye
  const uint64_t id = link.id().value;
  const crypto::NodeKey peer = link.peer();
  if (link.is_down()) {
    // A handshake begun in this life would carry its instance into the next one, and the peer would take the
    // two for one.
    release(attempts_.remove(peer));
    release(pending_.remove(peer));
  }
  remember_ended(now, link);
  if (const auto timer = timer_of_.find(id); timer != timer_of_.end()) {
    timers_.erase({timer->second, id});
    timer_of_.erase(timer);
  }
  unflushed_.erase(id);
  links_by_id_.erase(id);
  links_.erase(peer);
}

void LinkLayer::remember_ended(Instant now, Link& link) {
  const std::vector<uint32_t> indices = link.indices();
  const auto reason = link.down_reason();
  const bool peer_knows = !reason || reason == DownReason::closed_by_peer;
  if (peer_knows || ended_.size() >= kEndedLinksMax) return release(indices);
  for (const uint32_t index : indices) indices_.at(index).use = IndexUse::ended;
  const bool lost = reason == DownReason::silent || reason == DownReason::carrier_gone;
  ended_.emplace(link.peer(), EndedLink{link.take_keys(), now + kEndedLinkMemory, lost});
}

void LinkLayer::forget_ended(const crypto::NodeKey& peer) {
  const auto ended = ended_.find(peer);
  if (ended == ended_.end()) return;
  release(ended->second.keys.indices());
  ended_.erase(ended);
}

std::optional<LayerEvent> LinkLayer::poll_event() {
  if (events_.empty()) return std::nullopt;
  LayerEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::optional<Transmit> LinkLayer::poll_transmit(Instant now) {
  while (!unflushed_.empty()) {
    Link& link = *links_by_id_.at(*unflushed_.begin());
    unflushed_.erase(unflushed_.begin());
    link.flush(now, out_);
    schedule(link);
  }
  if (out_.empty()) return std::nullopt;
  Transmit transmit = std::move(out_.front());
  out_.pop_front();
  return transmit;
}

void LinkLayer::transmit(const PathId& path, Bytes packet) {
  counters_.add(LinkCounter::packets_sent);
  counters_.add(LinkCounter::bytes_sent, packet.size());
  out_.push_back({path, std::move(packet)});
}

// A goodbye under keys that belong to no link.
void LinkLayer::transmit_close(const PathId& path, DataPlane& plane, CloseReason reason) {
  Bytes plaintext;
  encode(CloseFrame{reason}, plaintext);
  Bytes packet;
  plane.seal_plain(plaintext, packet);
  transmit(path, std::move(packet));
}

void LinkLayer::release(const std::vector<uint32_t>& indices) {
  for (const uint32_t index : indices) indices_.erase(index);
}

Link* LinkLayer::mutable_link(LinkId id) {
  const auto entry = links_by_id_.find(id.value);
  return entry == links_by_id_.end() ? nullptr : entry->second;
}

const Link* LinkLayer::find(LinkId id) const {
  const auto entry = links_by_id_.find(id.value);
  return entry == links_by_id_.end() ? nullptr : entry->second;
}

const Link* LinkLayer::find(const crypto::NodeKey& peer) const {
  const auto entry = links_.find(peer);
  return entry == links_.end() ? nullptr : entry->second.get();
}

size_t LinkLayer::table_entries() const {
  return indices_.size() + attempts_.size() + pending_.size() + ended_.size() + gate_.addresses();
}

std::vector<const Link*> LinkLayer::links() const {
  std::vector<const Link*> all;
  for (const auto& [peer, link] : links_) all.push_back(link.get());
  return all;
}

}  // namespace starling::link
