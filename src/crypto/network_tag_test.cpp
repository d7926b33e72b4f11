#include "crypto/network_tag.h"

#include <gtest/gtest.h>

namespace starling::crypto {
namespace network_tag_test {

// The examples of docs/wire/beacon.md and docs/wire/link.md hold the same bytes.
TEST(NetworkTagTest, GivesTheDocumentedTag) {
  EXPECT_EQ(to_hex(network_tag_of("world").view()), "5eda123e3b43ac1a");
}

TEST(NetworkTagTest, GivesNetworksOfDifferentNamesDifferentTags) {
  EXPECT_NE(network_tag_of("world"), network_tag_of("World"));
  EXPECT_NE(network_tag_of(""), network_tag_of("world"));
}

TEST(NetworkTagTest, IsTheHashOfAllBytesOfTheName) {
  EXPECT_NE(network_tag_of(std::string_view("a\0b", 3)), network_tag_of("a"));
}

}  // namespace network_tag_test
}  // namespace starling::crypto
