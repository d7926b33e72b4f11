#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include "crypto/key_text.h"
#include "sim/flock.h"

namespace starling::gateway {
namespace gateway_test {

using http::Request;
using http::Response;

// Two nodes; the first publishes, the second has a gateway.
class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    flock_.add_nodes(2);
    flock_.connect_chain();
    flock_.start_all();
    gateway_ = std::make_unique<Gateway>(
        [this](std::function<void()> task) {
          world_.runtime(flock_.host(1)).post(std::move(task));
        },
        flock_.node(1));
  }
  void put(const std::string& path, std::string_view text) {
    world_.blobs(flock_.host(0)).user_files[path] = copy_of(view_of(text));
  }
  std::string publish(const std::string& path, const std::optional<std::string>& site = {}) {
    node::PublishOrder order{.path = path};
    if (site) order.site = {*site, {}};
    auto& transfers = flock_.node(0).transfers();
    const uint64_t id = *transfers.publish(order);
    EXPECT_TRUE(world_.run_until([&] { return transfers.find(id)->is_over(); }, 10s));
    return transfers.find(id)->link;
  }
  // As a browser asks for it.
  Response get(const std::string& link, const std::function<void(Request&)>& change = {}) {
    const std::string url = to_browser_url(*content::parse_content_link(link), 7119).substr(7);
    Request request{
        .method = "GET", .path = url.substr(url.find('/')), .host = url.substr(0, url.find('/'))};
    if (change) change(request);
    auto response = std::make_shared<std::optional<Response>>();
    gateway_->handler()(
        request, http::Responder([response](Response given) { *response = std::move(given); }));
    EXPECT_TRUE(world_.run_until([&] { return response->has_value(); }, 10s));
    Response result = std::move(**response);
    while (result.source && result.body.size() < result.source_size) {
      std::optional<std::optional<Bytes>> piece;
      result.source->read([&](std::optional<Bytes> bytes) { piece = std::move(bytes); });
      EXPECT_TRUE(world_.run_until([&] { return piece.has_value(); }, 10s));
      if (!piece || !*piece || (*piece)->empty()) break;
      result.body += text_of(**piece);
    }
    return result;
  }
  static std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "none";
  }

  sim::World world_{{.seed = 3}};
  sim::Flock flock_{world_};
  std::unique_ptr<Gateway> gateway_;
};

TEST_F(GatewayTest, ShowsTheIndexOfAFolderAndItsFilesWithTheirTypes) {
  put("/site/index.html", "<h1>hello</h1>");
  put("/site/style.css", "h1{}");
  put("/site/docs/index.html", "docs");
  const std::string link = publish("/site", "me");
  const Response index = get(link);
  EXPECT_EQ(index.status, 200);
  EXPECT_EQ(index.body, "<h1>hello</h1>");
  EXPECT_EQ(index.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header(index, "Cache-Control"), "no-cache");
  EXPECT_EQ(get(link + "style.css").content_type, "text/css; charset=utf-8");
  EXPECT_EQ(get(link + "docs/").body, "docs");
  const Response moved = get(link + "docs");
  EXPECT_EQ(moved.status, 307);
  EXPECT_EQ(header(moved, "Location"), "./docs/");
}

TEST_F(GatewayTest, ListsAFolderWithoutAnIndex) {
  put("/files/a.txt", "a");
  put("/files/b/c.txt", "c");
  const std::string link = publish("/files");
  const Response list = get(link);
  EXPECT_EQ(list.status, 200);
  EXPECT_NE(list.body.find("a.txt"), std::string::npos);
  EXPECT_NE(list.body.find("href=\"./b/\""), std::string::npos);
  EXPECT_EQ(header(get(link + "a.txt"), "Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(GatewayTest, PartsOfAFileAreFetchedAlone) {
  std::string film(5'000'000, 'x');
  film.replace(3'000'000, 5, "scene");
  put("/film.webm", film);
  const std::string link = publish("/film.webm");
  const Response part =
      get(link, [](Request& request) { request.range = "bytes=3000000-3000004"; });
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "scene");
  EXPECT_EQ(header(part, "Content-Range"), "bytes 3000000-3000004/5000000");
  EXPECT_LE(flock_.node(1).library().pool().bytes_fetched(), 4u << 20);
  const Response whole = get(link);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, film);
  const Response beyond = get(link, [](Request& request) { request.range = "bytes=5000000-"; });
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(header(beyond, "Content-Range"), "bytes */5000000");
}

TEST_F(GatewayTest, WhatTheBrowserHasIsNotSentAgain) {
  put("/file.txt", "text");
  const std::string link = publish("/file.txt");
  const std::string etag = header(get(link), "ETag");
  EXPECT_EQ(etag, "\"" + link.substr(11) + "\"");
  const Response same = get(link, [&](Request& request) { request.if_none_match = "W/" + etag; });
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  const Response other = get(link, [&](Request& request) {
    request.range = "bytes=0-0";
    request.if_range = "\"other\"";
  });
  EXPECT_EQ(other.status, 200);
  EXPECT_EQ(other.body, "text");
}

TEST_F(GatewayTest, HeadTellsTheSizeWithoutFetching) {
  put("/file.bin", std::string(100'000, 'x'));
  const std::string link = publish("/file.bin");
  const Response head = get(link, [](Request& request) { request.method = "HEAD"; });
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.source_size, 100'000u);
  EXPECT_EQ(flock_.node(1).library().pool().bytes_fetched(), 0u);
}

TEST_F(GatewayTest, WhatIsMissingIsSaidOnAPage) {
  put("/site/index.html", "x");
  const std::string link = publish("/site", "me");
  const Response missing = get(link + "<none>");
  EXPECT_EQ(missing.status, 404);
  EXPECT_NE(missing.body.find("There is no &#39;&lt;none&gt;&#39; in it."), std::string::npos);
  const Response unknown = get("starling://" + to_text(crypto::SiteKey{{7}}));
  EXPECT_EQ(unknown.status, 504);
  EXPECT_NE(unknown.body.find("No node that can be found knows this site."), std::string::npos);
}

TEST_F(GatewayTest, AnEmptyFileIsAnEmptyAnswer) {
  put("/site/empty.txt", "");
  const Response empty = get(publish("/site") + "empty.txt");
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.body, "");
}

TEST_F(GatewayTest, AnswersWithoutANodeAre503) {
  put("/file.txt", "text");
  const std::string link = publish("/file.txt");
  const auto handler = gateway_->handler();
  gateway_.reset();
  int status = 0;
  {
    const http::Responder respond([&](const Response& response) { status = response.status; });
    handler({.method = "GET", .path = "/", .host = link.substr(11) + ".localhost"}, respond);
  }
  EXPECT_EQ(status, 503);
}

}  // namespace gateway_test
}  // namespace starling::gateway
