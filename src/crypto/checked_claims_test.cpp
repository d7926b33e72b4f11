#include "crypto/checked_claims.h"

#include <gtest/gtest.h>

namespace starling::crypto {
namespace checked_claims_test {

TEST(CheckedClaimsTest, AsksOnceWhatIsRightAndEachTimeWhatIsWrong) {
  CheckedClaims checked;
  int asked = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(checked.check("sum", {view_of("1+1=2")}, [&] { return ++asked > 0; }));
    EXPECT_FALSE(checked.check("sum", {view_of("1+1=3")}, [&] { return ++asked < 0; }));
  }
  EXPECT_EQ(asked, 1 + 3);
}

TEST(CheckedClaimsTest, WhatIsRightSaysNothingOfAnotherClaimOrKind) {
  CheckedClaims checked;
  EXPECT_TRUE(checked.check("sum", {view_of("1+1=2")}, [] { return true; }));
  EXPECT_FALSE(checked.check("sum", {view_of("1+2=2")}, [] { return false; }));
  EXPECT_FALSE(checked.check("product", {view_of("1+1=2")}, [] { return false; }));
}

}  // namespace checked_claims_test
}  // namespace starling::crypto
