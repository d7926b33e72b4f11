#include "routing/waiting_room.h"

#include <gtest/gtest.h>

namespace starling::routing {
namespace waiting_room_test {

class WaitingRoomTest : public testing::Test {
 protected:
  static crypto::NodeId node(unsigned number) {
    return {{static_cast<uint8_t>(number), static_cast<uint8_t>(number >> 8), 0xaa}};
  }
  bool keep(unsigned leaf, unsigned source, size_t size) {
    return room_.keep(now_, node(leaf), {node(source), Bytes(size, uint8_t(source)), 0}, dropped_);
  }
  std::vector<int> sources_of(unsigned leaf) {
    std::vector<int> sources;
    for (const auto& packet : room_.take(node(leaf))) sources.push_back(packet.source.value[0]);
    return sources;
  }

  Instant now_ = Instant{} + 1h;
  WaitingRoom room_;
  uint64_t dropped_ = 0;
};

TEST_F(WaitingRoomTest, KeepsWhatComesForALeafInItsOrder) {
  ASSERT_TRUE(room_.reserve(now_, node(1), 60s));
  EXPECT_TRUE(keep(1, 7, 100));
  EXPECT_TRUE(keep(1, 8, 10));
  EXPECT_TRUE(keep(1, 7, 1));
  EXPECT_EQ(room_.bytes(), 111u);
  EXPECT_EQ(sources_of(1), (std::vector{7, 8, 7}));
  EXPECT_EQ(room_.bytes(), 0u);
  EXPECT_TRUE(sources_of(1).empty());
  EXPECT_TRUE(keep(1, 9, 1)) << "it may fall asleep again";
}

TEST_F(WaitingRoomTest, KeepsNothingForOthers) {
  EXPECT_FALSE(keep(1, 7, 100));
  EXPECT_FALSE(room_.is_reserved(now_, node(1)));
  room_.reserve(now_, node(2), 60s);
  EXPECT_FALSE(keep(1, 7, 100));
  EXPECT_EQ(room_.bytes(), 0u);
}

TEST_F(WaitingRoomTest, EndsWithTheTimeThatWasAskedFor) {
  room_.reserve(now_, node(1), 60s);
  keep(1, 7, 100);
  now_ += 60s - 1ns;
  EXPECT_TRUE(room_.is_reserved(now_, node(1)));
  EXPECT_EQ(room_.expire(now_), 0u);
  now_ += 1ns;
  EXPECT_FALSE(room_.is_reserved(now_, node(1)));
  EXPECT_FALSE(keep(1, 7, 100));
  EXPECT_EQ(room_.expire(now_), 1u);
  EXPECT_EQ(room_.leaves(), 0u);
  EXPECT_EQ(room_.bytes(), 0u);
}

TEST_F(WaitingRoomTest, ALongerTimeThanADayIsADay) {
  room_.reserve(now_, node(1), WaitingRoom::kTimeMax * 2);
  EXPECT_TRUE(room_.is_reserved(now_ + WaitingRoom::kTimeMax - 1ns, node(1)));
  EXPECT_FALSE(room_.is_reserved(now_ + WaitingRoom::kTimeMax, node(1)));
}

TEST_F(WaitingRoomTest, AskingAgainKeepsWhatIsThereAndZeroDropsIt) {
  room_.reserve(now_, node(1), 60s);
  keep(1, 7, 100);
  room_.reserve(now_ + 50s, node(1), 60s);
  EXPECT_EQ(room_.bytes(), 100u);
  EXPECT_TRUE(room_.is_reserved(now_ + 109s, node(1)));
  EXPECT_TRUE(room_.reserve(now_, node(1), 0s));
  EXPECT_EQ(room_.bytes(), 0u);
  EXPECT_FALSE(room_.is_reserved(now_, node(1)));
}

TEST_F(WaitingRoomTest, AFloodDisplacesOnlyItself) {
  room_.reserve(now_, node(1), 60s);
  keep(1, 7, 100);
  keep(1, 8, 100);
  for (int i = 0; i < 1'000; ++i) keep(1, 9, 50);
  EXPECT_EQ(dropped_, 1'000u + 2 - WaitingRoom::kPacketsMax);
  const auto sources = sources_of(1);
  ASSERT_EQ(sources.size(), WaitingRoom::kPacketsMax);
  EXPECT_EQ((std::vector{sources[0], sources[1], sources[2]}), (std::vector{7, 8, 9}));
}

TEST_F(WaitingRoomTest, HoldsNoMoreBytesThanItsBounds) {
  room_.reserve(now_, node(1), 60s);
  EXPECT_FALSE(keep(1, 7, WaitingRoom::kBytesMax + 1));
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(keep(1, 7, 8'900));
  EXPECT_LE(room_.bytes(), WaitingRoom::kBytesMax);
  for (unsigned leaf = 2; leaf <= WaitingRoom::kLeavesMax; ++leaf) {
    ASSERT_TRUE(room_.reserve(now_, node(leaf), 60s));
    for (int i = 0; i < 14; ++i) keep(leaf, 7, 8'900);
  }
  EXPECT_LE(room_.bytes(), WaitingRoom::kBytesAll);
  EXPECT_GT(room_.bytes(), WaitingRoom::kBytesAll - WaitingRoom::kBytesMax);
}

TEST_F(WaitingRoomTest, TakesNoMoreLeavesThanItsBound) {
  for (unsigned leaf = 0; leaf < WaitingRoom::kLeavesMax; ++leaf)
    EXPECT_TRUE(room_.reserve(now_, node(leaf), 60s));
  EXPECT_FALSE(room_.reserve(now_, node(WaitingRoom::kLeavesMax), 60s));
  EXPECT_TRUE(room_.reserve(now_, node(0), 120s)) << "that it has already";
  room_.expire(now_ + 60s);
  EXPECT_TRUE(room_.reserve(now_ + 60s, node(WaitingRoom::kLeavesMax), 60s));
}

}  // namespace waiting_room_test
}  // namespace starling::routing
