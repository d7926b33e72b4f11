// The sending half of Link: packs frames into packets and packets onto paths.
#include "base/check.h"
#include "link/link.h"

namespace starling::link {

void Link::flush(Instant now, std::deque<Transmit>& out) {
  flush_path_frames(now, out);
  if (!is_down()) flush_traffic(now, out);
}

void Link::account(Instant now, const PathId& path, Bytes packet, std::deque<Transmit>& out) {
  bytes_sent_ += packet.size();
  surroundings_.counters.add(LinkCounter::packets_sent);
  surroundings_.counters.add(LinkCounter::bytes_sent, packet.size());
  if (CarrierPath* carrier_path = paths_.find(path))
    carrier_path->mtu.handle_sent(now, packet.size());
  out.push_back({path, std::move(packet)});
}

void Link::transmit_plain(Instant now, const PathId& path, ByteView plaintext,
                          std::deque<Transmit>& out) {
  KeySlot* slot = keys_.current(now);
  if (!slot) {
    surroundings_.counters.add(LinkCounter::no_usable_keys);
    return;
  }
  if (!paths_.may_send(path, plaintext.size() + DataPlane::kPlainOverhead)) {
    surroundings_.counters.add(LinkCounter::not_validated);
    return;
  }
  Bytes packet;
  packet.reserve(plaintext.size() + DataPlane::kPlainOverhead);
  slot->plane.seal_plain(plaintext, packet);
  account(now, path, std::move(packet), out);
}

void Link::flush_path_frames(Instant now, std::deque<Transmit>& out) {
  while (!is_down()) {
    const auto challenge = paths_.poll_challenge(now);
    if (!challenge) break;
    path_frames_.push_back({challenge->path, PathChallengeFrame{challenge->token}});
  }
  if (CarrierPath* active = paths_.active(); active && !is_down()) {
    while (const auto size = active->mtu.poll_probe(now)) {
      path_frames_.push_back({active->id, MtuProbeFrame{*size}, *size});
    }
  }
  while (!path_frames_.empty()) {
    const PathFrame entry = std::move(path_frames_.front());
    path_frames_.pop_front();
    Bytes plaintext;
    encode(entry.frame, plaintext);
    if (std::holds_alternative<PingFrame>(entry.frame)) liveness_.handle_sent(now);
    if (entry.padded_packet_size > 0) {
      pad_to(entry.padded_packet_size - DataPlane::kPlainOverhead, plaintext);
      // Straight out: a probe above the proven MTU says nothing about packets that need proof.
      KeySlot* slot = keys_.current(now);
      if (!slot) continue;
      Bytes packet;
      slot->plane.seal_plain(plaintext, packet);
      bytes_sent_ += packet.size();
      surroundings_.counters.add(LinkCounter::packets_sent);
      surroundings_.counters.add(LinkCounter::bytes_sent, packet.size());
      out.push_back({entry.path, std::move(packet)});
      continue;
    }
    transmit_plain(now, entry.path, plaintext, out);
  }
}

void Link::flush_traffic(Instant now, std::deque<Transmit>& out) {
  while (CarrierPath* active = paths_.active()) {
    const PathId path = active->id;
    const size_t mtu = active->mtu.mtu();
    const size_t row_max = mtu - DataPlane::kPlainOverhead;
    bool eliciting = false;
    const Bytes row = next_row(now, row_max, eliciting);
    if (!row.empty()) {
      if (eliciting) liveness_.handle_sent(now);
      transmit_plain(now, path, row, out);
      continue;
    }
    if (outgoing_.empty()) return;
    // What is left in front is sealed or does not fit into one packet.
    liveness_.handle_sent(now);
    if (!flush_sealed(now, path, mtu, out)) flush_fragmented(now, path, mtu, out);
  }
}

// Acknowledgement, control segments and datagrams that fit together; empty when there is nothing of that kind to send.
Bytes Link::next_row(Instant now, size_t size_max, bool& eliciting) {
  Bytes row;
  if (ack_due_) {
    encode(control_receiver_.ack(), row);
    ack_due_ = false;
    // With many ranges the acknowledgement may not fit a very small MTU; the contiguous part always does.
    if (row.size() > size_max) {
      row.clear();
      encode(AckFrame{control_receiver_.ack().contiguous, {}}, row);
    }
  }
  while (control_sender_.wants_to_send() && row.size() + kControlFrameOverhead < size_max) {
    const auto segment =
        control_sender_.next_segment(now, size_max - row.size() - kControlFrameOverhead);
    if (!segment) break;
    encode(ControlFrame{segment->offset, segment->bytes}, row);
    eliciting = true;
  }
  while (!outgoing_.empty() && !outgoing_.front().sealed) {
    const size_t needed = outgoing_.front().bytes.size() + kDatagramFrameOverhead;
    if (row.size() + needed > size_max) break;
    encode(DatagramFrame{outgoing_.pop().bytes}, row);
    eliciting = true;
  }
  return row;
}

bool Link::flush_sealed(Instant now, const PathId& path, size_t mtu, std::deque<Transmit>& out) {
  const Outgoing& front = outgoing_.front();
  const size_t size = front.bytes.size() + DataPlane::kSealedOverhead;
  if (!front.sealed || size > mtu) return false;
  const Outgoing outgoing = outgoing_.pop();
  KeySlot* slot = keys_.current(now);
  if (!slot) {
    surroundings_.counters.add(LinkCounter::no_usable_keys);
    return true;
  }
  Bytes packet;
  packet.reserve(size);
  slot->plane.seal_sealed(outgoing.mesh_header(), outgoing.body(), packet);
  account(now, path, std::move(packet), out);
  return true;
}

void Link::flush_fragmented(Instant now, const PathId& path, size_t mtu,
                            std::deque<Transmit>& out) {
  const Outgoing outgoing = outgoing_.pop();
  Bytes row;
  if (outgoing.sealed) {
    encode(SealedDatagramFrame{outgoing.mesh_header(), outgoing.body()}, row);
  } else {
    encode(DatagramFrame{outgoing.bytes}, row);
  }
  const auto fragments = cut_into_fragments(next_row_id_++, row, mtu - DataPlane::kPlainOverhead);
  STARLING_CHECK(!fragments.empty());
  for (const FragmentFrame& fragment : fragments) {
    Bytes plaintext;
    encode(fragment, plaintext);
    transmit_plain(now, path, plaintext, out);
  }
}

}  // namespace starling::link
