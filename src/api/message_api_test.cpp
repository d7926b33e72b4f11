#include "api/node_world_test.h"

namespace starling::api {
namespace message_api_test {

using nlohmann::json;

class MessageApiTest : public ::testing::Test {
 protected:
  MessageApiTest() { world_.join(); }
  std::string account(size_t home) {
    return world_.ask_json(home, "GET", "/api/v1/status")["account"];
  }
  json post(size_t home, const std::string& path, const json& members, int status = 200) {
    const Response response = world_.ask(home, "POST", path, members.dump());
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body);
  }
  json messages(size_t home) {
    return world_.ask_json(home, "GET", "/api/v1/messages")["messages"];
  }

  NodeWorld world_;
};

TEST_F(MessageApiTest, AMessageIsDeliveredAndAnswered) {
  const auto events = world_.home(1).api->handler().events->subscribe([] {});
  const json sent = post(0, "/api/v1/send", {{"to", account(1)}, {"text", "hello"}}, 202);
  EXPECT_EQ(sent["number"], 1);
  EXPECT_EQ(sent["direction"], "out");
  EXPECT_EQ(sent["state"], "queued");
  world_.world().run_for(3s);
  EXPECT_EQ(messages(0)[0]["state"], "delivered");
  const json received = messages(1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0]["text"], "hello");
  EXPECT_EQ(received[0]["direction"], "in");
  EXPECT_EQ(received[0]["account"], account(0));
  const json event = json::parse(events->next().value_or("null"));
  EXPECT_EQ(event["event"], "message");
  EXPECT_EQ(event["message"], received[0]);
  post(1, "/api/v1/contact", {{"account", account(0)}, {"name", "Ada"}});
  post(1, "/api/v1/send", {{"to", "Ada"}, {"text", "hello yourself"}}, 202);
  world_.world().run_for(3s);
  EXPECT_EQ(messages(1)[1]["name"], "Ada");
  EXPECT_EQ(messages(1)[1]["state"], "delivered");
  EXPECT_EQ(messages(0)[1]["text"], "hello yourself");
}

TEST_F(MessageApiTest, WhomTheOwnerBlocksIsRefused) {
  EXPECT_EQ(post(1, "/api/v1/contact", {{"account", account(0)}, {"blocked", true}})["name"],
            json());
  post(0, "/api/v1/send", {{"to", account(1)}, {"text", "hello"}}, 202);
  world_.world().run_for(3s);
  EXPECT_EQ(messages(0)[0]["state"], "refused");
  EXPECT_EQ(messages(0)[0]["reason"], "unwelcome");
  EXPECT_TRUE(messages(1).empty());
  // Without a name it was only there for its block.
  post(1, "/api/v1/forget", json::object(), 400);
  post(1, "/api/v1/send", {{"to", ""}, {"text", "hello"}}, 400);
  EXPECT_EQ(post(1, "/api/v1/contact", {{"account", account(0)}, {"blocked", false}})["blocked"],
            false);
  EXPECT_TRUE(world_.ask_json(1, "GET", "/api/v1/contacts")["contacts"].empty());
  post(0, "/api/v1/send", {{"to", account(1)}, {"text", "hello"}}, 202);
  world_.world().run_for(3s);
  EXPECT_EQ(messages(1).size(), 1u);
}

TEST_F(MessageApiTest, ReadingGoesByNumbers) {
  for (int i = 1; i <= 5; ++i)
    post(0, "/api/v1/send", {{"to", account(1)}, {"text", std::to_string(i)}}, 202);
  const auto numbers = [&](const std::string& query) {
    const json answer = json::parse(world_.ask_query(0, "/api/v1/messages", query).body);
    EXPECT_EQ(answer["next"], 6);
    std::vector<int> all;
    for (const json& message : answer["messages"]) all.push_back(message["number"]);
    return all;
  };
  EXPECT_EQ(numbers(""), (std::vector{1, 2, 3, 4, 5}));
  EXPECT_EQ(numbers("limit=2"), (std::vector{4, 5}));
  EXPECT_EQ(numbers("since=2&limit=2"), (std::vector{2, 3}));
  EXPECT_TRUE(numbers("since=6").empty());
  EXPECT_EQ(world_.ask_query(0, "/api/v1/messages", "limit=201").status, 400);
  EXPECT_EQ(world_.ask_query(0, "/api/v1/messages", "since=x").status, 400);
  EXPECT_EQ(json::parse(world_.ask_query(0, "/api/v1/message", "number=3").body)["text"], "3");
  EXPECT_EQ(world_.ask_query(0, "/api/v1/message", "number=9").status, 404);
  EXPECT_EQ(world_.ask_query(0, "/api/v1/message", "").status, 400);
}

TEST_F(MessageApiTest, ContactsHaveNamesOfTheirOwn) {
  post(0, "/api/v1/contact", {{"account", account(1)}, {"name", "Bob"}});
  post(0, "/api/v1/contact", {{"account", "Bob"}, {"name", "Robert"}});
  const json contacts = world_.ask_json(0, "GET", "/api/v1/contacts")["contacts"];
  ASSERT_EQ(contacts.size(), 1u);
  EXPECT_EQ(contacts[0], (json{{"account", account(1)}, {"name", "Robert"}, {"blocked", false}}));
  post(0, "/api/v1/contact", {{"account", account(0)}, {"name", "Robert"}}, 409);
  post(0, "/api/v1/contact", {{"account", account(0)}, {"name", ""}}, 400);
  post(0, "/api/v1/contact", {{"account", account(0)}, {"name", account(1)}}, 400);
  post(0, "/api/v1/contact", {{"account", "nobody"}, {"name", "X"}}, 400);
  post(0, "/api/v1/forget", {{"account", "Robert"}});
  post(0, "/api/v1/forget", {{"account", account(1)}}, 404);
}

TEST_F(MessageApiTest, WhatCannotBeSentIsSaid) {
  post(0, "/api/v1/send", {{"text", "x"}}, 400);
  post(0, "/api/v1/send", {{"to", "nobody"}, {"text", "x"}}, 400);
  post(0, "/api/v1/send", {{"to", account(1)}, {"text", ""}}, 400);
  post(0, "/api/v1/send", {{"to", account(1)}, {"text", std::string(40'000, 'x')}}, 400);
  post(0, "/api/v1/send", {{"to", account(0)}, {"text", "x"}}, 400);
  post(0, "/api/v1/send", {{"to", account(1)}, {"text", 7}}, 400);
  EXPECT_TRUE(messages(0).empty());
}

}  // namespace message_api_test
}  // namespace starling::api
