// The handshake half of LinkLayer: beginning, answering and confirming handshakes.
#include "base/check.h"
#include "link/link_layer.h"

namespace starling::link {
namespace {

// For so long our own handshake may be under way before we answer the other side's instead.
constexpr Duration kYieldPatience = 1s;

}  // namespace

uint32_t LinkLayer::new_index(IndexUse use, const crypto::NodeKey& peer) {
  uint32_t index = secure_random_.u32();
  while (indices_.contains(index)) index = secure_random_.u32();
  indices_.emplace(index, IndexOwner{use, peer});
  return index;
}

// The same for all handshakes to a peer that run at once, or the two ends would forget each other in turns.
uint64_t LinkLayer::own_instance_for(const crypto::NodeKey& peer) {
  if (const Link* link = find(peer)) return link->own_instance();
  if (const DialAttempt* attempt = attempts_.find(peer))
    return attempt->initiation.hello().instance;
  if (const auto instance = pending_.own_instance_for(peer)) return *instance;
  return secure_random_.u64();
}

Hello LinkLayer::own_hello(const crypto::NodeKey& peer) {
  Hello hello;
  hello.version_min = config_.version_min;
  hello.version_max = config_.version_max;
  hello.features = config_.features;
  hello.ciphers = static_cast<uint8_t>(kOffersChaCha | (config_.offer_aes ? kOffersAesGcm : 0));
  hello.instance = own_instance_for(peer);
  hello.extension = config_.hello_extension;
  return hello;
}

void LinkLayer::dial(Instant now, const crypto::NodeKey& peer, const PathId& path) {
  if (peer == identity_.key()) {
    events_.push_back(DialFailed{peer, path, DialOutcome::own_key});
    return;
  }
  if (const Link* link = find(peer); link && link->active_path() && link->active_path()->id == path)
    return;
  begin_attempt(now, peer, path, true);
}

bool LinkLayer::ask_key(Instant now, const PathId& path) {
  return inquiry_.ask(now, path, secure_random_.u64());
}

void LinkLayer::report_failed(const DialAttempt& attempt, DialOutcome outcome) {
  if (attempt.by_owner) events_.push_back(DialFailed{attempt.peer, attempt.path, outcome});
}

void LinkLayer::begin_attempt(Instant now, const crypto::NodeKey& peer, const PathId& path,
                              bool by_owner) {
  if (DialAttempt* attempt = attempts_.find(peer, path)) {
    attempt->by_owner |= by_owner;
    return;
  }
  if (!attempts_.has_room()) {
    if (by_owner) events_.push_back(DialFailed{peer, path, DialOutcome::refused});
    return;
  }
  const Hello hello = own_hello(peer);
  const uint32_t index = new_index(IndexUse::dialing, peer);
  auto initiation = Initiation::begin(handshake_, peer, hello, index, secure_random_);
  if (!initiation) {
    indices_.erase(index);
    events_.push_back(DialFailed{peer, path, DialOutcome::invalid_key});
    return;
  }
  counters_.add(LinkCounter::handshakes_begun);
  const MacKeys mac_keys(*crypto::to_dh_public(peer));
  attempts_.add({.peer = peer,
                 .path = path,
                 .by_owner = by_owner,
                 .peer_mac_keys = mac_keys,
                 .initiation = std::move(*initiation),
                 .begun = now,
                 .cookie = std::nullopt,
                 .last_mac1 = {},
                 .tries = 0,
                 .next_try = now});
  // The first init leaves at once instead of with the next timeout.
  while (DialAttempt* due = attempts_.poll_due(now)) send_init(*due);
}

void LinkLayer::send_init(DialAttempt& attempt) {
  Bytes packet = attempt.initiation.packet();
  finish_macs(attempt.peer_mac_keys, attempt.cookie, packet);
  attempt.last_mac1 =
      *crypto::Mac::from(ByteView(packet).subspan(packet.size() - kMacsSize, crypto::Mac::kSize));
  transmit(attempt.path, std::move(packet));
}

void LinkLayer::handle_cookie(const CookieReply& reply) {
  DialAttempt* attempt = attempts_.find(reply.receiver_index);
  if (!attempt) return counters_.add(LinkCounter::unreadable_cookie);
  const auto cookie = open_cookie(attempt->peer_mac_keys, reply, attempt->last_mac1);
  if (!cookie) return counters_.add(LinkCounter::unreadable_cookie);
  const bool first = !attempt->cookie.has_value();
  attempt->cookie = cookie;
  if (first) send_init(*attempt);
}

void LinkLayer::handle_init(Instant now, const PathId& from, const HandshakeInit& init) {
  switch (gate_.judge(now, from.remote, init)) {
    case HandshakeGate::Verdict::drop:
      return;
    case HandshakeGate::Verdict::send_cookie:
      counters_.add(LinkCounter::cookies_sent);
      return transmit(from, encode(gate_.cookie_for(now, from.remote, init)));
    case HandshakeGate::Verdict::open_it:
      break;
  }
  if (const auto* repeat = pending_.find_repeat(init.noise.first(crypto::DhPublicKey::kSize))) {
    return transmit(from, repeat->answer);
  }
  auto received = read_init(handshake_, init);
  if (!received) return counters_.add(LinkCounter::unreadable_init);
  const crypto::NodeKey peer = received->peer;
  if (peer == identity_.key()) {
    counters_.add(LinkCounter::own_key);
    events_.push_back(OwnKeySeen{from});
    return;
  }
  if (yields(now, from, peer)) return counters_.add(LinkCounter::handshake_yielded);
  if (!find(peer) && links_.size() >= config_.links_max) {
    return counters_.add(LinkCounter::too_many_links);
  }
  if (!pending_.has_room(now, peer)) return counters_.add(LinkCounter::pending_full);
  answer(now, from, init, std::move(*received));
}

// If both sides begin at once, the lower key's handshake wins. Not for ever: our init may have no way to them.
bool LinkLayer::yields(Instant now, const PathId& from, const crypto::NodeKey& peer) {
  const DialAttempt* attempt = attempts_.find(peer, from);
  return attempt && identity_.key() < peer && now - attempt->begun < kYieldPatience;
}

void LinkLayer::answer(Instant now, const PathId& from, const HandshakeInit& packet,
                       ReceivedInit init) {
  const crypto::NodeKey peer = init.peer;
  const Hello hello = own_hello(peer);
  const uint32_t index = new_index(IndexUse::pending, peer);
  auto answer = answer_init(std::move(init), hello, index, secure_random_);
  if (!answer) {
    indices_.erase(index);
    return counters_.add(LinkCounter::no_agreement);
  }
  finish_macs(MacKeys(*crypto::to_dh_public(peer)), std::nullopt, answer->packet);
  counters_.add(LinkCounter::handshakes_answered);
  transmit(from, answer->packet);
  const auto displaced = pending_.add(
      now, {peer, from, *crypto::DhPublicKey::from(packet.noise.first(crypto::DhPublicKey::kSize)),
            hello.instance, std::move(answer->established), std::move(answer->packet), now});
  if (displaced) indices_.erase(*displaced);
}

void LinkLayer::handle_response(Instant now, const HandshakeResponse& response) {
  DialAttempt* attempt = attempts_.find(response.receiver_index);
  if (!attempt) return counters_.add(LinkCounter::unknown_index);
  if (!mac1_matches(own_mac_keys_, response.covered_by_mac1, response.mac1)) {
    return counters_.add(LinkCounter::wrong_mac1);
  }
  auto established = attempt->initiation.read_response(response);
  if (!established) return counters_.add(LinkCounter::unreadable_response);
  const crypto::NodeKey peer = attempt->peer;
  // The response proves that our init arrived where it was sent; anyone may have sent this copy of the response.
  const PathId path = attempt->path;
  const uint64_t own_instance = attempt->initiation.hello().instance;
  if (!find(peer) && links_.size() >= config_.links_max) {
    report_failed(*attempt, DialOutcome::refused);
    release(attempts_.remove(peer));
    return counters_.add(LinkCounter::too_many_links);
  }
  std::vector<uint32_t> ended = attempts_.remove(peer);
  std::erase(ended, response.receiver_index);
  release(ended);
  indices_.at(response.receiver_index).use = IndexUse::link;
  install(now, link_for(now, peer, own_instance, *established), std::move(*established), path,
          true);
}

void LinkLayer::confirm_pending(Instant now, const PathId& from, const DataPacket& packet) {
  PendingSession* waiting = pending_.find(packet.receiver_index);
  STARLING_CHECK(waiting != nullptr);
  auto opened = waiting->established.plane->open(packet);
  if (!opened) return counters_.add(LinkCounter::forged_packet);
  PendingSession session = pending_.take(packet.receiver_index);
  if (!find(session.peer) && links_.size() >= config_.links_max) {
    transmit_close(session.path, *session.established.plane, CloseReason::too_many_links);
    release({packet.receiver_index});
    return counters_.add(LinkCounter::too_many_links);
  }
  indices_.at(packet.receiver_index).use = IndexUse::link;
  // The peer got our answer: our own handshake to it, if any, has lost.
  release(attempts_.remove(session.peer));
  Link& link = link_for(now, session.peer, session.own_instance, session.established);
  install(now, link, std::move(session.established), session.path, false);
  // Looked up again: the link may have ended in install().
  if (Link* still = links_.contains(session.peer) ? links_.at(session.peer).get() : nullptr) {
    still->handle_opened(now, from, kind_of(from.carrier), *opened, packet);
    settle(now, *still);
  }
}

Link& LinkLayer::link_for(Instant now, const crypto::NodeKey& peer, uint64_t own_instance,
                          const Established& established) {
  const uint64_t peer_instance = established.peer_hello.instance;
  if (const auto entry = links_.find(peer); entry != links_.end()) {
    Link& link = *entry->second;
    if (link.peer_instance() == peer_instance && link.own_instance() == own_instance) return link;
    counters_.add(LinkCounter::links_down);
    events_.push_back(LinkEvent{link.id(), peer, LinkDown{DownReason::restarted}});
    end_link(now, link);
  }
  forget_ended(peer);
  const LinkId id{next_link_id_++};
  auto link = std::make_unique<Link>(id, peer, own_instance, peer_instance, established.agreement,
                                     LinkSurroundings{rng_, secure_random_, counters_}, now);
  Link& result = *link;
  links_by_id_[id.value] = &result;
  links_[peer] = std::move(link);
  return result;
}

void LinkLayer::install(Instant now, Link& link, Established established, const PathId& path,
                        bool begun_by_us) {
  const bool own_is_lower = identity_.key() < link.peer();
  counters_.add(LinkCounter::handshakes_completed);
  link.install(
      now,
      std::make_unique<KeySlot>(KeySlot{.plane = std::move(*established.plane),
                                        .made = now,
                                        .begun_by_us = begun_by_us,
                                        .begun_by_lower_key = begun_by_us == own_is_lower}),
      path, kind_of(path.carrier));
  settle(now, link);
}

}  // namespace starling::link
