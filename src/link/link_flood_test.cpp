// A flood of handshakes from forged addresses by someone who knows our key: links live on, newcomers get in.
#include <gtest/gtest.h>

#include "link/link_pair.h"

namespace starling::link {
namespace link_flood_test {

constexpr size_t kInitsPerMillisecond = 50;
constexpr int kFloodMilliseconds = 5'000;

class Flood {
 public:
  Flood(LinkPair& pair, uint64_t seed)
      : pair_(pair), rng_(seed), macs_(pair.node(0).identity.dh_public()) {
    Bytes payload(crypto::NodeKey::kSize);
    encode(Hello{}, payload);
    noise_size_ = crypto::kNoiseMessage1Overhead + payload.size();
  }

  void send_a_millisecond() {
    for (size_t i = 0; i < kInitsPerMillisecond; ++i) {
      Bytes noise(noise_size_);
      for (uint8_t& byte : noise) byte = static_cast<uint8_t>(rng_());
      Bytes packet = encode_init(static_cast<uint32_t>(rng_()), noise);
      finish_macs(macs_, std::nullopt, packet);
      bytes_ += packet.size();
      Endpoint forged = Endpoint::ipv4(203, 0, 113, 0, static_cast<uint16_t>(rng_()));
      for (size_t k = 12; k < 16; ++k) forged.address[k] = static_cast<uint8_t>(rng_());
      if (forged.address[12] == 10) forged.address[12] = 11;  // where the honest nodes are
      pair_.inject(forged, pair_.node(0).address, std::move(packet),
                   Duration(rng_.below(1'000'000)));
    }
  }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  LinkPair& pair_;
  Rng rng_;
  MacKeys macs_;
  size_t noise_size_;
  uint64_t bytes_ = 0;
};

TEST(LinkFloodTest, AFloodOfForgedHandshakesHurtsNoLinkAndKeepsNoNewcomerOut) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    SCOPED_TRACE(seed);
    LinkPair pair(seed);
    pair.add_node();
    ASSERT_TRUE(pair.connect());
    pair.run_for(1s);
    Flood flood(pair, seed);
    uint64_t cookie_bytes = 0;
    pair.tap = [&](const Flight& flight) {
      if (flight.bytes[0] == static_cast<uint8_t>(PacketType::cookie_reply))
        cookie_bytes += flight.bytes.size();
      return true;
    };
    const size_t entries_before = pair.node(0).layer->table_entries();
    std::deque<Instant> sent;
    Duration slowest{};
    pair.node(0).on_event = [&](const LayerEvent& event) {
      const auto* of_link = std::get_if<LinkEvent>(&event);
      if (!of_link || !std::holds_alternative<ControlReceived>(of_link->what)) return;
      slowest = std::max(slowest, pair.now() - sent.front());
      sent.pop_front();
    };
    for (int ms = 0; ms < kFloodMilliseconds; ++ms) {
      flood.send_a_millisecond();
      if (ms == 100) pair.dial(2, 0);
      if (ms % 50 == 0) {
        sent.push_back(pair.now());
        pair.send_control(1, 0, Bytes{0x40});
      }
      pair.run_for(1ms);
    }
    EXPECT_LE(sent.size(), 1u);
    EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
    EXPECT_LT(slowest, 1s);
    EXPECT_TRUE(pair.link(2, 0) && pair.link(0, 2));
    EXPECT_TRUE(pair.node(2).dials_failed.empty());
    // What comes back is never more than what the flood cost, and has a bound of its own.
    EXPECT_LT(cookie_bytes, flood.bytes() / 3);
    EXPECT_LE(pair.node(0).count(LinkCounter::cookies_sent), HandshakeGate::kCookiesPerSecond * 6);
    EXPECT_GT(pair.node(0).count(LinkCounter::cookie_required), 100'000u);
    EXPECT_LE(pair.node(0).layer->table_entries(), entries_before + 4);
  }
}

// The same peer, later, when new keys are due in the middle of a flood.
TEST(LinkFloodTest, NewKeysAreMadeDuringAFlood) {
  LinkPair pair(4);
  pair.dial(1, 0);  // so that it is node 1 that has to get through
  pair.run_for(118s);
  Flood flood(pair, 4);
  const uint64_t before = pair.node(0).count(LinkCounter::handshakes_completed);
  for (int ms = 0; ms < kFloodMilliseconds; ++ms) {
    flood.send_a_millisecond();
    pair.run_for(1ms);
  }
  EXPECT_EQ(pair.node(0).count(LinkCounter::handshakes_completed), before + 1);
  EXPECT_TRUE(pair.node(0).downs.empty() && pair.node(1).downs.empty());
}

}  // namespace link_flood_test
}  // namespace starling::link
