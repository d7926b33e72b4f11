// link/handmade_peer.h - for tests only: a peer made of a handshake and a data plane, which says anything.
#pragma once

#include "link/link_pair.h"

namespace starling::link {

class HandmadePeer {
 public:
  static constexpr uint32_t kIndex = 0xc0ffee;

  explicit HandmadePeer(LinkPair& network, uint64_t seed, uint16_t port = 9'000)
      : address(Endpoint::ipv4(192, 0, 2, 1, port)),
        random(seed),
        identity(crypto::Identity::generate(random)),
        network_(network),
        context_(identity, "world") {
    network_.mailboxes[address];
  }

  Hello hello() { return {.instance = 7, .extension = {}}; }
  // A complete init to node `to`.
  Bytes init_for(size_t to, const Hello& hello) {
    initiation_ = Initiation::begin(context_, network_.node(to).key(), hello, kIndex, random);
    Bytes packet = initiation_->packet();
    finish_macs(MacKeys(network_.node(to).identity.dh_public()), std::nullopt, packet);
    return packet;
  }
  // A handshake with node `to`; false when it does not answer. Its link is up once the first plaintext arrived.
  bool shake_hands(size_t to, const Hello& hello) {
    to_ = network_.node(to).address;
    network_.inject(address, to_, init_for(to, hello));
    network_.run_for(100ms);
    for (const Bytes& packet : take_mail()) {
      const auto decoded = decode_packet(packet);
      const auto* response = decoded ? std::get_if<HandshakeResponse>(&*decoded) : nullptr;
      if (response) established = initiation_->read_response(*response);
    }
    return established.has_value();
  }
  // Pre: shake_hands().
  Bytes seal(ByteView plaintext) {
    Bytes packet;
    established->plane->seal_plain(plaintext, packet);
    return packet;
  }
  void say(ByteView plaintext) { network_.inject(address, to_, seal(plaintext)); }
  void say(const Frame& frame) {
    Bytes plaintext;
    encode(frame, plaintext);
    say(plaintext);
  }
  std::vector<Bytes> take_mail() { return std::exchange(network_.mailboxes[address], {}); }
  // Plaintexts that arrived since the last call.
  std::vector<Bytes> take_plaintexts() {
    std::vector<Bytes> plaintexts;
    for (const Bytes& packet : take_mail()) {
      const auto decoded = decode_packet(packet);
      const auto* data = decoded ? std::get_if<DataPacket>(&*decoded) : nullptr;
      if (!data) continue;
      if (auto opened = established->plane->open(*data))
        plaintexts.push_back(std::move(opened->plaintext));
    }
    return plaintexts;
  }

  Endpoint address;
  crypto::SeededRandom random;
  crypto::Identity identity;
  std::optional<Established> established;

 private:
  LinkPair& network_;
  HandshakeContext context_;
  std::optional<Initiation> initiation_;
  Endpoint to_;
};

}  // namespace starling::link
