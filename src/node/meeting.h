// node/meeting.h - whom this node links to: peers of the configuration, friends, neighbours of last time, nodes on the
// LAN, and invitations given and taken.
//
// How:     carries the orders of reach::Dialer to the link layer and the outcomes back; keeps the two files of reach.
// Drive:   load(), then start(); hand every layer event to handle_event().
// Threads: network thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "node/link_driver.h"
#include "node/node_config.h"
#include "reach/beacon.h"
#include "reach/clock_offsets.h"
#include "reach/dialer.h"
#include "reach/greeting.h"
#include "reach/invitations.h"
#include "reach/neighbour_book.h"

namespace starling::node {

enum class JoinOutcome : uint8_t {
  linked,    // there was no secret to present: just a link
  accepted,  // the secret was taken: friends now
  unknown,   // the inviter does not know the secret
  expired,
  used,       // somebody else took it
  limited,    // too many failed attempts there
  no_answer,  // no link within kJoinPatience; dialling goes on
  no_key,     // the link names no node
  friends_full,
};
std::string_view name_of(JoinOutcome outcome);

class Meeting {
 public:
  static constexpr Duration kJoinPatience = 30s;

  // All references are borrowed and must outlive this object.
  Meeting(env::Runtime& runtime, LinkDriver& driver, const NodeConfig& config,
          const crypto::Identity& identity, const crypto::AccountKey& account);

  // Reads the files; on an error nothing may be started, or they would be overwritten.
  void load(std::function<void(std::expected<void, StartError>)> done);
  void start();
  // Writes what is not written yet.
  void stop(std::function<void()> done);

  // No dialling and no beacons until resume(), which begins with both at once.
  void pause();
  void resume();

  void handle_event(const link::LayerEvent& event);
  // True when the message was one of ours.
  bool handle_control(link::LinkId link, const crypto::NodeKey& peer, ByteView message);

  using InviteDone = std::function<void(std::expected<reach::PeerUri, reach::InviteError>)>;
  // `done` comes after the invitation is on the disk.
  void invite(std::chrono::seconds lifetime, InviteDone done);
  void join(const reach::PeerUri& uri, std::function<void(JoinOutcome)> done);

  [[nodiscard]] const reach::NeighbourBook& book() const { return book_; }
  [[nodiscard]] std::vector<reach::Dialer::State> dialing() const { return dialer_.states(); }
  // Their clocks minus ours, in seconds.
  [[nodiscard]] std::optional<int64_t> clock_offset() const { return clocks_.median_seconds(); }
  // A beacon with our key came from another process: perhaps this home runs twice, perhaps somebody plays a trick.
  [[nodiscard]] bool heard_own_key() const { return heard_own_key_; }
  // Where others can reach us, best guess first: interface addresses, then what neighbours see.
  [[nodiscard]] std::vector<reach::PeerAddress> own_addresses() const;
  [[nodiscard]] bool beacons_work() const { return beacon_socket_ != nullptr; }

 private:
  struct Order {
    reach::TargetId target;
    reach::PeerAddress address;
    link::PathId path;
  };
  struct Join {
    reach::PeerUri uri;
    std::function<void(JoinOutcome)> done;  // empty once answered
    Instant deadline;
    bool presented = false;
  };

  void open_beacon();
  void handle_beacon(const env::ReceivedDatagram& datagram);
  void carry_out(const reach::Dialer::Order& order);
  void dial_endpoint(const reach::Dialer::Order& order, const Endpoint& endpoint);
  void dial_path(const reach::Dialer::Order& order, const link::PathId& path);
  void fail_orders(const link::PathId& path);

  void handle_link_up(const link::LinkEvent& event, const link::LinkUp& up);
  void handle_key_learned(const link::KeyLearned& learned);
  void handle_invite(link::LinkId link, const crypto::NodeKey& peer,
                     const reach::InviteSecret& secret);
  void handle_invite_outcome(const crypto::NodeKey& peer, reach::RedeemOutcome outcome);
  void finish_join(Join& join, JoinOutcome outcome);
  void present_secret(link::LinkId link, Join& join);

  void read_invitations(std::function<void(std::expected<void, StartError>)> done);
  void save_book(std::function<void()> done);
  void save_invitations(std::function<void(bool)> done);
  void work();
  void rearm();
  [[nodiscard]] bool is_linked(const crypto::NodeKey& peer) const {
    return driver_.layer().find(peer) != nullptr;
  }

  env::Runtime& runtime_;
  LinkDriver& driver_;
  const NodeConfig& config_;
  const crypto::Identity& identity_;
  crypto::AccountKey account_;
  crypto::NetworkTag network_;
  uint64_t life_;

  reach::Dialer dialer_;
  std::vector<Order> orders_;
  reach::NeighbourBook book_;
  Instant book_save_at_ = kNever;
  reach::Invitations invitations_;
  std::map<crypto::NodeKey, Join> joins_;
  reach::ClockOffsets clocks_;
  std::set<Endpoint> observed_;

  std::unique_ptr<env::BeaconSocket> beacon_socket_;
  std::unique_ptr<reach::BeaconSchedule> beacon_schedule_;
  bool heard_own_key_ = false;
  std::unique_ptr<env::Timer> timer_;
  Instant next_cleanup_ = kNever;
  bool started_ = false;
  bool paused_ = false;
};

}  // namespace starling::node
