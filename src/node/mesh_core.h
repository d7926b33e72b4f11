// node/mesh_core.h - routing and the directory of one node, bound to each other; without links, timers or sockets.
//
// How:     what the router learns of its own address is published, records found become ways; contacts of the directory are
//          the nodes of the routing table. Mesh joins it to real links, the simulator to modelled ones.
// Drive:   use router() and directory() directly; after every call drain poll_output(), re-arm next_timeout(). Call
//          note_table_changed() after control messages and when neighbours went.
// Time:    `now` never goes backwards.  Threads: single owner; callbacks come from inside poll_output() and handle_timeout().
#pragma once

#include <functional>
#include <map>

#include "base/token_bucket.h"
#include "crypto/mesh_address.h"
#include "directory/directory.h"
#include "node/leaf_address.h"
#include "node/pinger.h"
#include "routing/router.h"

namespace starling::node {

class MeshCore {
 public:
  // References are borrowed. `epoch`: above all that earlier lives of this node used.
  MeshCore(const routing::RouterConfig& config, const crypto::Identity& identity, uint32_t epoch,
           Rng& rng, crypto::SecureRandom& random, Instant now);

  void note_table_changed(Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const;
  // What is for the world outside: of Delivered only payloads of layers above, of EchoReceived only what ping() did not ask
  // for, no Undeliverable and no AddressChanged.
  std::optional<routing::RouterOutput> poll_output(Instant now);

  // `done` comes once, after `patience` at the latest.
  void ping(Instant now, const crypto::NodeId& node, std::function<void(const PingResult&)> done,
            Duration patience = Pinger::kPatience) {
    pinger_.ping(now, node, std::move(done), patience);
  }
  // Looks for the node's location in the directory; afterwards the router knows a way, if `done` gets true. `newer`: only a
  // location newer than the one known here counts.
  void find_way(Instant now, const crypto::NodeId& node, bool newer,
                std::function<void(bool)> done);
  // The key of the node whose IPv6 address this is; `done` gets none when nobody has a location there.
  void find_key(Instant now, const crypto::MeshAddress& address,
                std::function<void(std::optional<crypto::NodeKey>)> done);
  // Looks up records; `done` gets none when there are none.
  void look_up(Instant now, const directory::Target& target,
               std::function<void(std::vector<directory::Record>)> done);

  [[nodiscard]] const crypto::NodeKey& own_key() const { return own_key_; }
  routing::Router& router() { return router_; }
  [[nodiscard]] const routing::Router& router() const { return router_; }
  directory::Directory& directory() { return directory_; }
  [[nodiscard]] const directory::Directory& directory() const { return directory_; }

 private:
  // True when the output was for here.
  bool take(Instant now, routing::RouterOutput& output);
  void take(Instant now, directory::DirectoryOutput& output);
  void handle_address(Instant now, const routing::Address& address);
  void publish_address(Instant now);
  void learn_location(Instant now, const directory::Record& location);
  void tell_contacts(Instant now);
  void work_as_leaf(Instant now);

  crypto::NodeKey own_key_;
  Instant started_;
  Instant now_;  // of the last poll_output()
  uint32_t epoch_;
  routing::Router router_;
  directory::Directory directory_;
  Pinger pinger_;
  std::map<directory::LookupId, std::function<void(std::vector<directory::Record>)>> lookups_;
  std::optional<LeafAddress> leaf_;  // of a leaf
  Instant contacts_at_ = kNever;
  std::optional<routing::Address> unpublished_;
  Instant publish_at_ = kNever;
  TokenBucket publications_left_;
  Instant last_publish_;
  uint32_t publications_ = 0;
};

}  // namespace starling::node
