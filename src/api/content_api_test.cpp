#include "api/node_world_test.h"
#include "crypto/hash.h"

namespace starling::api {
namespace content_api_test {

using nlohmann::json;

class ContentApiTest : public ::testing::Test {
 protected:
  ContentApiTest() { world.join(); }
  void put(size_t home, const std::string& path, std::string_view text) {
    world.world().blobs(sim::HostId{static_cast<uint32_t>(home)}).user_files[path] =
        copy_of(view_of(text));
  }
  std::string file(size_t home, const std::string& path) {
    const auto& files = world.world().blobs(sim::HostId{static_cast<uint32_t>(home)}).user_files;
    return files.contains(path) ? std::string(text_of(files.at(path))) : "none";
  }
  json begin(size_t home, const std::string& path, const json& members) {
    const Response response = world.ask(home, "POST", path, members.dump());
    EXPECT_EQ(response.status, 202) << response.body;
    return json::parse(response.body);
  }
  json finish(size_t home, const json& transfer) {
    const std::string query = "id=" + transfer["id"].dump();
    json last;
    for (int i = 0; i < 100; ++i) {
      last = json::parse(world.ask_query(home, "/api/v1/transfer", query).body);
      if (last["over"]) break;
      world.world().run_for(100ms);
    }
    return last;
  }
  int status_of(const std::string& path, const json& members) {
    return world.ask(0, "POST", path, members.dump()).status;
  }

  NodeWorld world;
};

TEST_F(ContentApiTest, WhatOnePublishesTheOtherGets) {
  put(0, "/home/ada/site/index.html", "hello");
  const json published =
      finish(0, begin(0, "/api/v1/publish",
                      {{"path", "/home/ada/site/"}, {"site", "ada"}, {"title", "Ada"}}));
  ASSERT_EQ(published["state"], "done") << published;
  EXPECT_EQ(published["kind"], "publish");
  EXPECT_EQ(published["files"], 1);
  EXPECT_EQ(published["bytes"], 5);
  EXPECT_TRUE(published["failure"].is_null());
  const json sites = world.ask_json(0, "GET", "/api/v1/sites")["sites"];
  ASSERT_EQ(sites.size(), 1u);
  EXPECT_EQ(sites[0]["name"], "ada");
  EXPECT_EQ(sites[0]["title"], "Ada");
  EXPECT_EQ(sites[0]["link"], published["link"]);

  const json got =
      finish(1, begin(1, "/api/v1/fetch", {{"link", published["link"]}, {"to", "/home/bob/ada"}}));
  ASSERT_EQ(got["state"], "done") << got;
  EXPECT_EQ(file(1, "/home/bob/ada/index.html"), "hello");
  EXPECT_EQ(world.ask_json(1, "GET", "/api/v1/transfers")["transfers"][0], got);
  EXPECT_EQ(world.ask_json(0, "GET", "/api/v1/store")["pinned_bytes"].get<int>() > 5, true);
}

TEST_F(ContentApiTest, WhatIsPinnedIsListedUntilItIsUnpinned) {
  put(0, "/film", "moving");
  const json published = finish(0, begin(0, "/api/v1/publish", {{"path", "/film"}}));
  const json pinned =
      finish(1, begin(1, "/api/v1/fetch", {{"link", published["link"]}, {"pin", true}}));
  ASSERT_EQ(pinned["state"], "done") << pinned;
  EXPECT_EQ(pinned["kind"], "pin");
  const json pins = world.ask_json(1, "GET", "/api/v1/pins")["pins"];
  ASSERT_EQ(pins.size(), 1u);
  EXPECT_EQ(pins[0]["link"], published["link"]);
  EXPECT_EQ(pins[0]["origin"], "fetched");
  const std::string body = json{{"link", published["link"]}}.dump();
  EXPECT_EQ(world.ask(1, "POST", "/api/v1/unpin", body).status, 200);
  EXPECT_EQ(world.ask(1, "POST", "/api/v1/unpin", body).status, 404);
  EXPECT_TRUE(world.ask_json(1, "GET", "/api/v1/pins")["pins"].empty());
}

TEST_F(ContentApiTest, ATransferThatWaitsForHoldersCanBeCancelled) {
  const crypto::BlobId absent{crypto::sha256(view_of("absent")), 100};
  const json transfer =
      begin(0, "/api/v1/fetch", {{"link", "starling://" + to_text(absent)}, {"to", "/home/x"}});
  EXPECT_EQ(status_of("/api/v1/cancel", {{"id", transfer["id"]}}), 200);
  const json over = finish(0, transfer);
  EXPECT_EQ(over["state"], "cancelled");
  EXPECT_EQ(over["failure"]["code"], "cancelled");
  EXPECT_EQ(status_of("/api/v1/cancel", {{"id", transfer["id"]}}), 404);
}

TEST_F(ContentApiTest, WhatFailsSaysWhy) {
  const json published = finish(0, begin(0, "/api/v1/publish", {{"path", "/nothing"}}));
  EXPECT_EQ(published["state"], "failed");
  EXPECT_EQ(published["failure"]["code"], "no_such_file");
  EXPECT_EQ(published["failure"]["text"], "'/nothing' does not exist");
  EXPECT_TRUE(published["link"].is_null());
}

TEST_F(ContentApiTest, BadOrdersAreRefusedAtOnce) {
  EXPECT_EQ(status_of("/api/v1/publish", json::object()), 400);
  EXPECT_EQ(status_of("/api/v1/publish", {{"path", "relative"}}), 400);
  EXPECT_EQ(status_of("/api/v1/publish", {{"path", 7}}), 400);
  EXPECT_EQ(status_of("/api/v1/publish", {{"path", "/x"}, {"site", "No"}}), 400);
  EXPECT_EQ(status_of("/api/v1/publish", {{"path", "/x"}, {"title", "T"}}), 400);
  EXPECT_EQ(status_of("/api/v1/publish", {{"path", "/x"}, {"hidden", "yes"}}), 400);
  EXPECT_EQ(status_of("/api/v1/fetch", {{"to", "/x"}}), 400);
  EXPECT_EQ(status_of("/api/v1/fetch", {{"link", "http://example.org/"}}), 400);
  EXPECT_EQ(status_of("/api/v1/unpin", {{"link", "nothing"}}), 400);
  EXPECT_EQ(status_of("/api/v1/cancel", {{"id", -1}}), 400);
  EXPECT_EQ(world.ask_query(0, "/api/v1/transfer", "id=x").status, 400);
  EXPECT_EQ(world.ask_query(0, "/api/v1/transfer", "id=99").status, 404);
}

}  // namespace content_api_test
}  // namespace starling::api
