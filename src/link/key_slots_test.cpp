#include "link/key_slots.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace starling::link {
namespace key_slots_test {

constexpr Instant kStart = Instant{} + 1h;

enum class Begun : uint8_t { by_us, by_peer };
enum class Key : uint8_t { lower, higher };  // of whoever began

std::unique_ptr<KeySlot> slot(uint32_t index, Instant made, Begun begun = Begun::by_us,
                              Key key = Key::lower) {
  DataPlane plane(index, index + 1'000, crypto::Cipher::chacha20_poly1305, {});
  return std::make_unique<KeySlot>(
      KeySlot{std::move(plane), made, begun == Begun::by_us, key == Key::lower});
}

uint32_t current_index(KeySlots& slots, Instant now) {
  const KeySlot* current = slots.current(now);
  return current ? current->plane.local_index() : 0;
}

TEST(KeySlotsTest, StartsWithoutKeys) {
  KeySlots slots;
  EXPECT_EQ(slots.current(kStart), nullptr);
  EXPECT_EQ(slots.find(1), nullptr);
  EXPECT_FALSE(slots.rekey_due(kStart));
  EXPECT_TRUE(slots.expire(kStart).empty());
  EXPECT_EQ(slots.next_timeout(), kNever);
}

TEST(KeySlotsTest, TheNewestPlaneSendsAndOlderOnesAreStillFound) {
  KeySlots slots;
  slots.install(kStart, slot(1, kStart));
  EXPECT_EQ(current_index(slots, kStart), 1u);
  slots.install(kStart + 2min, slot(2, kStart + 2min));
  EXPECT_EQ(current_index(slots, kStart + 2min), 2u);
  ASSERT_NE(slots.find(1), nullptr);
  EXPECT_EQ(slots.find(1)->plane.local_index(), 1u);
  EXPECT_EQ(slots.indices(), (std::vector<uint32_t>{1, 2}));
}

TEST(KeySlotsTest, OfTwoSimultaneousHandshakesBothSidesKeepTheLowerKeysInEitherOrder) {
  for (const bool lower_first : {true, false}) {
    for (const Duration apart : {Duration(0), Duration(10ms), KeySlots::kSimultaneous - 1ns}) {
      KeySlots slots;
      const Instant later = kStart + apart;
      const Instant lower_made = lower_first ? kStart : later;
      const Instant higher_made = lower_first ? later : kStart;
      auto lower = slot(1, lower_made, Begun::by_us, Key::lower);
      auto higher = slot(2, higher_made, Begun::by_peer, Key::higher);
      slots.install(kStart, lower_first ? std::move(lower) : std::move(higher));
      slots.install(later, lower_first ? std::move(higher) : std::move(lower));
      EXPECT_EQ(current_index(slots, later), 1u);
      ASSERT_NE(slots.find(2), nullptr) << "the other one still receives";
      EXPECT_EQ(slots.find(2)->retires, later + KeySlots::kOverlap);
      EXPECT_EQ(slots.find(1)->retires, kNever);
    }
  }
}

TEST(KeySlotsTest, AHigherKeysHandshakeWinsWhenItIsNoLongerSimultaneous) {
  KeySlots slots;
  slots.install(kStart, slot(1, kStart, Begun::by_us, Key::lower));
  const Instant later = kStart + KeySlots::kSimultaneous;
  slots.install(later, slot(2, later, Begun::by_peer, Key::higher));
  EXPECT_EQ(current_index(slots, later), 2u);
}

TEST(KeySlotsTest, OfTwoHandshakesOfTheSameSideTheNewerWins) {
  for (const Key key : {Key::lower, Key::higher}) {
    KeySlots slots;
    slots.install(kStart, slot(1, kStart, Begun::by_us, key));
    slots.install(kStart + 1min, slot(2, kStart + 1min, Begun::by_us, key));
    EXPECT_EQ(current_index(slots, kStart + 1min), 2u);
    slots.install(kStart + 2min, slot(1, kStart + 2min, Begun::by_us, key));
    EXPECT_EQ(current_index(slots, kStart + 2min), 1u);
  }
}

// Found by fuzzing: each end kept sending with what the other one retired, and the link died after 30 s.
TEST(KeySlotsTest, OfTwoSimultaneousOnesOfTheSameSideBothEndsKeepTheSameInAnyOrder) {
  const auto plane_of = [](uint32_t local, uint32_t remote, bool begun_by_us) {
    return std::make_unique<KeySlot>(
        KeySlot{DataPlane(local, remote, crypto::Cipher::chacha20_poly1305, {}), kStart,
                begun_by_us, /*begun_by_lower_key=*/true});
  };
  for (const bool first_first : {true, false}) {
    // The beginner has the indices 7 and 5, the other end 20 and 30 for the same two.
    KeySlots beginner;
    KeySlots other;
    beginner.install(kStart, plane_of(7, 20, true));
    beginner.install(kStart, plane_of(5, 30, true));
    other.install(kStart, first_first ? plane_of(20, 7, false) : plane_of(30, 5, false));
    other.install(kStart, first_first ? plane_of(30, 5, false) : plane_of(20, 7, false));
    EXPECT_EQ(current_index(beginner, kStart), 7u);
    EXPECT_EQ(current_index(other, kStart), 20u);
  }
}

TEST(KeySlotsTest, AReplacedPlaneReceivesForTheOverlapOnly) {
  KeySlots slots;
  slots.install(kStart, slot(1, kStart));
  const Instant replaced = kStart + 2min;
  slots.install(replaced, slot(2, replaced));
  EXPECT_TRUE(slots.expire(replaced + KeySlots::kOverlap - 1ns).empty());
  EXPECT_EQ(slots.next_timeout(), replaced + KeySlots::kOverlap);
  EXPECT_EQ(slots.expire(replaced + KeySlots::kOverlap), std::vector<uint32_t>{1});
  EXPECT_EQ(slots.find(1), nullptr);
  EXPECT_EQ(slots.indices(), std::vector<uint32_t>{2});
}

TEST(KeySlotsTest, APlaneNeitherSendsNorReceivesBeyondItsLifetime) {
  KeySlots slots;
  slots.install(kStart, slot(1, kStart));
  const Instant end = kStart + KeySlots::kLifetime;
  EXPECT_EQ(current_index(slots, end - 1ns), 1u);
  EXPECT_EQ(slots.current(end), nullptr);
  EXPECT_TRUE(slots.expire(end - 1ns).empty());
  EXPECT_EQ(slots.expire(end), std::vector<uint32_t>{1});
  EXPECT_EQ(slots.next_timeout(), kNever);
}

TEST(KeySlotsTest, APlaneReplacedLateDoesNotOutliveItsLifetime) {
  KeySlots slots;
  slots.install(kStart, slot(1, kStart));
  const Instant replaced = kStart + KeySlots::kLifetime - 1s;
  slots.install(replaced, slot(2, replaced));
  EXPECT_EQ(slots.expire(replaced + 1s), std::vector<uint32_t>{1});
}

TEST(KeySlotsTest, TheSideThatBeganRekeysFirst) {
  KeySlots initiator;
  KeySlots responder;
  initiator.install(kStart, slot(1, kStart, Begun::by_us));
  responder.install(kStart, slot(2, kStart, Begun::by_peer));
  EXPECT_FALSE(initiator.rekey_due(kStart + 120s - 1ns));
  EXPECT_TRUE(initiator.rekey_due(kStart + 120s));
  EXPECT_EQ(initiator.next_timeout(), kStart + 120s);
  EXPECT_FALSE(responder.rekey_due(kStart + 130s - 1ns));
  EXPECT_TRUE(responder.rekey_due(kStart + 130s));
  EXPECT_EQ(responder.next_timeout(), kStart + 130s);
}

TEST(KeySlotsTest, ANewPlaneStartsTheTimeToTheNextRekeyAnew) {
  KeySlots slots;
  slots.install(kStart, slot(1, kStart));
  slots.install(kStart + 120s, slot(2, kStart + 120s));
  EXPECT_FALSE(slots.rekey_due(kStart + 240s - 1ns));
  EXPECT_TRUE(slots.rekey_due(kStart + 240s));
}

TEST(KeySlotsTest, ARekeyUnderWayIsNotDueAgainForAWhile) {
  KeySlots slots;
  slots.install(kStart, slot(1, kStart));
  const Instant due = kStart + KeySlots::kRekeyAfter;
  slots.rekey_begun(due);
  EXPECT_FALSE(slots.rekey_due(due + KeySlots::kRekeyRetry - 1ns));
  EXPECT_EQ(slots.next_timeout(), due + KeySlots::kRekeyRetry);
  EXPECT_TRUE(slots.rekey_due(due + KeySlots::kRekeyRetry));
}

TEST(KeySlotsTest, ExpireKeepsAtMostFourPlanesAndTheCurrentAmongThem) {
  KeySlots slots;
  std::vector<uint32_t> gone;
  for (uint32_t index = 1; index <= 10; ++index) {
    slots.install(kStart, slot(index, kStart));
    const auto now_gone = slots.expire(kStart);
    gone.insert(gone.end(), now_gone.begin(), now_gone.end());
    EXPECT_LE(slots.indices().size(), KeySlots::kSlotsMax);
    EXPECT_EQ(current_index(slots, kStart), index);
  }
  EXPECT_EQ(gone, (std::vector<uint32_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(slots.indices(), (std::vector<uint32_t>{7, 8, 9, 10}));
}

}  // namespace key_slots_test
}  // namespace starling::link
