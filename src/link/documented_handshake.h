// link/documented_handshake.h - for tests only: the handshake worked through in
// docs/wire/link.md#example.
#pragma once

#include <deque>

#include "base/check.h"
#include "link/cookie.h"
#include "link/handshake.h"

namespace starling::link {

// Gives what it was told to give, so that a test decides every key.
class ScriptedRandom final : public crypto::SecureRandom {
 public:
  explicit ScriptedRandom(std::deque<Bytes> draws) : draws_(std::move(draws)) {}
  void fill(MutableByteView bytes) override {
    STARLING_CHECK(!draws_.empty() && draws_.front().size() == bytes.size());
    std::copy(draws_.front().begin(), draws_.front().end(), bytes.begin());
    draws_.pop_front();
  }

 private:
  std::deque<Bytes> draws_;
};

// The example's secrets: seeds 01… and 02…, ephemeral secrets 03… and 04…
struct DocumentedHandshake {
  static constexpr uint32_t kInitiatorIndex = 0xa1a2a3a4;
  static constexpr uint32_t kResponderIndex = 0xb1b2b3b4;

  static crypto::Identity identity(uint8_t seed_byte) {
    crypto::SigningSeed seed;
    std::fill(seed.reveal().begin(), seed.reveal().end(), seed_byte);
    return crypto::Identity(seed);
  }
  static Hello hello(uint8_t instance_byte, uint8_t ciphers) {
    return {.ciphers = ciphers,
            .instance = instance_byte * uint64_t{0x0101010101010101},
            .extension = {}};
  }

  // The two ends offer `initiator_ciphers` and both ciphers.
  explicit DocumentedHandshake(uint8_t initiator_ciphers = kOffersChaCha | kOffersAesGcm) {
    ScriptedRandom ephemeral({Bytes(32, 3)});
    initiation = Initiation::begin(initiator_context, responder.key(),
                                   hello(0x11, initiator_ciphers), kInitiatorIndex, ephemeral);
    init_packet = initiation->packet();
    finish_macs(MacKeys(responder.dh_public()), std::nullopt, init_packet);

    ScriptedRandom answer_ephemeral({Bytes(32, 4)});
    auto init = read_init(responder_context, std::get<HandshakeInit>(*decode_packet(init_packet)));
    auto answer = answer_init(std::move(*init), hello(0x22, kOffersChaCha | kOffersAesGcm),
                              kResponderIndex, answer_ephemeral);
    response_packet = answer->packet;
    finish_macs(MacKeys(initiator.dh_public()), std::nullopt, response_packet);
    at_responder = std::move(answer->established);
    auto at_end =
        initiation->read_response(std::get<HandshakeResponse>(*decode_packet(response_packet)));
    at_initiator = std::move(*at_end);
  }
  DocumentedHandshake(const DocumentedHandshake&) = delete;
  DocumentedHandshake& operator=(const DocumentedHandshake&) = delete;

  crypto::Identity initiator = identity(1);
  crypto::Identity responder = identity(2);
  HandshakeContext initiator_context{initiator, "world"};
  HandshakeContext responder_context{responder, "world"};
  std::optional<Initiation> initiation;
  Bytes init_packet;      // with mac1
  Bytes response_packet;  // likewise
  Established at_initiator;
  Established at_responder;
};

}  // namespace starling::link
