#include "reach/invitations.h"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace starling::reach {
namespace invitations_test {

constexpr int64_t kStartUnixS = 1'800'000'000;
constexpr int64_t kDayS = 86'400;

WallTime after(int64_t seconds) { return {kStartUnixS + seconds}; }

crypto::NodeKey node(uint8_t number) {
  crypto::NodeKey key;
  key.value.fill(number);
  return key;
}

Bytes bytes_of(const InviteSecret& secret) { return copy_of(secret.reveal()); }

class InvitationsTest : public testing::Test {
 protected:
  Bytes create(WallTime now, std::chrono::seconds lifetime = Invitations::kLifetimeDefault) {
    return bytes_of(invitations_.create(now, random_, lifetime).value());
  }
  RedeemOutcome redeem(WallTime now, ByteView secret, const crypto::NodeKey& who) {
    return invitations_.redeem(now, secret, who);
  }
  Bytes wrong_secret() { return bytes_of(random_.secret<InviteSecret>()); }

  crypto::SeededRandom random_{1};
  Invitations invitations_;
};

TEST_F(InvitationsTest, ASecretAdmitsTheNodeThatPresentsIt) {
  const Bytes secret = create(after(0));
  EXPECT_EQ(invitations_.open_count(after(0)), 1u);
  EXPECT_EQ(redeem(after(1), secret, node(1)), RedeemOutcome::accepted);
  EXPECT_EQ(invitations_.open_count(after(1)), 0u);
  EXPECT_EQ(invitations_.counts().of(RedeemOutcome::accepted), 1u);
}

TEST_F(InvitationsTest, ASecretWorksForOneNodeAndForThatOneAgain) {
  const Bytes secret = create(after(0));
  EXPECT_EQ(redeem(after(1), secret, node(1)), RedeemOutcome::accepted);
  EXPECT_EQ(redeem(after(2), secret, node(2)), RedeemOutcome::used);
  EXPECT_EQ(redeem(after(3), secret, node(1)), RedeemOutcome::accepted);
  EXPECT_EQ(redeem(after(8 * kDayS), secret, node(1)), RedeemOutcome::accepted);
}

TEST_F(InvitationsTest, ASecretEndsWithItsLifetime) {
  const Bytes first = create(after(0), std::chrono::seconds{60});
  const Bytes second = create(after(0), std::chrono::seconds{60});
  EXPECT_EQ(redeem(after(59), first, node(1)), RedeemOutcome::accepted);
  EXPECT_EQ(redeem(after(60), second, node(2)), RedeemOutcome::expired);
}

TEST_F(InvitationsTest, AnEndedInvitationIsForgottenAfterAWhile) {
  const Bytes secret = create(after(0), std::chrono::seconds{60});
  const int64_t remembered_s = Invitations::kRememberedAfterEnd.count();
  EXPECT_EQ(redeem(after(60 + remembered_s - 1), secret, node(1)), RedeemOutcome::expired);
  EXPECT_EQ(redeem(after(60 + remembered_s), secret, node(1)), RedeemOutcome::unknown);
  EXPECT_EQ(invitations_.serialise().size(), 8u);
}

TEST_F(InvitationsTest, SecretsOfTheWrongSizeOrContentAreUnknown) {
  Bytes secret = create(after(0));
  EXPECT_EQ(redeem(after(0), {}, node(1)), RedeemOutcome::unknown);
  EXPECT_EQ(redeem(after(0), ByteView(secret).first(15), node(1)), RedeemOutcome::unknown);
  secret.push_back(0);
  EXPECT_EQ(redeem(after(0), secret, node(1)), RedeemOutcome::unknown);
  secret.pop_back();
  secret[15] ^= 1;
  EXPECT_EQ(redeem(after(0), secret, node(1)), RedeemOutcome::unknown);
}

TEST_F(InvitationsTest, RefusesLifetimesOutOfRange) {
  for (const auto lifetime : {std::chrono::seconds{0}, std::chrono::seconds{-1},
                              Invitations::kLifetimeMax + std::chrono::seconds{1}}) {
    EXPECT_EQ(invitations_.create(after(0), random_, lifetime).error(),
              InviteError::lifetime_out_of_range);
  }
  EXPECT_TRUE(invitations_.create(after(0), random_, Invitations::kLifetimeMax).has_value());
}

TEST_F(InvitationsTest, RefusesMoreThan256OpenOnesUntilOneIsClosed) {
  std::vector<Bytes> secrets;
  for (size_t i = 0; i < Invitations::kOpenMax; ++i) secrets.push_back(create(after(0)));
  EXPECT_EQ(invitations_.create(after(0), random_).error(), InviteError::too_many_open);
  EXPECT_EQ(redeem(after(0), secrets[0], node(1)), RedeemOutcome::accepted);
  EXPECT_TRUE(invitations_.create(after(0), random_).has_value());
  EXPECT_TRUE(invitations_.create(after(7 * kDayS), random_).has_value());
}

TEST_F(InvitationsTest, ForgetsTheClosedOneThatEndsFirstWhenFull) {
  const Bytes first = create(after(0), std::chrono::seconds{3'600});
  EXPECT_EQ(redeem(after(0), first, node(1)), RedeemOutcome::accepted);
  std::vector<Bytes> later;
  while (later.size() < Invitations::kEntriesMax - 1) {
    later.push_back(create(after(0)));
    EXPECT_EQ(redeem(after(0), later.back(), node(1)), RedeemOutcome::accepted);
  }
  EXPECT_EQ(redeem(after(1), first, node(1)), RedeemOutcome::accepted);
  const Bytes newest = create(after(1));
  EXPECT_EQ(redeem(after(1), first, node(1)), RedeemOutcome::unknown);
  EXPECT_EQ(redeem(after(1), later.front(), node(1)), RedeemOutcome::accepted);
  EXPECT_EQ(redeem(after(1), newest, node(1)), RedeemOutcome::accepted);
  EXPECT_LE(invitations_.serialise().size(), Invitations::kFileSizeMax);
}

TEST_F(InvitationsTest, TellsNoReasonAfterTenFailuresInAMinute) {
  const Bytes secret = create(after(0));
  ASSERT_EQ(redeem(after(0), secret, node(1)), RedeemOutcome::accepted);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(redeem(after(0), wrong_secret(), node(2)), RedeemOutcome::unknown);
  }
  EXPECT_EQ(redeem(after(0), wrong_secret(), node(3)), RedeemOutcome::limited);
  EXPECT_EQ(redeem(after(0), secret, node(3)), RedeemOutcome::limited);
  EXPECT_EQ(redeem(after(7), wrong_secret(), node(3)), RedeemOutcome::unknown);
  EXPECT_EQ(redeem(after(7), wrong_secret(), node(3)), RedeemOutcome::limited);
  EXPECT_EQ(invitations_.counts().of(RedeemOutcome::limited), 3u);
  EXPECT_EQ(invitations_.counts().of(RedeemOutcome::unknown), 11u);
}

TEST_F(InvitationsTest, AFloodOfFailuresDoesNotShutAnInvitedNodeOut) {
  const Bytes secret = create(after(0));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_NE(redeem(after(0), wrong_secret(), node(2)), RedeemOutcome::accepted);
  }
  EXPECT_EQ(redeem(after(0), secret, node(1)), RedeemOutcome::accepted);
}

TEST_F(InvitationsTest, AClockThatJumpsBackDoesNotStopTheFailureBudgetFromFilling) {
  for (int i = 0; i < 12; ++i) (void)redeem(after(kDayS), wrong_secret(), node(2));
  EXPECT_EQ(redeem(after(0), wrong_secret(), node(2)), RedeemOutcome::limited);
  EXPECT_EQ(redeem(after(60), wrong_secret(), node(2)), RedeemOutcome::unknown);
}

TEST_F(InvitationsTest, AnAbsurdClockBreaksNothing) {
  for (const int64_t unix_s :
       {std::numeric_limits<int64_t>::min(), int64_t{-1}, std::numeric_limits<int64_t>::max()}) {
    const WallTime now{unix_s};
    const Bytes secret = create(now, Invitations::kLifetimeMax);
    EXPECT_EQ(redeem(now, wrong_secret(), node(2)), RedeemOutcome::unknown);
    EXPECT_EQ(redeem(now, secret, node(1)), RedeemOutcome::accepted);
    EXPECT_TRUE(Invitations::deserialise(invitations_.serialise()).has_value());
  }
}

TEST_F(InvitationsTest, NamesEveryOutcome) {
  for (size_t i = 0; i < static_cast<size_t>(RedeemOutcome::count_); ++i) {
    EXPECT_NE(name_of(static_cast<RedeemOutcome>(i)), "?");
  }
}

// docs/wire/invitations-file.md shows the same bytes: one open, one redeemed by node 07 07 …
constexpr std::string_view kExampleFileHex =
    "5354494e00010002be45cb2605bf36bebde684841a28f0fd43c69850a3dce5fedba69928ee3a8991"
    "000000006b530c8000fc2e2c73072bfa2bda03ff9307472debd3cc8105028a8a9e235e35ba8d2e37"
    "f4000000006b530cbc01070707070707070707070707070707070707070707070707070707070707"
    "0707";

// Secrets 00 01 … 0f and 10 11 … 1f.
class CountingRandom final : public crypto::SecureRandom {
 public:
  void fill(MutableByteView bytes) override {
    for (uint8_t& byte : bytes) byte = next_++;
  }

 private:
  uint8_t next_ = 0;
};

Invitations example() {
  CountingRandom random;
  Invitations invitations;
  EXPECT_TRUE(invitations.create(after(0), random).has_value());
  const Bytes second = bytes_of(invitations.create(after(60), random).value());
  EXPECT_EQ(invitations.redeem(after(90), second, node(7)), RedeemOutcome::accepted);
  return invitations;
}

InvitationsFileError error_of(ByteView file) {
  const auto invitations = Invitations::deserialise(file);
  EXPECT_FALSE(invitations.has_value());
  return invitations ? InvitationsFileError::not_invitations : invitations.error();
}

TEST(InvitationsFileTest, WritesTheDocumentedBytes) {
  EXPECT_EQ(to_hex(example().serialise()), kExampleFileHex);
}

TEST(InvitationsFileTest, ARestartChangesNoOutcome) {
  auto again = Invitations::deserialise(example().serialise()).value();
  EXPECT_EQ(again.serialise(), example().serialise());
  CountingRandom random;
  const Bytes first = bytes_of(random.secret<InviteSecret>());
  const Bytes second = bytes_of(random.secret<InviteSecret>());
  EXPECT_EQ(again.redeem(after(100), first, node(1)), RedeemOutcome::accepted);
  EXPECT_EQ(again.redeem(after(100), second, node(7)), RedeemOutcome::accepted);
  EXPECT_EQ(again.redeem(after(100), second, node(1)), RedeemOutcome::used);
}

TEST(InvitationsFileTest, HoldsNoSecret) {
  const std::string hex = to_hex(example().serialise());
  EXPECT_EQ(hex.find("000102030405"), std::string::npos);
  EXPECT_EQ(hex.find("101112131415"), std::string::npos);
}

TEST(InvitationsFileTest, AFullStateFitsTheFileLimit) {
  crypto::SeededRandom random(1);
  Invitations invitations;
  for (size_t i = 0; i < Invitations::kEntriesMax; ++i) {
    const Bytes secret = bytes_of(invitations.create(after(0), random).value());
    EXPECT_EQ(invitations.redeem(after(0), secret, node(1)), RedeemOutcome::accepted);
  }
  const Bytes file = invitations.serialise();
  EXPECT_EQ(file.size(), Invitations::kFileSizeMax);
  EXPECT_EQ(Invitations::deserialise(file).value().serialise(), file);
}

TEST(InvitationsFileTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes file = example().serialise();
  for (size_t size = 0; size < file.size(); ++size) {
    const auto wanted =
        size < 4 ? InvitationsFileError::not_invitations : InvitationsFileError::damaged;
    EXPECT_EQ(error_of(ByteView(file).first(size)), wanted) << size;
  }
  file.push_back(0);
  EXPECT_EQ(error_of(file), InvitationsFileError::damaged);
}

TEST(InvitationsFileTest, SaysThatAFileIsOfANewerSchemaWhateverFollows) {
  Bytes file = example().serialise();
  file[5] = 2;
  file.resize(6);
  EXPECT_EQ(error_of(file), InvitationsFileError::newer_schema);
  file[5] = 0;
  EXPECT_EQ(error_of(file), InvitationsFileError::damaged);
}

TEST(InvitationsFileTest, RefusesAnotherMagic) {
  Bytes file = example().serialise();
  file[0] ^= 1;
  EXPECT_EQ(error_of(file), InvitationsFileError::not_invitations);
}

TEST(InvitationsFileTest, RefusesSecondSpellings) {
  const Bytes file = example().serialise();
  Bytes state = file;
  state[8 + 32 + 8] = 2;
  EXPECT_EQ(error_of(state), InvitationsFileError::damaged);
  Bytes negative_end = file;
  negative_end[8 + 32] = 0x80;
  EXPECT_EQ(error_of(negative_end), InvitationsFileError::damaged);

  crypto::SeededRandom random(1);
  Invitations two;
  ASSERT_TRUE(two.create(after(0), random).has_value());
  ASSERT_TRUE(two.create(after(0), random).has_value());
  const Bytes ordered = two.serialise();
  const size_t entry_size = 32 + 8 + 1;
  const ByteView head = ByteView(ordered).first(8);
  const ByteView first = ByteView(ordered).subspan(8, entry_size);
  const ByteView second = ByteView(ordered).subspan(8 + entry_size, entry_size);
  Bytes swapped = copy_of(head);
  append(swapped, second);
  append(swapped, first);
  EXPECT_EQ(error_of(swapped), InvitationsFileError::damaged);
  Bytes repeated = copy_of(head);
  append(repeated, first);
  append(repeated, first);
  EXPECT_EQ(error_of(repeated), InvitationsFileError::damaged);
}

TEST(InvitationsFileTest, RefusesMoreEntriesThanThereCanBe) {
  Bytes file = example().serialise();
  file[6] = 0x02;
  file[7] = 0x01;
  EXPECT_EQ(error_of(file), InvitationsFileError::damaged);
}

}  // namespace invitations_test
}  // namespace starling::reach
