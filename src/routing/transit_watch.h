// routing/transit_watch.h - whether neighbours pass on what they are given, as their routes promise.
//
// Why:     a neighbour that announces routes and drops what is sent along them (a black hole) is worse than none. Only its
//          neighbours can know.
// How:     who was given packets for others and has passed on none for kDoubtAfter is tested: an echo, and if there is no answer
//          kEchoes of them, go through it to nodes that it says are just behind it, which for the neighbour look like any other
//          packets. When none is answered kFailuresMax times in a row, it is no way to anybody but itself; it is tested again,
//          ever more rarely, and the first answer makes it one again. By chance that takes 1 + 2 x kEchoes lost questions or
//          answers in a row.
// Drive:   after handle_*() and when next_timeout() is due: poll() until empty.
// Threads: single owner.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <variant>

#include "base/time.h"
#include "routing/types.h"

namespace starling::routing {

class TransitWatch {
 public:
  static constexpr Duration kDoubtAfter = 250ms;
  // So long after a proof nothing is doubted.
  static constexpr Duration kTrust = 2s;
  static constexpr Duration kAnswerWaitMin = 250ms;
  static constexpr uint32_t kEchoes = 4;
  static constexpr int kFailuresMax = 3;
  // Between tests of who failed.
  static constexpr Duration kAgainFirst = 2s;
  static constexpr Duration kAgainMax = 120s;

  void add_neighbour(NeighbourId neighbour) { states_[neighbour]; }
  void remove_neighbour(NeighbourId neighbour);

  // It was given a packet for somebody else.
  void handle_given(Instant now, NeighbourId neighbour);
  // It passed on a packet of somebody else.
  void handle_passed_on(Instant now, NeighbourId neighbour);
  // An echo with that nonce came back.
  void handle_answer(Instant now, uint64_t nonce);

  // Send so many echoes through that neighbour, with nonces from note_tested(). Who cannot, because it announces nobody else, calls
  // handle_untestable().
  struct Test {
    NeighbourId neighbour;
    uint32_t echoes = kEchoes;
  };
  // From now on it is, or is no longer, a way to others.
  struct Verdict {
    NeighbourId neighbour;
    bool passes_on = true;
  };
  using Output = std::variant<Test, Verdict>;
  std::optional<Output> poll(Instant now);
  // The echoes of a Test, at most kEchoes, go out with the nonces from `nonce` on; an answer may take twice `one_way`.
  void note_tested(Instant now, NeighbourId neighbour, uint64_t nonce, Duration one_way);
  void handle_untestable(NeighbourId neighbour);
  [[nodiscard]] Instant next_timeout() const;
  // Whether an answer with that nonce is for handle_answer(): those that come after the first one, too.
  [[nodiscard]] bool is_own(uint64_t nonce) const;

 private:
  struct State {
    Instant given_since = kNever;  // without anything passed on
    Instant trusted_until = Instant::min();
    Instant test_at = kNever;  // the next test; while one is open, when it has failed
    uint64_t nonce = 0;        // of the open test, divided by kEchoes
    bool is_open = false;
    int failures = 0;  // in a row
    bool passes_on = true;
    bool is_told = true;  // passes_on was polled
    Duration again = kAgainFirst;
  };
  void fail(Instant now, State& state);
  void close(uint64_t test);

  std::map<NeighbourId, State> states_;
  std::map<uint64_t, NeighbourId> tests_;  // open ones, by nonce / kEchoes
  std::deque<uint64_t> closed_;            // the last ones
};

}  // namespace starling::routing
