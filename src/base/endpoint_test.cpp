#include "base/endpoint.h"

#include <gtest/gtest.h>

namespace starling {
namespace endpoint_test {

Endpoint ipv6(std::array<uint8_t, 16> address, uint16_t port, uint32_t scope = 0) {
  return {address, port, scope};
}

const Endpoint kDocumentation =
    ipv6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 7117);
const Endpoint kLinkLocal = ipv6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 7117, 3);

TEST(EndpointTest, KeepsIpv4InTheMappedForm) {
  const Endpoint endpoint = Endpoint::ipv4(192, 0, 2, 1, 7117);
  const std::array<uint8_t, 16> expected = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  EXPECT_EQ(endpoint.address, expected);
  EXPECT_EQ(endpoint.port, 7117);
  EXPECT_EQ(endpoint.scope, 0u);
  EXPECT_TRUE(endpoint.is_ipv4());
  EXPECT_FALSE(kDocumentation.is_ipv4());
  EXPECT_FALSE(Endpoint{}.is_ipv4());
}

TEST(EndpointTest, WritesTheThreeForms) {
  EXPECT_EQ(to_text(Endpoint::ipv4(192, 0, 2, 1, 7117)), "192.0.2.1:7117");
  EXPECT_EQ(to_text(kDocumentation), "[2001:db8::1]:7117");
  EXPECT_EQ(to_text(kLinkLocal), "[fe80::1%3]:7117");
}

TEST(EndpointTest, ReadsWhatItWrites) {
  const Endpoint endpoints[] = {
      Endpoint::ipv4(192, 0, 2, 1, 7117), Endpoint::ipv4(0, 0, 0, 0, 0),
      Endpoint::ipv4(255, 255, 255, 255, 65535), kDocumentation, kLinkLocal, Endpoint{},
      ipv6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1, 0xffff'ffff),
      // IPv4-compatible addresses, which inet_ntop writes with dots, are IPv6 addresses to us.
      ipv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1}, 80)};
  for (const Endpoint& endpoint : endpoints) {
    EXPECT_EQ(parse_endpoint(to_text(endpoint)), endpoint) << to_text(endpoint);
  }
}

TEST(EndpointTest, ReadsAnyUsualSpellingOfAnIpv6Address) {
  EXPECT_EQ(parse_endpoint("[2001:DB8:0:0::1]:7117"), kDocumentation);
}

TEST(EndpointTest, RefusesAPortThatIsMissingOrTooLarge) {
  for (const char* text : {"192.0.2.1", "192.0.2.1:", "[2001:db8::1]", "[2001:db8::1]:", ":",
                           "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+1", "192.0.2.1: 1",
                           "192.0.2.1:1 ", "192.0.2.1:0x10", "192.0.2.1:99999999999999999999"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(EndpointTest, RefusesWhatIsNoNumericAddress) {
  for (const char* text : {"",
                           ":80",
                           "localhost:80",
                           "example.org:80",
                           "192.0.2:80",
                           "192.0.2.256:80",
                           "192.0.2.1.1:80",
                           " 192.0.2.1:80",
                           "192.0.2.1%3:80",
                           "[192.0.2.1]:80",
                           "2001:db8::1:80",
                           "[2001:db8::1:80",
                           "2001:db8::1]:80",
                           "[]:80",
                           "[:::1]:80",
                           "[12345::]:80",
                           "[[::1]]:80",
                           "[%3]:80",
                           "[fe80::1%]:80",
                           "[fe80::1%eth0]:80",
                           "[fe80::1%3%4]:80",
                           "[fe80::1%4294967296]:80"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(EndpointTest, RefusesTextBehindAZeroByte) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(parse_endpoint("192.0.2.1\0.example.org:80"sv));
  EXPECT_FALSE(parse_endpoint("[2001:db8::1\0x]:80"sv));
  EXPECT_FALSE(parse_endpoint("192.0.2.1:80\0"sv));
}

// A scope belongs to IPv6 only; an IPv4 endpoint with one would equal no endpoint that a socket
// reports.
TEST(EndpointTest, RefusesAScopeOnAMappedAddress) {
  EXPECT_FALSE(parse_endpoint("[::ffff:192.0.2.1%3]:80"));
}

TEST(EndpointTest, KnowsLoopbackAddresses) {
  EXPECT_TRUE(parse_endpoint("127.0.0.1:1")->is_loopback());
  EXPECT_TRUE(parse_endpoint("127.255.0.9:1")->is_loopback());
  EXPECT_TRUE(parse_endpoint("[::1]:1")->is_loopback());
  EXPECT_FALSE(parse_endpoint("128.0.0.1:1")->is_loopback());
  EXPECT_FALSE(parse_endpoint("[::2]:1")->is_loopback());
  EXPECT_FALSE(parse_endpoint("[1::1]:1")->is_loopback());
}

TEST(EndpointTest, KnowsLinkLocalAddresses) {
  EXPECT_TRUE(parse_endpoint("169.254.1.1:1")->is_link_local());
  EXPECT_TRUE(parse_endpoint("[fe80::1%1]:1")->is_link_local());
  EXPECT_TRUE(parse_endpoint("[febf::1%1]:1")->is_link_local());
  EXPECT_FALSE(parse_endpoint("169.253.1.1:1")->is_link_local());
  EXPECT_FALSE(parse_endpoint("[fec0::1]:1")->is_link_local());
  EXPECT_FALSE(parse_endpoint("[ff80::1]:1")->is_link_local());
}

TEST(EndpointTest, KnowsUnspecifiedAddressesOfBothFamilies) {
  EXPECT_TRUE(parse_endpoint("0.0.0.0:7117")->is_unspecified());
  EXPECT_TRUE(parse_endpoint("[::]:7117")->is_unspecified());
  EXPECT_FALSE(parse_endpoint("0.0.0.1:7117")->is_unspecified());
  EXPECT_FALSE(parse_endpoint("[::1]:7117")->is_unspecified());
}

TEST(EndpointTest, KnowsMulticastAddresses) {
  EXPECT_TRUE(parse_endpoint("224.0.0.1:1")->is_multicast());
  EXPECT_TRUE(parse_endpoint("239.255.255.255:1")->is_multicast());
  EXPECT_TRUE(parse_endpoint("[ff02::1]:1")->is_multicast());
  EXPECT_FALSE(parse_endpoint("223.255.255.255:1")->is_multicast());
  EXPECT_FALSE(parse_endpoint("240.0.0.1:1")->is_multicast());
  EXPECT_FALSE(parse_endpoint("[fe02::1]:1")->is_multicast());
}

TEST(EndpointTest, IsOrderedByAddressThenPortThenScope) {
  EXPECT_LT(Endpoint::ipv4(1, 0, 0, 0, 9), Endpoint::ipv4(1, 0, 0, 1, 1));
  EXPECT_LT(Endpoint::ipv4(1, 0, 0, 0, 1), Endpoint::ipv4(1, 0, 0, 0, 2));
  EXPECT_NE(ipv6(kLinkLocal.address, 1, 1), ipv6(kLinkLocal.address, 1, 2));
}

}  // namespace endpoint_test
}  // namespace starling
