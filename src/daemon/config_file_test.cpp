#include "daemon/config_file.h"

#include <gtest/gtest.h>

#include "os/home/temporary_home.h"

namespace starling::daemon {
namespace config_file_test {

std::string error_of(std::string_view text) {
  Settings settings;
  const auto applied = apply_config(text, "/h/config.toml", settings);
  return applied ? std::string() : applied.error();
}

TEST(ConfigFileTest, SetsEveryOption) {
  Settings settings;
  const auto applied = apply_config(
      "listen = [\"udp://127.0.0.1:1\", \"tcp://127.0.0.1:2\"]\n"
      "peer = \"udp://192.0.2.1:7117\"  # one needs no brackets\n"
      "network = \"flock\"\n"
      "no-lan = true\n"
      "beacon-port = 7200\n"
      "quiet = true\n"
      "api = \"127.0.0.1:0\"\n"
      "invite = true\n"
      "log = \"debug\"\n",
      "config.toml", settings);
  ASSERT_TRUE(applied.has_value()) << applied.error();
  EXPECT_EQ(settings.node.listen.size(), 2U);
  EXPECT_EQ(settings.node.peers.size(), 1U);
  EXPECT_EQ(settings.node.link.network, "flock");
  EXPECT_FALSE(settings.node.lan);
  EXPECT_EQ(settings.node.beacon_port, 7200);
  EXPECT_TRUE(settings.node.link.quiet);
  EXPECT_EQ(to_text(*settings.api), "127.0.0.1:0");
  EXPECT_TRUE(settings.invite);
  EXPECT_EQ(settings.log, LogLevel::debug);
}

TEST(ConfigFileTest, NamesFileAndLineOfWhatItDoesNotKnow) {
  EXPECT_TRUE(error_of("quiet = true\n\nlisten-on = 3\n")
                  .starts_with("/h/config.toml:3: there is no option 'listen-on'"));
  EXPECT_TRUE(
      error_of("[api]\nport = 3\n").starts_with("/h/config.toml:1: 'api' must be a string"));
  EXPECT_TRUE(error_of("home = \"/x\"\n").starts_with("/h/config.toml:1: there is no option"));
}

TEST(ConfigFileTest, NamesFileAndLineOfAWrongTypeOrValue) {
  EXPECT_EQ(error_of("\nquiet = \"yes\"\n"), "/h/config.toml:2: 'quiet' must be true or false");
  EXPECT_EQ(error_of("beacon-port = \"7117\""),
            "/h/config.toml:1: 'beacon-port' must be a whole number");
  EXPECT_EQ(error_of("network = 5"), "/h/config.toml:1: 'network' must be a string in quotes");
  for (const char* listen : {"listen = []", "listen = [1]", "listen = true"}) {
    EXPECT_TRUE(error_of(listen).starts_with("/h/config.toml:1: 'listen' must be an array"))
        << listen;
  }
  EXPECT_EQ(error_of("log = \"loud\""),
            "/h/config.toml:1: 'log': 'loud' is none of error, warn, info and debug");
  EXPECT_TRUE(error_of("beacon-port = 70000").starts_with("/h/config.toml:1: 'beacon-port': "));
}

TEST(ConfigFileTest, NamesTheLineOfWhatIsNoToml) {
  EXPECT_TRUE(error_of("quiet = true\nquiet =\n").starts_with("/h/config.toml:2: "));
  EXPECT_TRUE(error_of("quiet = true\nquiet = false\n").starts_with("/h/config.toml:2: "));
}

TEST(ConfigFileTest, ReportsTheFirstFaultInTheFileAndChangesNothing) {
  Settings settings;
  const auto applied =
      apply_config("quiet = true\nzebra = 1\naardvark = 1\n", "config.toml", settings);
  ASSERT_FALSE(applied.has_value());
  EXPECT_TRUE(applied.error().starts_with("config.toml:2: ")) << applied.error();
  EXPECT_FALSE(settings.node.link.quiet);
}

TEST(ConfigFileTest, ReadsTheFileOfAHomeIfThereIsOne) {
  const os::TemporaryHome home;
  const auto path = home.paths().config_file;
  Settings settings;
  EXPECT_TRUE(apply_config_file(path, settings).has_value());
  os::write_file(path, "quiet = true\n");
  EXPECT_TRUE(apply_config_file(path, settings).has_value());
  EXPECT_TRUE(settings.node.link.quiet);
  os::write_file(path, std::string(kConfigSizeMax + 1, '#'));
  EXPECT_FALSE(apply_config_file(path, settings).has_value());
}

TEST(ConfigFileTest, SaysWhenThereIsSomethingElseThanAFile) {
  const os::TemporaryHome home;
  Settings settings;
  const auto applied = apply_config_file(home.folder(), settings);
  ASSERT_FALSE(applied.has_value());
  EXPECT_NE(applied.error().find("not a regular file"), std::string::npos) << applied.error();
}

}  // namespace config_file_test
}  // namespace starling::daemon
