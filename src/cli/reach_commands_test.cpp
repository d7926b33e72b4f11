#include "cli/reach_commands.h"

#include <gtest/gtest.h>
#include <sstream>

namespace starling::cli {
namespace reach_commands_test {

TEST(ReachCommandsTest, SayHowToStartANodeWhenNoneRuns) {
  const std::filesystem::path home = testing::TempDir() + "starling-no-node-here";
  const CommandSetting setting{.home = home};
  const auto expect_hint = [&](const auto& command) {
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(command(Console{out, err}), kFailed);
    EXPECT_NE(err.str().find("starling up"), std::string::npos) << err.str();
    EXPECT_EQ(out.str(), "");
  };
  expect_hint([&](const Console& console) { return ping(setting, "k", 1, console); });
  expect_hint([&](const Console& console) { return trace(setting, "k", console); });
  expect_hint([&](const Console& console) { return show_routes(setting, console); });
}

}  // namespace reach_commands_test
}  // namespace starling::cli
