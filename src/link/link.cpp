#include "link/link.h"

#include <algorithm>

#include "base/check.h"

namespace starling::link {
namespace {

constexpr size_t kPingsMax = 16;
// Path frames wait only until the next flush; more than this at once is an attack.
constexpr size_t kPathFramesMax = 64;

}  // namespace

std::string_view name_of(DownReason reason) {
  switch (reason) {
    case DownReason::closed_by_us:
      return "closed by us";
    case DownReason::closed_by_peer:
      return "closed by peer";
    case DownReason::silent:
      return "silent";
    case DownReason::restarted:
      return "restarted";
    case DownReason::carrier_gone:
      return "carrier gone";
    case DownReason::protocol_violation:
      return "protocol violation";
    case DownReason::congested:
      return "congested";
  }
  return "unknown";
}

Link::Link(LinkId id, const crypto::NodeKey& peer, uint64_t own_instance, uint64_t peer_instance,
           const Agreement& agreement, LinkSurroundings surroundings, Instant now)
    : id_(id),
      peer_(peer),
      own_instance_(own_instance),
      peer_instance_(peer_instance),
      agreement_(agreement),
      surroundings_(surroundings),
      up_since_(now),
      paths_(surroundings.secure_random),
      liveness_(surroundings.rng, now) {}

Duration Link::silence() const { return std::max(4 * rtt_.smoothed(), Liveness::kSilenceMin); }

void Link::install(Instant now, std::unique_ptr<KeySlot> slot, const PathId& path,
                   CarrierKind kind) {
  const bool begun_by_us = slot->begun_by_us;
  keys_.install(now, std::move(slot));
  // At once: a peer that shakes hands all the time must not pile up planes.
  retire_keys(now);
  paths_.add_validated(now, path, kind);
  liveness_.handle_heard(now);
  // Whoever began must send at once: the other side uses the new keys only after a packet under them.
  // The answerer of a new link asks too: both want to know the round-trip time.
  if (begun_by_us || !up_reported_) queue_ping(now, path);
  if (!up_reported_) emit(LinkUp{agreement_, path, begun_by_us});
  up_reported_ = true;
}

void Link::handle_data(Instant now, const PathId& path, CarrierKind kind,
                       const DataPacket& packet) {
  KeySlot* slot = keys_.find(packet.receiver_index);
  STARLING_CHECK(slot != nullptr);
  auto opened = slot->plane.open(packet);
  if (!opened) {
    surroundings_.counters.add(opened.error() == OpenError::replayed ? LinkCounter::replayed_packet
                                                                     : LinkCounter::forged_packet);
    return;
  }
  handle_opened(now, path, kind, *opened, packet);
}

void Link::handle_opened(Instant now, const PathId& path, CarrierKind kind,
                         DataPlane::Opened& opened, const DataPacket& packet) {
  const size_t packet_size = packet.header.size() + packet.body.size();
  bytes_received_ += packet_size;
  paths_.handle_received(now, path, kind, packet_size, opened.newest, silence());
  liveness_.handle_heard(now);
  if (packet.sealed) {
    surroundings_.counters.add(LinkCounter::datagrams_received);
    emit(SealedReceived{std::move(opened.plaintext), copy_of(opened.body)});
    return;
  }
  handle_plain(now, path, opened.plaintext, false);
}

void Link::handle_plain(Instant now, const PathId& path, ByteView plaintext, bool inside_row) {
  const auto frames = decode_frames(plaintext);
  if (!frames) {
    surroundings_.counters.add(LinkCounter::malformed_frame);
    close(CloseReason::protocol_violation, DownReason::protocol_violation);
    return;
  }
  for (const Frame& frame : *frames) {
    if (is_down()) return;
    handle_frame(now, path, frame, inside_row);
  }
}

void Link::handle_frame(Instant now, const PathId& path, const Frame& frame, bool inside_row) {
  const auto reply = [&](Frame answer) {
    if (path_frames_.size() < kPathFramesMax) path_frames_.push_back({path, std::move(answer)});
  };
  if (const auto* ping = std::get_if<PingFrame>(&frame)) return handle_ping(path, *ping);
  if (const auto* pong = std::get_if<PongFrame>(&frame)) return handle_pong(now, path, *pong);
  if (const auto* control = std::get_if<ControlFrame>(&frame)) return handle_control(*control);
  if (const auto* fragment = std::get_if<FragmentFrame>(&frame)) {
    if (!inside_row) return handle_fragment(now, path, *fragment);
    return close(CloseReason::protocol_violation, DownReason::protocol_violation);
  }
  if (const auto* ack = std::get_if<AckFrame>(&frame)) {
    if (!control_sender_.handle_ack(now, *ack, rtt_)) {
      surroundings_.counters.add(LinkCounter::control_violation);
      close(CloseReason::protocol_violation, DownReason::protocol_violation);
    }
  } else if (const auto* datagram = std::get_if<DatagramFrame>(&frame)) {
    surroundings_.counters.add(LinkCounter::datagrams_received);
    emit(DatagramReceived{copy_of(datagram->bytes)});
  } else if (const auto* sealed = std::get_if<SealedDatagramFrame>(&frame)) {
    surroundings_.counters.add(LinkCounter::datagrams_received);
    emit(SealedReceived{copy_of(sealed->mesh_header), copy_of(sealed->body)});
  } else if (const auto* challenge = std::get_if<PathChallengeFrame>(&frame)) {
    reply(PathResponseFrame{challenge->token});
  } else if (const auto* response = std::get_if<PathResponseFrame>(&frame)) {
    if (!paths_.handle_response(now, path, response->token)) {
      surroundings_.counters.add(LinkCounter::unknown_path_response);
    }
  } else if (const auto* probe = std::get_if<MtuProbeFrame>(&frame)) {
    reply(MtuAckFrame{probe->size});
  } else if (const auto* acknowledged = std::get_if<MtuAckFrame>(&frame)) {
    if (CarrierPath* carrier_path = paths_.find(path))
      carrier_path->mtu.handle_ack(acknowledged->size);
  } else if (std::holds_alternative<CloseFrame>(frame)) {
    go_down(DownReason::closed_by_peer);
  } else {
    surroundings_.counters.add(LinkCounter::skipped_frame);
  }
}

void Link::handle_ping(const PathId& path, const PingFrame& ping) {
  if (path_frames_.size() < kPathFramesMax) {
    path_frames_.push_back({path, PongFrame{ping.nonce, path.remote}});
  }
}

void Link::handle_pong(Instant now, const PathId& path, const PongFrame& pong) {
  const auto sent = pings_.find(pong.nonce);
  if (sent == pings_.end()) return;  // late or repeated: normal on a lossy path
  const CarrierPath* active = paths_.active();
  if (active && active->id == path) rtt_.add_sample(now - sent->second);
  pings_.erase(sent);
  if (pong.observed != observed_) {
    observed_ = pong.observed;
    emit(AddressObserved{pong.observed});
  }
}

void Link::handle_control(const ControlFrame& control) {
  ack_due_ = true;
  switch (control_receiver_.handle_segment(control.offset, control.bytes)) {
    case ControlReceiver::Outcome::taken:
    case ControlReceiver::Outcome::repeated:
      break;
    case ControlReceiver::Outcome::no_room:
      surroundings_.counters.add(LinkCounter::control_no_room);
      break;
    case ControlReceiver::Outcome::violation:
      surroundings_.counters.add(LinkCounter::control_violation);
      close(CloseReason::protocol_violation, DownReason::protocol_violation);
      return;
  }
  while (auto message = control_receiver_.poll_message()) {
    surroundings_.counters.add(LinkCounter::control_messages_received);
    emit(ControlReceived{std::move(*message)});
  }
}

void Link::handle_fragment(Instant now, const PathId& path, const FragmentFrame& fragment) {
  auto outcome = reassembler_.handle_fragment(now, fragment);
  surroundings_.counters.add(LinkCounter::row_incomplete, outcome.rows_dropped);
  if (outcome.row) handle_plain(now, path, *outcome.row, true);
}

void Link::queue_ping(Instant now, const PathId& path) {
  if (pings_.size() >= kPingsMax) {
    pings_.erase(std::min_element(pings_.begin(), pings_.end(), [](const auto& a, const auto& b) {
      return a.second < b.second;
    }));
  }
  const uint32_t nonce = surroundings_.secure_random.u32();
  pings_[nonce] = now;
  if (path_frames_.size() < kPathFramesMax) path_frames_.push_back({path, PingFrame{nonce}});
}

void Link::send_probe(Instant now) {
  const CarrierPath* active = paths_.active();
  if (!active) return;
  queue_ping(now, active->id);
  // The probe before went unanswered: perhaps another path still works.
  if (liveness_.probes_silent() < 2) return;
  for (const PathId& path : paths_.validated()) {
    if (path != active->id) queue_ping(now, path);
  }
}

void Link::network_changed(Instant now) {
  for (const PathId& path : paths_.validated()) queue_ping(now, path);
}

void Link::remove_carrier(Instant now, CarrierId carrier) {
  const CarrierPath* active = paths_.active();
  const bool carried_the_traffic = active && active->id.carrier == carrier;
  paths_.remove_carrier(carrier);
  if (!carried_the_traffic) return;
  if (!paths_.active()) {
    go_down(DownReason::carrier_gone);
  } else {
    liveness_.suspect(now);
  }
}

void Link::handle_timeout(Instant now) {
  if (is_down()) return;
  switch (liveness_.handle_timeout(now, rtt_)) {
    case LivenessAction::none:
      break;
    case LivenessAction::send_probe:
      send_probe(now);
      break;
    case LivenessAction::dead:
      close(CloseReason::silent, DownReason::silent);
      return;
  }
  if (now >= control_sender_.next_timeout(rtt_)) {
    control_sender_.handle_timeout(now, rtt_);
    CarrierPath* active = paths_.active();
    if (active && control_sender_.timeouts_in_a_row() >= 2) active->mtu.suspect(now);
  }
  surroundings_.counters.add(LinkCounter::row_incomplete, reassembler_.handle_timeout(now));
  retire_keys(now);
  if (keys_.indices().empty()) go_down(DownReason::silent);
}

void Link::retire_keys(Instant now) {
  for (const uint32_t index : keys_.expire(now)) retired_indices_.push_back(index);
}

void Link::close(CloseReason reason, DownReason down) {
  if (is_down()) return;
  for (const PathId& path : paths_.validated()) {
    path_frames_.push_front({path, CloseFrame{reason}});
  }
  go_down(down);
}

void Link::go_down(DownReason reason) {
  if (is_down()) return;
  down_reason_ = reason;
  outgoing_.clear();
  if (up_reported_) emit(LinkDown{reason});
}

SendOutcome Link::send_control(ByteView message) {
  if (is_down()) return SendOutcome::no_link;
  if (!control_sender_.send(message)) {
    surroundings_.counters.add(LinkCounter::control_send_refused);
    return SendOutcome::refused;
  }
  surroundings_.counters.add(LinkCounter::control_messages_sent);
  return SendOutcome::queued;
}

SendOutcome Link::queue(Outgoing outgoing) {
  if (is_down()) return SendOutcome::no_link;
  const size_t size = outgoing.bytes.size();
  if (size > kDatagramMax) {
    surroundings_.counters.add(LinkCounter::datagram_too_large);
    return SendOutcome::too_large;
  }
  surroundings_.counters.add(LinkCounter::datagrams_sent);
  // The oldest is the one most likely to be of no use any more.
  const size_t dropped = outgoing_.push_dropping_oldest(std::move(outgoing), size + 1);
  surroundings_.counters.add(LinkCounter::datagram_queue_full, dropped);
  return dropped == 0 ? SendOutcome::queued : SendOutcome::dropped_oldest;
}

SendOutcome Link::send_datagram(Bytes bytes) { return queue({.bytes = std::move(bytes)}); }

SendOutcome Link::send_sealed(Bytes packet, size_t header_size) {
  STARLING_CHECK(header_size <= packet.size());
  return queue({.bytes = std::move(packet), .sealed = true, .header_size = header_size});
}

std::optional<LinkEvent> Link::poll_event() {
  if (events_.empty()) return std::nullopt;
  LinkEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::vector<uint32_t> Link::take_retired_indices() { return std::exchange(retired_indices_, {}); }

Instant Link::next_timeout() const {
  if (is_down()) return kNever;
  return std::min({liveness_.next_timeout(), control_sender_.next_timeout(rtt_),
                   reassembler_.next_timeout(), paths_.next_timeout(), keys_.next_timeout()});
}

}  // namespace starling::link
