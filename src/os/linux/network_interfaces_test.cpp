#include "os/linux/network_interfaces.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace starling::os {
namespace network_interfaces_test {

constexpr NetworkInterface kLoopback = {.index = 1,
                                        .is_up = true,
                                        .is_loopback = true,
                                        .has_multicast = false,
                                        .has_ipv4 = true,
                                        .has_ipv6 = true};
constexpr NetworkInterface kEthernet = {.index = 2,
                                        .is_up = true,
                                        .is_loopback = false,
                                        .has_multicast = true,
                                        .has_ipv4 = true,
                                        .has_ipv6 = false};

std::vector<uint32_t> indices_of(const std::vector<NetworkInterface>& interfaces) {
  std::vector<uint32_t> indices;
  for (const auto& interface : interfaces) indices.push_back(interface.index);
  return indices;
}

TEST(NetworkInterfacesTest, FindsLoopbackOnThisMachine) {
  const auto all = network_interfaces();
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const auto& i) { return i.is_loopback; }));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const auto& a, const auto& b) { return a.index < b.index; }));
}

TEST(NetworkInterfacesTest, BeaconsLeaveLoopbackOutWhenThereIsANetwork) {
  EXPECT_EQ(indices_of(beacon_interfaces({kLoopback, kEthernet})), (std::vector<uint32_t>{2}));
}

TEST(NetworkInterfacesTest, BeaconsUseLoopbackWhenThereIsNothingElse) {
  NetworkInterface down = kEthernet;
  down.is_up = false;
  NetworkInterface tunnel = kEthernet;
  tunnel.has_multicast = false;
  NetworkInterface bare = kEthernet;
  bare.has_ipv4 = false;
  EXPECT_EQ(indices_of(beacon_interfaces({kLoopback, down, tunnel, bare})),
            (std::vector<uint32_t>{1}));
}

TEST(NetworkInterfacesTest, BeaconsUseABoundedNumberOfInterfaces) {
  std::vector<NetworkInterface> all(100, kEthernet);
  for (size_t i = 0; i < all.size(); ++i) all[i].index = static_cast<uint32_t>(i + 2);
  const auto chosen = beacon_interfaces(all);
  EXPECT_EQ(chosen.size(), kBeaconInterfacesMax);
  EXPECT_EQ(chosen.front().index, 2U);
}

}  // namespace network_interfaces_test
}  // namespace starling::os
