// node/node_config.h - what the owner of a node decides, and how a start can fail.
#pragma once

#include <string>
#include <vector>

#include "env/socket.h"
#include "link/link_config.h"
#include "node/content/library_config.h"
#include "reach/peer_uri.h"
#include "routing/router.h"
#include "session/session_types.h"

namespace starling::node {

inline constexpr uint16_t kDefaultPort = 7117;
// Not the same: several nodes of one computer share it, while a node's own port is its own.
inline constexpr uint16_t kDefaultBeaconPort = 7116;

struct ListenAddress {
  reach::Transport transport = reach::Transport::udp;
  Endpoint endpoint;
  // The default addresses are tried and their failure borne; an address that the user named must work.
  bool required = true;
};

struct NodeConfig {
  link::LinkConfig link;
  routing::RouterConfig routing;
  session::SessionOptions session;
  LibraryConfig library;
  std::vector<ListenAddress> listen;
  std::vector<reach::PeerUri> peers;
  bool lan = true;  // send and hear beacons
  uint16_t beacon_port = kDefaultBeaconPort;
  // Whether a node without a proof of work makes one, in the background, once in its life. One that is there is used anyway.
  bool make_proof = false;
  // Of a leaf: how long it rests without links when nothing goes on; zero: it does not.
  Duration sleep{};
};

struct StartError {
  enum class Kind : uint8_t {
    cannot_listen,      // endpoint, transport, socket_error
    nowhere_to_listen,  // not one UDP address worked; socket_error is that of the last
    file_damaged,       // file
    file_newer,         // file: written by a newer program
    file_unreadable,    // file
    tables_unreadable,
  };
  Kind kind;
  Endpoint endpoint{};
  reach::Transport transport = reach::Transport::udp;
  env::SocketError socket_error = env::SocketError::failed;
  std::string file{};
};
// One sentence for a person, with what to do about it.
std::string describe(const StartError& error);

}  // namespace starling::node
