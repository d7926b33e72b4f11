// link/link_layer.h - all links of a node: finds the link of each packet, makes links, ends them.
//
// How:     carriers are added by the owner of the sockets; dial() begins a handshake, inits from others are answered; each
//          neighbour has at most one link, over up to four carrier paths.
// Drive:   after handle_*() and commands: drain poll_event(), then poll_transmit(now) to empty, re-arm next_timeout().
// Time:    `now` never goes backwards between calls.  Threads: single owner.
// Wire:    docs/wire/link.md.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>

#include "link/dial_attempts.h"
#include "link/handshake_gate.h"
#include "link/key_inquiry.h"
#include "link/link.h"
#include "link/link_config.h"
#include "link/pending_sessions.h"

namespace starling::link {

class LinkLayer {
 public:
  // All borrowed references must outlive the layer.
  LinkLayer(const LinkConfig& config, const crypto::Identity& identity, Rng& rng,
            crypto::SecureRandom& secure_random);

  void add_carrier(CarrierId id, CarrierKind kind);
  // Links whose only path it was go down.
  void remove_carrier(Instant now, CarrierId id);

  void handle_packet(Instant now, const PathId& from, ByteView packet);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const;

  // Begins a handshake; ends in a LinkUp or a DialFailed event. With a link to the peer it adds the path to that
  // link, without an event unless it fails, and the end of that link ends it too. Nothing happens when a handshake
  // to the same peer and path is under way or the link uses this path already.
  void dial(Instant now, const crypto::NodeKey& peer, const PathId& path);
  // Ends in KeyLearned or KeyUnanswered. False when too many questions are open.
  bool ask_key(Instant now, const PathId& path);

  // `message` has 1 to ControlSender::kMessageMax bytes, the first its number. A full buffer takes the link down.
  SendOutcome send_control(Instant now, LinkId link, ByteView message);
  SendOutcome send_datagram(Instant now, LinkId link, Bytes bytes);
  // The first `header_size` bytes are the mesh header, the rest is the body.
  SendOutcome send_sealed(Instant now, LinkId link, Bytes packet, size_t header_size);
  void close(Instant now, LinkId link, CloseReason reason);
  void close_all(Instant now);
  void suspect(Instant now, LinkId link);
  void network_changed(Instant now);

  std::optional<LayerEvent> poll_event();
  std::optional<Transmit> poll_transmit(Instant now);

  [[nodiscard]] const Link* find(LinkId link) const;
  [[nodiscard]] const Link* find(const crypto::NodeKey& peer) const;
  // In the order of the peers' keys.
  [[nodiscard]] std::vector<const Link*> links() const;
  [[nodiscard]] const Counters<LinkCounter>& counters() const { return counters_; }
  // Entries in all tables that packets of strangers and peers can fill.
  [[nodiscard]] size_t table_entries() const;

 private:
  enum class IndexUse : uint8_t { dialing, pending, link, ended };
  struct IndexOwner {
    IndexUse use;
    crypto::NodeKey peer;
  };
  // A link that ended on our side: a late packet under its keys means that the peer is alive and does not know.
  struct EndedLink {
    KeySlots keys;
    Instant forgotten_at;
    bool lost = false;  // not given up on purpose: worth another handshake
    Instant next_answer{};
  };

  void handle_init(Instant now, const PathId& from, const HandshakeInit& init);
  void answer(Instant now, const PathId& from, const HandshakeInit& packet, ReceivedInit init);
  [[nodiscard]] bool yields(Instant now, const PathId& from, const crypto::NodeKey& peer);
  void handle_response(Instant now, const HandshakeResponse& response);
  void handle_cookie(const CookieReply& reply);
  void handle_key_answer(const KeyAnswer& answer);
  void handle_data(Instant now, const PathId& from, const DataPacket& packet);
  void confirm_pending(Instant now, const PathId& from, const DataPacket& packet);
  void handle_late_packet(Instant now, const PathId& from, const DataPacket& packet);

  void begin_attempt(Instant now, const crypto::NodeKey& peer, const PathId& path, bool by_owner);
  void report_failed(const DialAttempt& attempt, DialOutcome outcome);
  void send_init(DialAttempt& attempt);
  Link& link_for(Instant now, const crypto::NodeKey& peer, uint64_t own_instance,
                 const Established& established);
  void install(Instant now, Link& link, Established established, const PathId& path,
               bool begun_by_us);
  [[nodiscard]] Hello own_hello(const crypto::NodeKey& peer);
  [[nodiscard]] uint64_t own_instance_for(const crypto::NodeKey& peer);
  [[nodiscard]] uint32_t new_index(IndexUse use, const crypto::NodeKey& peer);
  void release(const std::vector<uint32_t>& indices);

  // Collects events, retired keys and the end of a link; schedules its flush and its timer. The link may be gone afterwards.
  void settle(Instant now, Link& link);
  void end_link(Instant now, Link& link);
  void remember_ended(Instant now, Link& link);
  void forget_ended(const crypto::NodeKey& peer);
  void schedule(Link& link);
  void transmit(const PathId& path, Bytes packet);
  void transmit_close(const PathId& path, DataPlane& plane, CloseReason reason);
  [[nodiscard]] CarrierKind kind_of(CarrierId id) const;
  Link* mutable_link(LinkId link);

  const LinkConfig config_;
  const crypto::Identity& identity_;
  Rng& rng_;
  crypto::SecureRandom& secure_random_;
  Counters<LinkCounter> counters_;
  HandshakeContext handshake_;
  MacKeys own_mac_keys_;
  HandshakeGate gate_;
  KeyInquiry inquiry_;
  DialAttempts attempts_;
  PendingSessions pending_;

  std::map<CarrierId, CarrierKind> carriers_;
  std::map<crypto::NodeKey, std::unique_ptr<Link>> links_;
  std::unordered_map<uint64_t, Link*> links_by_id_;
  std::unordered_map<uint32_t, IndexOwner> indices_;
  std::map<crypto::NodeKey, EndedLink> ended_;
  std::set<std::pair<Instant, uint64_t>> timers_;  // link timeouts
  std::unordered_map<uint64_t, Instant> timer_of_;
  std::set<uint64_t> unflushed_;
  uint64_t next_link_id_ = 1;

  std::deque<LayerEvent> events_;
  std::deque<Transmit> out_;
};

}  // namespace starling::link
