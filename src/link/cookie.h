// link/cookie.h - WireGuard's two macs and its cookie, which make a flood of handshakes cheap to refuse.
//
// Source:  Donenfeld, WireGuard (NDSS 2017), section 5.4.7; BLAKE2b in place of BLAKE2s.
// Rules:   mac1 proves that the sender knows whom it talks to: without it nothing is answered. Under load a cookie
//          bound to the sender's address is asked back (mac2): whoever forges its address never gets it.
// Threads: single owner.   Wire: docs/wire/link.md#cookies.
#pragma once

#include <optional>

#include "base/endpoint.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/secure_random.h"
#include "link/packet.h"

namespace starling::link {

using Cookie = crypto::Mac;

// Keys of mac1 and of the cookie's encryption for handshakes to the holder of `receiver`.
struct MacKeys {
  explicit MacKeys(const crypto::DhPublicKey& receiver);
  std::array<uint8_t, 32> mac1_key;
  crypto::SymmetricKey cookie_key;
};

// Writes mac1, and mac2 when there is a cookie, into the last 32 bytes of an encoded handshake packet.
void finish_macs(const MacKeys& receiver_keys, const std::optional<Cookie>& cookie, Bytes& packet);
bool mac1_matches(const MacKeys& own_keys, ByteView covered, const crypto::Mac& mac1);

// The receiving side: hands out cookies and checks mac2.
class CookieJar {
 public:
  static constexpr Duration kSecretLifetime = 120s;

  CookieJar(const MacKeys& own_keys, crypto::SecureRandom& random)
      : own_keys_(own_keys), random_(random) {}

  // True when `mac2` was made with the cookie that `from` was given within the last two secret lifetimes.
  bool mac2_matches(Instant now, const Endpoint& from, ByteView covered, const crypto::Mac& mac2);
  // For the sender of a handshake with `sender_index` and `mac1` at `from`.
  CookieReply make_reply(Instant now, const Endpoint& from, uint32_t sender_index,
                         const crypto::Mac& mac1);

 private:
  void rotate(Instant now);
  [[nodiscard]] static Cookie cookie_for(const crypto::SymmetricKey& secret, const Endpoint& from);

  const MacKeys& own_keys_;
  crypto::SecureRandom& random_;
  crypto::SymmetricKey secret_;
  crypto::SymmetricKey previous_secret_;
  Instant rotates_at_ = Instant::min();
};

// The sending side: opens a reply to a handshake that carried `mac1`. Empty when it is not authentic.
std::optional<Cookie> open_cookie(const MacKeys& receiver_keys, const CookieReply& reply,
                                  const crypto::Mac& mac1);

}  // namespace starling::link
