#include "routing/checked_announcements.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"

namespace starling::routing {
namespace checked_announcements_test {

TEST(CheckedAnnouncementsTest, SaysTheSameEachTime) {
  CheckedAnnouncements checked;
  Announcement forged = documented::proven_announcement();
  forged.proof.value[1] ^= 1;
  sign(forged, documented::identity());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(checked.is_authentic(documented::announcement()));
    EXPECT_TRUE(checked.is_authentic(documented::proven_announcement()));
    EXPECT_FALSE(checked.is_authentic(forged));
  }
}

TEST(CheckedAnnouncementsTest, OneThatIsRightSaysNothingOfAnotherProofOrSignature) {
  CheckedAnnouncements checked;
  const Announcement right = documented::proven_announcement();
  EXPECT_TRUE(checked.is_authentic(right));
  Announcement other = right;
  other.proof.value[1] ^= 1;
  EXPECT_FALSE(checked.is_authentic(other));
  other = right;
  other.signature.value[0] ^= 1;
  EXPECT_FALSE(checked.is_authentic(other));
  other = right;
  other.proof_kind = ProofKind::none;
  EXPECT_FALSE(checked.is_authentic(other));
}

}  // namespace checked_announcements_test
}  // namespace starling::routing
