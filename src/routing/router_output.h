// routing/router_output.h - what a Router wants done: packets and control messages to send, what arrived, what changed.
#pragma once

#include <variant>
#include <vector>

#include "crypto/keys.h"
#include "routing/address.h"
#include "routing/mesh_packet.h"
#include "routing/types.h"

namespace starling::routing {

// A control message for a neighbour, in order and reliably.
struct SendControl {
  NeighbourId neighbour;
  Bytes message;
};
// A mesh packet for a neighbour, best effort.
struct SendPacket {
  NeighbourId neighbour;
  Bytes packet;
  size_t sealed_from = 0;  // from here on it is ciphertext of the two ends; 0: nothing is
};
// A packet for this node. The way back to its source is known from now on if it recorded its way.
struct Delivered {
  crypto::NodeId source;
  PayloadKind kind;
  Bytes payload;
  std::vector<RecordedNode> way;  // when recorded, from the source to here
};
// All tries failed; nobody else tells the sender.
struct Undeliverable {
  crypto::NodeId destination;
  PayloadKind kind;
  Bytes payload;
};
// The answer to ping(): authentic, from that key.
struct EchoReceived {
  uint64_t nonce;
  crypto::NodeKey key;
  std::vector<RecordedNode> way;  // of the question
};
struct AddressChanged {
  Address address;
};
// The neighbour broke the protocol: its link should be closed.
struct NeighbourAtFault {
  NeighbourId neighbour;
};
// Our own key speaks in a newer epoch: this home runs twice.
struct NewerLifeSeen {
  uint32_t epoch;
};
// A new epoch began: it must be on the disk before the next start.
struct EpochBegun {
  uint32_t epoch;
};
// A destination of packets is known only over a neighbour that lists it, by a detour perhaps: its address may lead there
// more directly. Nothing waits for it.
struct AddressWanted {
  crypto::NodeId node;
};
using RouterOutput =
    std::variant<SendControl, SendPacket, Delivered, Undeliverable, EchoReceived, AddressChanged,
                 NeighbourAtFault, NewerLifeSeen, EpochBegun, AddressWanted>;

}  // namespace starling::routing
