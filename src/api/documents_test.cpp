// Keeps docs/api.md and docs/openapi.json true: what they describe answers as they say, and nothing else
// does.
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "api/front_door.h"
#include "api/node_world_test.h"
#include "base/bytes.h"
#include "crypto/key_text.h"
#include "http/json_response.h"

namespace starling::api {
namespace documents_test {

using nlohmann::json;

std::string document(const std::string& name) {
  const char* root = std::getenv("STARLING_SOURCE_DIR");
  if (!root) return {};
  std::ifstream file(std::string(root) + "/docs/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "GET /api/v1/status"
std::set<std::string> operations_of_openapi(const json& openapi) {
  std::set<std::string> operations;
  for (const auto& [path, methods] : openapi["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string name = method;
      for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
      operations.insert(name + " " + path);
    }
  }
  return operations;
}

// The headings of that form.
std::set<std::string> operations_of_page(const std::string& page) {
  std::set<std::string> operations;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ") && line.find(" /") != std::string::npos)
      operations.insert(line.substr(3));
  }
  return operations;
}

std::set<std::string> operations_of_program() {
  std::set<std::string> operations = {"GET " + std::string(kEventsPath),
                                      "POST " + std::string(kLoginCodePath),
                                      "GET " + std::string(kLoginPathPrefix) + "{code}"};
  for (const Entry& route : NodeApi::routes()) {
    operations.insert(std::string(route.method) + " " + std::string(route.path));
  }
  return operations;
}

class DocumentsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (document("api.md").empty()) GTEST_SKIP() << "STARLING_SOURCE_DIR names no source tree";
    openapi_ = json::parse(document("openapi.json"));
  }

  // All problems of `value` with the parts of JSON Schema that the document uses.
  void expect_valid(const json& value, const json& schema, const std::string& where) {
    if (const auto reference = schema.find("$ref"); reference != schema.end()) {
      return expect_valid(
          value, openapi_.at(json::json_pointer(reference->get<std::string>().substr(1))), where);
    }
    const json& type = schema["type"];
    const std::string actual = value.is_number_integer() ? "integer" : value.type_name();
    EXPECT_TRUE(type == actual ||
                (type.is_array() && std::find(type.begin(), type.end(), actual) != type.end()))
        << where << " is of type " << actual;
    if (schema.contains("enum")) {
      EXPECT_NE(std::find(schema["enum"].begin(), schema["enum"].end(), value),
                schema["enum"].end())
          << where;
    }
    if (value.is_array()) {
      for (const json& item : value) expect_valid(item, schema["items"], where + "[]");
    }
    if (value.is_object() && schema.contains("properties"))
      expect_valid_object(value, schema, where);
  }
  void expect_valid_object(const json& value, const json& schema, const std::string& where) {
    for (const json& name : schema["required"]) {
      EXPECT_TRUE(value.contains(name)) << where << " lacks " << name;
    }
    for (const auto& [name, member] : value.items()) {
      if (!schema["properties"].contains(name)) {
        ADD_FAILURE() << where << " has a member that is not documented: " << name;
        continue;
      }
      expect_valid(member, schema["properties"][name], where + "." + name);
    }
  }
  const json& answer_schema(const std::string& path, const std::string& method) {
    return openapi_["paths"][path][method]["responses"]["200"]["content"]["application/json"]
                   ["schema"];
  }
  json schema_named(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

  json openapi_;
  NodeWorld world_;
};

TEST_F(DocumentsTest, BothDescribeExactlyThePathsThatAnswer) {
  EXPECT_EQ(operations_of_openapi(openapi_), operations_of_program());
  EXPECT_EQ(operations_of_page(document("api.md")), operations_of_program());
}

TEST_F(DocumentsTest, TheNodeAnswersAsDescribed) {
  const std::string link = world_.ask_json(1, "POST", "/api/v1/invite")["link"];
  for (const auto& [method, path, body] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"POST", "/api/v1/invite", R"({"lifetime_s":604800})"},
           {"POST", "/api/v1/join", json{{"link", link}}.dump()},
           {"GET", "/api/v1/status", ""},
           {"GET", "/api/v1/peers", ""},
           {"POST", "/api/v1/ping", json{{"node", to_text(world_.home(1).identity.key())}}.dump()},
           {"GET", "/api/v1/routes", ""},
           {"POST", "/api/v1/explain",
            json{{"node", to_text(world_.home(1).identity.key())}}.dump()},
           {"POST", "/api/v1/stop", ""}}) {
    const Response response = world_.ask(0, method, path, body);
    EXPECT_EQ(response.status, 200) << path;
    const json answer = json::parse(response.body);
    expect_valid(answer, answer_schema(path, method == "GET" ? "get" : "post"), path);
    if (path == "/api/v1/peers") {
      EXPECT_EQ(answer["peers"].size(), 1U);
    }
    if (path == "/api/v1/ping") {
      EXPECT_TRUE(answer["answered"]) << answer;
    }
    if (path == "/api/v1/explain") {
      EXPECT_FALSE(answer["ways"].empty()) << answer;
    }
  }
}

TEST_F(DocumentsTest, WaysOfAllKindsAreAsDescribed) {
  ASSERT_EQ(world_.join(), "accepted");
  world_.world().run_for(1s);
  crypto::NodeKey stranger;
  stranger.value.fill(0x33);
  const routing::ShortId landmark =
      routing::short_id_of(crypto::node_id_of(world_.home(1).identity.key()));
  const routing::Address address{{{{{landmark, 12}}}, {{{routing::ShortId{}, 12}}}}};
  const Instant now = world_.home(0).runtime.now();
  world_.home(0).node->mesh().router().learn_address(now, crypto::node_id_of(stranger), address,
                                                     now + 1h);
  const std::string neighbour = to_text(world_.home(1).identity.key());
  world_.ask_json(0, "POST", "/api/v1/ping", json{{"node", neighbour}}.dump());
  std::set<std::string> kinds;
  for (const std::string& node :
       {neighbour, to_text(stranger), to_text(world_.home(0).identity.key())}) {
    const json answer = world_.ask_json(0, "POST", "/api/v1/explain", json{{"node", node}}.dump());
    expect_valid(answer, answer_schema("/api/v1/explain", "post"), node);
    for (const json& way : answer["ways"]) kinds.insert(way["kind"]);
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"table", "recorded", "landmark"}));
}

TEST_F(DocumentsTest, TheNodeAnswersAboutContentAsDescribed) {
  world_.world().blobs(sim::HostId{0}).user_files["/site/index.html"] = {1, 2, 3};
  const auto expect_transfer = [&](const std::string& path, const json& order) {
    const Response response = world_.ask(0, "POST", path, order.dump());
    EXPECT_EQ(response.status, 202) << response.body;
    expect_valid(json::parse(response.body), schema_named("Transfer"), path);
  };
  expect_transfer("/api/v1/publish", {{"path", "/site"}, {"site", "diary"}, {"title", "Diary"}});
  expect_transfer("/api/v1/publish", {{"path", "/site"}});
  expect_transfer("/api/v1/publish", {{"path", "/none"}});
  world_.world().run_for(1s);
  for (const std::string name : {"transfers", "sites", "pins", "store"}) {
    const json answer = world_.ask_json(0, "GET", "/api/v1/" + name);
    expect_valid(answer, answer_schema("/api/v1/" + name, "get"), name);
    for (const json& list : answer) EXPECT_FALSE(list.is_array() && list.empty()) << name;
  }
  const json transfer = json::parse(world_.ask_query(0, "/api/v1/transfer", "id=3").body);
  expect_valid(transfer, answer_schema("/api/v1/transfer", "get"), "transfer");
  EXPECT_EQ(transfer["state"], "failed");
  const json site = {{"link", world_.ask_json(0, "GET", "/api/v1/sites")["sites"][0]["link"]}};
  EXPECT_TRUE(world_.ask_json(0, "POST", "/api/v1/url", site.dump())["url"].is_null());
  world_.home(0).api->set_gateway(Endpoint::ipv4(127, 0, 0, 1, 7119));
  expect_valid(world_.ask_json(0, "POST", "/api/v1/url", site.dump()),
               answer_schema("/api/v1/url", "post"), "url");
}

TEST_F(DocumentsTest, TheNodeAnswersAboutMessagesAsDescribed) {
  const std::string account = to_text(crypto::AccountKey{world_.home(1).account.key().value});
  const Response sent =
      world_.ask(0, "POST", "/api/v1/send", json{{"to", account}, {"text", "hello"}}.dump());
  EXPECT_EQ(sent.status, 202);
  expect_valid(json::parse(sent.body), schema_named("Message"), "send");
  const json contact = {{"account", account}, {"name", "Bob"}};
  expect_valid(world_.ask_json(0, "POST", "/api/v1/contact", contact.dump()),
               answer_schema("/api/v1/contact", "post"), "contact");
  for (const std::string name : {"messages", "contacts"}) {
    const json answer = world_.ask_json(0, "GET", "/api/v1/" + name);
    expect_valid(answer, answer_schema("/api/v1/" + name, "get"), name);
    EXPECT_FALSE(answer[name].empty());
  }
  expect_valid(json::parse(world_.ask_query(0, "/api/v1/message", "number=1").body),
               answer_schema("/api/v1/message", "get"), "message");
  expect_valid(world_.ask_json(0, "POST", "/api/v1/forget", R"({"account":"Bob"})"),
               answer_schema("/api/v1/forget", "post"), "forget");
}

TEST_F(DocumentsTest, TheFrontDoorAnswersAsDescribed) {
  crypto::SeededRandom random(1);
  const auto token = random.secret<AccessToken>();
  FrontDoor door(token, Endpoint::ipv4(127, 0, 0, 1, 7118), random);
  Request request{.method = "POST", .path = "/api/v1/login-code", .host = "127.0.0.1:7118"};
  request.authorization = "Bearer " + to_hex(token.reveal());
  const json code = json::parse(std::get<Response>(door.decide({}, request)).body);
  expect_valid(code, answer_schema("/api/v1/login-code", "post"), "login-code");
  const Request login{
      .method = "GET", .path = "/login/" + code["code"].get<std::string>(), .host = request.host};
  const int status = std::get<Response>(door.decide({}, login)).status;
  EXPECT_TRUE(
      openapi_["paths"]["/login/{code}"]["get"]["responses"].contains(std::to_string(status)));
  expect_valid(json::parse(error_response(404, "a").body), schema_named("Error"), "error");
}

TEST_F(DocumentsTest, EventsAreAsDescribed) {
  const auto subscription = world_.home(0).api->handler().events->subscribe([] {});
  const auto publish = [&](node::NodeEvent::Kind kind) {
    world_.home(0).api->handle_event({kind, world_.home(1).identity.key(), "silent"});
  };
  for (size_t i = 0; i <= EventFeed::kQueueMax; ++i) publish(node::NodeEvent::Kind::link_up);
  publish(node::NodeEvent::Kind::link_down);
  publish(node::NodeEvent::Kind::runs_twice);
  publish(node::NodeEvent::Kind::proof);
  world_.home(0).api->handle_event({node::NodeEvent::Kind::transfer_over,
                                    world_.home(0).identity.key(),
                                    {},
                                    node::TransferStatus{}});
  world_.home(0).api->handle_event({.kind = node::NodeEvent::Kind::message,
                                    .peer = world_.home(0).identity.key(),
                                    .detail = {},
                                    .message = node::Message{}});
  std::set<std::string> names;
  while (const auto text = subscription->next()) {
    const json event = json::parse(*text);
    expect_valid(event, schema_named("Event"), *text);
    names.insert(event["event"]);
  }
  const json& documented =
      openapi_["components"]["schemas"]["Event"]["properties"]["event"]["enum"];
  EXPECT_EQ(names, documented.get<std::set<std::string>>());
  for (const std::string& name : names) {
    EXPECT_NE(document("api.md").find("| `" + name + "` |"), std::string::npos) << name;
  }
}

TEST_F(DocumentsTest, EveryMemberOfTheStatusIsOnThePage) {
  const std::string page = document("api.md");
  for (const char* schema :
       {"Status", "Peer", "Dialing", "Invitation", "LoginCode", "Transfer", "Site", "Pin", "Store",
        "Message", "Contact", "Route", "Explanation", "Waypoint", "KnownWay"}) {
    for (const auto& [name, value] :
         openapi_["components"]["schemas"][schema]["properties"].items()) {
      EXPECT_NE(page.find("\"" + name + "\":"), std::string::npos) << name;
    }
  }
}

TEST_F(DocumentsTest, EveryWordOfAnExplanationIsOnThePage) {
  const std::string page = document("api.md");
  const json& schemas = openapi_["components"]["schemas"];
  for (const json& words : {schemas["Explanation"]["properties"]["standing"]["enum"],
                            schemas["KnownWay"]["properties"]["kind"]["enum"],
                            schemas["KnownWay"]["properties"]["state"]["enum"]}) {
    ASSERT_FALSE(words.empty());
    for (const std::string word : words) {
      EXPECT_NE(page.find("`" + word + "`"), std::string::npos) << word;
    }
  }
}

}  // namespace documents_test
}  // namespace starling::api
