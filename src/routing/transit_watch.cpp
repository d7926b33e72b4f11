#include "routing/transit_watch.h"

#include <algorithm>

namespace starling::routing {
namespace {

constexpr size_t kClosedTestsMax = 64;

}  // namespace

void TransitWatch::remove_neighbour(NeighbourId neighbour) {
  const auto entry = states_.find(neighbour);
  if (entry == states_.end()) return;
  if (entry->second.is_open) close(entry->second.nonce);
  states_.erase(entry);
}

void TransitWatch::handle_given(Instant now, NeighbourId neighbour) {
  const auto entry = states_.find(neighbour);
  if (entry == states_.end()) return;
  State& state = entry->second;
  if (!state.passes_on || state.given_since != kNever || now < state.trusted_until) return;
  state.given_since = now;
  if (!state.is_open) state.test_at = now + kDoubtAfter;
}

void TransitWatch::handle_passed_on(Instant now, NeighbourId neighbour) {
  const auto entry = states_.find(neighbour);
  if (entry == states_.end() || !entry->second.passes_on) return;
  State& state = entry->second;
  state.given_since = kNever;
  state.trusted_until = now + kTrust;
  state.failures = 0;
  if (!state.is_open) state.test_at = kNever;
}

void TransitWatch::handle_answer(Instant now, uint64_t nonce) {
  const auto test = tests_.find(nonce / kEchoes);
  if (test == tests_.end()) return;
  State& state = states_.at(test->second);
  close(test->first);
  const bool was_judged = !state.passes_on;
  state = State{};
  state.trusted_until = now + kTrust;
  state.is_told = !was_judged;
}

void TransitWatch::close(uint64_t test) {
  tests_.erase(test);
  closed_.push_back(test);
  if (closed_.size() > kClosedTestsMax) closed_.pop_front();
}

bool TransitWatch::is_own(uint64_t nonce) const {
  const uint64_t test = nonce / kEchoes;
  return tests_.contains(test) || std::find(closed_.begin(), closed_.end(), test) != closed_.end();
}

void TransitWatch::fail(Instant now, State& state) {
  close(state.nonce);
  state.is_open = false;
  ++state.failures;
  if (state.failures < kFailuresMax) {
    state.test_at = now;
    return;
  }
  if (state.passes_on) {
    state.passes_on = false;
    state.is_told = false;
  }
  state.test_at = now + state.again;
  state.again = std::min<Duration>(2 * state.again, kAgainMax);
}

std::optional<TransitWatch::Output> TransitWatch::poll(Instant now) {
  for (auto& [neighbour, state] : states_) {
    if (!state.is_told) {
      state.is_told = true;
      return Verdict{neighbour, state.passes_on};
    }
    if (now < state.test_at) continue;
    if (state.is_open) {
      fail(now, state);
      if (!state.is_told) {
        state.is_told = true;
        return Verdict{neighbour, state.passes_on};
      }
      if (now < state.test_at) continue;
    }
    // Most only had nothing to pass on: that one echo shows, and everybody on its way has less to doubt.
    const bool is_first = state.passes_on && state.failures == 0;
    return Test{neighbour, is_first ? 1 : kEchoes};
  }
  return std::nullopt;
}

void TransitWatch::note_tested(Instant now, NeighbourId neighbour, uint64_t nonce,
                               Duration one_way) {
  State& state = states_.at(neighbour);
  state.nonce = nonce / kEchoes;
  state.is_open = true;
  state.test_at = now + std::max<Duration>(kAnswerWaitMin, 4 * one_way);
  tests_[nonce / kEchoes] = neighbour;
}

void TransitWatch::handle_untestable(NeighbourId neighbour) {
  State& state = states_.at(neighbour);
  const bool was_judged = !state.passes_on;
  state = State{};
  state.is_told = !was_judged;
}

Instant TransitWatch::next_timeout() const {
  Instant next = kNever;
  for (const auto& [neighbour, state] : states_) {
    next = std::min(next, state.is_told ? state.test_at : Instant::min());
  }
  return next;
}

}  // namespace starling::routing
