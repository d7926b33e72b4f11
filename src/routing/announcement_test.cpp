#include "routing/announcement.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"
#include "routing/proven_origins.h"

namespace starling::routing {
namespace announcement_test {

using documented::bytes_of;
using documented::kAnnouncementHex;
using documented::kProvenAnnouncementHex;

constexpr size_t kProofKindAt = 32;
constexpr size_t kAgeClassAt = 33;
constexpr size_t kRoleAt = 34;
constexpr size_t kTableSizeAt = 35;
constexpr size_t kProofAt = 60;

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

void expect_no_other_length(Bytes bytes) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_announcement(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(decode_announcement(bytes));
}

void expect_no_other_bit(Bytes bytes) {
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    const auto altered = decode_announcement(bytes);
    EXPECT_FALSE(altered && is_authentic(*altered)) << bit;
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

// Signed by the node itself.
Announcement documented_with(const PriorityProof& proof) {
  Announcement announcement = documented::proven_announcement();
  announcement.proof = proof;
  sign(announcement, documented::identity());
  return announcement;
}

TEST(AnnouncementTest, WritesTheDocumentedBytes) {
  EXPECT_EQ(to_hex(encoded(documented::announcement())), kAnnouncementHex);
  EXPECT_EQ(to_hex(encoded(documented::proven_announcement())), kProvenAnnouncementHex);
}

TEST(AnnouncementTest, AppendsToWhatIsThere) {
  Bytes bytes = {0xaa};
  encode(documented::announcement(), bytes);
  EXPECT_EQ(to_hex(bytes), "aa" + std::string(kAnnouncementHex));
}

TEST(AnnouncementTest, ReadsWhatItWrites) {
  const Bytes bytes = bytes_of(kAnnouncementHex);
  EXPECT_EQ(bytes.size(), kAnnouncementSizeMin);
  EXPECT_EQ(decode_announcement(bytes), documented::announcement());
  Announcement other = documented::announcement();
  other.role = Role::leaf;
  other.table_size = kSmallest;
  other.epoch = 0xffff'ffff;
  other.lifetime_s = 1;
  EXPECT_EQ(decode_announcement(encoded(other)), other);
}

TEST(AnnouncementTest, ReadsAProof) {
  const Bytes bytes = bytes_of(kProvenAnnouncementHex);
  EXPECT_EQ(bytes.size(), kAnnouncementSizeMax);
  const Announcement read = decode_announcement(bytes).value();
  EXPECT_EQ(read, documented::proven_announcement());
  EXPECT_EQ(read.proof_kind, ProofKind::work);
  EXPECT_EQ(read.proof, documented::proof());
}

TEST(AnnouncementTest, ReadsOneThatHasMoreBehindIt) {
  for (const std::string_view hex : {kAnnouncementHex, kProvenAnnouncementHex}) {
    const Bytes bytes = bytes_of(std::string(hex) + "abcd");
    wire::Reader reader(bytes);
    EXPECT_EQ(read_announcement(reader), decode_announcement(bytes_of(hex)));
    EXPECT_EQ(reader.u16(), 0xabcd);
    EXPECT_TRUE(reader.finish());
  }
}

TEST(AnnouncementTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  expect_no_other_length(bytes_of(kAnnouncementHex));
  expect_no_other_length(bytes_of(kProvenAnnouncementHex));
}

TEST(AnnouncementTest, RefusesProofKindsAndRolesThatAreNotAssigned) {
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(with(kProofKindAt, value).has_value(), value == 0) << value;
    EXPECT_EQ(with(kRoleAt, value).has_value(), value == 1 || value == 2) << value;
    Bytes proven = bytes_of(kProvenAnnouncementHex);
    proven[kProofKindAt] = static_cast<uint8_t>(value);
    EXPECT_EQ(decode_announcement(proven).has_value(), value == 1) << value;
  }
}

TEST(AnnouncementTest, LeavesTheProofUncheckedWhileItReads) {
  Bytes bytes = bytes_of(kProvenAnnouncementHex);
  std::fill_n(bytes.begin() + kProofAt, PriorityProof::kSize, uint8_t{0xff});
  EXPECT_EQ(to_hex(encoded(decode_announcement(bytes).value())), to_hex(bytes));
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
  EXPECT_TRUE(is_authentic(documented::proven_announcement()));
}

TEST(AnnouncementTest, IsNotAuthenticWithAnyBitAltered) {
  expect_no_other_bit(bytes_of(kAnnouncementHex));
  expect_no_other_bit(bytes_of(kProvenAnnouncementHex));
}

TEST(AnnouncementTest, IsNotAuthenticWithAWrongProofWhoeverSigns) {
  EXPECT_TRUE(is_authentic(documented_with(documented::proof())));
  EXPECT_FALSE(is_authentic(documented_with({})));
  for (size_t at = 0; at < PriorityProof::kSize; ++at) {
    PriorityProof altered = documented::proof();
    altered.value[at] ^= 1;
    EXPECT_FALSE(is_authentic(documented_with(altered))) << at;
  }
}

TEST(AnnouncementTest, IsNotAuthenticWithTheProofOfAnother) {
  EXPECT_FALSE(is_authentic(documented_with(proven::proof(0))));
  Announcement thief = HandmadeOrigin(1'000).announcement;
  thief.proof_kind = ProofKind::work;
  thief.proof = documented::proof();
  sign(thief, HandmadeOrigin(1'000).identity());
  EXPECT_FALSE(is_authentic(thief));
}

TEST(AnnouncementTest, IsNotAuthenticWhenItsProofIsTakenAway) {
  Announcement robbed = documented::proven_announcement();
  robbed.proof_kind = ProofKind::none;
  EXPECT_FALSE(is_authentic(robbed));
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
  const ByteView statement = ByteView(bytes).first(kAnnouncementSizeMin - crypto::Signature::kSize);
  announcement.signature = documented::identity().sign("starling announcement", statement);
  EXPECT_TRUE(is_authentic(announcement));
  announcement.signature = documented::identity().sign("starling echo", statement);
  EXPECT_FALSE(is_authentic(announcement));
}

TEST(PriorityTest, IsTheDocumentedOne) {
  const Priority without{0, 0x3d79'f879'8693'f276};
  EXPECT_EQ(priority_of(documented::announcement()), without);
  const Priority with_proof{1, 0x2114'd20b'b723'd2b4};
  EXPECT_EQ(priority_of(documented::proven_announcement()), with_proof);
}

TEST(PriorityTest, IsDrawnAnewByAnotherProof) {
  Announcement announcement = documented::proven_announcement();
  const Priority before = priority_of(announcement);
  announcement.proof.value.back() ^= 1;
  EXPECT_NE(priority_of(announcement).draw, before.draw);
  EXPECT_EQ(priority_of(announcement).proof_rank, before.proof_rank);
}

TEST(PriorityTest, OfWorkOutranksEveryOneWithout) {
  Announcement worst = documented::proven_announcement();
  // The largest of some hundred draws against the smallest.
  Announcement best = HandmadeOrigin(1).announcement;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Announcement other = worst;
    other.proof.value[0] = static_cast<uint8_t>(seed);
    if (outranks(priority_of(worst), priority_of(other))) worst = other;
    const HandmadeOrigin origin(seed);
    if (outranks(priority_of(origin.announcement), priority_of(best))) best = origin.announcement;
  }
  EXPECT_GT(priority_of(worst).draw, priority_of(best).draw);
  EXPECT_TRUE(outranks(priority_of(worst), priority_of(best)));
}

TEST(PriorityTest, FollowsFromKeyAndProofAloneSoThatNobodyCanDrawAgain) {
  Announcement announcement = documented::proven_announcement();
  announcement.age_class = 2;
  announcement.role = Role::leaf;
  announcement.table_size = 16;
  announcement.epoch += 1;
  announcement.lifetime_s = 1;
  announcement.anchor = {};
  announcement.signature = {};
  EXPECT_EQ(priority_of(announcement), priority_of(documented::proven_announcement()));
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
