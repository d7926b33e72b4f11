// Programs that talk to each other over two nodes.
#include <gtest/gtest.h>

#include "api/node_world_test.h"
#include "api/stream_services.h"
#include "http/body.h"

namespace starling::api {
namespace stream_api_test {

class StreamApiTest : public testing::Test {
 protected:
  StreamApiTest() { EXPECT_EQ(world_.join(), "accepted"); }

  std::string key(size_t index) { return to_text(world_.home(index).identity.key()); }
  std::string connect_query(size_t to, const std::string& service = "example.echo/1") {
    return "node=" + key(to) + "&service=" + service;
  }
  // The answer, when there is one.
  using Answer = std::shared_ptr<std::optional<Response>>;
  Answer ask(size_t index, const std::string& path, const std::string& query) {
    Request request{.method = "GET", .path = path, .query = query};
    request.is_tunnel_upgrade = true;
    auto answer = std::make_shared<std::optional<Response>>();
    world_.home(index).api->handler().handle(
        request, Responder([answer](Response given) { *answer = std::move(given); }));
    return answer;
  }
  Answer listen(size_t index, const std::string& allow = "all") {
    return ask(index, "/api/v1/listen", "service=example.echo/1&allow=" + allow);
  }
  Answer connect(size_t index) { return ask(index, "/api/v1/connect", connect_query(1 - index)); }
  bool await(const std::function<bool()>& done, Duration limit = 40s) {
    return world_.world().run_until(done, limit);
  }
  int status(const Answer& answer) {
    EXPECT_TRUE(await([&] { return answer->has_value(); }, 70s));
    return answer->has_value() ? (*answer)->status : 0;
  }

  bool write(http::Tunnel& tunnel, const Bytes& bytes) {
    std::optional<bool> written;
    tunnel.write(bytes, [&](bool taken) { written = taken; });
    EXPECT_TRUE(await([&] { return written.has_value(); }));
    return written.value_or(false);
  }
  // All until the end; empty when it breaks off.
  std::optional<Bytes> read_all(http::Tunnel& tunnel, size_t size_max = SIZE_MAX) {
    Bytes all;
    while (all.size() < size_max) {
      std::optional<std::optional<Bytes>> piece;
      tunnel.read([&](std::optional<Bytes> bytes) { piece = std::move(bytes); });
      EXPECT_TRUE(await([&] { return piece.has_value(); }));
      if (!piece || !*piece) return std::nullopt;
      if ((*piece)->empty()) break;
      append(all, **piece);
    }
    return all;
  }

  NodeWorld world_;
};

TEST_F(StreamApiTest, TwoProgramsTalkOverTheirNodes) {
  const Answer listening = listen(1);
  const Answer connecting = connect(0);
  ASSERT_EQ(status(connecting), 101);
  ASSERT_EQ(status(listening), 101);
  EXPECT_EQ((*listening)->headers.at(0),
            (std::pair<std::string, std::string>("Starling-Peer", key(0))));
  http::Tunnel& here = *(*connecting)->tunnel;
  http::Tunnel& there = *(*listening)->tunnel;
  const Bytes question(300'000, 7);
  EXPECT_TRUE(write(here, question));
  here.finish();
  EXPECT_EQ(read_all(there), question);
  EXPECT_TRUE(write(there, {1, 2, 3}));
  there.finish();
  EXPECT_EQ(read_all(here), (Bytes{1, 2, 3}));
}

TEST_F(StreamApiTest, AProgramThatIsNotThereYetGetsTheStreamWhenItComes) {
  EXPECT_EQ(status(connect(0)), 403) << "nobody listens";
  const Answer first = listen(1);
  const Answer one = connect(0);
  EXPECT_EQ(status(first), 101);
  EXPECT_EQ(status(one), 101);
  // The program is busy with the first one.
  const Answer two = connect(0);
  EXPECT_EQ(status(two), 101);
  EXPECT_EQ(status(listen(1)), 101);
  world_.world().run_for(11s);
  EXPECT_EQ(status(connect(0)), 403) << "it asks no more";
}

TEST_F(StreamApiTest, TellsAProgramThatNobodyCameSoThatItAsksAgain) {
  const Answer listening = listen(1);
  EXPECT_EQ(status(listening), 204);
}

TEST_F(StreamApiTest, AdmitsOnlyWhoIsNamed) {
  const Answer listening = listen(1, key(1));
  EXPECT_EQ(status(connect(0)), 403);
  const Answer again = listen(1, key(1) + "," + key(0));
  EXPECT_EQ(status(connect(0)), 101);
}

TEST_F(StreamApiTest, AStreamThatBreaksIsNoEnd) {
  const Answer listening = listen(1);
  const Answer connecting = connect(0);
  ASSERT_EQ(status(connecting), 101);
  ASSERT_EQ(status(listening), 101);
  (*listening)->tunnel->abort();
  EXPECT_EQ(read_all(*(*connecting)->tunnel), std::nullopt);
  EXPECT_FALSE(write(*(*connecting)->tunnel, {1}));
}

TEST_F(StreamApiTest, ATunnelThatNobodyTakesEndsItsStream) {
  const Answer listening = listen(1);
  const Answer connecting = connect(0);
  ASSERT_EQ(status(connecting), 101);
  ASSERT_EQ(status(listening), 101);
  connecting->reset();
  EXPECT_EQ(read_all(*(*listening)->tunnel), std::nullopt);
}

TEST_F(StreamApiTest, WhatIsWrittenWaitsUntilTheOtherSideReads) {
  const Answer listening = listen(1);
  const Answer connecting = connect(0);
  ASSERT_EQ(status(connecting), 101);
  ASSERT_EQ(status(listening), 101);
  bool full = false;
  size_t written = 0;
  while (!full && written < 64u << 20) {
    std::optional<bool> taken;
    (*connecting)->tunnel->write(Bytes(1 << 20), [&](bool is_taken) { taken = is_taken; });
    full = !await([&] { return taken.has_value(); }, 10s);
    if (!full) written += 1 << 20;
  }
  EXPECT_TRUE(full);
  EXPECT_LE(written, 16u << 20);
  EXPECT_GE(read_all(*(*listening)->tunnel, 2 << 20)->size(), size_t{2} << 20);
}

TEST_F(StreamApiTest, SaysWhatIsWrong) {
  EXPECT_EQ(status(ask(0, "/api/v1/connect", "service=a/1")), 400);
  EXPECT_EQ(status(ask(0, "/api/v1/connect", connect_query(0))), 400) << "itself";
  EXPECT_EQ(status(ask(0, "/api/v1/connect", connect_query(1, "A"))), 400);
  EXPECT_EQ(
      status(ask(0, "/api/v1/connect", "node=" + to_text(crypto::NodeKey{}) + "&service=a/1")),
      504);
  EXPECT_EQ(status(ask(0, "/api/v1/listen", "service=a/1")), 400);
  EXPECT_EQ(status(ask(0, "/api/v1/listen", "service=a/1&allow=friends")), 400);
  EXPECT_EQ(status(ask(0, "/api/v1/listen", "service=A&allow=all")), 400);
  EXPECT_EQ(status(ask(0, "/api/v1/listen", "service=starling.blob/1&allow=all")), 403);
  EXPECT_EQ(world_.ask(0, "GET", "/api/v1/listen").status, 400);
}

TEST_F(StreamApiTest, BoundsWhatWaits) {
  std::vector<Answer> waiting;
  for (size_t i = 0; i < StreamServices::kWaitingMax; ++i) waiting.push_back(listen(1));
  EXPECT_EQ(status(listen(1)), 409);
  for (size_t i = 1; i < StreamServices::kServicesMax; ++i) {
    waiting.push_back(ask(1, "/api/v1/listen", "service=s" + std::to_string(i) + "&allow=all"));
  }
  EXPECT_EQ(status(ask(1, "/api/v1/listen", "service=one.more&allow=all")), 409);
}

}  // namespace stream_api_test
}  // namespace starling::api
