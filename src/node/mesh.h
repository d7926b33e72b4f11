// node/mesh.h - binds links, routing and the directory of one node to each other, and answers "is that node there?".
//
// How:     a link that comes up becomes a neighbour once its round-trip time is known; what the router cannot send because
//          it knows no way goes through the directory, which carries the first packet along.
// Drive:   hand it every layer event and routing message; it pumps the driver itself.
// Threads: network thread; callbacks come on it, never from inside the call that asked.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/deadline_map.h"
#include "crypto/mesh_address.h"
#include "directory/directory.h"
#include "node/link_driver.h"
#include "routing/router.h"

namespace starling::node {

struct PingResult {
  bool answered = false;
  crypto::NodeKey key;
  Duration time{};  // from the call to the answer, lookup and retries included
  Duration rtt{};   // of the question that was answered
  int tries = 0;
  // Nodes that the question came through, with this one and the destination, and the cost so far at each.
  std::vector<routing::RecordedNode> way;
};

class Mesh {
 public:
  static constexpr Duration kPingPatience = 10s;

  struct Handlers {
    // A payload for a layer above: tunnel or stream.
    std::function<void(const routing::Delivered&)> delivered;
    // Our own key speaks in a newer epoch.
    std::function<void()> newer_life;
    std::function<void(uint32_t)> epoch_begun;
  };
  // References are borrowed. `epoch`: above all that earlier lives of this node used.
  Mesh(env::Runtime& runtime, LinkDriver& driver, const crypto::Identity& identity,
       const routing::RouterConfig& config, uint32_t epoch, Handlers handlers);

  void handle_event(const link::LayerEvent& event);
  // True when the message was routing's.
  bool handle_control(link::LinkId link, ByteView message);
  // Carries out what routing and directory want; call after using them directly.
  void pump();

  // `done` comes once, after kPingPatience at the latest.
  void ping(const crypto::NodeId& node, std::function<void(const PingResult&)> done,
            Duration patience = kPingPatience);
  // The key of the node whose IPv6 address this is; `done` gets none when nobody has a location there.
  void find_key(const crypto::MeshAddress& address,
                std::function<void(std::optional<crypto::NodeKey>)> done);
  // The key behind a short id, where the routing table knows it.
  [[nodiscard]] std::optional<crypto::NodeKey> key_of(const routing::ShortId& node) const;
  // Looks up records; `done` gets none when there are none.
  void look_up(const directory::Target& target,
               std::function<void(std::vector<directory::Record>)> done);

  routing::Router& router() { return router_; }
  [[nodiscard]] const routing::Router& router() const { return router_; }
  directory::Directory& directory() { return directory_; }
  [[nodiscard]] const directory::Directory& directory() const { return directory_; }

 private:
  struct Neighbour {
    link::LinkId link;
    crypto::NodeKey key;
    bool added = false;     // to the router
    bool measured = false;  // the proposed cost rests on a round-trip time
    routing::Metric cost = 1;
    Instant add_by = kNever;     // even without a round-trip time
    Instant off_since = kNever;  // the cost has been wrong by more than kCostTolerance
  };
  struct Ping {
    crypto::NodeId node;
    std::function<void(const PingResult&)> done;
    Instant begun;
    Instant deadline;
    std::vector<Instant> asked;  // each try has the next nonce
  };

  void handle_link_up(const link::LinkEvent& event);
  void add_neighbour(Neighbour& neighbour);
  void check_costs(Instant now);
  void handle_output(const routing::RouterOutput& output);
  void handle_output(const directory::DirectoryOutput& output);
  void handle_delivered(const routing::Delivered& delivered);
  void handle_address(const routing::Address& address);
  void publish_address(Instant now);
  void handle_echo(const routing::EchoReceived& echo);
  [[nodiscard]] PingResult answer_of_self() const;
  void try_ping(uint64_t first_nonce, Ping& ping);
  void work_on_pings(Instant now);
  void look_up_for(Instant now, uint64_t nonce, const Ping& ping);
  void work();
  void rearm();

  env::Runtime& runtime_;
  LinkDriver& driver_;
  Handlers handlers_;
  crypto::NodeKey own_key_;
  Instant started_;
  uint32_t epoch_;
  routing::Router router_;
  directory::Directory directory_;
  std::map<uint64_t, Neighbour> neighbours_;  // by link id
  std::map<uint64_t, Ping> pings_;            // by first nonce
  DeadlineMap<uint64_t> pings_due_;
  std::map<directory::LookupId, std::function<void(std::vector<directory::Record>)>> lookups_;
  Instant next_cost_check_;
  Instant contacts_at_ = kNever;
  std::optional<routing::Address> unpublished_;
  Instant publish_at_ = kNever;
  Instant last_publish_;
  uint32_t publications_ = 0;
  std::unique_ptr<env::Timer> timer_;
  bool pumping_ = false;
};

}  // namespace starling::node
