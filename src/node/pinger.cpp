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

Pinger::Pinger(env::Runtime& runtime, Mesh& mesh)
    : runtime_(runtime), mesh_(mesh), timer_(runtime.make_timer([this] { work(); })) {}

void Pinger::ping(const crypto::NodeId& node, std::function<void(const PingResult&)> done,
                  Duration patience) {
  const Instant now = runtime_.now();
  if (node == mesh_.router().id()) {
    return runtime_.post([this, done = std::move(done)] { done(answer_of_self()); });
  }
  const uint64_t nonce = runtime_.secure_random().u64();
  pings_[nonce] = Ping{node, std::move(done), now, now + patience, {}};
  due_.arm(nonce, now);
  timer_->arm(due_.next());
}

void Pinger::try_once(uint64_t first_nonce, Ping& ping) {
  const Instant now = runtime_.now();
  const size_t tries = ping.asked.size();
  const bool blames = tries > 0 && tries % kSilentTriesForBlame == 0;
  if (blames) mesh_.router().note_silence(now, ping.node);
  const uint64_t nonce = first_nonce + tries;
  ping.asked.push_back(now);
  // Where most tries get lost, twice as many get through in half the time.
  Duration wait = tries < kSilentTriesForBlame ? kRetry : kRetry / 2;
  const bool has_way =
      mesh_.router().ping(now, ping.node, nonce) != routing::Router::SendResult::no_way;
  if (!has_way) wait = kLookupRetry;
  due_.arm(first_nonce, std::min(now + wait, ping.deadline));
  if (blames || !has_way) look_up_for(now, nonce, ping);
}

void Pinger::look_up_for(Instant now, uint64_t nonce, const Ping& ping) {
  // What is known here leads nowhere. Somebody nearer may know a way by the same version; else a newer one is needed.
  const auto known = mesh_.directory().location_of(now, ping.node);
  const uint64_t sequence_min = known ? known->sequence + ping.asked.size() % 2 : 0;
  mesh_.directory().look_up_carrying(now, ping.node,
                                     static_cast<uint8_t>(routing::PayloadKind::echo),
                                     encode(routing::Echo{nonce}), sequence_min);
}

void Pinger::handle_echo(const routing::EchoReceived& echo) {
  const auto after = pings_.upper_bound(echo.nonce);
  if (after == pings_.begin()) return;
  const auto entry = std::prev(after);
  const uint64_t number = echo.nonce - entry->first;
  if (number >= entry->second.asked.size() || crypto::node_id_of(echo.key) != entry->second.node) {
    return;
  }
  const Ping ping = std::move(entry->second);
  due_.disarm(entry->first);
  pings_.erase(entry);
  const Instant now = runtime_.now();
  ping.done({true, echo.key, now - ping.begun, now - ping.asked[number],
             static_cast<int>(ping.asked.size()), echo.way});
}

PingResult Pinger::answer_of_self() const {
  PingResult result;
  result.answered = true;
  result.key = mesh_.own_key();
  result.tries = 1;
  result.way = {{routing::short_id_of(mesh_.router().id()), 0}};
  return result;
}

void Pinger::work() {
  const Instant now = runtime_.now();
  std::vector<Ping> expired;
  while (const auto nonce = due_.take_due(now)) {
    const auto entry = pings_.find(*nonce);
    if (now < entry->second.deadline) {
      try_once(*nonce, entry->second);
      continue;
    }
    expired.push_back(std::move(entry->second));
    pings_.erase(entry);
  }
  for (const Ping& ping : expired) {
    PingResult result;
    result.time = now - ping.begun;
    result.tries = static_cast<int>(ping.asked.size());
    ping.done(result);
  }
  timer_->arm(due_.next());
  mesh_.pump();
}

}  // namespace starling::node
