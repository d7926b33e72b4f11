#include "cli/doctor.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/fake_api_server.h"
#include "crypto/secure_random.h"
#include "os/home/api_file.h"
#include "os/home/identity_file.h"
#include "os/home/temporary_home.h"

namespace starling::cli {
namespace doctor_test {

using nlohmann::json;
using os::HomeErrorKind;

constexpr const char* kStatus =
    R"({"version":"0.1.0","up_s":7,"links":2,"lan":true,"heard_own_key":true,"clock_offset_s":-900,)"
    R"("known_nodes":4,"listening":["tcp://0.0.0.0:1","udp://0.0.0.0:1"]})";
constexpr const char* kPeers =
    R"({"peers":[{"carrier":"udp"},{"carrier":"tcp"}],"dialing":[)"
    R"({"key":null,"addresses":["udp://192.0.2.1:7117"],"rounds_failed":3},)"
    R"({"key":null,"addresses":["tcp://192.0.2.1:7117"],"rounds_failed":1}]})";

class DoctorTest : public testing::Test {
 protected:
  void make_home() {
    ASSERT_TRUE(os::make_folders(home_.paths()).has_value());
    crypto::SeededRandom random(1);
    ASSERT_TRUE(os::load_or_create_identity(home_.paths(), random).has_value());
  }
  [[nodiscard]] Observations look() const { return observe(home_.folder(), {}); }
  [[nodiscard]] std::optional<os::ApiFile> publish(const Endpoint& address) const {
    auto file = os::ApiFile::publish(
        home_.paths(), {.address = address, .token = os::ApiToken(), .process = ::getpid()});
    EXPECT_TRUE(file.has_value());
    return file ? std::optional(std::move(*file)) : std::nullopt;
  }
  int run(bool as_json) {
    std::ostringstream err;
    out_.str("");
    const int status = run_doctor({home_.folder(), as_json}, {out_, err});
    EXPECT_EQ(err.str(), "");
    return status;
  }

  os::TemporaryHome home_;
  std::ostringstream out_;
};

TEST_F(DoctorTest, FindsAFirstStartAndMakesNothing) {
  const Observations seen = look();
  EXPECT_FALSE(seen.home_error.has_value());
  ASSERT_TRUE(seen.contents.has_value());
  EXPECT_EQ(seen.contents->identity_error->kind, HomeErrorKind::not_found);
  EXPECT_EQ(seen.contents->api_file_error->kind, HomeErrorKind::no_node_running);
  EXPECT_EQ(seen.contents->disk.folder, home_.folder());
  EXPECT_GT(seen.contents->disk.free_bytes, 0U);
  EXPECT_EQ(seen.up_command, "starling up --home " + home_.folder().string());
  EXPECT_TRUE(std::filesystem::is_empty(home_.folder()));
}

TEST_F(DoctorTest, SeesWhyAHomeCannotBeUsed) {
  os::write_file(home_.folder() / "data", "");
  Observations seen = look();
  EXPECT_EQ(seen.home_error->kind, HomeErrorKind::not_a_folder);
  EXPECT_FALSE(seen.contents.has_value());

  seen = observe(home_.folder() / "data" / "below", {});
  EXPECT_EQ(seen.home_error->kind, HomeErrorKind::not_a_folder);
  EXPECT_EQ(seen.home_error->path, home_.folder() / "data");

  std::filesystem::remove(home_.folder() / "data");
  std::filesystem::create_symlink("nowhere", home_.folder() / "data");
  EXPECT_EQ(look().home_error->kind, HomeErrorKind::cannot_make_folder);

  EXPECT_EQ(observe("", {}).home_error->kind, HomeErrorKind::no_home);
}

TEST_F(DoctorTest, SeesThatOthersMayWriteToTheHome) {
  make_home();
  ASSERT_EQ(::chmod(home_.paths().run_dir.c_str(), 0770), 0);
  const Observations seen = look();
  EXPECT_EQ(seen.home_error->kind, HomeErrorKind::folder_writable_by_others);
  EXPECT_EQ(seen.home_error->path, home_.paths().run_dir);
  EXPECT_TRUE(seen.contents.has_value());
}

TEST_F(DoctorTest, SeesWhatIsWrongWithTheFilesOfAHome) {
  make_home();
  EXPECT_FALSE(look().contents->identity_error.has_value());
  const size_t files_before = os::files_in(home_.paths().data_dir);
  ASSERT_EQ(::chmod(home_.paths().identity_file.c_str(), 0644), 0);
  os::write_file(home_.paths().api_file, "{");
  const Observations seen = look();
  EXPECT_EQ(seen.contents->identity_error->kind, HomeErrorKind::readable_by_others);
  EXPECT_EQ(seen.contents->api_file_error->kind, HomeErrorKind::api_file_damaged);
  EXPECT_EQ(seen.contents->disk.write_error, 0);
  EXPECT_EQ(os::files_in(home_.paths().data_dir), files_before);
}

TEST_F(DoctorTest, SeesAnApiFileThatADeadProcessLeft) {
  make_home();
  const pid_t gone = os::start_child([] { return 0; });
  os::wait_for(gone);
  os::write_file(
      home_.paths().api_file,
      json{{"address", "127.0.0.1:7118"}, {"token", std::string(64, 'a')}, {"pid", gone}}.dump());
  EXPECT_EQ(look().contents->api_file_error->kind, HomeErrorKind::api_file_stale);
}

TEST_F(DoctorTest, ReadsWhatARunningNodeSays) {
  make_home();
  const FakeApiServer server({http_answer(200, kStatus), http_answer(200, kPeers)});
  const auto file = publish(server.address());
  const Observations seen = observe(home_.folder(), default_ports());
  EXPECT_TRUE(seen.ports.empty());
  ASSERT_TRUE(seen.contents->node.has_value()) << seen.contents->api->failure;
  const NodeSeen& node = *seen.contents->node;
  EXPECT_EQ(node.version, "0.1.0");
  EXPECT_EQ(node.up_s, 7);
  EXPECT_EQ(node.udp_links, 1);
  EXPECT_EQ(node.tcp_links, 1);
  EXPECT_TRUE(node.listens_on_udp && node.sends_beacons && node.heard_own_key);
  EXPECT_EQ(node.clock_offset_s, -900);
  EXPECT_EQ(node.known_nodes, 4);
  ASSERT_EQ(node.dialing.size(), 2U);
  EXPECT_TRUE(node.dialing[0].has_udp_address);
  EXPECT_EQ(node.dialing[0].rounds_failed, 3);
  EXPECT_FALSE(node.dialing[1].has_udp_address);
}

TEST_F(DoctorTest, DoesNotTrustTheFormOfWhatANodeSays) {
  make_home();
  const FakeApiServer server(
      {http_answer(200, R"({"version":1,"up_s":"x","clock_offset_s":1.5,"listening":"udp://"})"),
       http_answer(200, R"({"peers":[1,"x",null],"dialing":{"a":1}})")});
  const auto file = publish(server.address());
  const Observations seen = look();
  ASSERT_TRUE(seen.contents->node.has_value());
  EXPECT_EQ(seen.contents->node->udp_links + seen.contents->node->tcp_links, 0);
  EXPECT_FALSE(seen.contents->node->clock_offset_s.has_value());
}

TEST_F(DoctorTest, TellsAnApiThatRefusesFromOneThatIsGone) {
  make_home();
  {
    const FakeApiServer server({http_answer(503, R"({"error":"stopping"})")});
    const auto file = publish(server.address());
    const Observations seen = look();
    EXPECT_EQ(seen.contents->api->failure, "stopping");
    EXPECT_TRUE(seen.contents->api->somebody_listens);
  }
  const auto file = publish(deserted_address());
  const Observations seen = look();
  EXPECT_FALSE(seen.contents->api->somebody_listens);
  EXPECT_FALSE(seen.contents->api->failure.empty());
  EXPECT_FALSE(seen.contents->node.has_value());
}

TEST_F(DoctorTest, TriesPortsUnlessTheConfigurationChoosesOthers) {
  const FakeApiServer bystander({});
  const std::vector<PortSeen> ports = {
      {.purpose = PortSeen::Purpose::api, .endpoint = bystander.address()},
      {.purpose = PortSeen::Purpose::neighbours, .endpoint = deserted_address()}};
  Observations seen = observe(home_.folder(), ports);
  EXPECT_EQ(seen.ports.at(0).state, PortSeen::State::in_use);
  EXPECT_EQ(seen.ports.at(1).state, PortSeen::State::free);
  os::write_file(home_.paths().config_file, "# api = 1\napi-x = 2\n listen\t= [\n\"udp://x\"]\n");
  seen = observe(home_.folder(), ports);
  EXPECT_EQ(seen.ports.at(0).state, PortSeen::State::in_use);
  EXPECT_EQ(seen.ports.at(1).state, PortSeen::State::not_tried);
}

TEST_F(DoctorTest, TellsTheProtocolsOfAPortApart) {
  const FakeApiServer bystander({});
  EXPECT_EQ(state_of_port(/*is_udp=*/false, bystander.address()), PortSeen::State::in_use);
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&name), size), 0);
  ASSERT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size), 0);
  const uint16_t port = ntohs(name.sin_port);
  EXPECT_EQ(state_of_port(/*is_udp=*/true, Endpoint::ipv4(0, 0, 0, 0, port)),
            PortSeen::State::in_use);
  ::close(socket);
  EXPECT_EQ(state_of_port(/*is_udp=*/true, Endpoint::ipv4(0, 0, 0, 0, port)),
            PortSeen::State::free);
}

TEST_F(DoctorTest, PrintsALineForEachFindingAndFailsWhenThereIsAProblem) {
  make_home();
  {
    const FakeApiServer server({http_answer(200, kStatus), http_answer(200, kPeers)});
    const auto file = publish(server.address());
    EXPECT_EQ(run(false), kFailed);
    EXPECT_NE(out_.str().find("\nPROBLEM  copies"), std::string::npos) << out_.str();
    EXPECT_NE(out_.str().find("\nok       node"), std::string::npos) << out_.str();
  }
  const FakeApiServer server({http_answer(200, R"({"clock_offset_s":1,"listening":["udp://x"]})"),
                              http_answer(200, R"({"peers":[{"carrier":"udp"}]})")});
  const auto file = publish(server.address());
  EXPECT_EQ(run(false), kDone);
  EXPECT_EQ(out_.str().find("PROBLEM"), std::string::npos) << out_.str();
}

TEST_F(DoctorTest, PrintsJsonForScripts) {
  make_home();
  {
    const FakeApiServer server({http_answer(200, kStatus), http_answer(200, kPeers)});
    const auto file = publish(server.address());
    EXPECT_EQ(run(true), kFailed);
  }
  const json sick = json::parse(out_.str());
  EXPECT_EQ(sick["healthy"], false);
  EXPECT_EQ(sick["findings"][0]["check"], "home");
  EXPECT_EQ(sick["findings"][0]["ok"], true);
  for (const json& finding : sick["findings"]) {
    EXPECT_EQ(finding.size(), 3U);
    const bool is_sick = finding["check"] == "copies" || finding["check"] == "clock";
    EXPECT_EQ(finding["ok"], !is_sick) << finding;
  }
  const FakeApiServer server({http_answer(200, R"({"clock_offset_s":1,"listening":["udp://x"]})"),
                              http_answer(200, R"({"peers":[{"carrier":"udp"}]})")});
  const auto file = publish(server.address());
  EXPECT_EQ(run(true), kDone);
  EXPECT_EQ(json::parse(out_.str())["healthy"], true);
}

}  // namespace doctor_test
}  // namespace starling::cli
