#include "crypto/mesh_address.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"

namespace starling::crypto {
namespace {

TEST(MeshAddressTest, IsThePrefixAndTheFirst104BitsOfThePosition) {
  NodeKey key;
  key.value.fill(0x2a);
  const MeshAddress address = mesh_address_of(key);
  EXPECT_EQ(to_hex(address.view()).substr(0, 6), "fd5354");
  EXPECT_EQ(to_hex(address.view()).substr(6), to_hex(sha256(key.view()).view()).substr(0, 26));
}

// SHA-256 of 32 zero bytes begins with 66687aadf862bd776c8fc18b8e.
TEST(MeshAddressTest, IsKnownForTheKeyOfZeros) {
  EXPECT_EQ(to_text(mesh_address_of(NodeKey{})), "fd53:5466:687a:adf8:62bd:776c:8fc1:8b8e");
}

TEST(MeshAddressTest, LeavesZerosOutInTheTextAsRfc5952Asks) {
  MeshAddress address{{0xfd, 0x53, 0x54, 0x01, 0, 0, 0, 0, 0, 0, 0, 0x0c, 0, 0, 0, 0x0a}};
  EXPECT_EQ(to_text(address), "fd53:5401::c:0:a");
}

}  // namespace
}  // namespace starling::crypto
