#include "routing/priority_proof.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"
#include "routing/proven_origins.h"

namespace starling::routing {
namespace priority_proof_test {

TEST(PriorityProofTest, IsWorkOnTheDocumentedSubject) {
  EXPECT_EQ(to_hex(priority_subject(documented::identity().key())),
            "737461726c696e67207072696f72697479"
            "00"
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_TRUE(is_priority_proof(documented::identity().key(), documented::proof()));
}

TEST(PriorityProofTest, IsWorthNothingToAnotherKey) {
  for (size_t i = 0; i < proven::kOrigins; ++i) {
    const crypto::NodeKey key = proven::origin(i).identity().key();
    for (size_t j = 0; j < proven::kOrigins; ++j) {
      EXPECT_EQ(is_priority_proof(key, proven::proof(j)), i == j) << i << " " << j;
    }
  }
}

TEST(PriorityProofTest, NoOtherBytesWillDo) {
  const crypto::NodeKey key = documented::identity().key();
  for (size_t bit = 0; bit < PriorityProof::kSize * 8; ++bit) {
    PriorityProof altered = documented::proof();
    altered.value[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(is_priority_proof(key, altered)) << bit;
  }
  EXPECT_FALSE(is_priority_proof(key, {}));
}

}  // namespace priority_proof_test
}  // namespace starling::routing
