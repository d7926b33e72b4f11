#include "cli/content_commands.h"

#include "cli/command_fixture.h"
#include "cli/transfer_watch.h"

namespace starling::cli {
namespace content_commands_test {

using nlohmann::json;

json transfer(const std::string& state, bool over) {
  return {{"id", 7},           {"state", state},    {"over", over},    {"subject", "/x"},
          {"bytes", 5},        {"bytes_total", 10}, {"files", 1},      {"files_total", 1},
          {"left_out", 0},     {"holders", 0},      {"took_us", 1000}, {"link", "starling://sabc/"},
          {"failure", nullptr}};
}

class ContentCommandsTest : public CommandFixture {};

TEST_F(ContentCommandsTest, PublishWaitsForTheEndAndPrintsTheLink) {
  const auto command = [](const CommandSetting& setting, const Console& console) {
    return publish(setting, {.path = "/srv/../site/", .site = "me", .title = {}}, console);
  };
  EXPECT_EQ(run({transfer("reading", false), transfer("reading", false), transfer("done", true)},
                command),
            kDone);
  EXPECT_EQ(out_.str(), "starling://sabc/\n");
  EXPECT_EQ(err_.str(), "");
  EXPECT_TRUE(requests_.at(0).starts_with("POST /api/v1/publish "));
  EXPECT_NE(requests_.at(0).find(R"("path":"/site/")"), std::string::npos) << requests_.at(0);
  EXPECT_TRUE(requests_.at(1).starts_with("GET /api/v1/transfer?id=7 "));
}

TEST_F(ContentCommandsTest, AFailureIsOneSentence) {
  json failed = transfer("failed", true);
  failed["failure"] = {{"code", "no_space"}, {"text", "there is no space left on the disk"}};
  const auto command = [](const CommandSetting& setting, const Console& console) {
    return pin(setting, "starling://sabc/", console);
  };
  EXPECT_EQ(run({transfer("fetching", false), failed}, command), kFailed);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(), "starling: /x: there is no space left on the disk\n");
  EXPECT_EQ(run({{{"error", "the link is mistyped"}}}, command), kFailed);
  EXPECT_EQ(err_.str(), "starling: the link is mistyped\n");
}

TEST_F(ContentCommandsTest, GetGoesIntoAFolderThatIsThere) {
  const std::string folder = home_.folder().string();
  const auto command = [&](const CommandSetting& setting, const Console& console) {
    return get(setting, "starling://sabc/a/film.webm", folder, console);
  };
  EXPECT_EQ(run({transfer("done", true)}, command), kDone);
  EXPECT_NE(requests_.at(0).find("\"to\":\"" + folder + "/film.webm\""), std::string::npos)
      << requests_.at(0);
  EXPECT_TRUE(out_.str().starts_with(folder + "/film.webm: 1 file, 5 B")) << out_.str();
}

TEST_F(ContentCommandsTest, OpenPrintsTheAddressForTheBrowser) {
  const auto command = [](const CommandSetting& setting, const Console& console) {
    return open_link(setting, "starling://sabc/", /*only_print=*/true, console);
  };
  EXPECT_EQ(run({{{"link", "starling://sabc/"}, {"url", "http://sabc.localhost:7119/"}}}, command),
            kDone);
  EXPECT_EQ(out_.str(), "http://sabc.localhost:7119/\n");
  EXPECT_EQ(run({{{"link", "starling://sabc/"}, {"url", nullptr}}}, command), kFailed);
  EXPECT_NE(err_.str().find("without a gateway"), std::string::npos);
}

TEST_F(ContentCommandsTest, PagePrintsAnAddressToLogInWith) {
  const auto command = [](const CommandSetting& setting, const Console& console) {
    return open_page(setting, /*only_print=*/true, console);
  };
  EXPECT_EQ(run({{{"code", "x"}, {"url", "http://127.0.0.1:7118/login/x"}}}, command), kDone);
  EXPECT_EQ(out_.str(), "http://127.0.0.1:7118/login/x\n");
  EXPECT_TRUE(requests_.at(0).starts_with("POST /api/v1/login-code "));
}

TEST_F(ContentCommandsTest, ListsSitesPinsAndTransfers) {
  const json site = {{"name", "me"},
                     {"link", "starling://sabc/"},
                     {"title", "My\nsite"},
                     {"published_unix_s", 1'767'225'600}};
  EXPECT_EQ(run({{{"sites", {site}}}}, show_sites), kDone);
  EXPECT_NE(out_.str().find("2026-01-01"), std::string::npos) << out_.str();
  EXPECT_EQ(out_.str().find("My\n"), std::string::npos) << out_.str();
  EXPECT_EQ(run({{{"pins", json::array()}}}, show_pins), kDone);
  EXPECT_EQ(out_.str(), "Nothing is kept besides the sites.\n");
  EXPECT_EQ(run({{{"transfers", {transfer("fetching", false)}}}}, show_transfers), kDone);
  EXPECT_NE(out_.str().find("fetching 5 B of 10 B"), std::string::npos) << out_.str();
}

TEST(FailureTextTest, IsOneSentenceWithWhatItWasAbout) {
  json failed = transfer("failed", true);
  failed["failure"] = {{"code", "no_space"}, {"text", "there is no space left on the disk"}};
  EXPECT_EQ(failure_text(failed), "/x: there is no space left on the disk");
  failed["failure"] = {{"code", "no_such_file"}, {"text", "'/x' does not exist"}};
  EXPECT_EQ(failure_text(failed), "'/x' does not exist");
  failed["failure"] = nullptr;
  EXPECT_EQ(failure_text(failed), "/x: the node does not say why it failed");
}

TEST(ProgressTextTest, SaysHowFarHowFastAndFromHowMany) {
  json fetching = transfer("fetching", false);
  fetching["bytes"] = 50'000'000;
  fetching["bytes_total"] = 100'000'000;
  fetching["files_total"] = 40;
  fetching["files"] = 3;
  fetching["took_us"] = 2'000'000;
  fetching["holders"] = 2;
  EXPECT_EQ(progress_text(fetching),
            "fetching 50.0 MB of 100.0 MB, 3 of 40 files, 25.0 MB/s, from 2 nodes");
  EXPECT_EQ(progress_text({{"state", "finding"}}), "finding");
}

}  // namespace content_commands_test
}  // namespace starling::cli
