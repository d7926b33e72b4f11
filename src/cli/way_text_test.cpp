#include "cli/way_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <vector>

namespace starling::cli {
namespace way_text_test {

using nlohmann::json;

// A key whose short form is "kaaaaaa…aaaa" for 'a'.
std::string key(char letter) { return "k" + std::string(52, letter); }

json table_way(char next, int cost, const std::string& state) {
  return {
      {"kind", "table"},      {"state", state},          {"next", key(next)}, {"cost", cost},
      {"carried", false},     {"landmark", nullptr},     {"joint", nullptr},  {"age_ms", nullptr},
      {"banned_ms", nullptr}, {"recorded_cost", nullptr}};
}
json landmark_way(char landmark, int to, int rest, const std::string& state) {
  json way = table_way('n', to + rest, state);
  way["kind"] = "landmark";
  way["landmark"] = {{"node", "0102030405060708"}, {"key", key(landmark)}};
  way["joint"] = {{"node", "1112131415161718"}, {"key", nullptr}, {"cost", to}, {"rest", rest}};
  way["banned_ms"] = 0;
  return way;
}
json recorded_way(int cost, const std::string& state) {
  json way = landmark_way('l', cost - 5, 5, state);
  way["kind"] = "recorded";
  way["landmark"] = nullptr;
  way["age_ms"] = 3'400;
  way["carried"] = true;
  return way;
}
json explanation(const std::vector<json>& ways, const std::string& standing = "landmarks") {
  return {{"key", key('z')}, {"standing", standing}, {"next", key('n')}, {"ways", ways}};
}
std::string reason(const json& explanation) { return reason_text(explanation, KeyForm::shortened); }

TEST(WayTextTest, ShortensKeysAsThePageDoes) {
  EXPECT_EQ(key_text("kq4dfx2lp3r6gtkd6pk5o2stwvj7xd4l5zmhpqa3zfgk2m6ddfnwq", KeyForm::shortened),
            "kq4dfx2…fnwq");
  EXPECT_EQ(key_text("kq4d", KeyForm::shortened), "kq4d");
  EXPECT_EQ(key_text(key('a'), KeyForm::whole), key('a'));
}

TEST(WayTextTest, ShowsAPathHopByHop) {
  const json pinged = {{"path",
                        {{{"node", "0a"}, {"key", key('a')}, {"cost", 0}},
                         {{"node", "0123456789abcdef"}, {"key", nullptr}, {"cost", 3}}}}};
  EXPECT_EQ(path_text(pinged),
            "HOP  COST  NODE\n"
            "  0     0  " +
                key('a') +
                "\n"
                "  1     3  0123456789abcdef…\n");
}

TEST(WayTextTest, ShowsEachWayWithItsPartsAndWhatIsAgainstIt) {
  json banned = landmark_way('c', 1, 2, "banned");
  banned["banned_ms"] = 7'001;
  json far = landmark_way('d', 0, 0, "out_of_reach");
  far["joint"] = far["next"] = far["cost"] = nullptr;
  const std::string text =
      ways_text(explanation({landmark_way('b', 11, 12, "chosen"), recorded_way(25, "costlier"),
                             table_way('n', 31, "infeasible"), banned, far}),
                KeyForm::shortened);
  EXPECT_EQ(
      text,
      "WAY                    NEXT HOP      JOINT              TO IT  REST  COST  STATE\n"
      "landmark kbbbbbb…bbbb  knnnnnn…nnnn  1112131415161718…     11    12    23  chosen\n"
      "recorded 3 s ago       knnnnnn…nnnn  1112131415161718…     20     5    25  costs no less\n"
      "routing table          knnnnnn…nnnn  -                      -     -    31  might be a loop\n"
      "landmark kcccccc…cccc  knnnnnn…nnnn  1112131415161718…      1     2     3  failed, left out "
      "for 8 s\n"
      "landmark kdddddd…dddd  -             -                      -     -     -  out of reach\n");
  EXPECT_TRUE(ways_text(explanation({table_way('n', 3, "blocked")}), KeyForm::whole)
                  .ends_with(" 3  passes nothing on\n"));
  far["state"] = "starts_here";
  EXPECT_TRUE(ways_text(explanation({far}), KeyForm::whole).ends_with("  starts at this node\n"));
  EXPECT_EQ(ways_text(explanation({}), KeyForm::shortened), "");
}

TEST(WayTextTest, SaysInOneSentenceWhyAWayIsTaken) {
  EXPECT_EQ(
      reason(explanation({landmark_way('b', 11, 12, "chosen"),
                          landmark_way('c', 20, 12, "costlier"), table_way('n', 31, "costlier")})),
      "Next hop knnnnnn…nnnn because 23 over landmark kbbbbbb…bbbb is the least of 3 known "
      "ways.");
  EXPECT_EQ(reason(explanation({table_way('n', 3, "chosen")}, "neighbour")),
            "Next hop knnnnnn…nnnn because 3 by the routing table is the only known way.");
  EXPECT_EQ(reason(explanation({table_way('n', 3, "chosen"), landmark_way('c', 1, 9, "costlier"),
                                landmark_way('d', 1, 1, "banned")})),
            "Next hop knnnnnn…nnnn because 3 by the routing table is the least of 3 known ways, of "
            "which 2 can be used.");
  EXPECT_EQ(reason(explanation({table_way('n', 3, "chosen"), table_way('m', 9, "infeasible")})),
            "Next hop knnnnnn…nnnn because 3 by the routing table is the only usable one of 2 "
            "known ways.");
}

TEST(WayTextTest, SaysWhyOneThatSeemsToCostLessIsNotTaken) {
  EXPECT_EQ(reason(explanation({recorded_way(42, "chosen"), landmark_way('b', 5, 5, "passed_over")},
                               "recorded")),
            "Next hop knnnnnn…nnnn because 42 by the recorded path goes first of 2 known ways: a "
            "path that has proved itself goes before what an address promises.");
  EXPECT_NE(reason(explanation({table_way('n', 100, "chosen"), table_way('m', 99, "passed_over")},
                               "listed"))
                .find("until another one costs a twentieth less"),
            std::string::npos);
  json recorded = recorded_way(90, "passed_over");
  recorded["carried"] = false;
  EXPECT_NE(reason(explanation({table_way('n', 100, "chosen"), recorded}, "listed"))
                .find("a node that the table lists is reached by the table"),
            std::string::npos);
}

TEST(WayTextTest, SaysWhenThereIsNoWay) {
  EXPECT_EQ(reason(explanation({}, "unknown")),
            "No way is known here: the directory is asked for one.");
  EXPECT_EQ(reason(explanation({}, "self")), "This is the node itself.");
  EXPECT_EQ(reason(explanation({landmark_way('b', 1, 1, "banned")})),
            "The only known way cannot be used now: the directory is asked for another one.");
  EXPECT_EQ(
      reason(explanation({landmark_way('b', 1, 1, "banned"), landmark_way('c', 1, 1, "banned")})),
      "None of 2 known ways can be used now: the directory is asked for another one.");
}

json route(char letter, int cost, bool passed_on, bool neighbour) {
  return {{"key", key(letter)},
          {"next", key('n')},
          {"cost", cost},
          {"ways", 2},
          {"passed_on", passed_on},
          {"neighbour", neighbour},
          {"epoch", 1'767'225'600},
          {"step", 2},
          {"rank", 17}};
}

TEST(WayTextTest, ShowsTheListedNodesTheNearestFirst) {
  const json routes = {
      {"nodes",
       {route('c', 12, true, false), route('b', 9, false, false), route('a', 3, true, true)}}};
  EXPECT_EQ(routes_text(routes, {}),
            "NODE          COST  NEXT HOP      LISTED  OFFERS  RANK         EPOCH\n"
            "kaaaaaa…aaaa     3  knnnnnn…nnnn  yes          2    17  1767225600.2\n"
            "kcccccc…cccc    12  knnnnnn…nnnn  yes          2    17  1767225600.2\n"
            "2 nodes listed, 3 known, 1 neighbour (--all shows 1 more)\n");
  const std::string all = routes_text(routes, {.all = true});
  EXPECT_NE(all.find("kbbbbbb…bbbb     9  knnnnnn…nnnn  no "), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\n2 nodes listed, 3 known, 1 neighbour\n")) << all;
  EXPECT_NE(routes_text(routes, {.form = KeyForm::whole}).find(key('a')), std::string::npos);
}

TEST(WayTextTest, SaysWhenNobodyIsKnown) {
  EXPECT_EQ(routes_text({{"nodes", json::array()}}, {}), "No other node is known.\n");
  EXPECT_EQ(routes_text(json::object(), {}), "No other node is known.\n");
}

TEST(WayTextTest, PutsUpWithAnswersOfAnotherVersion) {
  for (const json& odd : {json::object(), json{{"ways", 1}}, json{{"ways", {json::object()}}},
                          json{{"ways", {{{"kind", 1}, {"joint", "x"}, {"state", "chosen"}}}}},
                          json{{"ways", {1, "x"}}}}) {
    EXPECT_FALSE(reason(odd).empty());
    ways_text(odd, KeyForm::whole);
  }
  EXPECT_NE(routes_text({{"nodes", {json::object(), 7}}}, {.all = true}).find("-.-"),
            std::string::npos);
}

}  // namespace way_text_test
}  // namespace starling::cli
