// link/link.h - one link to one neighbour: everything after the handshake.
//
// How:     data packets in, packets and events out; a row of frames is packed into as few packets as fit.
// Drive:   after handle_*() and commands: flush(), then drain poll_event(); re-arm next_timeout(). When is_down(), drop the object.
// Time:    `now` never goes backwards.  Threads: single owner.
// Wire:    docs/wire/link.md.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "base/bounded_queue.h"
#include "base/counters.h"
#include "base/rng.h"
#include "link/control_receiver.h"
#include "link/control_sender.h"
#include "link/key_slots.h"
#include "link/link_counter.h"
#include "link/link_event.h"
#include "link/liveness.h"
#include "link/path_set.h"
#include "link/reassembler.h"
#include "link/rtt.h"

namespace starling::link {

// The most that send_datagram() and send_sealed() take, header and body together.
inline constexpr size_t kDatagramMax = 8'900;

enum class SendOutcome : uint8_t {
  queued,
  dropped_oldest,  // queued, and older ones were dropped to make room
  too_large,
  refused,  // control buffer full; the link goes down for congestion
  no_link,
};

// What the layer shares with all its links; borrowed for their lifetime.
struct LinkSurroundings {
  Rng& rng;
  crypto::SecureRandom& secure_random;
  Counters<LinkCounter>& counters;
};

class Link {
 public:
  // Datagrams wait here only while the owner does not flush; 235 packets of full size.
  static constexpr size_t kQueueItemsMax = 1'024;
  static constexpr size_t kQueueBytesMax = 2 << 20;

  Link(LinkId id, const crypto::NodeKey& peer, uint64_t own_instance, uint64_t peer_instance,
       const Agreement& agreement, LinkSurroundings surroundings, Instant now);

  // A handshake proved `path` and gave new keys.
  void install(Instant now, std::unique_ptr<KeySlot> slot, const PathId& path, CarrierKind kind);
  // `packet` names one of this link's indices.
  void handle_data(Instant now, const PathId& path, CarrierKind kind, const DataPacket& packet);
  // The same for a packet that one of this link's planes has opened already.
  void handle_opened(Instant now, const PathId& path, CarrierKind kind, DataPlane::Opened& opened,
                     const DataPacket& packet);
  void handle_timeout(Instant now);
  void remove_carrier(Instant now, CarrierId carrier);
  // Our own addresses changed: tell the peer where we are now.
  void network_changed(Instant now);
  // Somebody says that the peer is gone.
  void suspect(Instant now) { liveness_.suspect(now); }
  // Says goodbye; the packet goes out with the next flush().
  void close(CloseReason reason, DownReason down);

  SendOutcome send_control(ByteView message);
  SendOutcome send_datagram(Bytes bytes);
  // The first `header_size` bytes are the mesh header, the rest is the body.
  SendOutcome send_sealed(Bytes packet, size_t header_size);

  void flush(Instant now, std::deque<Transmit>& out);
  std::optional<LinkEvent> poll_event();
  [[nodiscard]] Instant next_timeout() const;

  [[nodiscard]] LinkId id() const { return id_; }
  [[nodiscard]] const crypto::NodeKey& peer() const { return peer_; }
  [[nodiscard]] uint64_t own_instance() const { return own_instance_; }
  [[nodiscard]] uint64_t peer_instance() const { return peer_instance_; }
  [[nodiscard]] const Agreement& agreement() const { return agreement_; }
  [[nodiscard]] bool is_down() const { return down_reason_.has_value(); }
  // Empty while it is up.
  [[nodiscard]] std::optional<DownReason> down_reason() const { return down_reason_; }
  [[nodiscard]] bool rekey_due(Instant now) const { return !is_down() && keys_.rekey_due(now); }
  void rekey_begun(Instant now) { keys_.rekey_begun(now); }
  // The planes, for whoever wants to recognise late packets of a link that is down.
  [[nodiscard]] KeySlots take_keys() { return std::move(keys_); }
  [[nodiscard]] const RttEstimator& rtt() const { return rtt_; }
  [[nodiscard]] const Liveness& liveness() const { return liveness_; }
  [[nodiscard]] const CarrierPath* active_path() const { return paths_.active(); }
  [[nodiscard]] uint64_t bytes_sent() const { return bytes_sent_; }
  [[nodiscard]] uint64_t bytes_received() const { return bytes_received_; }
  [[nodiscard]] Instant up_since() const { return up_since_; }
  // Local indices of planes that ended since the last call.
  std::vector<uint32_t> take_retired_indices();
  [[nodiscard]] std::vector<uint32_t> indices() const { return keys_.indices(); }

 private:
  struct Outgoing {
    Bytes bytes;
    bool sealed = false;
    size_t header_size = 0;  // sealed only
    [[nodiscard]] ByteView mesh_header() const { return ByteView(bytes).first(header_size); }
    [[nodiscard]] ByteView body() const { return ByteView(bytes).subspan(header_size); }
  };
  // A frame that belongs on one path, in a packet of its own.
  struct PathFrame {
    PathId path;
    Frame frame;
    size_t padded_packet_size = 0;  // 0: not padded
  };

  void handle_plain(Instant now, const PathId& path, ByteView plaintext, bool inside_row);
  void handle_frame(Instant now, const PathId& path, const Frame& frame, bool inside_row);
  void handle_ping(const PathId& path, const PingFrame& ping);
  void handle_pong(Instant now, const PathId& path, const PongFrame& pong);
  void handle_control(const ControlFrame& control);
  void handle_fragment(Instant now, const PathId& path, const FragmentFrame& fragment);
  void send_probe(Instant now);
  void queue_ping(Instant now, const PathId& path);
  SendOutcome queue(Outgoing outgoing);

  void flush_path_frames(Instant now, std::deque<Transmit>& out);
  void flush_traffic(Instant now, std::deque<Transmit>& out);
  [[nodiscard]] Bytes next_row(Instant now, size_t size_max, bool& eliciting);
  void flush_fragmented(Instant now, const PathId& path, size_t mtu, std::deque<Transmit>& out);
  bool flush_sealed(Instant now, const PathId& path, size_t mtu, std::deque<Transmit>& out);
  void transmit_plain(Instant now, const PathId& path, ByteView plaintext,
                      std::deque<Transmit>& out);
  void account(Instant now, const PathId& path, Bytes packet, std::deque<Transmit>& out);
  void emit(decltype(LinkEvent::what) what) { events_.push_back({id_, peer_, std::move(what)}); }
  void retire_keys(Instant now);
  void go_down(DownReason reason);
  [[nodiscard]] Duration silence() const;

  LinkId id_;
  crypto::NodeKey peer_;
  uint64_t own_instance_;
  uint64_t peer_instance_;
  Agreement agreement_;
  LinkSurroundings surroundings_;
  Instant up_since_;

  KeySlots keys_;
  std::vector<uint32_t> retired_indices_;
  PathSet paths_;
  RttEstimator rtt_;
  Liveness liveness_;
  std::map<uint32_t, Instant> pings_;  // nonce and time of sending; at most kPingsMax
  ControlSender control_sender_;
  ControlReceiver control_receiver_;
  bool ack_due_ = false;
  Reassembler reassembler_;
  uint32_t next_row_id_ = 0;

  std::deque<PathFrame> path_frames_;
  BoundedQueue<Outgoing> outgoing_{kQueueItemsMax, kQueueBytesMax};
  std::deque<LinkEvent> events_;
  bool up_reported_ = false;
  std::optional<DownReason> down_reason_;
  Endpoint observed_{};
  uint64_t bytes_sent_ = 0;
  uint64_t bytes_received_ = 0;
};

}  // namespace starling::link
