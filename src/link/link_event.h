// link/link_event.h - what the link layer reports and what it wants sent.
#pragma once

#include <variant>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/keys.h"
#include "link/carrier.h"
#include "link/hello.h"

namespace starling::link {

// Names one life of a link to a neighbour; never reused.
struct LinkId {
  uint64_t value = 0;
  friend auto operator<=>(const LinkId&, const LinkId&) = default;
};

enum class DownReason : uint8_t {
  closed_by_us,
  closed_by_peer,
  silent,              // no answer to probes
  restarted,           // the peer began anew; an up event for its new life follows
  carrier_gone,        // the last path's socket or connection closed
  protocol_violation,  // the peer sent what a correct node never sends
  congested,           // the control channel's buffer overflowed: the peer takes nothing
};
std::string_view name_of(DownReason reason);

struct LinkUp {
  Agreement agreement;
  PathId path;
  bool begun_by_us = false;
};
struct LinkDown {
  DownReason reason = DownReason::silent;
};
struct ControlReceived {
  Bytes message;  // its first byte is the message number (wire/message_number.h)
};
struct DatagramReceived {
  Bytes bytes;
};
struct SealedReceived {
  Bytes mesh_header;
  Bytes body;
};
// The peer sees us at this address.
struct AddressObserved {
  Endpoint observed;
};

struct LinkEvent {
  LinkId link;
  crypto::NodeKey peer;
  std::variant<LinkUp, LinkDown, ControlReceived, DatagramReceived, SealedReceived, AddressObserved>
      what;
};

// Events that belong to no link.
enum class DialOutcome : uint8_t { no_answer, invalid_key, own_key, refused };
struct DialFailed {
  crypto::NodeKey peer;
  PathId path;
  DialOutcome outcome = DialOutcome::no_answer;
};
// The answer to ask_key(): signed by that key, but whoever is at the address may have any key.
struct KeyLearned {
  PathId path;
  crypto::NodeKey key;
};
struct KeyUnanswered {
  PathId path;
};
// A handshake under our own key arrived: another process has our identity. Never begun by this one.
struct OwnKeySeen {
  PathId path;
};
using LayerEvent = std::variant<LinkEvent, DialFailed, KeyLearned, KeyUnanswered, OwnKeySeen>;

struct Transmit {
  PathId path;
  Bytes packet;
};

}  // namespace starling::link
