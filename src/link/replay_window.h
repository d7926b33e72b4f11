// link/replay_window.h - accepts each packet counter once, also out of order within a window (RFC 6479).
#pragma once

#include <array>
#include <cstdint>

namespace starling::link {

class ReplayWindow {
 public:
  // Counters up to this far behind the highest one are told apart; older ones are refused. Enough for a train of
  // packets overtaken on a parallel path: 8,192 packets are 80 ms at 1 Gbit/s.
  static constexpr uint64_t kSize = 8192;

  // True when `counter` was not accepted before and is not too old. Call before opening the packet.
  [[nodiscard]] bool is_fresh(uint64_t counter) const;
  // Marks it as seen; call only after the packet proved authentic. Pre: is_fresh(counter).
  void accept(uint64_t counter);
  [[nodiscard]] uint64_t highest() const { return highest_; }

 private:
  // One word more than the window, so that the word being cleared holds no counter still inside it.
  static constexpr uint64_t kWords = kSize / 64 + 1;

  std::array<uint64_t, kWords> seen_{};
  uint64_t highest_ = 0;
  bool any_ = false;
};

}  // namespace starling::link
