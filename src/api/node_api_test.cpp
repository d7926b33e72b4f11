#include "api/node_api.h"

#include <gtest/gtest.h>
#include <set>

#include "api/node_world_test.h"
#include "crypto/mesh_address.h"

namespace starling::api {
namespace node_api_test {

using nlohmann::json;

class NodeApiTest : public testing::Test {
 protected:
  std::string key(size_t index) { return to_text(world_.home(index).identity.key()); }
  void expect_error(int status, const std::string& path, const std::string& body) {
    const Response response = world_.ask(0, "POST", path, body);
    EXPECT_EQ(response.status, status) << body;
    const json error = json::parse(response.body);
    EXPECT_EQ(error.size(), 1U);
    EXPECT_GT(error["error"].get<std::string>().size(), 10U) << body;
  }

  NodeWorld world_;
};

std::set<std::string> names_of(const json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

TEST_F(NodeApiTest, TellsTheStatus) {
  world_.world().run_for(90s);
  const json status = world_.ask_json(0, "GET", "/api/v1/status");
  EXPECT_EQ(names_of(status),
            (std::set<std::string>{
                "key",           "account",   "address",   "network",       "state",
                "up_s",          "listening", "addresses", "links",         "known_nodes",
                "records",       "sessions",  "streams",   "announced",     "bytes_served",
                "bytes_fetched", "dialing",   "lan",       "heard_own_key", "clock_offset_s",
                "counters",      "version",   "api",       "proof",         "leaf"}));
  EXPECT_EQ(status["key"], key(0));
  EXPECT_EQ(status["account"], to_text(crypto::AccountKey{world_.home(0).account.key().value}));
  EXPECT_EQ(status["address"], to_text(crypto::mesh_address_of(world_.home(0).identity.key())));
  EXPECT_EQ(status["network"], "world");
  EXPECT_EQ(status["state"], "running");
  EXPECT_GE(status["up_s"], 90);
  EXPECT_LE(status["up_s"], 91);
  EXPECT_EQ(status["listening"], json({"udp://0.0.0.0:7117"}));
  ASSERT_EQ(status["addresses"].size(), 1U);
  EXPECT_EQ(status["links"], 0);
  EXPECT_EQ(status["proof"], "off");
  EXPECT_EQ(status["leaf"], false);
  EXPECT_TRUE(status["known_nodes"].is_number_unsigned());
  EXPECT_TRUE(status["records"].is_number_unsigned());
  EXPECT_EQ(status["dialing"], 0);
  EXPECT_EQ(status["lan"], false);
  EXPECT_EQ(status["heard_own_key"], false);
  EXPECT_EQ(status["clock_offset_s"], nullptr);
  EXPECT_TRUE(status["counters"].is_object());
  EXPECT_EQ(status["version"], "0.0.test");
  EXPECT_EQ(status["api"], 1);
}

TEST_F(NodeApiTest, JoinsByAnInvitationAndListsThePeer) {
  EXPECT_EQ(world_.join(), "accepted");
  world_.world().run_for(20s);
  const json answer = world_.ask_json(0, "GET", "/api/v1/peers");
  EXPECT_EQ(names_of(answer), (std::set<std::string>{"peers", "dialing"}));
  ASSERT_EQ(answer["peers"].size(), 1U);
  const json& peer = answer["peers"][0];
  EXPECT_EQ(names_of(peer), (std::set<std::string>{"key", "address", "state", "carrier", "remote",
                                                   "friend", "rtt_us", "up_s", "bytes_sent",
                                                   "bytes_received", "mtu", "cipher", "protocol"}));
  EXPECT_EQ(peer["key"], key(1));
  EXPECT_EQ(peer["address"], to_text(crypto::mesh_address_of(world_.home(1).identity.key())));
  EXPECT_EQ(peer["state"], "up");
  EXPECT_EQ(peer["carrier"], "udp");
  EXPECT_EQ(peer["friend"], true);
  EXPECT_GE(peer["up_s"], 20);
  EXPECT_GT(peer["bytes_sent"], 0);
  EXPECT_GT(peer["bytes_received"], 0);
  EXPECT_GT(peer["mtu"], 256);
  EXPECT_EQ(peer["protocol"], 1);
  EXPECT_TRUE(answer["dialing"].empty());
  EXPECT_EQ(world_.ask_json(1, "GET", "/api/v1/status")["links"], 1);
}

TEST_F(NodeApiTest, ListsWhatIsDialled) {
  const std::string link = "starling:" + key(1) + "?at=udp://10.9.9.9:7117";
  EXPECT_EQ(world_.ask_json(0, "POST", "/api/v1/join", json{{"link", link}}.dump())["outcome"],
            "no_answer");
  const json answer = world_.ask_json(0, "GET", "/api/v1/peers");
  EXPECT_TRUE(answer["peers"].empty());
  ASSERT_EQ(answer["dialing"].size(), 1U);
  EXPECT_EQ(answer["dialing"][0]["key"], key(1));
  EXPECT_EQ(answer["dialing"][0]["addresses"], json({"udp://10.9.9.9:7117"}));
  EXPECT_GT(answer["dialing"][0]["rounds_failed"], 0);
  EXPECT_EQ(world_.ask_json(0, "GET", "/api/v1/status")["dialing"], 1);
}

TEST_F(NodeApiTest, GivesInvitationsForAWeekOrAsLongAsAsked) {
  const int64_t now = world_.home(0).runtime.wall_now().unix_seconds;
  for (const auto& [body, lifetime_s] : std::vector<std::pair<std::string, int64_t>>{
           {"", 604800}, {"{}", 604800}, {R"({"lifetime_s":60})", 60}}) {
    const json invitation = world_.ask_json(0, "POST", "/api/v1/invite", body);
    EXPECT_EQ(names_of(invitation), (std::set<std::string>{"link", "expires_unix_s", "qr"}));
    EXPECT_EQ(invitation["link"].get<std::string>().find("starling:" + key(0) + "?"), 0U);
    EXPECT_GE(invitation["expires_unix_s"], now + lifetime_s);
    EXPECT_LE(invitation["expires_unix_s"], now + lifetime_s + 60);
  }
}

TEST_F(NodeApiTest, RefusesInvitationsThatItCannotGive) {
  for (const char* body :
       {"[]", "null", "{", "x", R"({"lifetime_s":"60"})", R"({"lifetime_s":1.5})",
        R"({"lifetime_s":0})", R"({"lifetime_s":-1})", R"({"lifetime_s":999999999999})",
        R"({"lifetime_s":18446744073709551615})", R"({"lifetime_s":-9223372036854775808})",
        R"({"lifetime":60})", "{} {}"}) {
    expect_error(400, "/api/v1/invite", body);
  }
  expect_error(400, "/api/v1/invite", std::string(60'000, '['));
  for (size_t i = 0; i < reach::Invitations::kOpenMax; ++i) world_.ask(0, "POST", "/api/v1/invite");
  expect_error(409, "/api/v1/invite", "");
}

TEST_F(NodeApiTest, RefusesLinksThatItCannotJoin) {
  for (const char* body : {"", "{}", R"({"link":1})", R"({"link":""})", R"({"link":"starling:x"})",
                           R"({"link":"starling://site"})", "{\"link\":\"\xff\"}"}) {
    expect_error(400, "/api/v1/join", body);
  }
  for (const std::string& link : {std::string("udp://192.0.2.1:7117"), "starling:" + key(0)}) {
    EXPECT_EQ(world_.ask_json(0, "POST", "/api/v1/join", json{{"link", link}}.dump())["outcome"],
              "no_key");
  }
}

TEST_F(NodeApiTest, AnswersAJoinThatALaterOneReplaces) {
  const std::string body = json{{"link", "starling:" + key(1) + "?at=udp://10.9.9.9:7117"}}.dump();
  std::vector<int> statuses;
  for (int i = 0; i < 2; ++i) {
    world_.home(0).api->handler().handle(
        {.method = "POST", .path = "/api/v1/join", .body = body},
        Responder([&](const Response& response) { statuses.push_back(response.status); }));
  }
  world_.world().run_for(NodeWorld::kPatience);
  EXPECT_EQ(statuses, (std::vector<int>{503, 200}));
}

TEST_F(NodeApiTest, ListsTheRoutingTable) {
  EXPECT_TRUE(world_.ask_json(0, "GET", "/api/v1/routes")["nodes"].empty());
  ASSERT_EQ(world_.join(), "accepted");
  world_.world().run_for(1s);
  const json answer = world_.ask_json(0, "GET", "/api/v1/routes");
  ASSERT_EQ(answer["nodes"].size(), 1U);
  const json& node = answer["nodes"][0];
  EXPECT_EQ(names_of(node), (std::set<std::string>{"key", "next", "cost", "passed_on", "ways",
                                                   "neighbour", "epoch", "step", "rank"}));
  EXPECT_EQ(node["key"], key(1));
  EXPECT_EQ(node["next"], key(1));
  EXPECT_GE(node["cost"], 1);
  EXPECT_EQ(node["passed_on"], true);
  EXPECT_EQ(node["ways"], 1);
  EXPECT_EQ(node["neighbour"], true);
  EXPECT_GT(node["epoch"], 0);
  EXPECT_GE(node["step"], 1);
  EXPECT_EQ(node["rank"], 1);
}

TEST_F(NodeApiTest, ExplainsTheWayToANode) {
  const auto explain = [&](const std::string& node) {
    return world_.ask_json(0, "POST", "/api/v1/explain", json{{"node", node}}.dump());
  };
  const json stranger = explain(key(1));
  EXPECT_EQ(stranger["key"], key(1));
  EXPECT_EQ(stranger["standing"], "unknown");
  EXPECT_EQ(stranger["next"], nullptr);
  EXPECT_EQ(stranger["cost"], nullptr);
  EXPECT_TRUE(stranger["ways"].empty());
  const json self = explain(key(0));
  EXPECT_EQ(self["standing"], "self");
  EXPECT_EQ(self["cost"], 0);

  ASSERT_EQ(world_.join(), "accepted");
  world_.world().run_for(1s);
  const json neighbour = explain(to_text(crypto::mesh_address_of(world_.home(1).identity.key())));
  EXPECT_EQ(neighbour["key"], key(1));
  EXPECT_EQ(neighbour["standing"], "neighbour");
  EXPECT_EQ(neighbour["next"], key(1));
  EXPECT_EQ(neighbour["cost"], world_.ask_json(0, "GET", "/api/v1/routes")["nodes"][0]["cost"]);
  ASSERT_FALSE(neighbour["ways"].empty());
  EXPECT_EQ(neighbour["ways"][0]["kind"], "table");
  EXPECT_EQ(neighbour["ways"][0]["state"], "chosen");
  EXPECT_EQ(neighbour["ways"][0]["landmark"], nullptr);
}

TEST_F(NodeApiTest, NamesTheNodesOfAWayWhereItKnowsThem) {
  ASSERT_EQ(world_.join(), "accepted");
  world_.world().run_for(1s);
  crypto::NodeKey stranger;
  stranger.value.fill(0x33);
  const routing::ShortId known =
      routing::short_id_of(crypto::node_id_of(world_.home(1).identity.key()));
  const routing::ShortId unknown{{0xab}};
  const routing::Address address{{{{{unknown, 50}, {known, 12}}}, {{{unknown, 3}}}}};
  const Instant now = world_.home(0).runtime.now();
  world_.home(0).node->mesh().router().learn_address(now, crypto::node_id_of(stranger), address,
                                                     now + 1h);
  const json answer =
      world_.ask_json(0, "POST", "/api/v1/explain", json{{"node", to_text(stranger)}}.dump());
  EXPECT_EQ(answer["standing"], "landmarks");
  EXPECT_EQ(answer["next"], key(1));
  const int to_neighbour = world_.ask_json(0, "GET", "/api/v1/routes")["nodes"][0]["cost"];
  EXPECT_EQ(answer["cost"], to_neighbour + 12);
  const json unnamed = {{"node", "ab00000000000000"}, {"key", nullptr}};
  const json named = {{"node", to_hex(known.view())}, {"key", key(1)}};
  ASSERT_EQ(answer["waypoints"].size(), 2U);
  EXPECT_EQ(answer["waypoints"][0],
            (json{{"node", unnamed["node"]}, {"key", nullptr}, {"rest", 50}}));
  EXPECT_EQ(answer["waypoints"][1], (json{{"node", named["node"]}, {"key", key(1)}, {"rest", 12}}));
  ASSERT_EQ(answer["ways"].size(), 2U);
  const json& chosen = answer["ways"][0];
  EXPECT_EQ(chosen["state"], "chosen");
  EXPECT_EQ(chosen["landmark"], unnamed);
  EXPECT_EQ(chosen["joint"],
            (json{{"node", named["node"]}, {"key", key(1)}, {"cost", to_neighbour}, {"rest", 12}}));
  EXPECT_EQ(chosen["banned_ms"], 0);
  const json& other = answer["ways"][1];
  EXPECT_EQ(other["state"], "out_of_reach");
  EXPECT_EQ(other["joint"], nullptr);
  EXPECT_EQ(other["cost"], nullptr);
}

TEST_F(NodeApiTest, RefusesToExplainWhatIsNoNode) {
  for (const char* body : {"", "{}", R"({"node":1})", R"({"node":""})", R"({"node":"nonsense"})",
                           R"({"node":"::1"})", R"({"key":"k"})"}) {
    expect_error(400, "/api/v1/explain", body);
  }
  const std::string nobody = "fd53:5400:1:2:3:4:5:6";
  expect_error(404, "/api/v1/explain", json{{"node", nobody}}.dump());
}

TEST_F(NodeApiTest, StopsOnceAfterItHasSaidSo) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(world_.ask_json(0, "POST", "/api/v1/stop", i == 0 ? "" : "{}")["state"], "stopping");
  }
  EXPECT_EQ(world_.home(0).stops, 1);
}

TEST_F(NodeApiTest, RefusesUnknownPathsAndWrongMethods) {
  for (const char* path : {"/", "/api", "/api/v1", "/api/v1/", "/api/v1/Status", "/api/v1/status/",
                           "//api/v1/status"}) {
    EXPECT_EQ(world_.ask(0, "GET", path).status, 404) << path;
  }
  for (const Entry& route : NodeApi::routes()) {
    const Response response = world_.ask(0, "PUT", std::string(route.path));
    EXPECT_EQ(response.status, 405);
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].first, "Allow");
    EXPECT_EQ(response.headers[0].second, route.method);
  }
}

TEST_F(NodeApiTest, PublishesWhenLinksComeAndGo) {
  const auto subscription = world_.home(0).api->handler().events->subscribe([] {});
  ASSERT_EQ(world_.join(), "accepted");
  EXPECT_EQ(json::parse(subscription->next().value()),
            (json{{"event", "link_up"}, {"key", key(1)}}));
  world_.home(1).node->stop([] {});
  world_.world().run_for(1s);
  EXPECT_EQ(json::parse(subscription->next().value()),
            (json{{"event", "link_down"}, {"key", key(1)}, {"reason", "closed by peer"}}));
}

TEST_F(NodeApiTest, Answers503OnceItIsGone) {
  const ApiHandler handler = world_.home(0).api->handler();
  std::vector<int> statuses;
  const auto ask = [&] {
    handler.handle(
        {.method = "GET", .path = "/api/v1/status"},
        Responder([&](const Response& response) { statuses.push_back(response.status); }));
  };
  ask();  // on its way when the API goes
  world_.home(0).node->set_observer({});
  world_.home(0).api.reset();
  ask();
  world_.world().run_for(1s);
  EXPECT_EQ(statuses, (std::vector<int>{503, 503}));
}

}  // namespace node_api_test
}  // namespace starling::api
