#include "os/linux/socket_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace starling::os {
namespace socket_address_test {

TEST(SocketAddressTest, ComesBackAsTheEndpointItWas) {
  for (const char* text :
       {"192.0.2.7:7117", "0.0.0.0:0", "[::]:7117", "[2001:db8::1]:65535", "[fe80::1%3]:7117"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_endpoint(to_socket_address(*endpoint)), *endpoint) << text;
  }
}

TEST(SocketAddressTest, PutsMappedAddressesIntoIpv4Sockets) {
  const SocketAddress address = to_socket_address(Endpoint::ipv4(192, 0, 2, 7, 7117));
  EXPECT_EQ(address.v4.sin_family, AF_INET);
  EXPECT_EQ(address.size, sizeof(sockaddr_in));
  EXPECT_EQ(ntohl(address.v4.sin_addr.s_addr), 0xc0000207U);
  EXPECT_EQ(ntohs(address.v4.sin_port), 7117);
}

TEST(SocketAddressTest, DropsTheScopeOfGlobalAddresses) {
  Endpoint endpoint = *parse_endpoint("[2001:db8::1]:1");
  SocketAddress address = to_socket_address(endpoint);
  address.v6.sin6_scope_id = 5;
  EXPECT_EQ(to_endpoint(address), endpoint);
}

}  // namespace socket_address_test
}  // namespace starling::os
