// node/pinger.h - answers "is that node there, and over which way?".
//
// How:     asks over the mesh, and through the directory where no way is known or the known one stays silent, again and again.
// Drive:   hand it every EchoReceived.
// Threads: network thread; callbacks come on it, never from inside the call that asked.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/deadline_map.h"
#include "env/runtime.h"
#include "node/mesh.h"

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

class Pinger {
 public:
  static constexpr Duration kPatience = 10s;

  // References are borrowed and must outlive the pinger.
  Pinger(env::Runtime& runtime, Mesh& mesh);

  // `done` comes once, after `patience` at the latest.
  void ping(const crypto::NodeId& node, std::function<void(const PingResult&)> done,
            Duration patience = kPatience);
  void handle_echo(const routing::EchoReceived& echo);

 private:
  struct Ping {
    crypto::NodeId node;
    std::function<void(const PingResult&)> done;
    Instant begun;
    Instant deadline;
    std::vector<Instant> asked;  // each try has the next nonce
  };

  [[nodiscard]] PingResult answer_of_self() const;
  void try_once(uint64_t first_nonce, Ping& ping);
  void look_up_for(Instant now, uint64_t nonce, const Ping& ping);
  void work();

  env::Runtime& runtime_;
  Mesh& mesh_;
  std::map<uint64_t, Ping> pings_;  // by first nonce
  DeadlineMap<uint64_t> due_;
  std::unique_ptr<env::Timer> timer_;
};

}  // namespace starling::node
