#include "cli/status_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace starling::cli {
namespace status_text_test {

using nlohmann::json;

TEST(StatusTextTest, ShowsAStatusAsAnAlignedTable) {
  const json status = {{"key", "k7"},
                       {"account", "a7"},
                       {"address", "fd53:54::1"},
                       {"network", "world"},
                       {"state", "running"},
                       {"up_s", 61},
                       {"listening", {"udp://0.0.0.0:7117", "tcp://0.0.0.0:7117"}},
                       {"addresses", json::array()},
                       {"links", 3},
                       {"dialing", 0},
                       {"lan", true},
                       {"proof", "made"},
                       {"heard_own_key", false},
                       {"clock_offset_s", nullptr},
                       {"counters", json::object()},
                       {"version", "0.1.0"},
                       {"api", 1}};
  EXPECT_EQ(status_text(status),
            "Key            k7\n"
            "Account        a7\n"
            "Address        fd53:54::1\n"
            "Network        world\n"
            "State          running\n"
            "Up             1 min 1 s\n"
            "Links          3\n"
            "Dialing        0\n"
            "Listening      udp://0.0.0.0:7117\n"
            "               tcp://0.0.0.0:7117\n"
            "Reachable at   -\n"
            "Local network  beacons sent and heard\n"
            "Proof of work  done\n"
            "Version        0.1.0\n");
}

TEST(StatusTextTest, SaysThatItIsALeaf) {
  const std::string text = status_text({{"state", "asleep"}, {"leaf", true}});
  EXPECT_NE(text.find("State          asleep, as a leaf\n"), std::string::npos);
}

TEST(StatusTextTest, SaysHowTheProofOfWorkIsDoing) {
  const auto shows = [](const json& status, const std::string& text) {
    return status_text(status).find("Proof of work  " + text + "\n") != std::string::npos;
  };
  EXPECT_TRUE(shows({{"proof", "making"}}, "being done, in the background"));
  EXPECT_TRUE(shows({{"proof", "failed"}}, "failed; the next start tries again"));
  EXPECT_TRUE(shows({{"proof", "off"}}, "off"));
  // Of a later version, and of an earlier one.
  EXPECT_TRUE(shows({{"proof", "better"}}, "better"));
  EXPECT_TRUE(shows(json::object(), "-"));
}

TEST(StatusTextTest, WarnsOfASecondLifeAndOfAWrongClock) {
  EXPECT_NE(status_text({{"heard_own_key", true}}).find("Warning: another process"),
            std::string::npos);
  EXPECT_NE(status_text({{"clock_offset_s", -3'700}}).find("1 h 1 min behind ours"),
            std::string::npos);
  EXPECT_NE(status_text({{"clock_offset_s", 60}}).find("1 min ahead of ours"), std::string::npos);
  EXPECT_EQ(status_text({{"clock_offset_s", 59}}).find("Warning"), std::string::npos);
}

TEST(StatusTextTest, ShowsLinksAndWhatIsDialled) {
  const json peers = {
      {"peers",
       {{{"key", "k7"},
         {"state", "up"},
         {"carrier", "udp"},
         {"remote", "192.0.2.1:7117"},
         {"friend", true},
         {"rtt_us", 1'250},
         {"up_s", 5},
         {"bytes_sent", 1'500},
         {"bytes_received", 20}},
        {{"key", "k8"},
         {"state", "up"},
         {"carrier", "tcp"},
         {"remote", "[2001:db8::1]:7117"},
         {"friend", false},
         {"rtt_us", nullptr},
         {"up_s", 0},
         {"bytes_sent", 0},
         {"bytes_received", 0}}}},
      {"dialing",
       {{{"key", nullptr}, {"addresses", {"udp://a:1", "tcp://a:1"}}, {"rounds_failed", 4}}}}};
  EXPECT_EQ(peers_text(peers),
            "STATE  VIA  REMOTE                  RTT   UP    SENT  RECEIVED  FRIEND  KEY\n"
            "up     udp  192.0.2.1:7117      1.25 ms  5 s  1.5 kB      20 B  yes     k7\n"
            "up     tcp  [2001:db8::1]:7117        -  0 s     0 B       0 B  no      k8\n"
            "\n"
            "DIALING    FAILED  KEY\n"
            "udp://a:1       4  -\n"
            "tcp://a:1\n");
}

TEST(StatusTextTest, SaysWhenThereAreNoLinks) {
  EXPECT_EQ(peers_text({{"peers", json::array()}, {"dialing", json::array()}}), "No links.\n");
}

TEST(StatusTextTest, BearsMembersThatAreMissingOrOfAnotherType) {
  EXPECT_EQ(peers_text(json::object()), "No links.\n");
  const json strange = {{"peers", {1, {{"key", 5}, {"rtt_us", "x"}, {"friend", "yes"}}}},
                        {"dialing", {{{"addresses", "x"}}}},
                        {"listening", 3}};
  EXPECT_FALSE(peers_text(strange).empty());
  EXPECT_FALSE(status_text(strange).empty());
}

TEST(StatusTextTest, HasASentenceForEachOutcomeOfJoin) {
  for (const char* outcome : {"accepted", "linked"}) {
    EXPECT_TRUE(join_answer(outcome).succeeded) << outcome;
  }
  for (const char* outcome :
       {"unknown", "expired", "used", "limited", "no_answer", "no_key", "friends_full"}) {
    EXPECT_FALSE(join_answer(outcome).succeeded) << outcome;
    EXPECT_EQ(join_answer(outcome).sentence.find("does not know: "), std::string::npos) << outcome;
  }
  EXPECT_NE(join_answer("new").sentence.find("does not know: new"), std::string::npos);
}

}  // namespace status_text_test
}  // namespace starling::cli
