// directory/directory_pair.h - for tests: a flock of directories in virtual time, with the mesh between them as a delay and a
// chance of loss.
//
// How:     each member knows a random subset of the others, as from a routing table. What one sends arrives after a delay,
//          if the receiver is alive and it is not lost; a dead receiver is reported to the sender when asked for.
// Checks:  a timer handled is a timer that has moved on: no directory may ask to be called again at once.
// Longer than usual: one harness in one place reads better than its parts would.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "base/check.h"
#include "directory/directory.h"

namespace starling::directory {

struct FlockOptions {
  uint64_t seed = 1;
  size_t node_count = 2;
  size_t contact_count = 60;  // of each, at random
  double loss = 0;
  Duration delay_min = 10ms;
  Duration delay_max = 80ms;
  // A message for a dead node comes back as undeliverable after so long; zero: it vanishes.
  Duration undeliverable_after{};
};

struct Flight {
  size_t from = 0;
  size_t to = 0;
  Bytes payload;
};

class Flock {
 public:
  struct Member {
    Member(uint64_t seed, Instant now)
        : random(seed), rng(seed), identity(crypto::Identity::generate(random)) {
      id = crypto::node_id_of(identity.key());
      restart(now);
    }
    void restart(Instant now) {
      directory = std::make_unique<Directory>(identity, rng, random, now);
      alive = true;
    }

    crypto::SeededRandom random;
    Rng rng;
    crypto::Identity identity;
    NodeId id;
    std::unique_ptr<Directory> directory;
    bool alive = false;
    std::set<size_t> contacts;
    std::map<LookupId, LookupDone> done;
    std::map<LookupId, Instant> done_at;
    std::vector<CarriedArrived> carried;
    size_t locations_learned = 0;
    uint64_t messages_sent = 0;
    uint64_t bytes_sent = 0;
  };

  explicit Flock(const FlockOptions& options) : options_(options), rng_(options.seed) {
    for (size_t i = 0; i < options.node_count; ++i) {
      members_.push_back(std::make_unique<Member>(options.seed * 100'000 + i, now_));
      by_id_[members_.back()->id] = i;
    }
  }

  Member& at(size_t i) { return *members_[i]; }
  Directory& directory(size_t i) { return *members_[i]->directory; }
  [[nodiscard]] size_t size() const { return members_.size(); }
  [[nodiscard]] Instant now() const { return now_; }
  Rng& rng() { return rng_; }
  FlockOptions& options() { return options_; }
  size_t index_of(const NodeId& node) { return by_id_.at(node); }
  size_t some_node() { return static_cast<size_t>(rng_.below(size())); }

  // A random set of contacts, and the directory hears of it.
  void draw_contacts(size_t i) {
    Member& member = at(i);
    member.contacts.clear();
    const size_t count = std::min(options_.contact_count, size() - 1);
    while (member.contacts.size() < count) {
      const size_t other = some_node();
      if (other != i) member.contacts.insert(other);
    }
    tell_contacts(i);
  }
  // The routing table as it is: only those alive.
  void tell_contacts(size_t i) {
    if (!at(i).alive) return;
    std::vector<NodeId> nodes;
    for (const size_t other : at(i).contacts) {
      if (at(other).alive) nodes.push_back(at(other).id);
    }
    directory(i).set_contacts(now_, nodes);
    drain(i);
  }
  void publish_location(size_t i, uint64_t sequence = 1, size_t body_size = 300) {
    directory(i).publish(now_, kLocation, Bytes(body_size, static_cast<uint8_t>(i)), 7'200,
                         sequence);
    drain(i);
  }
  // All alive, with contacts and a published location.
  void start_all() {
    for (size_t i = 0; i < size(); ++i) draw_contacts(i);
    for (size_t i = 0; i < size(); ++i) publish_location(i);
  }
  // Begins a new life that knows nothing.
  void restart(size_t i) {
    at(i).restart(now_);
    arm(i);
  }
  // Each becomes a contact of the other.
  void connect(size_t a, size_t b) {
    at(a).contacts.insert(b);
    at(b).contacts.insert(a);
    tell_contacts(a);
    tell_contacts(b);
  }
  void kill(size_t i) {
    at(i).alive = false;
    arm(i);
  }

  LookupId look_up(size_t i, const Target& target) {
    const LookupId id = directory(i).look_up(now_, target);
    drain(i);
    return id;
  }
  LookupId look_up_location(size_t i, size_t of) { return look_up(i, location_of_node(at(of).id)); }
  [[nodiscard]] bool found(size_t i, LookupId id) {
    const auto done = at(i).done.find(id);
    return done != at(i).done.end() && !done->second.records.empty();
  }

  // Looks the locations of `of_each` random members up from every member alive; how many are not found.
  size_t misses(size_t of_each, Duration patience) {
    std::vector<std::tuple<size_t, size_t, LookupId>> asked;
    for (size_t i = 0; i < size(); ++i) {
      for (size_t n = 0; at(i).alive && n < of_each; ++n) {
        size_t of = some_node();
        while (!at(of).alive) of = some_node();
        asked.emplace_back(i, of, look_up_location(i, of));
      }
    }
    run_for(patience);
    return static_cast<size_t>(std::count_if(asked.begin(), asked.end(), [&](const auto& one) {
      const auto& [i, of, id] = one;
      return !found(i, id) || at(i).done[id].records.front().signer != at(of).identity.key();
    }));
  }

  // As if `from` had sent it.
  void inject(const NodeId& from, size_t to, const DirectoryMessage& message) {
    inject_bytes(from, to, encode(message));
  }
  void inject_bytes(const NodeId& from, size_t to, ByteView payload) {
    directory(to).handle_message(now_, from, payload);
    drain(to);
  }

  void run_for(Duration duration) {
    const Instant end = now_ + duration;
    while (true) {
      Instant next = flights_.empty() ? kNever : flights_.begin()->first;
      if (!timers_.empty()) next = std::min(next, timers_.begin()->first);
      if (next > end) break;
      now_ = std::max(now_, next);
      step();
      // Nodes that do not exist at all.
      while (!unreachable_.empty()) {
        for (const auto& [sender, node] : std::exchange(unreachable_, {})) {
          directory(sender).handle_undeliverable(now_, node);
          drain(sender);
        }
      }
    }
    now_ = end;
  }

  // Sees every message before it is on its way; false: it is dropped. May change it.
  std::function<bool(Flight&)> tap;
  // Members that answer in their own way instead: called for what arrives at them.
  std::map<size_t, std::function<void(size_t from, ByteView payload)>> liars;
  void send_as(size_t from, size_t to, const DirectoryMessage& message) {
    send({from, to, encode(message)});
  }
  // What was sent since the last call, over all members.
  std::pair<uint64_t, uint64_t> take_traffic() {
    std::pair<uint64_t, uint64_t> sum{};
    for (auto& member : members_) {
      sum.first += std::exchange(member->messages_sent, 0);
      sum.second += std::exchange(member->bytes_sent, 0);
    }
    return sum;
  }
  uint64_t counted(DirectoryCounter counter) {
    uint64_t sum = 0;
    for (auto& member : members_) sum += member->directory->counters().of(counter);
    return sum;
  }
  // Members that hold the record of `key` with this sequence, as holders.
  size_t holders(const RecordKey& key, uint64_t sequence) {
    return static_cast<size_t>(
        std::count_if(members_.begin(), members_.end(), [&](const auto& member) {
          if (!member->alive) return false;
          const auto& all = member->directory->store().all();
          const auto entry = all.find(key);
          return entry != all.end() && entry->second.holding == Holding::held &&
                 entry->second.record.sequence == sequence;
        }));
  }
  bool holds(size_t i, const RecordKey& key) {
    const auto& all = directory(i).store().all();
    const auto entry = all.find(key);
    return entry != all.end() && entry->second.holding == Holding::held;
  }
  size_t held_by(size_t i) {
    const auto& all = directory(i).store().all();
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [](const auto& entry) {
      return entry.second.holding == Holding::held;
    }));
  }
  // The members alive that are nearest to the position, without `except`.
  std::vector<size_t> nearest(const Position& position, size_t count, size_t except) {
    std::vector<std::pair<Distance, size_t>> ranked;
    for (size_t i = 0; i < size(); ++i) {
      if (i != except && at(i).alive) ranked.emplace_back(distance(at(i).id, position), i);
    }
    std::sort(ranked.begin(), ranked.end());
    std::vector<size_t> result;
    for (size_t n = 0; n < std::min(count, ranked.size()); ++n) result.push_back(ranked[n].second);
    return result;
  }
  RecordKey location_key(size_t i) {
    return {position_of(kLocation, at(i).identity.key()), kLocation, at(i).identity.key()};
  }

  void drain(size_t i) {
    Member& member = at(i);
    while (auto output = member.directory->poll_output()) {
      if (auto* out = std::get_if<SendTo>(&*output)) {
        STARLING_CHECK(out->payload.size() <= kMessageSizeMax && out->node != member.id);
        const auto to = by_id_.find(out->node);
        member.bytes_sent += out->payload.size();
        ++member.messages_sent;
        if (to != by_id_.end()) {
          send({i, to->second, std::move(out->payload)});
        } else if (options_.undeliverable_after > 0ns) {
          unreachable_.emplace_back(i, out->node);
        }
      } else if (auto* done = std::get_if<LookupDone>(&*output)) {
        STARLING_CHECK(!member.done.contains(done->id));
        member.done_at[done->id] = now_;
        member.done[done->id] = std::move(*done);
      } else if (auto* carried = std::get_if<CarriedArrived>(&*output)) {
        member.carried.push_back(std::move(*carried));
      } else {
        const Record& location = std::get<LocationLearned>(*output).record;
        STARLING_CHECK(location.kind == kLocation);
        // All would take most of the test's time.
        if (member.locations_learned++ % 64 == 0) STARLING_CHECK(is_authentic(location));
      }
    }
    arm(i);
  }

 private:
  void send(Flight flight) {
    if (tap && !tap(flight)) return;
    if (rng_.chance(options_.loss)) return;
    const auto spread = static_cast<uint64_t>((options_.delay_max - options_.delay_min).count());
    const Duration delay =
        options_.delay_min + Duration(static_cast<int64_t>(rng_.below(spread + 1)));
    flights_.emplace(now_ + delay, std::move(flight));
  }
  void arm(size_t i) {
    if (const auto old = armed_.find(i); old != armed_.end()) {
      timers_.erase({old->second, i});
      armed_.erase(old);
    }
    if (!at(i).alive) return;
    const Instant next = directory(i).next_timeout();
    timers_.insert({next, i});
    armed_[i] = next;
  }
  void step() {
    if (!flights_.empty() && flights_.begin()->first <= now_) {
      const Flight flight = std::move(flights_.begin()->second);
      flights_.erase(flights_.begin());
      return arrive(flight);
    }
    const auto [when, i] = *timers_.begin();
    directory(i).handle_timeout(now_);
    drain(i);
    STARLING_CHECK(directory(i).next_timeout() > now_);
  }
  void arrive(const Flight& flight) {
    Member& member = at(flight.to);
    if (const auto liar = liars.find(flight.to); liar != liars.end())
      return liar->second(flight.from, flight.payload);
    if (member.alive) {
      member.directory->handle_message(now_, at(flight.from).id, flight.payload);
      return drain(flight.to);
    }
    if (options_.undeliverable_after == 0ns || !at(flight.from).alive) return;
    directory(flight.from).handle_undeliverable(now_, member.id);
    drain(flight.from);
  }

  FlockOptions options_;
  Rng rng_;
  Instant now_ = Instant{} + 1h;
  std::vector<std::unique_ptr<Member>> members_;
  std::map<NodeId, size_t> by_id_;
  std::multimap<Instant, Flight> flights_;
  std::set<std::pair<Instant, size_t>> timers_;
  std::map<size_t, Instant> armed_;
  std::vector<std::pair<size_t, NodeId>> unreachable_;
};

}  // namespace starling::directory
