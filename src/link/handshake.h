// link/handshake.h - one Noise IK handshake as the link uses it: packets in and out, a data plane at the end.
//
// How:     initiator: Initiation, then read_response(). Responder: read_init() and, if the link wants it, answer_init().
// Cost:    one side of a handshake takes about 0.13 ms; mac1 and cookies are checked before (link/cookie.h).
// Wire:    docs/wire/link.md#handshake.
#pragma once

#include <memory>
#include <optional>

#include "crypto/identity.h"
#include "crypto/noise.h"
#include "link/data_plane.h"
#include "link/hello.h"
#include "link/packet.h"

namespace starling::link {

// What all handshakes of this node share. The prologue binds protocol and network name; the responder's node key follows it.
struct HandshakeContext {
  HandshakeContext(const crypto::Identity& identity, std::string_view network_name);
  const crypto::Identity& identity;  // borrowed
  crypto::DhKeyPair dh_keys;
  Bytes prologue;
};

// What a finished handshake gives.
struct Established {
  std::unique_ptr<DataPlane> plane;
  Agreement agreement;
  Hello peer_hello;
};

class Initiation {
 public:
  // Empty when `peer` is no valid key.
  static std::optional<Initiation> begin(const HandshakeContext& context,
                                         const crypto::NodeKey& peer, const Hello& hello,
                                         uint32_t local_index, crypto::SecureRandom& random);
  // The encoded packet, macs still zero.
  [[nodiscard]] const Bytes& packet() const { return packet_; }
  [[nodiscard]] uint32_t local_index() const { return local_index_; }
  [[nodiscard]] const Hello& hello() const { return hello_; }
  // Empty when the response is not authentic or nothing can be agreed on. After a failure it may be called
  // with another response; once it has succeeded never again, or two planes would share their keys.
  std::optional<Established> read_response(const HandshakeResponse& response) const;

 private:
  Initiation(crypto::NoiseIk noise, Bytes packet, uint32_t local_index, Hello hello)
      : noise_(std::move(noise)),
        packet_(std::move(packet)),
        local_index_(local_index),
        hello_(std::move(hello)) {}

  crypto::NoiseIk noise_;
  Bytes packet_;
  uint32_t local_index_;
  Hello hello_;
};

// An init that opened: who it is from and what it offers. The peer has not proved yet that this is no replay.
struct ReceivedInit {
  crypto::NoiseIk noise;
  crypto::NodeKey peer;
  Hello hello;
  uint32_t remote_index;
};
std::optional<ReceivedInit> read_init(const HandshakeContext& context, const HandshakeInit& init);

struct Answer {
  Bytes packet;  // macs still zero
  Established established;
};
// Empty when nothing can be agreed on.
std::optional<Answer> answer_init(ReceivedInit init, const Hello& hello, uint32_t local_index,
                                  crypto::SecureRandom& random);

}  // namespace starling::link
