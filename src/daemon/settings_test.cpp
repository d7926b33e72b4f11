#include "daemon/settings.h"

#include <gtest/gtest.h>

namespace starling::daemon {
namespace settings_test {

using Values = std::vector<std::string>;

std::string apply(std::string_view option, const Values& values, Settings& settings) {
  return find_option(option)->apply(values, settings);
}

bool accepts(std::string_view option, const std::string& value) {
  Settings settings;
  return apply(option, {value}, settings).empty();
}

TEST(SettingsTest, ListenOnPort7117OverUdpAndTcpByDefault) {
  const Settings settings;
  std::vector<std::string> addresses;
  for (const node::ListenAddress& listen : settings.node.listen) {
    addresses.push_back(reach::to_text(reach::peer_address_of(listen.transport, listen.endpoint)));
  }
  EXPECT_EQ(addresses, (Values{"udp://0.0.0.0:7117", "udp://[::]:7117", "tcp://0.0.0.0:7117",
                               "tcp://[::]:7117"}));
  EXPECT_TRUE(settings.listens_by_default);
  EXPECT_TRUE(settings.node.lan);
  EXPECT_TRUE(settings.node.make_proof);
  EXPECT_FALSE(settings.api.has_value());
}

TEST(SettingsTest, BearThatIpv6OrTcpIsMissingByDefault) {
  const Settings settings;
  for (const node::ListenAddress& listen : settings.node.listen) {
    const bool udp_over_ipv4 =
        listen.transport == reach::Transport::udp && listen.endpoint.is_ipv4();
    EXPECT_EQ(listen.required, udp_over_ipv4);
  }
}

TEST(SettingsTest, ReplaceTheDefaultAddressesByThoseGivenWhichMustWork) {
  Settings settings;
  EXPECT_EQ(apply("listen", {"udp://127.0.0.1:0", "tcp://[::1]:7127"}, settings), "");
  ASSERT_EQ(settings.node.listen.size(), 2U);
  EXPECT_EQ(settings.node.listen[0].endpoint, Endpoint::ipv4(127, 0, 0, 1, 0));
  EXPECT_EQ(settings.node.listen[1].transport, reach::Transport::tcp);
  EXPECT_TRUE(settings.node.listen[1].required);
  EXPECT_FALSE(settings.listens_by_default);
}

TEST(SettingsTest, RefuseListenAddressesThatAreNone) {
  for (const char* text :
       {"", "0.0.0.0:7117", "udp:0.0.0.0:7117", "udp://0.0.0.0", "udp://name:7117",
        "udp://224.0.0.1:7117", "udp://0.0.0.0:70000", "quic://0.0.0.0:7117"}) {
    EXPECT_FALSE(accepts("listen", text)) << text;
  }
}

TEST(SettingsTest, TakePeersThatCanBeDialled) {
  Settings settings;
  EXPECT_EQ(apply("peer", {"udp://node.example:7117", "tcp://192.0.2.1:7117"}, settings), "");
  EXPECT_EQ(settings.node.peers.size(), 2U);
  EXPECT_FALSE(accepts("peer", "node.example:7117"));
  const std::string key_only = "starling:k" + std::string(52, 'a');
  EXPECT_FALSE(accepts("peer", key_only));
  EXPECT_TRUE(accepts("peer", key_only + "?at=udp://192.0.2.1:7117"));
}

TEST(SettingsTest, StayAsTheyAreWhenOneOfManyValuesIsWrong) {
  Settings settings;
  EXPECT_NE(apply("peer", {"udp://192.0.2.1:7117", "nonsense"}, settings), "");
  EXPECT_TRUE(settings.node.peers.empty());
  EXPECT_NE(apply("listen", {"udp://127.0.0.1:0", "nonsense"}, settings), "");
  EXPECT_TRUE(settings.listens_by_default);
  EXPECT_EQ(settings.node.listen.size(), 4U);
}

TEST(SettingsTest, KeepTheApiOnThisComputer) {
  Settings settings;
  EXPECT_EQ(apply("api", {"[::1]:0"}, settings), "");
  EXPECT_EQ(to_text(*settings.api), "[::1]:0");
  EXPECT_TRUE(accepts("api", "127.0.0.1:7128"));
  for (const char* text :
       {"0.0.0.0:7118", "192.0.2.1:7118", "[::]:7118", "localhost:7118", "7118"}) {
    EXPECT_FALSE(accepts("api", text)) << text;
  }
}

TEST(SettingsTest, TurnSwitchesOnAndOff) {
  Settings settings;
  EXPECT_EQ(apply("no-lan", {"true"}, settings), "");
  EXPECT_FALSE(settings.node.lan);
  EXPECT_EQ(apply("no-lan", {"false"}, settings), "");
  EXPECT_TRUE(settings.node.lan);
  EXPECT_NE(apply("no-lan", {"yes"}, settings), "");
  EXPECT_EQ(apply("no-proof", {"true"}, settings), "");
  EXPECT_FALSE(settings.node.make_proof);
  EXPECT_EQ(apply("no-proof", {"false"}, settings), "");
  EXPECT_TRUE(settings.node.make_proof);
  EXPECT_NE(apply("no-proof", {"yes"}, settings), "");
  EXPECT_TRUE(settings.node.lan);
  EXPECT_EQ(apply("quiet", {"true"}, settings), "");
  EXPECT_TRUE(settings.node.link.quiet);
  EXPECT_EQ(apply("invite", {"true"}, settings), "");
  EXPECT_TRUE(settings.invite);
}

TEST(SettingsTest, ALeafSleepsSoManyMinutes) {
  Settings settings;
  EXPECT_EQ(settings.node.routing.role, routing::Role::router);
  EXPECT_EQ(apply("leaf", {"15"}, settings), "");
  EXPECT_EQ(settings.node.routing.role, routing::Role::leaf);
  EXPECT_EQ(settings.node.sleep, 15min);
  EXPECT_EQ(settings.node.routing.keep_time, 40min);
  EXPECT_TRUE(accepts("leaf", "0"));
  EXPECT_TRUE(accepts("leaf", "700"));
  for (const char* text : {"701", "-1", "", "1h", "1.5"})
    EXPECT_FALSE(accepts("leaf", text)) << text;
}

TEST(SettingsTest, TheCacheIsASizeInBytesOrWithAUnit) {
  for (const auto& [text, bytes] : {std::pair<const char*, uint64_t>{"0", 0},
                                    {"1000", 1'000},
                                    {"500M", uint64_t{500} << 20},
                                    {"2G", uint64_t{2} << 30}}) {
    Settings settings;
    EXPECT_EQ(apply("cache", {text}, settings), "");
    EXPECT_EQ(settings.cache_bytes, bytes);
  }
  for (const char* text : {"", "G", "-1", "2T", "1.5G", "2 G", "99999999999999G"})
    EXPECT_FALSE(accepts("cache", text)) << text;
}

TEST(SettingsTest, CheckNamesPortsAndLevels) {
  EXPECT_TRUE(accepts("network", "my flock"));
  EXPECT_TRUE(accepts("network", std::string(kNetworkNameSizeMax, 'n')));
  EXPECT_FALSE(accepts("network", ""));
  EXPECT_FALSE(accepts("network", std::string(kNetworkNameSizeMax + 1, 'n')));
  EXPECT_FALSE(accepts("network", "two\nlines"));
  EXPECT_TRUE(accepts("beacon-port", "65535"));
  for (const char* text : {"", "0", "65536", "-1", "7117x"}) {
    EXPECT_FALSE(accepts("beacon-port", text)) << text;
  }
  for (const char* text : {"error", "warn", "info", "debug"}) EXPECT_TRUE(accepts("log", text));
  EXPECT_FALSE(accepts("log", "loud"));
}

}  // namespace settings_test
}  // namespace starling::daemon
