#include "cli/command_line.h"

#include <gtest/gtest.h>
#include <sstream>

#include "cli/help_text.h"

namespace starling::cli {
namespace command_line_test {

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
  bool up_ran = false;
  std::optional<std::filesystem::path> home;
  std::vector<GivenOption> given;
};

constexpr int kStatusOfUp = 42;

Outcome run(const std::vector<std::string>& arguments) {
  Outcome outcome;
  UpCommand up;
  const auto anything = [](const std::string&) { return std::string(); };
  const auto no_bad = [](const std::string& text) {
    return text == "bad" ? std::string("'bad' is no address") : std::string();
  };
  up.options = {
      {.name = "listen", .value_name = "URI", .repeatable = true, .help = "", .check = no_bad},
      {.name = "network", .value_name = "NAME", .repeatable = false, .help = "", .check = anything},
      {.name = "no-lan", .value_name = "", .repeatable = false, .help = "", .check = anything}};
  up.run = [&](const auto& home, const auto& given) {
    outcome.up_ran = true;
    outcome.home = home;
    outcome.given = given;
    return kStatusOfUp;
  };
  std::ostringstream out;
  std::ostringstream err;
  outcome.status = run_command_line(arguments, up, {out, err});
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

TEST(CommandLineTest, RunsUpWithWhatWasGivenAndReturnsItsStatus) {
  const Outcome outcome = run({"up", "--listen", "a", "--no-lan", "--listen=b", "--network", "n"});
  EXPECT_EQ(outcome.status, kStatusOfUp);
  EXPECT_EQ(outcome.home, std::nullopt);
  EXPECT_EQ(outcome.given, (std::vector<GivenOption>{
                               {"listen", {"a", "b"}}, {"network", {"n"}}, {"no-lan", {"true"}}}));
}

TEST(CommandLineTest, RunsUpWithNothingGiven) {
  const Outcome outcome = run({"up"});
  EXPECT_TRUE(outcome.up_ran);
  EXPECT_TRUE(outcome.given.empty());
}

TEST(CommandLineTest, TurnsASwitchOff) {
  EXPECT_EQ(run({"up", "--no-lan=false"}).given, (std::vector<GivenOption>{{"no-lan", {"false"}}}));
}

TEST(CommandLineTest, TakesTheHomeBeforeAndAfterTheCommand) {
  EXPECT_EQ(run({"up", "--home", "/srv/a"}).home, "/srv/a");
  EXPECT_EQ(run({"--home", "/srv/a", "up"}).home, "/srv/a");
}

TEST(CommandLineTest, RefusesWrongUsageWithStatusTwoAndAReason) {
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"fly"},
                                                       {"up", "--unknown"},
                                                       {"up", "extra"},
                                                       {"up", "--home="},
                                                       {"up", "--home", ""},
                                                       {"up", "--network"},
                                                       {"up", "--network", "a", "--network", "b"},
                                                       {"up", "--listen", "bad"},
                                                       {"up", "--no-lan=perhaps"},
                                                       {"status", "peers"},
                                                       {"status", "--lifetime", "7d"},
                                                       {"invite", "--lifetime", "soon"},
                                                       {"join"},
                                                       {"join", "a", "b"},
                                                       {"trace"},
                                                       {"trace", "a", "b"},
                                                       {"trace", "a", "--all"},
                                                       {"routes", "a"},
                                                       {"routes", "--short"},
                                                       {"help", "fly"}};
  for (const auto& arguments : wrong) {
    const Outcome outcome = run(arguments);
    const std::string shown = arguments.empty() ? "" : arguments.back();
    EXPECT_EQ(outcome.status, kWrongUsage) << shown;
    EXPECT_TRUE(outcome.err.starts_with("starling: ")) << shown << ": " << outcome.err;
    EXPECT_EQ(outcome.out, "") << shown;
    EXPECT_FALSE(outcome.up_ran) << shown;
  }
}

TEST(CommandLineTest, SaysWhichValueIsWrongAndWhy) {
  EXPECT_EQ(run({"up", "--listen", "bad"}).err,
            "starling: --listen: 'bad' is no address\nsee: starling help\n");
}

TEST(CommandLineTest, PrintsTheManual) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"-h"}, {"help"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, kDone);
    EXPECT_EQ(outcome.out, program_help());
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(CommandLineTest, HasEveryCommandInTheManualAndExplainsIt) {
  for (const std::string command : {"up", "status", "peers", "id", "invite", "join", "ping",
                                    "trace", "routes", "stop", "help", "version"}) {
    EXPECT_NE(program_help().find("\n    " + command + " "), std::string::npos) << command;
    const Outcome by_flag = run({command, "--help"});
    EXPECT_EQ(by_flag.status, kDone) << command;
    EXPECT_NE(by_flag.out.find(command), std::string::npos) << by_flag.out;
    EXPECT_EQ(run({"help", command}).out, by_flag.out);
  }
}

TEST(CommandLineTest, ExplainsTheOptionsOfUp) {
  const Outcome outcome = run({"up", "--help"});
  for (const char* text :
       {"--home DIR", "--listen URI", "--network NAME", "--no-lan", "config.toml"}) {
    EXPECT_NE(outcome.out.find(text), std::string::npos) << text << " in " << outcome.out;
  }
}

TEST(CommandLineTest, ExplainsTheOptionsOfTraceAndRoutes) {
  EXPECT_NE(run({"trace", "--help"}).out.find("--long"), std::string::npos);
  const std::string routes = run({"routes", "--help"}).out;
  for (const char* option : {"--all", "--long", "--json", "--home"})
    EXPECT_NE(routes.find(option), std::string::npos) << option;
}

TEST(CommandLineTest, PrintsItsVersion) {
  const std::string line = "starling " + std::string(version()) + "\n";
  EXPECT_EQ(run({"version"}).out, line);
  EXPECT_EQ(run({"--version"}).out, line);
  EXPECT_EQ(run({"version", "--json"}).out, "{\"version\":\"" + std::string(version()) + "\"}\n");
}

TEST(CommandLineTest, FailsWithStatusOneWithoutANode) {
  for (const std::string command : {"status", "peers", "routes", "invite", "stop", "id"}) {
    const Outcome outcome = run({command, "--home", "/nonexistent/home"});
    EXPECT_EQ(outcome.status, kFailed) << command;
    EXPECT_TRUE(outcome.err.starts_with("starling: ")) << command;
    EXPECT_NE(outcome.err.find("starling up"), std::string::npos) << outcome.err;
  }
}

}  // namespace command_line_test
}  // namespace starling::cli
