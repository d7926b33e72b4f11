// link/handshake_gate.h - decides which handshake initiations are worth the cost of opening them.
//
// Rules and the attacks they answer:
//  - mac1 first: whoever does not know our key gets nothing, not even an answer;
//  - above `handshakes_per_s`, only initiations with a valid mac2 pass: a flood from forged addresses never has one;
//  - with mac2, each address (IPv6: each /64) has a rate of its own, so one real address cannot take all;
//  - cookie replies are a third of the initiation, so reflecting them is worth nothing; their own limit is high,
//    since a newcomer competes for them with the flood: at twice the limit it still gets one in its dozen tries.
// Threads: single owner.   Wire: docs/wire/link.md#cookies.
#pragma once

#include <map>
#include <variant>

#include "base/counters.h"
#include "base/token_bucket.h"
#include "link/cookie.h"
#include "link/link_config.h"
#include "link/link_counter.h"

namespace starling::link {

class HandshakeGate {
 public:
  // 1.5 MB/s and a few per cent of one core.
  static constexpr double kCookiesPerSecond = 25'000;
  // Addresses with a rate of their own; when there are more, all begin anew.
  static constexpr size_t kAddressesMax = 1'024;

  HandshakeGate(const LinkConfig& config, const MacKeys& own_keys, crypto::SecureRandom& random,
                Counters<LinkCounter>& counters);

  enum class Verdict : uint8_t { open_it, drop, send_cookie };
  Verdict judge(Instant now, const Endpoint& from, const HandshakeInit& init);
  // After send_cookie.
  CookieReply cookie_for(Instant now, const Endpoint& from, const HandshakeInit& init) {
    return jar_.make_reply(now, from, init.sender_index, init.mac1);
  }
  [[nodiscard]] size_t addresses() const { return by_address_.size(); }

 private:
  using AddressBlock = std::array<uint8_t, 16>;
  bool address_may(Instant now, const Endpoint& from);

  const LinkConfig& config_;
  const MacKeys& own_keys_;
  Counters<LinkCounter>& counters_;
  CookieJar jar_;
  TokenBucket all_;
  TokenBucket cookies_;
  std::map<AddressBlock, TokenBucket> by_address_;
};

}  // namespace starling::link
