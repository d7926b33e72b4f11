#include "routing/announcement.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"

namespace starling::routing {
namespace announcement_test {

using documented::bytes_of;
using documented::kAnnouncementHex;

constexpr size_t kProofKindAt = 32;
constexpr size_t kAgeClassAt = 33;
constexpr size_t kRoleAt = 34;
constexpr size_t kTableSizeAt = 35;

Bytes encoded(const Announcement& announcement) {
  Bytes bytes;
  encode(announcement, bytes);
  return bytes;
}

// The documented announcement with one byte replaced.
std::optional<Announcement> with(size_t at, unsigned value) {
  Bytes bytes = bytes_of(kAnnouncementHex);
  bytes[at] = static_cast<uint8_t>(value);
  return decode_announcement(bytes);
}

TEST(AnnouncementTest, WritesTheDocumentedBytes) {
  EXPECT_EQ(to_hex(encoded(documented::announcement())), kAnnouncementHex);
}

TEST(AnnouncementTest, AppendsToWhatIsThere) {
  Bytes bytes = {0xaa};
  encode(documented::announcement(), bytes);
  EXPECT_EQ(to_hex(bytes), "aa" + std::string(kAnnouncementHex));
}

TEST(AnnouncementTest, ReadsWhatItWrites) {
  const Bytes bytes = bytes_of(kAnnouncementHex);
  EXPECT_EQ(bytes.size(), kAnnouncementSize);
  EXPECT_EQ(decode_announcement(bytes), documented::announcement());
  Announcement other = documented::announcement();
  other.role = Role::leaf;
  other.table_size = kSmallest;
  other.epoch = 0xffff'ffff;
  other.lifetime_s = 1;
  EXPECT_EQ(decode_announcement(encoded(other)), other);
}

TEST(AnnouncementTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes bytes = bytes_of(kAnnouncementHex);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_announcement(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_announcement(bytes));
}

TEST(AnnouncementTest, RefusesProofKindsAndRolesThatAreNotAssigned) {
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(with(kProofKindAt, value).has_value(), value == 0) << value;
    EXPECT_EQ(with(kRoleAt, value).has_value(), value == 1 || value == 2) << value;
  }
}

TEST(AnnouncementTest, TakesAnyAgeClassAsAClaim) {
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(with(kAgeClassAt, value).value().age_class, value);
  }
}

TEST(AnnouncementTest, RefusesATableTooSmallForTheHighestPriorities) {
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(with(kTableSizeAt, value).has_value(), value >= kSmallest) << value;
  }
}

TEST(AnnouncementTest, RefusesALifetimeOfZeroOrAboveTheLimit) {
  const auto is_read_with = [](uint32_t lifetime_s) {
    Announcement announcement = documented::announcement();
    announcement.lifetime_s = lifetime_s;
    return decode_announcement(encoded(announcement)).has_value();
  };
  EXPECT_FALSE(is_read_with(0));
  EXPECT_TRUE(is_read_with(1));
  EXPECT_TRUE(is_read_with(10'800));
  EXPECT_FALSE(is_read_with(10'801));
  EXPECT_FALSE(is_read_with(0xffff'ffff));
}

TEST(AnnouncementTest, IsAuthenticAsItsOriginSignedIt) {
  EXPECT_TRUE(is_authentic(documented::announcement()));
}

TEST(AnnouncementTest, IsNotAuthenticWithAnyBitAltered) {
  Bytes bytes = bytes_of(kAnnouncementHex);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const auto altered = decode_announcement(bytes);
    EXPECT_FALSE(altered && is_authentic(*altered)) << bit;
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

TEST(AnnouncementTest, IsNotAuthenticUnderTheKeyOfAnother) {
  crypto::SeededRandom random(1);
  Announcement announcement = documented::announcement();
  sign(announcement, crypto::Identity::generate(random));
  EXPECT_FALSE(is_authentic(announcement));
}

TEST(AnnouncementTest, ASignatureMadeForAnotherKindOfStatementIsWorthNothing) {
  Announcement announcement = documented::announcement();
  const Bytes bytes = encoded(announcement);
  const ByteView statement = ByteView(bytes).first(kAnnouncementSize - crypto::Signature::kSize);
  announcement.signature = documented::identity().sign("starling announcement", statement);
  EXPECT_TRUE(is_authentic(announcement));
  announcement.signature = documented::identity().sign("starling echo", statement);
  EXPECT_FALSE(is_authentic(announcement));
}

TEST(PriorityTest, IsTheDocumentedOne) {
  const Priority documented_priority{0, 0x3d79'f879'8693'f276};
  EXPECT_EQ(priority_of(documented::announcement()), documented_priority);
}

TEST(PriorityTest, FollowsFromKeyAndProofAloneSoThatNobodyCanDrawAgain) {
  Announcement announcement = documented::announcement();
  announcement.age_class = 2;
  announcement.role = Role::leaf;
  announcement.table_size = 16;
  announcement.epoch += 1;
  announcement.lifetime_s = 1;
  announcement.anchor = {};
  announcement.signature = {};
  EXPECT_EQ(priority_of(announcement), priority_of(documented::announcement()));
}

TEST(PriorityTest, ABetterProofOutranksAnyDrawAndThenTheSmallerDrawWins) {
  EXPECT_TRUE(outranks({1, 900}, {0, 3}));
  EXPECT_FALSE(outranks({0, 3}, {1, 900}));
  EXPECT_TRUE(outranks({0, 3}, {0, 4}));
  EXPECT_FALSE(outranks({0, 4}, {0, 3}));
  EXPECT_FALSE(outranks({0, 3}, {0, 3}));
}

}  // namespace announcement_test
}  // namespace starling::routing
