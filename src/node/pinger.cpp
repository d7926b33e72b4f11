#include "node/pinger.h"

#include <algorithm>

namespace starling::node {
namespace {

// A question over ten lossy hops comes to nothing every other time: ask again soon, and blame the way only later.
constexpr Duration kRetry = 400ms;
constexpr size_t kSilentTriesForBlame = 3;
// A lookup takes longer than a question, and costs more.
constexpr Duration kLookupRetry = 800ms;

}  // namespace

void Pinger::ping(Instant now, const crypto::NodeId& node,
                  std::function<void(const PingResult&)> done, Duration patience) {
  const uint64_t nonce = random_.u64();
  pings_[nonce] = Ping{node, std::move(done), now, now + patience, {}};
  due_.arm(nonce, now);
}

bool Pinger::ask(Instant now, routing::Router& router, directory::Directory& directory,
                 const crypto::NodeId& node, uint64_t nonce, size_t silent_tries) {
  const bool blames = silent_tries > 0 && silent_tries % kSilentTriesForBlame == 0;
  if (blames) router.note_silence(now, node);
  const bool has_way = router.ping(now, node, nonce) != routing::Router::SendResult::no_way;
  if (has_way && !blames) return true;
  // What is known here leads nowhere. Somebody nearer may know a way by the same version; else a newer one is needed.
  const auto known = directory.location_of(now, node);
  const uint64_t sequence_min = known ? known->sequence + (silent_tries + 1) % 2 : 0;
  directory.look_up_carrying(now, node, static_cast<uint8_t>(routing::PayloadKind::echo),
                             encode(routing::Echo{nonce}), sequence_min);
  return has_way;
}

void Pinger::try_once(Instant now, uint64_t first_nonce, Ping& ping) {
  const size_t tries = ping.asked.size();
  ping.asked.push_back(now);
  // Where most tries get lost, twice as many get through in half the time.
  Duration wait = tries < kSilentTriesForBlame ? kRetry : kRetry / 2;
  if (!ask(now, router_, directory_, ping.node, first_nonce + tries, tries)) wait = kLookupRetry;
  due_.arm(first_nonce, std::min(now + wait, ping.deadline));
}

bool Pinger::handle_echo(Instant now, const routing::EchoReceived& echo) {
  const auto after = pings_.upper_bound(echo.nonce);
  if (after == pings_.begin()) return false;
  const auto entry = std::prev(after);
  const uint64_t number = echo.nonce - entry->first;
  if (number >= entry->second.asked.size() || crypto::node_id_of(echo.key) != entry->second.node) {
    return false;
  }
  const Ping ping = std::move(entry->second);
  due_.disarm(entry->first);
  pings_.erase(entry);
  ping.done({true, echo.key, now - ping.begun, now - ping.asked[number],
             static_cast<int>(ping.asked.size()), echo.way});
  return true;
}

PingResult Pinger::answer_of_self() const {
  PingResult result;
  result.answered = true;
  result.key = own_key_;
  result.tries = 1;
  result.way = {{routing::short_id_of(router_.id()), 0}};
  return result;
}

void Pinger::handle_timeout(Instant now) {
  std::vector<Ping> expired;
  while (const auto nonce = due_.take_due(now)) {
    const auto entry = pings_.find(*nonce);
    const bool is_self = entry->second.node == router_.id();
    if (!is_self && now < entry->second.deadline) {
      try_once(now, *nonce, entry->second);
      continue;
    }
    expired.push_back(std::move(entry->second));
    pings_.erase(entry);
  }
  for (const Ping& ping : expired) {
    if (ping.node == router_.id()) {
      ping.done(answer_of_self());
      continue;
    }
    PingResult result;
    result.time = now - ping.begun;
    result.tries = static_cast<int>(ping.asked.size());
    ping.done(result);
  }
}

}  // namespace starling::node
