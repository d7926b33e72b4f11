// What routers do for those who use them, in small worlds.
#include <gtest/gtest.h>

#include "routing/handmade_origin.h"
#include "routing/mesh_oracle.h"
#include "wire/writer.h"

namespace starling::routing {
namespace router_test {

std::unique_ptr<RouterMesh> mesh_of(size_t nodes, const RouterConfig& config = {}) {
  auto mesh = std::make_unique<RouterMesh>(1);
  for (size_t i = 0; i < nodes; ++i) mesh->add_node(config);
  return mesh;
}
uint64_t count(RouterMesh& mesh, size_t at, RouterCounter counter) {
  return mesh.router(at).counters().of(counter);
}
// As it could arrive from any neighbour.
MeshPacket packet_from(RouterMesh& mesh, size_t source, const crypto::NodeId& destination,
                       ByteView payload) {
  MeshPacket packet;
  packet.kind = PayloadKind::directory;
  packet.source = mesh.id(source);
  packet.destination = destination;
  packet.records = true;
  packet.nonce = 7;
  packet.recorded = {{short_id_of(mesh.id(source)), 0}};
  packet.payload = payload;
  return packet;
}
const Bytes kPayload = {1, 2, 3};

TEST(RouterTest, TwoNodesFindEachOther) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 10);
  mesh->run_for(200ms);
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  EXPECT_EQ(mesh->lookups, 0u);
}

TEST(RouterTest, AnAnswerNamesTheKeyAndTheWayOfTheQuestion) {
  const auto mesh = mesh_of(3);
  connect_chain(*mesh, 10);
  mesh->run_for(1s);
  mesh->ping(0, 2);
  mesh->run_for(1s);
  ASSERT_EQ(mesh->node(0).answers.size(), 1u);
  const EchoReceived& answer = mesh->node(0).answers.front();
  EXPECT_EQ(answer.key, mesh->node(2).identity.key());
  ASSERT_EQ(answer.way.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(answer.way[i], (RecordedNode{short_id_of(mesh->id(i)), static_cast<Metric>(10 * i)}));
  }
}

TEST(RouterTest, EveryPairOfAChainAnswers) {
  const auto mesh = mesh_of(8);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  EXPECT_EQ(mesh->loops, 0u);
}

TEST(RouterTest, EveryPairOfARingAnswersByTheShorterSide) {
  const auto mesh = mesh_of(6);
  connect_ring(*mesh, 10);
  mesh->run_for(5s);
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  for (size_t i = 0; i < 6; ++i) {
    for (const EchoReceived& answer : mesh->node(i).answers) {
      EXPECT_LE(answer.way.back().so_far, 30u);
    }
  }
}

TEST(RouterTest, ANodePingsItself) {
  const auto mesh = mesh_of(1);
  const uint64_t nonce = mesh->ping(0, 0);
  EXPECT_TRUE(mesh->answered(0, nonce));
  EXPECT_TRUE(mesh->node(0).delivered.empty());
}

TEST(RouterTest, WhatANodeSendsToItselfIsDeliveredAtOnce) {
  const auto mesh = mesh_of(1);
  EXPECT_EQ(mesh->router(0).send(mesh->now(), mesh->id(0), PayloadKind::directory, Bytes(kPayload)),
            Router::SendResult::sent);
  mesh->drain(0);
  ASSERT_EQ(mesh->node(0).delivered.size(), 1u);
  EXPECT_EQ(mesh->node(0).delivered[0].payload, kPayload);
  EXPECT_EQ(mesh->node(0).delivered[0].source, mesh->id(0));
}

TEST(RouterTest, PayloadsArriveWithTheirSourceAndWay) {
  const auto mesh = mesh_of(4);
  connect_chain(*mesh, 10);
  mesh->run_for(1s);
  for (const PayloadKind kind :
       {PayloadKind::directory, PayloadKind::tunnel, PayloadKind::stream}) {
    mesh->router(0).send(mesh->now(), mesh->id(3), kind, Bytes(kPayload));
    mesh->drain(0);
    mesh->run_for(1s);
    ASSERT_FALSE(mesh->node(3).delivered.empty());
    const Delivered& delivered = mesh->node(3).delivered.back();
    EXPECT_EQ(delivered.kind, kind);
    EXPECT_EQ(delivered.source, mesh->id(0));
    EXPECT_EQ(delivered.payload, kPayload);
    EXPECT_EQ(delivered.way.back().so_far, 30u);
  }
}

TEST(RouterTest, StreamsAndTunnelsRecordTheirWayOnlyNowAndThen) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  uint64_t recording = 0;
  mesh->packet_tap = [&](const RouterMesh::Link&, const Bytes& bytes) {
    const auto packet = decode_mesh_packet(bytes);
    recording += packet->kind == PayloadKind::stream && packet->records;
    return true;
  };
  for (int i = 0; i < 1'000; ++i) {
    mesh->router(0).send(mesh->now(), mesh->id(1), PayloadKind::stream, Bytes(kPayload));
    mesh->drain(0);
    mesh->run_for(100ms);
  }
  EXPECT_EQ(mesh->node(1).delivered.size(), 1'000u);
  EXPECT_LE(recording, 3u + 10u);
  EXPECT_GE(recording, 10u);
}

TEST(RouterTest, APayloadAboveTheLimitIsRefused) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  EXPECT_EQ(mesh->router(0).send(mesh->now(), mesh->id(1), PayloadKind::tunnel,
                                 Bytes(Router::kPayloadMax + 1)),
            Router::SendResult::too_large);
}

// What a session sends when it has asked how much fits.
TEST(RouterTest, TheRoadToANodeSaysWhatPrecedesAPayloadAndOverWhom) {
  const auto mesh = mesh_of(3);
  mesh->connect(0, 1, 1);
  mesh->connect(1, 2, 1);
  mesh->run_for(1s);
  const auto road = mesh->router(0).road_to(mesh->now(), mesh->id(2));
  ASSERT_TRUE(road);
  EXPECT_EQ(road->next, mesh->name_of(0, 1));
  const Bytes nothing;
  MeshPacket packet = packet_from(*mesh, 0, mesh->id(2), nothing);
  packet.records = false;
  packet.recorded.clear();
  EXPECT_EQ(road->header_size, header_size(packet));
  crypto::NodeId nobody;
  nobody.value.fill(9);
  EXPECT_FALSE(mesh->router(0).road_to(mesh->now(), nobody));
  EXPECT_EQ(mesh->router(0).send(mesh->now(), mesh->id(2), PayloadKind::stream,
                                 Bytes(Router::kPayloadMax)),
            Router::SendResult::sent);
  mesh->drain(0);
  mesh->run_for(1s);
  ASSERT_EQ(mesh->node(2).delivered.size(), 1u);
  EXPECT_EQ(mesh->node(2).delivered[0].payload.size(), Router::kPayloadMax);
}

TEST(RouterTest, TheRoadToANodeIsAsWideAsTheNarrowestLinkThatARecordedPacketCameOver) {
  const auto mesh = mesh_of(4);
  connect_chain(*mesh, 1);
  const auto widen = [&](size_t from, size_t to, size_t bytes) {
    mesh->router(from).set_link_room([&mesh = *mesh, from, to, bytes](NeighbourId neighbour) {
      return neighbour == mesh.name_of(from, to) ? bytes : size_t{60'000};
    });
  };
  mesh->run_for(1s);
  const auto room = [&](size_t from, size_t to) {
    return mesh->router(from).road_to(mesh->now(), mesh->id(to))->room;
  };
  EXPECT_EQ(room(0, 3), PathBook::kRoomUnproven) << "nothing is known of links further on";
  EXPECT_EQ(room(0, 1), Router::kPacketMax) << "the own link is known";
  widen(2, 1, 1'300);  // towards node 0
  mesh->ping(0, 3);
  mesh->run_for(1s);
  EXPECT_EQ(room(0, 3), 1'300u);
  EXPECT_EQ(room(3, 0), Router::kPacketMax);
  widen(3, 2, 0);
  mesh->ping(0, 3);
  mesh->run_for(1s);
  EXPECT_EQ(room(0, 3), 0u);
  EXPECT_EQ(room(3, 0), 0u);
}

TEST(RouterTest, ARecordedWayLeavesRoomForAFullPayload) {
  const auto mesh = mesh_of(3);
  mesh->connect(0, 1, 1);
  mesh->connect(1, 2, 1);
  mesh->run_for(1s);
  const Bytes payload(Router::kPayloadMax);
  MeshPacket packet = packet_from(*mesh, 0, mesh->id(2), payload);
  packet.kind = PayloadKind::stream;
  packet.records = true;
  while (encode(packet).size() + 11 <= Router::kPacketMax) packet.recorded.push_back({{}, 1});
  const Bytes bytes = encode(packet);
  mesh->router(1).handle_sealed(mesh->now(), mesh->name_of(1, 0),
                                ByteView(bytes).first(header_size(packet)), copy_of(payload));
  size_t largest = 0;
  mesh->packet_tap = [&](const RouterMesh::Link&, const Bytes& sent) {
    largest = std::max(largest, sent.size());
    return true;
  };
  mesh->drain(1);
  mesh->run_for(1s);
  EXPECT_GT(largest, Router::kPacketMax - 22);
  EXPECT_LE(largest, Router::kPacketMax);
  ASSERT_EQ(mesh->node(2).delivered.size(), 1u);
  EXPECT_EQ(mesh->node(2).delivered[0].payload, payload);
}

TEST(RouterTest, WhatMustBeSealedIsRefusedOtherwiseAndTheReverse) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  MeshPacket packet = packet_from(*mesh, 0, mesh->id(1), kPayload);
  for (const bool sealed : {false, true}) {
    packet.kind = sealed ? PayloadKind::directory : PayloadKind::stream;
    const Bytes bytes = encode(packet);
    const NeighbourId from = mesh->name_of(1, 0);
    if (sealed) {
      mesh->router(1).handle_sealed(mesh->now(), from, ByteView(bytes).first(header_size(packet)),
                                    copy_of(packet.payload));
    } else {
      mesh->router(1).handle_packet(mesh->now(), from, bytes);
    }
    mesh->drain(1);
  }
  EXPECT_EQ(mesh->router(1).counters().of(RouterCounter::malformed_packet), 2u);
  EXPECT_TRUE(mesh->node(1).delivered.empty());
}

TEST(RouterTest, WithoutAWayTheDirectoryHasToBeAsked) {
  const auto mesh = mesh_of(2);
  EXPECT_FALSE(mesh->router(0).knows_way(mesh->now(), mesh->id(1)));
  EXPECT_EQ(mesh->router(0).ping(mesh->now(), mesh->id(1), 1), Router::SendResult::no_way);
}

TEST(RouterTest, APacketForAnUnknownDestinationDiesAndItsSourceHearsOfIt) {
  const auto mesh = mesh_of(6);
  connect_ring(*mesh, 10);
  mesh->run_for(5s);
  const uint64_t before = mesh->packets;
  mesh->inject_packet(0, 1, encode(packet_from(*mesh, 0, crypto::NodeId{{9}}, kPayload)));
  mesh->run_for(1s);
  EXPECT_EQ(count(*mesh, 1, RouterCounter::no_way), 1u);
  EXPECT_EQ(mesh->packets - before, 1u);  // the error
  EXPECT_EQ(count(*mesh, 0, RouterCounter::unknown_nonce), 1u);
}

TEST(RouterTest, APacketEndsWithItsTimeToLive) {
  const auto mesh = mesh_of(4);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  for (const uint16_t ttl : {uint16_t{0}, uint16_t{1}, uint16_t{2}}) {
    MeshPacket packet = packet_from(*mesh, 0, mesh->id(3), kPayload);
    packet.ttl = ttl;
    mesh->inject_packet(0, 1, encode(packet));
    mesh->run_for(1s);
  }
  EXPECT_EQ(count(*mesh, 1, RouterCounter::ttl_ended), 2u);
  EXPECT_EQ(count(*mesh, 2, RouterCounter::ttl_ended), 1u);
  EXPECT_TRUE(mesh->node(3).delivered.empty());
}

TEST(RouterTest, WithoutRisesLeftAPacketOnlyGoesWhereItsWaterMarkFalls) {
  const auto mesh = mesh_of(4);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  // From node 1 to node 3 there are 20 to go, 10 of them behind the first link.
  for (const auto& [water, rises, arrives] : {std::tuple{Metric{11}, uint8_t{0}, true},
                                              {Metric{10}, uint8_t{0}, false},
                                              {Metric{10}, uint8_t{1}, true}}) {
    mesh->node(3).delivered.clear();
    MeshPacket packet = packet_from(*mesh, 0, mesh->id(3), kPayload);
    packet.water = water;
    packet.rises_left = rises;
    mesh->inject_packet(0, 1, encode(packet));
    mesh->run_for(1s);
    EXPECT_EQ(mesh->node(3).delivered.size() == 1, arrives) << water;
  }
}

TEST(RouterTest, AWaypointThatLiesBehindIsNoWayOut) {
  const auto mesh = mesh_of(3);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  MeshPacket packet = packet_from(*mesh, 2, crypto::NodeId{{9}}, kPayload);
  packet.water = 5;
  packet.waypoints = {{short_id_of(mesh->id(0)), 5}};
  const uint64_t before = count(*mesh, 1, RouterCounter::packets_forwarded);
  mesh->inject_packet(2, 1, encode(packet));
  EXPECT_EQ(count(*mesh, 1, RouterCounter::no_way), 1u);
  EXPECT_EQ(count(*mesh, 1, RouterCounter::packets_forwarded), before);
}

TEST(RouterTest, AnErrorIsRetriedOverOtherLandmarksAndGivenUpAfterFourTries) {
  const auto mesh = mesh_of(8);
  for (size_t i = 1; i < 8; ++i) mesh->connect(0, i, 10);
  mesh->run_for(5s);
  // An address that lies: node 0 knows all these landmarks, but none of them knows the destination.
  const crypto::NodeId nobody{{9}};
  Address address;
  for (size_t i = 1; i < 8; ++i) {
    address.paths.push_back({{{short_id_of(mesh->id(i)), static_cast<Metric>(i)}}});
  }
  std::set<size_t> asked;
  mesh->packet_tap = [&](const RouterMesh::Link& link, const Bytes&) {
    if (link.from == 0) asked.insert(link.to);
    return true;
  };
  mesh->router(0).learn_address(mesh->now(), nobody, address, mesh->now() + 1h);
  EXPECT_EQ(mesh->router(0).send(mesh->now(), nobody, PayloadKind::directory, Bytes(kPayload)),
            Router::SendResult::sent);
  mesh->drain(0);
  mesh->run_for(2s);
  EXPECT_EQ(count(*mesh, 0, RouterCounter::retries), 3u);
  EXPECT_EQ(count(*mesh, 0, RouterCounter::errors_received), 4u);
  EXPECT_EQ(asked.size(), 4u);
  ASSERT_EQ(mesh->node(0).undeliverable.size(), 1u);
  EXPECT_EQ(mesh->node(0).undeliverable[0].destination, nobody);
  EXPECT_EQ(mesh->node(0).undeliverable[0].payload, kPayload);
  // What came to nothing is not tried again before a new lookup.
  EXPECT_EQ(mesh->router(0).send(mesh->now(), nobody, PayloadKind::directory, Bytes(kPayload)),
            Router::SendResult::no_way);
}

TEST(RouterTest, AnErrorThatDoesNotRepeatTheNonceIsIgnored) {
  const auto mesh = mesh_of(3);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  std::optional<MeshPacket> seen;
  mesh->packet_tap = [&](const RouterMesh::Link&, const Bytes& bytes) {
    seen = decode_mesh_packet(bytes);
    return false;
  };
  mesh->ping(0, 2);
  ASSERT_TRUE(seen);
  const auto error_for = [&](uint32_t nonce, const crypto::NodeId& destination) {
    MeshPacket error;
    error.kind = PayloadKind::error;
    error.source = mesh->id(1);
    error.destination = mesh->id(0);
    const Bytes payload = wire::Writer().u32(nonce).fixed(destination).take();
    error.payload = payload;
    return encode(error);
  };
  mesh->inject_packet(1, 0, error_for(seen->nonce + 1, mesh->id(2)));
  EXPECT_EQ(count(*mesh, 0, RouterCounter::retries), 0u);
  EXPECT_EQ(count(*mesh, 0, RouterCounter::unknown_nonce), 1u);
  const uint32_t right = seen->nonce;
  mesh->inject_packet(1, 0, error_for(right, mesh->id(2)));
  EXPECT_EQ(count(*mesh, 0, RouterCounter::retries), 1u);
  // Each counts once.
  mesh->inject_packet(1, 0, error_for(right, mesh->id(2)));
  EXPECT_EQ(count(*mesh, 0, RouterCounter::retries), 1u);
}

TEST(RouterTest, NobodyGetsAnErrorAboutAnError) {
  const auto mesh = mesh_of(3);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  for (const PayloadKind kind :
       {PayloadKind::error, PayloadKind::probe, PayloadKind::probe_answer}) {
    MeshPacket packet = packet_from(*mesh, 0, crypto::NodeId{{9}}, kPayload);
    packet.kind = kind;
    mesh->inject_packet(0, 1, encode(packet));
  }
  EXPECT_EQ(count(*mesh, 1, RouterCounter::no_way), 3u);
  EXPECT_EQ(count(*mesh, 1, RouterCounter::errors_sent), 0u);
}

TEST(RouterTest, AnswersAreLimitedWhateverIsAsked) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  for (uint64_t i = 0; i < 1'000; ++i) mesh->ping(0, 1);
  mesh->run_for(100ms);
  EXPECT_LT(mesh->node(0).answers.size(), 500u);
  EXPECT_GT(count(*mesh, 1, RouterCounter::answer_limit), 500u);
}

TEST(RouterTest, AnUnknownPayloadKindIsPassedOnAndDroppedAtItsDestination) {
  const auto mesh = mesh_of(3);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  MeshPacket packet = packet_from(*mesh, 0, mesh->id(2), kPayload);
  packet.kind = PayloadKind{200};
  mesh->inject_packet(0, 1, encode(packet));
  mesh->run_for(1s);
  EXPECT_EQ(count(*mesh, 2, RouterCounter::unknown_kind), 1u);
  EXPECT_TRUE(mesh->node(2).delivered.empty());
}

TEST(RouterTest, TransitIsLimitedPerNeighbour) {
  RouterConfig config;
  config.transit_rate = 5'000;
  const auto mesh = mesh_of(3, config);
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  for (int i = 0; i < 10; ++i) {
    mesh->router(0).send(mesh->now(), mesh->id(2), PayloadKind::stream, Bytes(1'000));
    mesh->drain(0);
  }
  mesh->run_for(1s);
  EXPECT_EQ(mesh->node(2).delivered.size(), 4u);
  EXPECT_EQ(count(*mesh, 1, RouterCounter::transit_limit), 6u);
  // What is for itself is no transit.
  for (int i = 0; i < 10; ++i) {
    mesh->router(0).send(mesh->now(), mesh->id(1), PayloadKind::stream, Bytes(1'000));
    mesh->drain(0);
  }
  mesh->run_for(1s);
  EXPECT_EQ(mesh->node(1).delivered.size(), 10u);
}

TEST(RouterTest, AWayOfMoreThanSixtyFourNodesIsThinnedAndStillLeadsBack) {
  RouterConfig config;
  config.table_size = kSmallest;
  const auto mesh = mesh_of(100, config);
  connect_chain(*mesh, 3);
  mesh->run_for(30s);
  const uint64_t nonce = mesh->ping(99, 0);
  mesh->run_for(5s);
  EXPECT_TRUE(mesh->answered(99, nonce));
}

TEST(RouterTest, GarbageIsReportedAsTheNeighboursFault) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  mesh->inject_control(0, 1, {0x11, 0xff});
  EXPECT_EQ(mesh->node(1).faults, std::vector{mesh->name_of(1, 0)});
  EXPECT_EQ(count(*mesh, 1, RouterCounter::malformed_message), 1u);
}

TEST(RouterTest, PacketsThatAreGarbageAreCountedOnly) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  mesh->inject_packet(0, 1, {0x20, 0xff});
  EXPECT_TRUE(mesh->node(1).faults.empty());
  EXPECT_EQ(count(*mesh, 1, RouterCounter::malformed_packet), 1u);
}

TEST(RouterTest, AnUpdateBeforeTheHelloIsTheNeighboursFault) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  const HandmadeOrigin origin(5);
  mesh->inject_control(0, 1, encode(RouteUpdate{{origin.entry(0, 1, 5)}}));
  EXPECT_EQ(mesh->node(1).faults.size(), 1u);
  EXPECT_EQ(count(*mesh, 1, RouterCounter::before_hello), 1u);
  EXPECT_FALSE(mesh->router(1).knows_way(mesh->now(), origin.id()));
}

TEST(RouterTest, AForgedUpdateIsTheNeighboursFault) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  const HandmadeOrigin origin(5);
  UpdateEntry understated = origin.entry(0, 1, 100);
  understated.metric = 5;
  UpdateEntry newer = origin.entry(0, 1, 5);
  newer.step = 2;
  UpdateEntry altered = origin.entry(0, 1, 5);
  altered.announcement->table_size = 65;
  UpdateEntry unbound = origin.entry(1'000, 1, 5);
  unbound.announcement.reset();
  size_t faults = 0;
  for (const UpdateEntry& entry : {understated, newer, altered, unbound}) {
    mesh->inject_control(0, 1, encode(RouteUpdate{{entry}}));
    EXPECT_EQ(mesh->node(1).faults.size(), ++faults);
    EXPECT_FALSE(mesh->router(1).knows_way(mesh->now(), origin.id()));
  }
}

TEST(RouterTest, WhatItsOwnKeySaysInANewerEpochIsANewerLife) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 1);
  mesh->run_for(1s);
  Announcement own;
  own.key = mesh->node(1).identity.key();
  own.lifetime_s = 100;
  own.epoch = 2;
  sign(own, mesh->node(1).identity);
  mesh->inject_control(0, 1, encode(RouteUpdate{{{0, own, 1, 5, {}}}}));
  EXPECT_EQ(mesh->node(1).newer_lives, std::vector<uint32_t>{2});
  // An older one is an echo of itself.
  own.epoch = 1;
  sign(own, mesh->node(1).identity);
  mesh->inject_control(0, 1, encode(RouteUpdate{{{1, own, 1, 5, {}}}}));
  EXPECT_EQ(mesh->node(1).newer_lives.size(), 1u);
  EXPECT_TRUE(mesh->node(1).faults.empty());
}

TEST(RouterTest, TheOlderOfTwoLivesHearsOfTheNewerOneAndTheNetworkComesOverToIt) {
  const auto mesh = mesh_of(5);
  connect_chain(*mesh, 10);
  mesh->run_for(2s);
  const size_t newer = mesh->add_twin(4);
  mesh->connect(0, newer, 10);
  mesh->run_for(3min);
  EXPECT_EQ(std::set(mesh->node(4).newer_lives.begin(), mesh->node(4).newer_lives.end()),
            std::set<uint32_t>{2});
  EXPECT_TRUE(mesh->node(newer).newer_lives.empty());
  for (size_t i = 0; i < 4; ++i) {
    const Destination* twin = mesh->router(i).table().find(mesh->id(4));
    ASSERT_TRUE(twin && twin->selected);
    EXPECT_EQ(twin->sequence.epoch, 2u);
    EXPECT_EQ(twin->distance, 10 * (i + 1));
    EXPECT_TRUE(mesh->node(i).faults.empty());
  }
}

TEST(RouterTest, ANeighbourThatLeavesTakesItsRoutesAlong) {
  const auto mesh = mesh_of(3);
  connect_chain(*mesh, 10);
  mesh->run_for(1s);
  mesh->cut(1, 2);
  mesh->run_for(1s);
  EXPECT_FALSE(mesh->router(0).knows_way(mesh->now(), mesh->id(2)));
  EXPECT_FALSE(mesh->router(1).knows_way(mesh->now(), mesh->id(2)));
}

TEST(RouterTest, NothingIsHeardFromOrSentToAStrangeNeighbour) {
  const auto mesh = mesh_of(2);
  Router& router = mesh->router(0);
  const NeighbourId strange{99};
  router.handle_control(mesh->now(), strange, encode(RouteHello{}));
  router.handle_packet(mesh->now(), strange, Bytes(100));
  router.propose_cost(mesh->now(), strange, 5);
  router.remove_neighbour(mesh->now(), strange);
  EXPECT_FALSE(router.poll_output());
}

}  // namespace router_test
}  // namespace starling::routing
