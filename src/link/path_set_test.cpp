#include "link/path_set.h"

#include <gtest/gtest.h>

namespace starling::link {
namespace path_set_test {

constexpr Instant kStart = Instant{} + 1h;
constexpr Duration kSilence = 1s;
constexpr size_t kPacket = 100;
constexpr CarrierId kUdp{1};
constexpr CarrierId kTcp{2};

PathId udp_path(uint8_t host) { return {kUdp, Endpoint::ipv4(192, 0, 2, host, 7117)}; }
PathId tcp_path(uint8_t host) { return {kTcp, Endpoint::ipv4(192, 0, 2, host, 7117)}; }

struct PathSetTest : testing::Test {
  crypto::SeededRandom random{1};
  PathSet paths{random};

  void receive(Instant now, const PathId& id, bool newest = true, size_t size = kPacket) {
    const auto kind = id.carrier == kTcp ? CarrierKind::tcp : CarrierKind::udp;
    paths.handle_received(now, id, kind, size, newest, kSilence);
  }
  [[nodiscard]] std::optional<PathId> active_id() {
    const CarrierPath* path = paths.active();
    return path ? std::optional(path->id) : std::nullopt;
  }
  // Hears from `id` and lets it answer its challenge at once.
  void prove(Instant now, const PathId& id) {
    receive(now, id, false);
    const auto challenge = paths.poll_challenge(now);
    ASSERT_TRUE(challenge);
    ASSERT_EQ(challenge->path, id);
    ASSERT_TRUE(paths.handle_response(now, id, challenge->token));
  }
};

TEST_F(PathSetTest, TheFirstProvenPathBecomesActive) {
  EXPECT_EQ(active_id(), std::nullopt);
  paths.add_validated(kStart, udp_path(1), CarrierKind::udp);
  paths.add_validated(kStart + 1s, udp_path(2), CarrierKind::udp);
  EXPECT_EQ(active_id(), udp_path(1));
  EXPECT_EQ(paths.validated(), (std::vector<PathId>{udp_path(1), udp_path(2)}));
  EXPECT_EQ(paths.poll_challenge(kStart + 1s), std::nullopt);
}

TEST_F(PathSetTest, AnUnprovenAddressGetsThreeTimesWhatCameFromIt) {
  const PathId id = udp_path(1);
  EXPECT_FALSE(paths.may_send(id, 1)) << "an address never heard of gets nothing";
  receive(kStart, id);
  EXPECT_FALSE(paths.may_send(id, 3 * kPacket + 1));
  EXPECT_TRUE(paths.may_send(id, 2 * kPacket));
  EXPECT_FALSE(paths.may_send(id, kPacket + 1));
  EXPECT_TRUE(paths.may_send(id, kPacket));
  EXPECT_FALSE(paths.may_send(id, 1));
  receive(kStart, id, true, 10);
  EXPECT_FALSE(paths.may_send(id, 31));
  EXPECT_TRUE(paths.may_send(id, 30));
}

TEST_F(PathSetTest, AProvenAddressHasNoLimit) {
  prove(kStart, udp_path(1));
  EXPECT_TRUE(paths.may_send(udp_path(1), 1'000'000));
  paths.add_validated(kStart, udp_path(2), CarrierKind::udp);
  EXPECT_TRUE(paths.may_send(udp_path(2), 1'000'000));
}

TEST_F(PathSetTest, AnUnprovenAddressIsChallengedFiveTimesAndAgainWhenItIsHeard) {
  const PathId id = udp_path(1);
  receive(kStart, id);
  Instant now = kStart;
  for (int i = 0; i < PathSet::kChallengesMax; ++i) {
    EXPECT_EQ(paths.next_timeout(), now);
    const auto challenge = paths.poll_challenge(now);
    ASSERT_TRUE(challenge);
    EXPECT_EQ(challenge->path, id);
    EXPECT_EQ(paths.poll_challenge(now), std::nullopt);
    now += PathSet::kChallengeInterval;
  }
  EXPECT_EQ(paths.poll_challenge(now), std::nullopt);
  EXPECT_EQ(paths.next_timeout(), kNever);
  now += 1min;
  EXPECT_EQ(paths.poll_challenge(now), std::nullopt);
  receive(now, id);
  EXPECT_TRUE(paths.poll_challenge(now));
}

TEST_F(PathSetTest, PacketsFromAnUnprovenAddressDoNotHurryItsChallenges) {
  receive(kStart, udp_path(1));
  ASSERT_TRUE(paths.poll_challenge(kStart));
  for (int i = 0; i < 100; ++i) {
    receive(kStart + 1ms, udp_path(1));
    EXPECT_EQ(paths.poll_challenge(kStart + 1ms), std::nullopt);
  }
}

TEST_F(PathSetTest, OnlyTheRightTokenOverTheRightPathProvesAPath) {
  receive(kStart, udp_path(1));
  receive(kStart, udp_path(2));
  const auto first = paths.poll_challenge(kStart);
  const auto second = paths.poll_challenge(kStart);
  ASSERT_TRUE(first && second);
  ASSERT_NE(first->token, second->token);
  EXPECT_FALSE(paths.handle_response(kStart, first->path, first->token + 1));
  EXPECT_FALSE(paths.handle_response(kStart, first->path, second->token));
  EXPECT_FALSE(paths.handle_response(kStart, udp_path(3), first->token));
  EXPECT_TRUE(paths.validated().empty());
  EXPECT_EQ(active_id(), std::nullopt);
  EXPECT_TRUE(paths.handle_response(kStart, first->path, first->token));
  EXPECT_EQ(active_id(), first->path);
  EXPECT_FALSE(paths.handle_response(kStart, first->path, first->token)) << "a repeat";
}

TEST_F(PathSetTest, AnUnprovenPathNeverCarriesTheTraffic) {
  paths.add_validated(kStart, udp_path(1), CarrierKind::udp);
  for (int i = 1; i < 100; ++i) receive(kStart + i * 1min, udp_path(66));
  EXPECT_EQ(active_id(), udp_path(1));
}

TEST_F(PathSetTest, ForgedCopiesDoNotCaptureAnActivePath) {
  // Somebody on the way sends each packet once more, faster and from elsewhere, and hands the
  // challenges on.
  paths.add_validated(kStart, udp_path(1), CarrierKind::udp);
  Instant now = kStart;
  for (int i = 0; i < 1'000; ++i, now += 100ms) {
    receive(now, udp_path(66), /*newest=*/true);
    while (const auto challenge = paths.poll_challenge(now)) {
      paths.handle_response(now, challenge->path, challenge->token);
    }
    receive(now + 1ms, udp_path(1), /*newest=*/false);
    ASSERT_EQ(active_id(), udp_path(1)) << i;
  }
}

TEST_F(PathSetTest, TrafficMovesToAProvenPathOnceTheActiveOneIsSilent) {
  paths.add_validated(kStart, udp_path(1), CarrierKind::udp);
  paths.add_validated(kStart, udp_path(2), CarrierKind::udp);
  receive(kStart + kSilence - 1ns, udp_path(2));
  EXPECT_EQ(active_id(), udp_path(1));
  receive(kStart + kSilence, udp_path(2), /*newest=*/false);
  EXPECT_EQ(active_id(), udp_path(1)) << "an old packet says nothing about where the peer is now";
  receive(kStart + kSilence, udp_path(2));
  EXPECT_EQ(active_id(), udp_path(2));
  receive(kStart + kSilence, udp_path(1));
  EXPECT_EQ(active_id(), udp_path(2)) << "and stays there";
}

TEST_F(PathSetTest, APeerThatMovedIsFollowedAfterOneRoundTrip) {
  paths.add_validated(kStart, udp_path(1), CarrierKind::udp);
  prove(kStart + PathSet::kChallengeInterval, udp_path(2));
  EXPECT_EQ(active_id(), udp_path(2));
}

TEST_F(PathSetTest, APeerThatMovedInFullTrafficIsFollowedAfterTheSilence) {
  paths.add_validated(kStart, udp_path(1), CarrierKind::udp);
  prove(kStart + 20ms, udp_path(2));
  EXPECT_EQ(active_id(), udp_path(1));
  for (Duration since = 30ms; since < kSilence; since += 10ms) receive(kStart + since, udp_path(2));
  EXPECT_EQ(active_id(), udp_path(1));
  receive(kStart + kSilence, udp_path(2));
  EXPECT_EQ(active_id(), udp_path(2));
}

TEST_F(PathSetTest, TrafficMovesFromTcpToUdpAtOnceAndNotBack) {
  paths.add_validated(kStart, tcp_path(1), CarrierKind::tcp);
  prove(kStart, udp_path(1));
  EXPECT_EQ(active_id(), udp_path(1));
  receive(kStart + 1ms, tcp_path(1));
  EXPECT_EQ(active_id(), udp_path(1));
  receive(kStart + kSilence, tcp_path(1));
  EXPECT_EQ(active_id(), tcp_path(1)) << "unless UDP went silent";
}

TEST_F(PathSetTest, TheLongestSilentInactivePathMakesRoom) {
  for (uint8_t host = 1; host <= PathSet::kPathsMax; ++host) {
    paths.add_validated(kStart + host * 1s, udp_path(host), CarrierKind::udp);
  }
  ASSERT_EQ(active_id(), udp_path(1));
  receive(kStart + 10s, udp_path(2), /*newest=*/false);
  receive(kStart + 11s, udp_path(9), /*newest=*/false);
  EXPECT_EQ(paths.all().size(), PathSet::kPathsMax);
  EXPECT_EQ(paths.find(udp_path(3)), nullptr);
  for (const PathId& id : {udp_path(1), udp_path(2), udp_path(4), udp_path(9)}) {
    EXPECT_NE(paths.find(id), nullptr);
  }
  EXPECT_EQ(active_id(), udp_path(1));
}

TEST_F(PathSetTest, NoNumberOfForgedAddressesPushesTheActivePathOut) {
  paths.add_validated(kStart, udp_path(1), CarrierKind::udp);
  for (int i = 2; i <= 255; ++i) {
    receive(kStart + i * 1s, udp_path(static_cast<uint8_t>(i)));
    ASSERT_LE(paths.all().size(), PathSet::kPathsMax);
    ASSERT_EQ(active_id(), udp_path(1));
  }
}

TEST_F(PathSetTest, APointerToThePathInUseSurvivesNewPathsAndEvictions) {
  for (uint8_t host = 1; host <= PathSet::kPathsMax; ++host) {
    paths.add_validated(kStart + host * 1s, udp_path(host), CarrierKind::udp);
  }
  CarrierPath* first = paths.active();
  CarrierPath* last = paths.find(udp_path(PathSet::kPathsMax));
  for (uint8_t host = 10; host < 12; ++host) receive(kStart + host * 1s, udp_path(host));
  EXPECT_EQ(paths.find(udp_path(2)), nullptr);
  EXPECT_EQ(paths.find(udp_path(3)), nullptr);
  EXPECT_EQ(paths.active(), first);
  EXPECT_EQ(paths.find(udp_path(PathSet::kPathsMax)), last);
}

TEST_F(PathSetTest, WhenACarrierGoesTheProvenPathHeardLastTakesOver) {
  paths.add_validated(kStart, tcp_path(1), CarrierKind::tcp);
  paths.add_validated(kStart, udp_path(2), CarrierKind::udp);
  paths.add_validated(kStart + 2s, udp_path(3), CarrierKind::udp);
  receive(kStart + 3s, udp_path(4), /*newest=*/false);
  paths.remove_carrier(kTcp);
  EXPECT_EQ(active_id(), udp_path(3));
  EXPECT_EQ(paths.find(tcp_path(1)), nullptr);
  paths.remove_carrier(kUdp);
  EXPECT_EQ(active_id(), std::nullopt);
  EXPECT_TRUE(paths.all().empty());
  EXPECT_EQ(paths.next_timeout(), kNever);
}

TEST_F(PathSetTest, RemovingAnotherCarrierLeavesTheActivePathAlone) {
  paths.add_validated(kStart, udp_path(1), CarrierKind::udp);
  paths.add_validated(kStart + 1s, tcp_path(2), CarrierKind::tcp);
  paths.remove_carrier(kTcp);
  EXPECT_EQ(active_id(), udp_path(1));
}

}  // namespace path_set_test
}  // namespace starling::link
