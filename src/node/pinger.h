// node/pinger.h - answers "is that node there, and over which way?".
//
// How:     asks over the mesh, and through the directory where no way is known or the known one stays silent, again and again.
// Drive:   hand it every EchoReceived; after every call re-arm next_timeout().
// Time:    `now` never goes backwards.  Threads: single owner; callbacks never come from inside ping().
#pragma once

#include <functional>
#include <map>

#include "base/deadline_map.h"
#include "directory/directory.h"
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

class Pinger {
 public:
  static constexpr Duration kPatience = 10s;

  // References are borrowed and must outlive the pinger.
  Pinger(routing::Router& router, directory::Directory& directory, const crypto::NodeKey& own_key,
         crypto::SecureRandom& random)
      : router_(router), directory_(directory), own_key_(own_key), random_(random) {}

  // `done` comes once, after `patience` at the latest.
  void ping(Instant now, const crypto::NodeId& node, std::function<void(const PingResult&)> done,
            Duration patience);
  // False when no ping asked for it.
  bool handle_echo(Instant now, const routing::EchoReceived& echo);
  void handle_timeout(Instant now);
  [[nodiscard]] Instant next_timeout() const { return due_.next(); }

  // Asks once, after `silent_tries` without an answer: over the known way, another one, or through the directory. False when
  // no way was known.
  static bool ask(Instant now, routing::Router& router, directory::Directory& directory,
                  const crypto::NodeId& node, uint64_t nonce, size_t silent_tries);

 private:
  struct Ping {
    crypto::NodeId node;
    std::function<void(const PingResult&)> done;
    Instant begun;
    Instant deadline;
    std::vector<Instant> asked;  // each try has the next nonce
  };

  [[nodiscard]] PingResult answer_of_self() const;
  void try_once(Instant now, uint64_t first_nonce, Ping& ping);

  routing::Router& router_;
  directory::Directory& directory_;
  crypto::NodeKey own_key_;
  crypto::SecureRandom& random_;
  std::map<uint64_t, Ping> pings_;  // by first nonce
  DeadlineMap<uint64_t> due_;
};

}  // namespace starling::node
