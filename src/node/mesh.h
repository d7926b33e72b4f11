// node/mesh.h - routing and the directory of one node (mesh_core.h), bound to its links.
//
// How:     a link that comes up becomes a neighbour once its round-trip time is known; what the router cannot send because
//          it knows no way goes through the directory, which carries the first packet along.
// Drive:   hand it every layer event and routing message; it pumps the driver itself.
// Threads: network thread; callbacks come on it, never from inside the call that asked.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "node/link_driver.h"
#include "node/mesh_core.h"
#include "routing/cost_watch.h"

namespace starling::node {

class Mesh {
 public:
  struct Handlers {
    // A payload for a layer above: tunnel or stream.
    std::function<void(const routing::Delivered&)> delivered;
    // Our own key speaks in a newer epoch.
    std::function<void()> newer_life;
    std::function<void(uint32_t)> epoch_begun;
    // Something is looked for: the node should be awake.
    std::function<void()> wanted_awake;
  };
  // References are borrowed. `epoch`: above all that earlier lives of this node used.
  Mesh(env::Runtime& runtime, LinkDriver& driver, const crypto::Identity& identity,
       const routing::RouterConfig& config, uint32_t epoch, Handlers handlers);

  void handle_event(link::LayerEvent&& event);
  // True when the message was routing's.
  bool handle_control(link::LinkId link, ByteView message);
  // Carries out what routing and directory want; call after using them directly.
  void pump();

  // While it sleeps, what is looked for waits until there are links again, kWakePatience at most.
  static constexpr Duration kWakePatience = 3s;
  void set_asleep(bool asleep);

  // `done` comes once, after `patience` at the latest.
  void ping(const crypto::NodeId& node, std::function<void(const PingResult&)> done,
            Duration patience = Pinger::kPatience);
  // Looks for the node's location in the directory; afterwards the router knows a way, if `done` gets true. `newer`: only a
  // location newer than the one known here counts.
  void find_way(const crypto::NodeId& node, bool newer, std::function<void(bool)> done);
  // The key of the node whose IPv6 address this is; `done` gets none when nobody has a location there.
  void find_key(const crypto::MeshAddress& address,
                std::function<void(std::optional<crypto::NodeKey>)> done);
  // The key behind a short id, where the routing table knows it.
  [[nodiscard]] std::optional<crypto::NodeKey> key_of(const routing::ShortId& node) const;
  // Null when that is no neighbour of now.
  [[nodiscard]] const crypto::NodeKey* key_of(routing::NeighbourId neighbour) const;
  // How the next packet to a node would go on from here, and why; changes nothing.
  [[nodiscard]] routing::WayReport explain(const crypto::NodeId& node) const {
    return router().explain(runtime_.now(), node);
  }
  // The largest payload that goes to a node in one piece all the way, as far as is known; some number where nothing is.
  [[nodiscard]] size_t payload_room(const crypto::NodeId& node);
  // Looks up records; `done` gets none when there are none.
  void look_up(const directory::Target& target,
               std::function<void(std::vector<directory::Record>)> done);

  [[nodiscard]] const crypto::NodeKey& own_key() const { return core_.own_key(); }
  routing::Router& router() { return core_.router(); }
  [[nodiscard]] const routing::Router& router() const { return core_.router(); }
  directory::Directory& directory() { return core_.directory(); }
  [[nodiscard]] const directory::Directory& directory() const { return core_.directory(); }

 private:
  [[nodiscard]] size_t link_room(routing::NeighbourId neighbour) const;
  struct Neighbour {
    link::LinkId link;
    crypto::NodeKey key;
    bool added = false;     // to the router
    bool measured = false;  // the proposed cost rests on a round-trip time
    routing::CostWatch cost;
    Instant add_by = kNever;  // even without a round-trip time
  };
  void handle_link_up(const link::LinkEvent& event);
  void add_neighbour(Neighbour& neighbour);
  void check_costs(Instant now);
  void handle_output(routing::RouterOutput& output);
  void when_awake(std::function<void()> what);
  void begin_postponed();
  void work();
  void rearm();

  env::Runtime& runtime_;
  LinkDriver& driver_;
  Handlers handlers_;
  MeshCore core_;
  std::map<uint64_t, Neighbour> neighbours_;  // by link id
  Instant next_cost_check_;
  std::unique_ptr<env::Timer> timer_;
  bool pumping_ = false;
  bool asleep_ = false;
  std::vector<std::function<void()>> postponed_;
  Instant postponed_until_ = kNever;
};

}  // namespace starling::node
