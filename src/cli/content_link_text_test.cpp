#include "cli/content_link_text.h"

#include <gtest/gtest.h>

namespace starling::cli {
namespace content_link_text_test {

TEST(ContentLinkTextTest, AFileIsCalledAsTheLastNameOfThePath) {
  EXPECT_EQ(file_name_of("starling://sabc/a/b%20c.html"), "b c.html");
  EXPECT_EQ(file_name_of("starling://sabc/pictures/"), "pictures");
  EXPECT_EQ(file_name_of("starling://sabcdefghijklmnopqrstuvwxyz/"), "sabcdefghijklmno");
  EXPECT_EQ(file_name_of("starling://sabc/a%2Fb"), "sabc");
  EXPECT_EQ(file_name_of("starling://sabc/.."), "sabc");
  EXPECT_EQ(file_name_of("starling://sabc/a%2"), "a%2");
}

}  // namespace content_link_text_test
}  // namespace starling::cli
