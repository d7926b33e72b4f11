// session/session_pair.h - for tests: two or more session layers in virtual time, with the mesh between them as a delay, a chance
// of loss and a switch.
//
// How:     what one sends arrives after the delay unless it is lost, the way is cut, or the receiver is dead. Every event is
//          kept, and applications() answer them.
// Checks:  a timer handled is a timer that has moved on: no layer may ask to be called again at once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "base/check.h"
#include "session/session_layer.h"

namespace starling::session {

struct PairOptions {
  uint64_t seed = 1;
  size_t node_count = 2;
  double loss = 0;
  Duration delay_min = 20ms;
  Duration delay_max = 20ms;  // more than delay_min: packets overtake each other
  SessionOptions session{};
};

struct Flight {
  NodeId from;  // as the receiver is told
  size_t to = 0;
  Bytes payload;
};

class SessionPair {
 public:
  struct Member {
    Member(uint64_t seed, const SessionOptions& options)
        : random(seed), rng(seed), identity(crypto::Identity::generate(random)) {
      id = crypto::node_id_of(identity.key());
      restart(options);
    }
    void restart(const SessionOptions& options) {
      layer = std::make_unique<SessionLayer>(identity, rng, random, options);
      alive = true;
    }

    crypto::SeededRandom random;
    Rng rng;
    crypto::Identity identity;
    NodeId id;
    std::unique_ptr<SessionLayer> layer;
    bool alive = false;
    std::vector<SessionEvent> events;
    uint64_t datagrams_sent = 0;
  };

  explicit SessionPair(const PairOptions& options) : options_(options), rng_(options.seed) {
    for (size_t i = 0; i < options.node_count; ++i) {
      members_.push_back(std::make_unique<Member>(options.seed * 1'000 + i, options.session));
      by_id_[members_.back()->id] = i;
    }
  }

  Member& at(size_t i) { return *members_[i]; }
  SessionLayer& layer(size_t i) { return *members_[i]->layer; }
  const NodeKey& key(size_t i) { return members_[i]->identity.key(); }
  [[nodiscard]] Instant now() const { return now_; }
  PairOptions& options() { return options_; }
  Rng& rng() { return rng_; }

  // Called for every event after it is kept.
  std::function<void(size_t node, const SessionEvent&)> application;
  // Sees every datagram before it is on its way; false: it is dropped. May change it.
  std::function<bool(Flight&)> tap;

  StreamId open(size_t from, size_t to, std::string_view service = "echo/1") {
    const auto stream = layer(from).open_stream(now_, key(to), service);
    STARLING_CHECK(stream.has_value());
    drain(from);
    return *stream;
  }
  void write(size_t i, StreamId stream, std::string_view text) {
    STARLING_CHECK(layer(i).write(now_, stream, copy_of(view_of(text))) == WriteOutcome::accepted);
    drain(i);
  }
  void finish(size_t i, StreamId stream) {
    layer(i).finish(now_, stream);
    drain(i);
  }
  std::string read_all(size_t i, StreamId stream) {
    std::string text;
    while (true) {
      const Bytes bytes = layer(i).read(now_, stream, 65'536);
      if (bytes.empty()) break;
      text += text_of(bytes);
    }
    drain(i);
    return text;
  }
  void kill(size_t i) { at(i).alive = false; }
  void restart(size_t i) { at(i).restart(options_.session); }
  void cut() { is_cut_ = true; }
  void mend() { is_cut_ = false; }
  // As if `from` had sent it.
  void inject(const NodeId& from, size_t to, ByteView payload) {
    layer(to).handle_datagram(now_, from, payload);
    drain(to);
  }

  template <typename Event>
  std::vector<Event> events(size_t i) {
    std::vector<Event> found;
    for (const SessionEvent& event : at(i).events) {
      if (const auto* one = std::get_if<Event>(&event)) found.push_back(*one);
    }
    return found;
  }
  std::optional<StreamClosed> closed(size_t i, StreamId stream) {
    for (const StreamClosed& event : events<StreamClosed>(i)) {
      if (event.stream == stream) return event;
    }
    return std::nullopt;
  }
  uint64_t counted(size_t i, SessionCounter counter) { return layer(i).counters().of(counter); }

  void run_for(Duration duration) {
    run_until([] { return false; }, duration);
  }
  // Whether `done` became true in time.
  bool run_until(const std::function<bool()>& done, Duration patience) {
    const Instant end = now_ + patience;
    while (!done()) {
      Instant next = flights_.empty() ? kNever : flights_.begin()->first;
      for (const auto& member : members_) {
        if (member->alive) next = std::min(next, member->layer->next_timeout());
      }
      if (next > end) {
        now_ = end;
        return done();
      }
      now_ = std::max(now_, next);
      step();
    }
    return true;
  }

  void drain(size_t i) {
    Member& member = at(i);
    bool again = member.alive;
    while (again) {
      again = false;
      while (auto packet = member.layer->poll_datagram(now_)) {
        STARLING_CHECK(packet->payload.size() <= kDatagramSizeMax && !packet->payload.empty());
        ++member.datagrams_sent;
        send(member.id, std::move(*packet));
        again = true;
      }
      while (auto event = member.layer->poll_event()) {
        member.events.push_back(*event);
        if (application) application(i, *event);
        again = true;
      }
    }
  }

 private:
  void send(const NodeId& from, SendDatagram packet) {
    const auto to = by_id_.find(packet.to);
    if (to == by_id_.end()) return;
    Flight flight{from, to->second, std::move(packet.payload)};
    if (tap && !tap(flight)) return;
    if (is_cut_ || rng_.chance(options_.loss)) return;
    const auto spread = static_cast<uint64_t>((options_.delay_max - options_.delay_min).count());
    const Duration delay =
        options_.delay_min + Duration(static_cast<int64_t>(rng_.below(spread + 1)));
    flights_.emplace(now_ + delay, std::move(flight));
  }
  void step() {
    if (!flights_.empty() && flights_.begin()->first <= now_) {
      const Flight flight = std::move(flights_.begin()->second);
      flights_.erase(flights_.begin());
      if (!at(flight.to).alive || is_cut_) return;
      return inject(flight.from, flight.to, flight.payload);
    }
    for (size_t i = 0; i < members_.size(); ++i) {
      if (!at(i).alive || layer(i).next_timeout() > now_) continue;
      layer(i).handle_timeout(now_);
      drain(i);
      STARLING_CHECK(layer(i).next_timeout() > now_);
    }
  }

  PairOptions options_;
  Rng rng_;
  Instant now_ = Instant{} + 1h;
  bool is_cut_ = false;
  std::vector<std::unique_ptr<Member>> members_;
  std::map<NodeId, size_t> by_id_;
  std::multimap<Instant, Flight> flights_;
};

}  // namespace starling::session
