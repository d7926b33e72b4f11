// link/key_slots.h - the data planes of one link: the one to send with and older ones still good for receiving.
//
// Rules:   the newest plane sends, except that of two made within kSimultaneous the one begun by the lower key wins on
//          both sides, and of two begun by the same side the one for which that chose the higher index: the two ends may
//          have finished them in different orders; a plane receives for kLifetime after it was made, a replaced one for kOverlap after that.
// Threads: single owner.   Wire: docs/wire/link.md#rekey.
#pragma once

#include <memory>
#include <vector>

#include "base/time.h"
#include "link/data_plane.h"

namespace starling::link {

struct KeySlot {
  DataPlane plane;
  Instant made;
  bool begun_by_us = false;
  bool begun_by_lower_key = false;
  // The beginner's own: both sides know it.
  [[nodiscard]] uint32_t beginners_index() const {
    return begun_by_us ? plane.local_index() : plane.remote_index();
  }
  Instant retires = kNever;  // set when another plane took over
};

class KeySlots {
 public:
  static constexpr Duration kRekeyAfter = 120s;
  // The side that answered last time waits longer, so that one side begins.
  static constexpr Duration kRekeyAfterAsResponder = 130s;
  static constexpr Duration kRekeyRetry = 5s;
  static constexpr Duration kLifetime = 240s;
  static constexpr Duration kOverlap = 20s;
  static constexpr Duration kSimultaneous = 5s;
  static constexpr size_t kSlotsMax = 4;

  void install(Instant now, std::unique_ptr<KeySlot> slot);
  // The plane to send with; null when the newest is too old or spent.
  [[nodiscard]] KeySlot* current(Instant now);
  [[nodiscard]] KeySlot* find(uint32_t local_index);
  [[nodiscard]] bool rekey_due(Instant now) const;
  // A handshake for new keys is under way: not due again for kRekeyRetry.
  void rekey_begun(Instant now) { rekey_not_before_ = now + kRekeyRetry; }
  // Drops planes past their time and returns their local indices.
  std::vector<uint32_t> expire(Instant now);
  [[nodiscard]] std::vector<uint32_t> indices() const;
  [[nodiscard]] Instant next_timeout() const;

 private:
  [[nodiscard]] static Instant end_of(const KeySlot& slot);
  [[nodiscard]] Instant rekey_time() const;

  std::vector<std::unique_ptr<KeySlot>> slots_;  // the last one sends
  Instant rekey_not_before_ = Instant::min();
};

}  // namespace starling::link
