#include "link/cookie.h"

#include "base/check.h"
#include "crypto/aead.h"

namespace starling::link {
namespace {

crypto::Digest labelled_hash(std::string_view label, const crypto::DhPublicKey& key) {
  return crypto::sha256({view_of(label), key.view()});
}

}  // namespace

MacKeys::MacKeys(const crypto::DhPublicKey& receiver)
    : mac1_key(labelled_hash("starling mac1", receiver).value),
      cookie_key(labelled_hash("starling cookie", receiver).value) {}

void finish_macs(const MacKeys& receiver_keys, const std::optional<Cookie>& cookie, Bytes& packet) {
  STARLING_CHECK(packet.size() > kMacsSize);
  const size_t mac1_at = packet.size() - kMacsSize;
  const size_t mac2_at = packet.size() - crypto::Mac::kSize;
  const auto mac1 = crypto::blake2b_mac(receiver_keys.mac1_key, {ByteView(packet).first(mac1_at)});
  std::copy(mac1.value.begin(), mac1.value.end(),
            packet.begin() + static_cast<std::ptrdiff_t>(mac1_at));
  if (!cookie) return;
  const auto mac2 = crypto::blake2b_mac(cookie->view(), {ByteView(packet).first(mac2_at)});
  std::copy(mac2.value.begin(), mac2.value.end(),
            packet.begin() + static_cast<std::ptrdiff_t>(mac2_at));
}

bool mac1_matches(const MacKeys& own_keys, ByteView covered, const crypto::Mac& mac1) {
  const auto expected = crypto::blake2b_mac(own_keys.mac1_key, {covered});
  return crypto::equal_in_constant_time(expected.view(), mac1.view());
}

void CookieJar::rotate(Instant now) {
  if (now < rotates_at_) return;
  const bool previous_is_recent =
      rotates_at_ != Instant::min() && now < rotates_at_ + kSecretLifetime;
  previous_secret_ = secret_;
  random_.fill(secret_.reveal());
  // At the first rotation, and after a long pause, no cookie of an earlier secret is valid any more.
  if (!previous_is_recent) random_.fill(previous_secret_.reveal());
  rotates_at_ = now + kSecretLifetime;
}

Cookie CookieJar::cookie_for(const crypto::SymmetricKey& secret, const Endpoint& from) {
  const std::array<uint8_t, 2> port = {static_cast<uint8_t>(from.port >> 8),
                                       static_cast<uint8_t>(from.port)};
  return crypto::blake2b_mac(secret.reveal(), {from.address, port});
}

bool CookieJar::mac2_matches(Instant now, const Endpoint& from, ByteView covered,
                             const crypto::Mac& mac2) {
  rotate(now);
  for (const auto* secret : {&secret_, &previous_secret_}) {
    const Cookie cookie = cookie_for(*secret, from);
    const auto expected = crypto::blake2b_mac(cookie.view(), {covered});
    if (crypto::equal_in_constant_time(expected.view(), mac2.view())) return true;
  }
  return false;
}

CookieReply CookieJar::make_reply(Instant now, const Endpoint& from, uint32_t sender_index,
                                  const crypto::Mac& mac1) {
  rotate(now);
  CookieReply reply;
  reply.receiver_index = sender_index;
  random_.fill(reply.nonce);
  const Cookie cookie = cookie_for(secret_, from);
  const Bytes sealed =
      crypto::xchacha_seal(own_keys_.cookie_key, reply.nonce, mac1.view(), cookie.view());
  std::copy(sealed.begin(), sealed.end(), reply.sealed_cookie.begin());
  return reply;
}

std::optional<Cookie> open_cookie(const MacKeys& receiver_keys, const CookieReply& reply,
                                  const crypto::Mac& mac1) {
  const auto cookie =
      crypto::xchacha_open(receiver_keys.cookie_key, reply.nonce, mac1.view(), reply.sealed_cookie);
  return cookie ? Cookie::from(*cookie) : std::nullopt;
}

}  // namespace starling::link
