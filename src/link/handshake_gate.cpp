#include "link/handshake_gate.h"

namespace starling::link {

HandshakeGate::HandshakeGate(const LinkConfig& config, const MacKeys& own_keys,
                             crypto::SecureRandom& random, Counters<LinkCounter>& counters)
    : config_(config),
      own_keys_(own_keys),
      counters_(counters),
      jar_(own_keys, random),
      all_(config.handshakes_per_s, config.handshakes_per_s),
      cookies_(kCookiesPerSecond, kCookiesPerSecond / 4) {}

bool HandshakeGate::address_may(Instant now, const Endpoint& from) {
  AddressBlock block = from.address;
  if (!from.is_ipv4()) std::fill(block.begin() + 8, block.end(), uint8_t{0});
  if (by_address_.size() >= kAddressesMax && !by_address_.contains(block)) by_address_.clear();
  const double rate = config_.handshakes_per_s_per_address;
  return by_address_.try_emplace(block, rate, rate).first->second.take(now);
}

HandshakeGate::Verdict HandshakeGate::judge(Instant now, const Endpoint& from,
                                            const HandshakeInit& init) {
  if (!mac1_matches(own_keys_, init.covered_by_mac1, init.mac1)) {
    counters_.add(LinkCounter::wrong_mac1);
    return Verdict::drop;
  }
  if (all_.take(now)) return Verdict::open_it;
  if (!jar_.mac2_matches(now, from, init.covered_by_mac2, init.mac2)) {
    counters_.add(LinkCounter::cookie_required);
    if (cookies_.take(now)) return Verdict::send_cookie;
    counters_.add(LinkCounter::cookie_limit);
    return Verdict::drop;
  }
  if (address_may(now, from)) return Verdict::open_it;
  counters_.add(LinkCounter::handshake_limit);
  return Verdict::drop;
}

}  // namespace starling::link
