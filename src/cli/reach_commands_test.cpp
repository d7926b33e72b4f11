#include "cli/reach_commands.h"

#include "cli/command_fixture.h"

namespace starling::cli {
namespace reach_commands_test {

using nlohmann::json;

const json kPinged = {{"answered", true},
                      {"key", "kfar"},
                      {"time_us", 4'312},
                      {"rtt_us", 4'310},
                      {"tries", 1},
                      {"path",
                       {{{"node", "00"}, {"key", "khere"}, {"cost", 0}},
                        {{"node", "01"}, {"key", "kfar"}, {"cost", 3}}}}};
const json kSilent = {{"answered", false}, {"key", nullptr}, {"time_us", 10'000'000},
                      {"rtt_us", nullptr}, {"tries", 25},    {"path", json::array()}};
const json kExplained = {{"key", "kfar"},
                         {"standing", "neighbour"},
                         {"next", "kfar"},
                         {"cost", 3},
                         {"waypoints", json::array()},
                         {"ways",
                          {{{"kind", "table"},
                            {"state", "chosen"},
                            {"next", "kfar"},
                            {"cost", 3},
                            {"joint", nullptr}}}}};

class ReachCommandsTest : public CommandFixture {
 protected:
  int trace_far(const std::vector<json>& answers, bool as_json = false) {
    return run(answers, [&](CommandSetting setting, const Console& console) {
      setting.json = as_json;
      return trace(setting, "kfar", KeyForm::shortened, console);
    });
  }
};

TEST_F(ReachCommandsTest, SayHowToStartANodeWhenNoneRuns) {
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
  expect_hint([&](const Console& console) { return trace(setting, "k", KeyForm::whole, console); });
  expect_hint([&](const Console& console) { return show_routes(setting, {}, console); });
}

TEST_F(ReachCommandsTest, PingSaysWhoAnsweredOrThatNobodyDid) {
  const auto ping_far = [](const CommandSetting& setting, const Console& console) {
    return ping(setting, "kfar", 1, console);
  };
  EXPECT_EQ(run({kPinged}, ping_far), kDone);
  EXPECT_EQ(out_.str(), "answer from kfar: 4.31 ms, 1 hop\n");
  EXPECT_EQ(run({kSilent}, ping_far), kFailed);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(), "starling: no answer within 10 s\n");
}

TEST_F(ReachCommandsTest, TraceShowsThePathTheWaysAndTheReason) {
  EXPECT_EQ(trace_far({kPinged, kExplained}), kDone);
  EXPECT_EQ(out_.str(),
            "HOP  COST  NODE\n"
            "  0     0  khere\n"
            "  1     3  kfar\n"
            "Round trip 4.31 ms\n"
            "\n"
            "WAY            NEXT HOP  JOINT  TO IT  REST  COST  STATE\n"
            "routing table  kfar      -          -     -     3  chosen\n"
            "Next hop kfar because 3 by the routing table is the only known way.\n");
  EXPECT_TRUE(requests_.at(0).starts_with("POST /api/v1/ping "));
  EXPECT_TRUE(requests_.at(1).starts_with("POST /api/v1/explain "));
  EXPECT_TRUE(requests_.at(1).ends_with(R"({"node":"kfar"})"));
}

TEST_F(ReachCommandsTest, TracePutsBothAnswersIntoOneObject) {
  EXPECT_EQ(trace_far({kPinged, kExplained}, true), kDone);
  json expected = kPinged;
  expected["explanation"] = kExplained;
  EXPECT_EQ(json::parse(out_.str()), expected);
  EXPECT_EQ(std::ranges::count(out_.str(), '\n'), 1);
}

TEST_F(ReachCommandsTest, TraceOfASilentNodeFailsAndStillShowsWhatIsKnown) {
  json unknown = kExplained;
  unknown["ways"] = json::array();
  EXPECT_EQ(trace_far({kSilent, unknown}), kFailed);
  EXPECT_EQ(out_.str(), "No way is known here: the directory is asked for one.\n");
  EXPECT_EQ(err_.str(), "starling: no answer within 10 s\n");
  EXPECT_EQ(trace_far({kSilent}, true), kFailed);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ReachCommandsTest, TraceOfWhatIsNoNodeSaysSoInOneSentence) {
  EXPECT_EQ(trace_far({{{"error", "this is neither a node's key (k...) nor its IPv6 address"}}}),
            kFailed);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(), "starling: this is neither a node's key (k...) nor its IPv6 address\n");
}

TEST_F(ReachCommandsTest, RoutesShowsTheTable) {
  const auto routes = [](bool as_json) {
    return [as_json](CommandSetting setting, const Console& console) {
      setting.json = as_json;
      return show_routes(setting, {}, console);
    };
  };
  const json answer = {{"nodes",
                        {{{"key", "kfar"},
                          {"next", "knear"},
                          {"cost", 3},
                          {"passed_on", true},
                          {"ways", 1},
                          {"neighbour", false},
                          {"epoch", 9},
                          {"step", 1},
                          {"rank", 1}}}}};
  EXPECT_EQ(run({answer}, routes(false)), kDone);
  EXPECT_EQ(out_.str(),
            "NODE  COST  NEXT HOP  LISTED  OFFERS  RANK  EPOCH\n"
            "kfar     3  knear     yes          1     1    9.1\n"
            "1 node listed, 1 known, 0 neighbours\n");
  EXPECT_TRUE(requests_.at(0).starts_with("GET /api/v1/routes "));
  EXPECT_EQ(run({answer}, routes(true)), kDone);
  EXPECT_EQ(json::parse(out_.str()), answer);
}

}  // namespace reach_commands_test
}  // namespace starling::cli
