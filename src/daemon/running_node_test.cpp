#include "daemon/running_node.h"

#include <csignal>
#include <gtest/gtest.h>

#include "os/home/home_lock.h"
#include "os/home/temporary_home.h"

namespace starling::daemon {
namespace running_node_test {

class RunningNodeTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(os::make_folders(home_.paths()).has_value());
    settings_.node.listen = {{.transport = reach::Transport::udp,
                              .endpoint = Endpoint::ipv4(127, 0, 0, 1, 0),
                              .required = true}};
    settings_.listens_by_default = false;
    settings_.node.lan = false;
    settings_.node.make_proof = false;
    settings_.api = Endpoint::ipv4(127, 0, 0, 1, 0);
    settings_.gateway = Endpoint::ipv4(127, 0, 0, 1, 0);
  }
  // One life; `when_ready` must see to its end.
  std::expected<void, std::string> live(std::function<void(const RunningNode::Ready&)> when_ready) {
    os::SystemRandom random;
    const auto identity = os::load_or_create_identity(home_.paths(), random);
    RunningNode node(settings_, home_.paths(), *identity, make_log(LogLevel::error));
    return node.run(std::move(when_ready));
  }

  os::TemporaryHome home_;
  Settings settings_;
};

TEST_F(RunningNodeTest, IsFoundByItsApiFileUntilASignalStopsIt) {
  int calls = 0;
  const auto ran = live([&](const RunningNode::Ready& ready) {
    ++calls;
    EXPECT_FALSE(ready.invitation.has_value());
    ASSERT_EQ(ready.status.listening.size(), 1U);
    const auto access = os::read_api_file(home_.paths());
    ASSERT_TRUE(access.has_value());
    EXPECT_EQ(access->address, ready.api);
    EXPECT_NE(ready.api.port, 0);
    EXPECT_EQ(access->process, ::getpid());
    std::raise(SIGTERM);
  });
  EXPECT_TRUE(ran.has_value()) << ran.error();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(std::filesystem::exists(home_.paths().api_file));
}

TEST_F(RunningNodeTest, AGatewayAddressThatIsTakenStopsTheStartOnlyIfTheOwnerNamedIt) {
  const auto taken = http::Server::listen(Endpoint::ipv4(127, 0, 0, 1, 0), {});
  ASSERT_TRUE(taken.has_value());
  settings_.gateway = (*taken)->address();
  const auto refused = live([](const RunningNode::Ready&) { std::raise(SIGTERM); });
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().find("--gateway"), std::string::npos) << refused.error();

  settings_.gateway.reset();
  settings_.gateway_off = true;
  const auto without = live([](const RunningNode::Ready& ready) {
    EXPECT_FALSE(ready.gateway.has_value());
    EXPECT_EQ(ready.no_gateway, "");
    std::raise(SIGTERM);
  });
  EXPECT_TRUE(without.has_value());
}

TEST_F(RunningNodeTest, StopsWhileItWorksForItsProof) {
  settings_.node.make_proof = true;
  const auto ran = live([&](const RunningNode::Ready& ready) {
    EXPECT_EQ(ready.status.proof, node::ProofState::making);
    std::raise(SIGTERM);
  });
  EXPECT_TRUE(ran.has_value()) << ran.error();
}

TEST_F(RunningNodeTest, PrintsAnInvitationThatIsOnTheDisk) {
  settings_.invite = true;
  const auto ran = live([&](const RunningNode::Ready& ready) {
    ASSERT_TRUE(ready.invitation.has_value());
    const auto link = reach::parse_peer_uri(*ready.invitation);
    ASSERT_TRUE(link.has_value());
    EXPECT_EQ(link->key, ready.status.key);
    EXPECT_TRUE(std::filesystem::exists(home_.paths().data_dir / "store" / "invitations"));
    std::raise(SIGINT);
  });
  EXPECT_TRUE(ran.has_value()) << ran.error();
}

TEST_F(RunningNodeTest, SaysWhichPortIsInUse) {
  const auto ran = live([&](const RunningNode::Ready& ready) {
    const auto taken = reach::endpoint_of(ready.status.listening.front());
    Settings settings = settings_;
    settings.node.listen.front().endpoint = *taken;
    const os::TemporaryHome other;
    ASSERT_TRUE(os::make_folders(other.paths()).has_value());
    os::SystemRandom random;
    const auto identity = os::load_or_create_identity(other.paths(), random);
    const auto never = [](const auto&) { ADD_FAILURE() << "started on a port in use"; };

    const auto named =
        RunningNode(settings, other.paths(), *identity, make_log(LogLevel::error)).run(never);
    ASSERT_FALSE(named.has_value());
    EXPECT_NE(named.error().find("cannot listen on " + to_text(ready.status.listening.front())),
              std::string::npos)
        << named.error();

    settings.listens_by_default = true;
    settings.node.listen.front().required = true;
    const auto unnamed =
        RunningNode(settings, other.paths(), *identity, make_log(LogLevel::error)).run(never);
    ASSERT_FALSE(unnamed.has_value());
    EXPECT_TRUE(
        unnamed.error().starts_with("port " + std::to_string(taken->port) + " (UDP) is in use"))
        << unnamed.error();
    std::raise(SIGTERM);
  });
  EXPECT_TRUE(ran.has_value()) << ran.error();
}

TEST_F(RunningNodeTest, SaysWhichApiPortIsInUse) {
  const auto ran = live([&](const RunningNode::Ready& ready) {
    Settings settings = settings_;
    settings.api = ready.api;
    const os::TemporaryHome other;
    ASSERT_TRUE(os::make_folders(other.paths()).has_value());
    os::SystemRandom random;
    const auto identity = os::load_or_create_identity(other.paths(), random);
    const auto second = RunningNode(settings, other.paths(), *identity, make_log(LogLevel::error))
                            .run([](const auto&) { ADD_FAILURE() << "started on a port in use"; });
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().find("--api"), std::string::npos) << second.error();
    EXPECT_FALSE(std::filesystem::exists(other.paths().api_file));
    std::raise(SIGTERM);
  });
  EXPECT_TRUE(ran.has_value()) << ran.error();
}

TEST_F(RunningNodeTest, LeavesADamagedFileOfTheStoreAsItIsAndDoesNotStart) {
  std::filesystem::create_directory(home_.paths().data_dir / "store");
  const auto file = home_.paths().data_dir / "store" / "invitations";
  os::write_file(file, "nonsense");
  const auto ran = live([](const auto&) { ADD_FAILURE() << "started"; });
  ASSERT_FALSE(ran.has_value());
  EXPECT_NE(ran.error().find("invitations"), std::string::npos) << ran.error();
  EXPECT_EQ(os::read_file(file), "nonsense");
}

}  // namespace running_node_test
}  // namespace starling::daemon
