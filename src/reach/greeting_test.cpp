#include "reach/greeting.h"

#include <gtest/gtest.h>
#include <limits>

namespace starling::reach {
namespace greeting_test {

// docs/wire/greeting.md shows the same bytes.
constexpr std::string_view kClockHex = "0100006b49d200";
constexpr std::string_view kInviteHex = "02a08f0a72b3b4c1d6eff0011c23345567";
constexpr std::string_view kAcceptedHex = "0300";
constexpr std::string_view kUsedHex = "0303";

constexpr WallTime kExampleTime{1'800'000'000};

Bytes bytes_of(std::string_view hex) { return from_hex(hex).value(); }

InviteMessage example_invite() {
  const Bytes secret = bytes_of("a08f0a72b3b4c1d6eff0011c23345567");
  return {InviteSecret(ByteView(secret).first<InviteSecret::kSize>())};
}

template <typename Message>
Message decoded(ByteView bytes) {
  const auto greeting = decode_greeting(bytes);
  EXPECT_TRUE(greeting && std::holds_alternative<Message>(*greeting));
  return std::get<Message>(greeting.value());
}

int64_t clock_sent_by(int64_t unix_seconds) {
  return decoded<ClockMessage>(encode(ClockMessage{WallTime{unix_seconds}})).now.unix_seconds;
}

TEST(GreetingTest, WritesTheDocumentedBytes) {
  EXPECT_EQ(to_hex(encode(ClockMessage{kExampleTime})), kClockHex);
  EXPECT_EQ(to_hex(encode(example_invite())), kInviteHex);
  EXPECT_EQ(to_hex(encode(InviteOutcomeMessage{RedeemOutcome::accepted})), kAcceptedHex);
  EXPECT_EQ(to_hex(encode(InviteOutcomeMessage{RedeemOutcome::used})), kUsedHex);
}

TEST(GreetingTest, ReadsTheDocumentedBytes) {
  EXPECT_EQ(decoded<ClockMessage>(bytes_of(kClockHex)).now, kExampleTime);
  const auto invite = decoded<InviteMessage>(bytes_of(kInviteHex));
  EXPECT_TRUE(same_bytes(invite.secret.reveal(), example_invite().secret.reveal()));
  EXPECT_EQ(decoded<InviteOutcomeMessage>(bytes_of(kUsedHex)).outcome, RedeemOutcome::used);
}

// The numbers on the wire stay, whatever happens to the enumeration.
TEST(GreetingTest, GivesEachOutcomeItsDocumentedNumber) {
  const std::pair<RedeemOutcome, uint8_t> documented[] = {{RedeemOutcome::accepted, 0},
                                                          {RedeemOutcome::unknown, 1},
                                                          {RedeemOutcome::expired, 2},
                                                          {RedeemOutcome::used, 3},
                                                          {RedeemOutcome::limited, 4}};
  EXPECT_EQ(std::size(documented), static_cast<size_t>(RedeemOutcome::count_));
  for (const auto& [outcome, number] : documented) {
    const Bytes bytes = {3, number};
    EXPECT_EQ(encode(InviteOutcomeMessage{outcome}), bytes);
    EXPECT_EQ(decoded<InviteOutcomeMessage>(bytes).outcome, outcome);
  }
}

TEST(GreetingTest, RefusesOutcomesThatAreNotAssigned) {
  for (unsigned outcome = 5; outcome < 256; ++outcome) {
    EXPECT_FALSE(decode_greeting(Bytes{3, static_cast<uint8_t>(outcome)})) << outcome;
  }
}

TEST(GreetingTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  for (const std::string_view hex : {kClockHex, kInviteHex, kAcceptedHex, kUsedHex}) {
    Bytes bytes = bytes_of(hex);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_greeting(ByteView(bytes).first(size))) << hex << " " << size;
    }
    bytes.push_back(0);
    EXPECT_FALSE(decode_greeting(bytes)) << hex;
  }
}

TEST(GreetingTest, LeavesEveryOtherMessageNumberToOthers) {
  for (unsigned number = 0; number < 256; ++number) {
    if (number >= 1 && number <= 3) continue;
    for (const size_t size : {1u, 2u, 7u, 17u}) {
      Bytes bytes(size);
      bytes[0] = static_cast<uint8_t>(number);
      EXPECT_FALSE(decode_greeting(bytes)) << number;
    }
  }
}

TEST(GreetingTest, AnyClockCanBeSaid) {
  constexpr int64_t kLargest = (int64_t{1} << 48) - 1;
  for (const int64_t unix_seconds : {int64_t{0}, int64_t{1}, kLargest}) {
    EXPECT_EQ(clock_sent_by(unix_seconds), unix_seconds);
  }
  EXPECT_EQ(clock_sent_by(-1), 0);
  EXPECT_EQ(clock_sent_by(std::numeric_limits<int64_t>::min()), 0);
  EXPECT_EQ(clock_sent_by(kLargest + 1), kLargest);
  EXPECT_EQ(clock_sent_by(std::numeric_limits<int64_t>::max()), kLargest);
}

}  // namespace greeting_test
}  // namespace starling::reach
