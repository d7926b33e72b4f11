// routing/router.h - the self-organising part: who is where, and the next hop for each packet.
//
// How:     neighbours come and go with their link costs; control messages build the table (route_table.h), the table
//          forwards mesh packets by waypoints and a falling water mark; landmark probes give this node its address.
// Drive:   after every call: drain poll_output(), re-arm next_timeout().
// Time:    `now` never goes backwards.  Threads: single owner.
// Wire:    docs/wire/routing.md.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/counters.h"
#include "base/rng.h"
#include "base/token_bucket.h"
#include "crypto/identity.h"
#include "routing/echo.h"
#include "routing/forwarding_rule.h"
#include "routing/landmark_prober.h"
#include "routing/path_book.h"
#include "routing/route_table.h"
#include "routing/route_teller.h"
#include "routing/router_counter.h"
#include "routing/router_output.h"
#include "routing/sent_packets.h"
#include "routing/transit_watch.h"
#include "routing/waiting_room.h"
#include "routing/way_report.h"

namespace starling::routing {

struct RouterConfig {
  size_t table_size = kFullRouter;
  // A leaf has no table and carries nothing for others; its routers keep packets for it, so long after it was last linked to
  // them.
  Role role = Role::router;
  std::chrono::seconds keep_time{0};
  // The work behind this node's priority, if it has done any. Pre: is_priority_proof() for its key.
  std::optional<PriorityProof> proof = {};
  // Bytes a second and neighbour that this node carries for others; 0: no limit.
  double transit_rate = 0;
  // For many nodes in one process; borrowed, may be null.
  crypto::CheckedClaims* checked = nullptr;
};

class Router {
 public:
  // A flush that only improves things waits this long after the last one (jitter 25 %).
  static constexpr Duration kFlushInterval = 400ms;
  static constexpr Duration kUrgentInterval = 50ms;
  static constexpr Duration kFlushDelay = 20ms;
  static constexpr Duration kStepInterval = 5s;
  static constexpr Duration kEpochLength = 2h;
  static constexpr int kTriesMax = 4;
  static constexpr size_t kPayloadMax = 8'700;
  // Fits with every number of waypoints; a larger one may not.
  static constexpr size_t kPayloadAlwaysMax = 7'700;
  // The most that a link takes as one datagram. A record that leaves no room for the payload is thinned.
  static constexpr size_t kPacketMax = 8'900;
  // For the record of the way, in packets with larger payloads.
  static constexpr size_t kRecordRoom = 64;

  // `epoch`: above every epoch that an earlier life of this node used; see EpochBegun.
  Router(const RouterConfig& config, const crypto::Identity& identity, uint32_t epoch, Rng& rng,
         crypto::SecureRandom& random, Instant now);

  // From now on the node's priority rests on this, which begins an epoch. Nothing happens when it does already. Pre:
  // is_priority_proof() for the node's key (checked: others would take every neighbour for a forger).
  void set_proof(Instant now, const PriorityProof& proof);

  // How large a mesh packet the link to a neighbour takes in one piece just now; asked for each packet that records its way.
  // Without an answer it is kPacketMax.
  void set_link_room(std::function<size_t(NeighbourId)> room) { link_room_ = std::move(room); }

  // `cost` is 1 to kCostMax.
  void add_neighbour(Instant now, NeighbourId neighbour, const crypto::NodeKey& key, Metric cost);
  void propose_cost(Instant now, NeighbourId neighbour, Metric cost);
  void remove_neighbour(Instant now, NeighbourId neighbour);
  void handle_control(Instant now, NeighbourId neighbour, ByteView message);
  void handle_packet(Instant now, NeighbourId neighbour, ByteView packet);
  // The same for one that came sealed. Kinds that must be sealed and are not, and the reverse, are refused.
  void handle_sealed(Instant now, NeighbourId neighbour, ByteView header, Bytes&& body);
  // A packet that came with a lookup instead of by itself: delivered as if it had come from `source`.
  void handle_carried(Instant now, const crypto::NodeId& source, PayloadKind kind,
                      ByteView payload);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const;

  enum class SendResult : uint8_t {
    sent,
    no_way,     // neither in the table nor in the path book: look it up in the directory
    too_large,  // above kPayloadMax, or with its waypoints above kPacketMax
  };
  // To this node itself it is delivered at once.
  // `payload` is untouched unless it was sent.
  SendResult send(Instant now, const crypto::NodeId& destination, PayloadKind kind,
                  Bytes&& payload);
  // How packets to a node go on: what precedes their payload, as long as no way is recorded, and over whom. Empty: no_way.
  struct Road {
    size_t header_size = 0;
    NeighbourId next;
    size_t room =
        0;  // the largest mesh packet that goes in one piece all the way, as far as is known
  };
  [[nodiscard]] std::optional<Road> road_to(Instant now, const crypto::NodeId& destination);
  // Asks for an answer with `nonce`.
  SendResult ping(Instant now, const crypto::NodeId& destination, uint64_t nonce);
  // This node's address is new: with whom it talks learns the way at once, by an echo, not only from the directory.
  void greet_correspondents(Instant now);
  // No answer came over the way in use: the next packets take another one.
  void note_silence(Instant now, const crypto::NodeId& destination);
  void learn_address(Instant now, const crypto::NodeId& node, Address address, Instant expires) {
    book_.learn_address(now, node, std::move(address), expires);
  }
  // It is not listed here, and its address is not known.
  [[nodiscard]] bool wants_address(Instant now, const crypto::NodeId& node) const;
  [[nodiscard]] bool knows_way(Instant now, const crypto::NodeId& node) const;
  // How the next packet to a node would go on from here, and why. Changes nothing, not even what counts as used lately.
  [[nodiscard]] WayReport explain(Instant now, const crypto::NodeId& destination) const;
  // Of the link to a node; empty when there is none, or routing has not begun on it.
  [[nodiscard]] std::optional<Metric> link_cost(const crypto::NodeId& node) const;

  std::optional<RouterOutput> poll_output();

  [[nodiscard]] const RouteTable& table() const { return table_; }
  [[nodiscard]] const crypto::NodeId& id() const { return self_; }
  [[nodiscard]] Priority own_priority() const { return priority_of(announcement_); }
  [[nodiscard]] const Address& address() const { return prober_.address(); }
  [[nodiscard]] const Counters<RouterCounter>& counters() const { return counters_; }

 private:
  [[nodiscard]] size_t link_room(NeighbourId neighbour) const;
  [[nodiscard]] size_t header_size_with(const crypto::NodeId& destination, PayloadKind kind,
                                        const std::vector<Waypoint>& waypoints) const;
  struct Neighbour {
    crypto::NodeKey key;
    crypto::NodeId id;
    Metric own_proposal = 0;
    std::optional<Metric> their_proposal;
    RouteTeller teller;
    TokenBucket transit;
    Role role = Role::router;  // as its hello says
  };
  struct Asker {
    NeighbourId neighbour;
    Sequence wanted;
    Instant until;
  };
  // Requests of others for one destination.
  struct Asked {
    std::vector<Asker> askers;
    Sequence passed_on;
    Instant passed_on_at;
  };
  // Our own ones.
  struct Request {
    Instant again;
    Duration interval{};
  };

  // router_control.cpp
  void handle_hello(Instant now, Neighbour& neighbour, NeighbourId id, const RouteHello& hello);
  void handle_update(Instant now, NeighbourId id, const RouteUpdate& update);
  bool handle_entry(Instant now, NeighbourId id, const UpdateEntry& entry);
  bool handle_announced(Instant now, NeighbourId id, const UpdateEntry& entry);
  bool judge(AdvertOutcome outcome);
  void handle_request(Instant now, NeighbourId id, const SequenceRequest& request);
  void handle_own_request(Instant now, NeighbourId from, const Sequence& wanted);
  void after_table_change(Instant now);
  void schedule_flush(Instant now, bool urgent);
  void flush(Instant now);
  void look_after_requests(Instant now);
  void answer_askers(Instant now);
  void begin_epoch(Instant now, uint32_t epoch);
  void step_sequence(Instant now);
  void send_control(NeighbourId neighbour, const RoutingMessage& message);
  void send_hello(NeighbourId neighbour, Metric cost);
  [[nodiscard]] OwnRoute own_route() const;

  // router_leaf.cpp
  [[nodiscard]] bool is_leaf() const { return config_.role == Role::leaf; }
  void handle_keep(Instant now, const Neighbour& neighbour, const KeepPackets& keep);
  void begin_with_leaf(NeighbourId id, Neighbour& neighbour);
  // True when the packet is for a leaf that sleeps, and waits for it now.
  bool keep_for_leaf(Instant now, const MeshPacket& packet, bool sealed);
  void release_kept(const std::vector<crypto::NodeId>& found);
  [[nodiscard]] std::optional<NextHop> hop_of_leaf(std::optional<NeighbourId> from) const;

  // router_forward.cpp
  // Waypoints for a packet from here; null when no way is known, none where the table has the shortest way.
  [[nodiscard]] std::optional<std::vector<Waypoint>> way_to(Instant now,
                                                            const crypto::NodeId& destination);
  void want_address(Instant now, const crypto::NodeId& destination, PayloadKind kind);
  [[nodiscard]] std::optional<NextHop> choose(const MeshPacket& packet,
                                              std::optional<NeighbourId> from) const;
  // `sealed`: the payload's bytes, of a packet that came sealed; else null.
  void handle_arrived(Instant now, NeighbourId from, std::optional<MeshPacket> packet,
                      Bytes* sealed);
  void forward(Instant now, MeshPacket packet, std::optional<NeighbourId> from, bool sealed);
  bool should_record(Instant now, const crypto::NodeId& destination, PayloadKind kind);
  void originate(Instant now, SentPacket packet, std::vector<Waypoint> waypoints, bool records);
  // `payload`: its bytes, to be taken; or null, then they are copied.
  void deliver(Instant now, const MeshPacket& packet, Bytes* payload = nullptr);
  void deliver_probe(Instant now, const MeshPacket& packet);
  void deliver_probe_answer(Instant now, const MeshPacket& packet);
  void deliver_error(Instant now, const MeshPacket& packet);
  void deliver_echo(Instant now, const MeshPacket& packet);
  void send_error(Instant now, const MeshPacket& packet);
  void retry(Instant now, SentPacket packet);
  void send_probes(Instant now);
  // router_transit.cpp
  void watch_transit(Instant now);
  void test_transit(Instant now, const TransitWatch::Test& test);
  void send_through(NeighbourId neighbour, const crypto::NodeId& target, Metric metric,
                    uint64_t nonce);
  void learn_way_back(Instant now, const MeshPacket& packet);

  RouterConfig config_;
  const crypto::Identity& identity_;
  crypto::NodeId self_;
  Rng& rng_;
  crypto::SecureRandom& random_;
  Counters<RouterCounter> counters_;

  RouteTable table_;
  std::map<NeighbourId, Neighbour> neighbours_;
  Announcement announcement_;
  std::unique_ptr<SequenceChain> chain_;
  uint8_t step_ = 1;
  Instant step_allowed_at_;
  bool step_wanted_ = false;
  Instant epoch_ends_;

  std::map<crypto::NodeId, Asked> asked_;
  std::map<crypto::NodeId, Request> requests_;
  Instant requests_at_ = kNever;
  Instant last_requests_;
  Instant flush_at_ = kNever;
  Instant last_flush_;
  Instant expire_at_;

  PathBook book_;
  SentPackets sent_;
  std::function<size_t(NeighbourId)> link_room_;
  LandmarkProber prober_;
  TransitWatch watch_;
  WaitingRoom waiting_;
  Instant greeted_at_;
  TokenBucket answers_{200, 400};  // probe answers, echoes and errors a second
  std::deque<RouterOutput> outputs_;
};

}  // namespace starling::routing
