#include "cli/diagnosis.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <limits>

namespace starling::cli {
namespace diagnosis_test {

using os::HomeError;
using os::HomeErrorKind;
using Level = Finding::Level;

constexpr const char* kUp = "starling up --home /h";

Observations healthy() {
  Observations seen;
  seen.up_command = kUp;
  seen.data_dir = "/h/data";
  seen.has_ipv6 = true;
  HomeContents& home = seen.contents.emplace();
  home.disk = {.folder = "/h/data", .free_bytes = uint64_t{1} << 40};
  home.lock_process = 77;
  home.api = ApiSeen{.address = Endpoint::ipv4(127, 0, 0, 1, 7118),
                     .process = 77,
                     .somebody_listens = true,
                     .failure = ""};
  NodeSeen& node = home.node.emplace();
  node.version = "0.1.0";
  node.up_s = 61;
  node.udp_links = 2;
  node.sends_beacons = true;
  node.clock_offset_s = -600;
  node.known_nodes = 9;
  return seen;
}

// No node, and every port free.
Observations idle() {
  Observations seen = healthy();
  seen.contents->api.reset();
  seen.contents->node.reset();
  seen.contents->lock_process = 0;
  seen.contents->api_file_error = HomeError{.kind = HomeErrorKind::no_node_running, .path = "/a"};
  using enum PortSeen::Purpose;
  const Endpoint any = Endpoint::ipv4(0, 0, 0, 0, 7117);
  constexpr auto kFree = PortSeen::State::free;
  seen.ports = {{neighbours, true, any, kFree},
                {neighbours, false, any, kFree},
                {api, false, Endpoint::ipv4(127, 0, 0, 1, 7118), kFree},
                {gateway, false, Endpoint::ipv4(127, 0, 0, 1, 7119), kFree}};
  return seen;
}

const Finding* find(const std::vector<Finding>& findings, std::string_view check) {
  for (const Finding& finding : findings) {
    if (finding.check == check) return &finding;
  }
  return nullptr;
}

// The sentence of the only problem; else all problems.
std::string only_problem(const Observations& seen, std::string_view check) {
  const auto findings = diagnose(seen);
  EXPECT_FALSE(is_healthy(findings));
  std::string sentences;
  for (const Finding& finding : findings) {
    if (finding.level != Level::problem) continue;
    EXPECT_EQ(finding.check, check) << finding.sentence;
    sentences += finding.sentence;
  }
  EXPECT_FALSE(sentences.ends_with('.'));
  return sentences;
}

std::string note_of(const Observations& seen, std::string_view check) {
  const auto findings = diagnose(seen);
  EXPECT_TRUE(is_healthy(findings));
  const Finding* finding = find(findings, check);
  if (finding == nullptr) return "no finding";
  EXPECT_EQ(finding->level, Level::note);
  return finding->sentence;
}

void expect_words(const std::string& sentence, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    EXPECT_NE(sentence.find(word), std::string::npos) << word << " is not in: " << sentence;
  }
}

TEST(DiagnosisTest, AHealthyNodeHasAFineLineForEachCheck) {
  const auto findings = diagnose(healthy());
  EXPECT_TRUE(is_healthy(findings));
  std::vector<std::string> checks;
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.level, Level::fine) << finding.check;
    EXPECT_FALSE(finding.sentence.empty());
    checks.push_back(finding.check);
  }
  EXPECT_EQ(checks,
            (std::vector<std::string>{"home", "identity", "disk", "node", "api", "neighbours",
                                      "udp", "clock", "copies", "routes", "ipv6"}));
}

TEST(DiagnosisTest, AHomeThatCannotBeUsedIsTheOnlyTrouble) {
  Observations seen = healthy();
  seen.contents.reset();
  seen.home_error = HomeError{.kind = HomeErrorKind::no_home, .path = {}};
  expect_words(only_problem(seen, "home"), {"--home DIR"});
  seen.home_error = HomeError{.kind = HomeErrorKind::not_a_folder, .path = "/h"};
  expect_words(only_problem(seen, "home"), {"/h is not a folder", "--home DIR"});
  seen.home_error =
      HomeError{.kind = HomeErrorKind::cannot_make_folder, .path = "/h", .system_error = EACCES};
  expect_words(only_problem(seen, "home"), {"Permission denied", "--home DIR"});
}

TEST(DiagnosisTest, AHomeThatOthersMayWriteToIsReportedBesideTheNode) {
  Observations seen = healthy();
  seen.home_error =
      HomeError{.kind = HomeErrorKind::folder_writable_by_others, .path = "/h/data", .mode = 0777};
  expect_words(only_problem(seen, "home"), {"chmod go-w"});
  EXPECT_NE(find(diagnose(seen), "neighbours"), nullptr);
}

TEST(DiagnosisTest, AnIdentityThatCannotBeUsedSaysWhatToDo) {
  Observations seen = healthy();
  auto& error = seen.contents->identity_error;
  error = HomeError{.kind = HomeErrorKind::identity_damaged, .path = "/i"};
  expect_words(only_problem(seen, "identity"), {"/i", "put back a copy"});
  error = HomeError{.kind = HomeErrorKind::identity_not_ours, .path = "/i"};
  expect_words(only_problem(seen, "identity"), {"move it away"});
  error = HomeError{.kind = HomeErrorKind::readable_by_others, .path = "/i", .mode = 0644};
  expect_words(only_problem(seen, "identity"), {"chmod 600"});
  error = HomeError{.kind = HomeErrorKind::belongs_to_another_user, .path = "/i"};
  expect_words(only_problem(seen, "identity"), {"as that user"});
  error = HomeError{.kind = HomeErrorKind::cannot_read, .path = "/i", .system_error = EIO};
  expect_words(only_problem(seen, "identity"), {"mend the disk"});
  error = HomeError{.kind = HomeErrorKind::not_a_regular_file, .path = "/i"};
  expect_words(only_problem(seen, "identity"), {"put the file itself there"});
}

TEST(DiagnosisTest, WithoutANodeItSaysHowToStartOne) {
  Observations seen = idle();
  expect_words(only_problem(seen, "node"), {"no node is running in this home", kUp});
  EXPECT_EQ(find(diagnose(seen), "neighbours"), nullptr);
  seen.contents->identity_error = HomeError{.kind = HomeErrorKind::not_found, .path = "/i"};
  expect_words(only_problem(seen, "node"), {"no node has run in this home yet", kUp});
  EXPECT_EQ(find(diagnose(seen), "identity")->level, Level::note);
}

TEST(DiagnosisTest, ANodeThatHasNotPublishedItsApiIsStartingOrStopping) {
  Observations seen = idle();
  seen.ports.clear();
  seen.contents->lock_process = 5;
  for (const auto kind : {HomeErrorKind::no_node_running, HomeErrorKind::api_file_stale}) {
    seen.contents->api_file_error = HomeError{.kind = kind, .path = "/a"};
    expect_words(only_problem(seen, "node"), {"process 5", "wait a moment"});
  }
}

TEST(DiagnosisTest, AStaleOrDamagedApiFileSaysHowToGetANewOne) {
  Observations seen = idle();
  auto& error = seen.contents->api_file_error;
  error = HomeError{.kind = HomeErrorKind::api_file_stale, .path = "/a", .process = 5};
  expect_words(only_problem(seen, "api"), {"process 5", "/a", kUp});
  error = HomeError{.kind = HomeErrorKind::readable_by_others, .path = "/a", .mode = 0644};
  expect_words(only_problem(seen, "api"), {"chmod 600"});
  error = HomeError{.kind = HomeErrorKind::api_file_damaged, .path = "/a"};
  expect_words(only_problem(seen, "api"), {"/a is damaged and no node is running", kUp});
  seen.contents->lock_process = 6;
  expect_words(only_problem(seen, "api"), {"/a is damaged", "end process 6", kUp});
}

TEST(DiagnosisTest, AnApiThatDoesNotAnswerSaysWhichProcessToEnd) {
  Observations seen = healthy();
  seen.contents->node.reset();
  seen.contents->api->failure = "it hangs";
  expect_words(only_problem(seen, "api"), {"127.0.0.1:7118", "it hangs", "process 77", kUp});
  seen.contents->api->somebody_listens = false;
  expect_words(only_problem(seen, "api"), {"nobody listens at 127.0.0.1:7118", kUp});
}

TEST(DiagnosisTest, PortsInUseAreNamedWithTheOptionThatChoosesOthers) {
  using enum PortSeen::State;
  Observations seen = idle();
  const auto sentence = [&seen](const char* check) {
    return find(diagnose(seen), check)->sentence;
  };
  seen.ports[0].state = in_use;
  expect_words(sentence("port"), {"port 7117 (UDP)", "--listen udp://0.0.0.0:7127"});
  seen.ports[1].state = in_use;
  expect_words(sentence("port"), {"port 7117 (UDP and TCP)"});
  seen.ports[0].state = free;
  expect_words(sentence("port"), {"port 7117 (TCP)"});
  seen.ports[2].state = in_use;
  expect_words(sentence("api_port"), {"port 7118 (TCP)", "--api 127.0.0.1:7128"});
  seen.ports[3].state = in_use;
  expect_words(sentence("gateway_port"), {"port 7119 (TCP)", "--gateway 127.0.0.1:7129"});
  for (const char* check : {"port", "api_port", "gateway_port"}) {
    EXPECT_EQ(find(diagnose(seen), check)->level, Level::problem);
  }
}

TEST(DiagnosisTest, PortsThatCouldNotBeTriedAreNoProblem) {
  Observations seen = idle();
  EXPECT_EQ(find(diagnose(seen), "api_port")->level, Level::fine);
  seen.ports[2].state = PortSeen::State::not_tried;
  seen.ports[3].state = PortSeen::State::unknown;
  for (const char* check : {"api_port", "gateway_port"}) {
    EXPECT_EQ(find(diagnose(seen), check)->level, Level::note);
  }
}

TEST(DiagnosisTest, ANodeWithoutNeighboursGetsAHintHowToFindSome) {
  Observations seen = healthy();
  NodeSeen& node = *seen.contents->node;
  node.udp_links = 0;
  expect_words(only_problem(seen, "neighbours"),
               {"starling invite", "starling join", "local network they find each other"});
  EXPECT_EQ(find(diagnose(seen), "udp")->level, Level::note);
  EXPECT_EQ(find(diagnose(seen), "routes"), nullptr);
  node.sends_beacons = false;
  expect_words(only_problem(seen, "neighbours"), {"sends no beacons"});
}

TEST(DiagnosisTest, ALeafNeedsNoLinkWhileItSleepsAndNoRoutesWhileItDoesNot) {
  Observations seen = healthy();
  NodeSeen& node = *seen.contents->node;
  node.is_leaf = true;
  node.known_nodes = node.udp_links;
  EXPECT_EQ(find(diagnose(seen), "routes")->level, Level::fine);
  node.is_asleep = true;
  node.udp_links = 0;
  EXPECT_EQ(find(diagnose(seen), "neighbours")->level, Level::fine);
  EXPECT_TRUE(is_healthy(diagnose(seen)));
}

TEST(DiagnosisTest, UdpSeemsBlockedWhenAllLinksAreTcp) {
  Observations seen = healthy();
  NodeSeen& node = *seen.contents->node;
  node.tcp_links = 1;
  EXPECT_TRUE(is_healthy(diagnose(seen)));
  node.udp_links = 0;
  expect_words(only_problem(seen, "udp"), {"all links are over TCP", "firewalls"});
  node.listens_on_udp = false;
  expect_words(note_of(seen, "udp"), {"listen on no UDP port"});
}

TEST(DiagnosisTest, UdpSeemsBlockedWhenNobodyAnswersThreeRoundsOverUdp) {
  Observations seen = healthy();
  NodeSeen& node = *seen.contents->node;
  node.dialing = {{.has_udp_address = true, .rounds_failed = 3}};
  EXPECT_TRUE(is_healthy(diagnose(seen)));
  node.udp_links = 0;
  auto findings = diagnose(seen);
  EXPECT_EQ(find(findings, "udp")->level, Level::problem);
  expect_words(find(findings, "udp")->sentence, {"1 node", "firewalls"});
  node.dialing = {{.has_udp_address = true, .rounds_failed = 2},
                  {.has_udp_address = false, .rounds_failed = 9}};
  findings = diagnose(seen);
  EXPECT_EQ(find(findings, "udp")->level, Level::note);
}

TEST(DiagnosisTest, AWrongClockIsToldByHowMuchAndInWhichDirection) {
  Observations seen = healthy();
  auto& offset = seen.contents->node->clock_offset_s;
  offset = 7200;
  expect_words(only_problem(seen, "clock"), {"2 h", "behind the neighbours'"});
  offset = -601;
  expect_words(only_problem(seen, "clock"), {"10 min 1 s", "ahead of the neighbours'"});
  for (const int64_t wild :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    offset = wild;
    only_problem(seen, "clock");
  }
  offset = 600;
  EXPECT_TRUE(is_healthy(diagnose(seen)));
  offset.reset();
  expect_words(note_of(seen, "clock"), {"no neighbour has told"});
}

TEST(DiagnosisTest, ACopiedHomeIsAProblem) {
  Observations seen = healthy();
  seen.contents->node->heard_own_key = true;
  expect_words(only_problem(seen, "copies"), {"copied", "stop one", "--home DIR"});
}

TEST(DiagnosisTest, AFullOrReadOnlyDiskIsAProblem) {
  Observations seen = healthy();
  DiskSeen& disk = seen.contents->disk;
  disk.free_bytes = kFreeSpaceMin_bytes;
  EXPECT_TRUE(is_healthy(diagnose(seen)));
  disk.write_error = EROFS;
  expect_words(only_problem(seen, "disk"), {"Read-only file system", "/h/data", "--home DIR"});
  disk.write_error = 0;
  disk.free_bytes = kFreeSpaceMin_bytes - 1;
  expect_words(only_problem(seen, "disk"), {"make room", "/h/data"});
}

TEST(DiagnosisTest, MissingIpv6AndAMeshOfNeighboursOnlyAreNotes) {
  Observations seen = healthy();
  seen.has_ipv6 = false;
  expect_words(note_of(seen, "ipv6"), {"no IPv6 address"});
  seen.contents->node->known_nodes = 2;
  expect_words(note_of(seen, "routes"), {"beyond the neighbours"});
  seen.contents->node->known_nodes.reset();
  EXPECT_EQ(find(diagnose(seen), "routes"), nullptr);
}

}  // namespace diagnosis_test
}  // namespace starling::cli
