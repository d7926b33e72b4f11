#include "crypto/chunk_set.h"

#include <gtest/gtest.h>

namespace starling::crypto {
namespace chunk_set_test {

TEST(ChunkSetTest, CountsAndRefusesStrangeBits) {
  ChunkSet set(11);
  EXPECT_EQ(set.bits().size(), 2u);
  set.add(3);
  set.add(3);
  set.add(10);
  EXPECT_EQ(set.count(), 2u);
  EXPECT_TRUE(set.contains(10));
  EXPECT_FALSE(set.contains(9));
  EXPECT_EQ(ChunkSet::from(11, set.bits())->count(), 2u);
  EXPECT_FALSE(ChunkSet::from(10, set.bits()));
  EXPECT_FALSE(ChunkSet::from(11, Bytes(1)));
  EXPECT_TRUE(ChunkSet(8, true).is_full());
  EXPECT_EQ(to_hex(ChunkSet(9, true).bits()), "ff80");
}

}  // namespace chunk_set_test
}  // namespace starling::crypto
