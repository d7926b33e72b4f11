// cli/command_fixture.h - for tests: runs commands in a home whose node gives prepared answers.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.h"
#include "cli/fake_api_server.h"
#include "os/home/api_file.h"
#include "os/home/temporary_home.h"

namespace starling::cli {

class CommandFixture : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(os::make_folders(home_.paths()).has_value()); }

  // Runs `command` while a node answers with these; one with a member `error` has the status 400.
  template <typename Command>
  int run(const std::vector<nlohmann::json>& answers, Command&& command) {
    std::vector<std::string> texts;
    for (const nlohmann::json& answer : answers)
      texts.push_back(http_answer(answer.contains("error") ? 400 : 200, answer.dump()));
    FakeApiServer server(std::move(texts));
    const auto file = os::ApiFile::publish(
        home_.paths(),
        {.address = server.address(), .token = os::ApiToken(), .process = ::getpid()});
    EXPECT_TRUE(file.has_value());
    out_.str("");
    err_.str("");
    const int status = command(CommandSetting{.home = home_.folder()}, Console{out_, err_});
    requests_ = server.requests();
    return status;
  }

  os::TemporaryHome home_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::vector<std::string> requests_;
};

}  // namespace starling::cli
