#include "messaging/conversation.h"

#include <gtest/gtest.h>

#include "directory/example_records.h"

namespace starling::messaging {
namespace conversation_test {

const crypto::AccountKey kAda{{1}};
const crypto::AccountKey kBob{{2}};
const crypto::Identity kAdasDevice = directory::example_identity(1);
const crypto::Identity kBobsDevice = directory::example_identity(2);

Conversation of_ada() { return {kAda, {.peer = kBob}}; }
Conversation of_bob() { return {kBob, {.peer = kAda}}; }

void take(Conversation& conversation, const crypto::AccountKey& own, const space::Entry& entry) {
  conversation = Conversation(own, conversation.after(entry));
}
void take_by_ada(Conversation& ada, const space::Entry& entry) { take(ada, kAda, entry); }
void take_by_bob(Conversation& bob, const space::Entry& entry) { take(bob, kBob, entry); }

TEST(ConversationTest, BothEndsNameTheSameSpaceAndAnswerEachOther) {
  Conversation ada = of_ada();
  Conversation bob = of_bob();
  const auto first = ada.compose(kAdasDevice, 1'000, "hello");
  EXPECT_EQ(first.sequence, 1u);
  EXPECT_EQ(first.lamport, 1u);
  EXPECT_TRUE(first.parents.empty());
  take_by_ada(ada, first);
  EXPECT_TRUE(bob.may_hold(first, kAdasDevice.key()));
  take_by_bob(bob, first);
  const auto answer = bob.compose(kBobsDevice, 2'000, "hello yourself");
  EXPECT_EQ(answer.lamport, 2u);
  EXPECT_EQ(answer.parents, (std::vector<space::EntryId>{id_of(first)}));
  EXPECT_TRUE(ada.may_hold(answer, kBobsDevice.key()));
  take_by_ada(ada, answer);
  EXPECT_EQ(ada.state().heads, bob.after(answer).heads);
  EXPECT_EQ(ada.state().received, 1u);
}

TEST(ConversationTest, OnlyThePeersDeviceWritesForThePeer) {
  const Conversation bob = of_bob();
  const auto good = of_ada().compose(kAdasDevice, 1, "hello");
  EXPECT_FALSE(bob.may_hold(good, kBobsDevice.key())) << "another device";
  space::Entry entry = good;
  entry.author = kBob;
  sign(entry, kAdasDevice);
  EXPECT_FALSE(bob.may_hold(entry, kAdasDevice.key())) << "our own words";
  entry = good;
  entry.space.value[0] ^= 1;
  sign(entry, kAdasDevice);
  EXPECT_FALSE(bob.may_hold(entry, kAdasDevice.key())) << "another space";
  entry = good;
  entry.body.push_back('!');
  EXPECT_FALSE(bob.may_hold(entry, kAdasDevice.key())) << "not signed";
  entry.body = {0xff};
  sign(entry, kAdasDevice);
  EXPECT_FALSE(bob.may_hold(entry, kAdasDevice.key())) << "no text";
  entry.type = 77;
  sign(entry, kAdasDevice);
  EXPECT_TRUE(bob.may_hold(entry, kAdasDevice.key())) << "a later program's";
}

TEST(ConversationTest, ALamportTimeBeyondReasonLeavesRoomForMore) {
  Conversation bob = of_bob();
  space::Entry entry = of_ada().compose(kAdasDevice, 1, "hello");
  entry.lamport = space::Entry::kNumberMax;
  sign(entry, kAdasDevice);
  take_by_bob(bob, entry);
  EXPECT_LT(bob.compose(kBobsDevice, 2, "still here").lamport, space::Entry::kNumberMax);
}

TEST(ConversationTest, HeadsAreBoundedAndTheLatestStays) {
  Conversation bob = of_bob();
  for (uint64_t i = 1; i <= 20; ++i) {
    space::Entry entry = of_ada().compose(kAdasDevice, i, "concurrent");
    entry.sequence = i;
    sign(entry, kAdasDevice);
    take_by_bob(bob, entry);
    EXPECT_TRUE(std::ranges::binary_search(bob.state().heads, id_of(entry)));
    EXPECT_LE(bob.state().heads.size(), space::Entry::kParentsMax);
  }
  const auto answer = bob.compose(kBobsDevice, 99, "all read");
  take_by_bob(bob, answer);
  EXPECT_EQ(bob.state().heads, (std::vector<space::EntryId>{id_of(answer)}));
}

TEST(ConversationTest, ManyDevicesOfThePeerLeaveAPlaceForOurs) {
  Conversation bob = of_bob();
  size_t taken = 0;
  for (uint8_t i = 0; i < 100; ++i) {
    const auto device = directory::example_identity(static_cast<uint8_t>(100 + i));
    const auto entry = of_ada().compose(device, 1, "hello");
    if (!bob.may_hold(entry, device.key())) continue;
    take_by_bob(bob, entry);
    ++taken;
  }
  EXPECT_EQ(taken, Conversation::kDevicesMax - 1);
  take_by_bob(bob, bob.compose(kBobsDevice, 2, "so many"));
  EXPECT_EQ(decode_conversation(encode(bob.state())), bob.state());
}

TEST(ConversationTest, AStateIsWrittenAndReadUnchanged) {
  Conversation ada = of_ada();
  take_by_ada(ada, ada.compose(kAdasDevice, 1, "one"));
  take_by_ada(ada, of_bob().compose(kBobsDevice, 1, "two"));
  const Bytes good = encode(ada.state());
  EXPECT_EQ(decode_conversation(good), ada.state());
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_conversation(ByteView(good).first(size))) << size;
  Bytes other = good;
  other[0] = 2;
  EXPECT_FALSE(decode_conversation(other));
}

}  // namespace conversation_test
}  // namespace starling::messaging
