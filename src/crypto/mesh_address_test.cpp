#include "crypto/mesh_address.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"

namespace starling::crypto {
namespace mesh_address_test {

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

TEST(MeshAddressTest, ReadsWhatItPrintsAndNothingOutsideThePrefix) {
  NodeKey key;
  key.value[0] = 7;
  const MeshAddress address = mesh_address_of(key);
  EXPECT_EQ(parse_mesh_address(to_text(address)), address);
  for (const char* foreign : {"", "::1", "fd53:5500::1", "fd53:54", "10.0.0.1", "fd53:5400::1%2",
                              "k7", "[fd53:5400::1]"}) {
    EXPECT_EQ(parse_mesh_address(foreign), std::nullopt) << foreign;
  }
}

}  // namespace mesh_address_test
}  // namespace starling::crypto
