#include "os/home/api_file.h"

#include <gtest/gtest.h>

#include "os/home/home_lock.h"
#include "os/home/temporary_home.h"

namespace starling::os {
namespace api_file_test {

namespace fs = std::filesystem;

constexpr std::string_view kTokenHex =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

ApiAccess access_of(int64_t process) {
  ApiAccess access{.address = Endpoint::ipv4(127, 0, 0, 1, 7118), .token = {}, .process = process};
  for (size_t i = 0; i < ApiToken::kSize; ++i) access.token.reveal()[i] = static_cast<uint8_t>(i);
  return access;
}

std::string text_with(std::string_view address, std::string_view token, std::string_view process) {
  std::string text = R"({"address":)";
  text.append(address).append(R"(,"token":)").append(token).append(R"(,"pid":)").append(process);
  return text + "}";
}

std::string json_string(std::string_view text) { return '"' + std::string(text) + '"'; }

std::optional<ApiAccess> decode(std::string_view text) { return decode_api_file(view_of(text)); }

class ApiFileTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_folders(home_.paths()).has_value()); }

  HomeErrorKind refusal() {
    const auto access = read_api_file(home_.paths());
    EXPECT_FALSE(access.has_value());
    if (access) return {};
    EXPECT_EQ(access.error().path, home_.paths().api_file);
    return access.error().kind;
  }

  TemporaryHome home_;
};

TEST(ApiFileFormatTest, IsOneJsonObjectOnOneLine) {
  EXPECT_EQ(
      text_of(encode_api_file(access_of(123)).reveal()),
      R"({"address":"127.0.0.1:7118","token":")" + std::string(kTokenHex) + "\",\"pid\":123}\n");
}

TEST(ApiFileFormatTest, ReadsWhatItWritesAndIgnoresUnknownMembers) {
  const auto access = decode_api_file(encode_api_file(access_of(123)).reveal());
  ASSERT_TRUE(access.has_value());
  EXPECT_EQ(access->address, Endpoint::ipv4(127, 0, 0, 1, 7118));
  EXPECT_EQ(to_hex(access->token.reveal()), kTokenHex);
  EXPECT_EQ(access->process, 123);
  EXPECT_TRUE(decode(R"({"new":[{}],"pid":1,"token":")" + std::string(kTokenHex) +
                     R"(","address":"[::1]:7118"})"));
}

TEST(ApiFileFormatTest, RefusesEveryProperPrefixAndAnythingAfterIt) {
  const PrivateBytes whole = encode_api_file(access_of(123));
  const std::string_view text = text_of(whole.reveal());
  const size_t object_size = text.size() - 1;  // without the line end
  for (size_t size = 0; size < object_size; ++size) EXPECT_FALSE(decode(text.substr(0, size)));
  EXPECT_FALSE(decode(std::string(text) + "x"));
  EXPECT_FALSE(decode(std::string(text) + std::string(kApiFileSizeMax, ' ')));
}

TEST(ApiFileFormatTest, RefusesMembersThatAreMissingOrWrong) {
  const std::string address = json_string("127.0.0.1:7118");
  const std::string token = json_string(kTokenHex);
  ASSERT_TRUE(decode(text_with(address, token, "1")));
  for (const std::string_view wrong : {R"("127.0.0.1")", R"("localhost:7118")", R"("127.0.0.1:0")",
                                       R"("127.0.0.1:65536")", "7118", "null"}) {
    EXPECT_FALSE(decode(text_with(wrong, token, "1"))) << wrong;
  }
  for (const std::string& wrong : {json_string(""), json_string(kTokenHex.substr(2)),
                                   json_string(std::string(kTokenHex) + "00"),
                                   json_string("zz" + std::string(kTokenHex.substr(2))),
                                   std::string("null"), std::string("12")}) {
    EXPECT_FALSE(decode(text_with(address, wrong, "1"))) << wrong;
  }
  for (const std::string_view wrong :
       {"0", "-1", "1.5", "\"1\"", "null", "4294967296", "1e300", "99999999999999999999999"}) {
    EXPECT_FALSE(decode(text_with(address, token, wrong))) << wrong;
  }
  for (const std::string_view wrong : {"", "[]", "1", "null", "{}", "\xff\xfe", "[[[[[["}) {
    EXPECT_FALSE(decode(wrong)) << wrong;
  }
}

TEST_F(ApiFileTest, IsThereForTheOwnerOnlyWhileItsObjectLives) {
  {
    auto published = ApiFile::publish(home_.paths(), access_of(::getpid()));
    ASSERT_TRUE(published.has_value());
    const ApiFile moved = std::move(*published);
    EXPECT_EQ(mode_of(home_.paths().api_file), 0600U);
    const auto access = read_api_file(home_.paths());
    ASSERT_TRUE(access.has_value());
    EXPECT_EQ(access->process, ::getpid());
    EXPECT_EQ(to_hex(access->token.reveal()), kTokenHex);
  }
  EXPECT_EQ(files_in(home_.paths().run_dir), 0U);
}

TEST_F(ApiFileTest, ReplacesWhatAnEarlierLifeLeft) {
  write_file(home_.paths().api_file, "left over", 0644);
  const auto published = ApiFile::publish(home_.paths(), access_of(::getpid()));
  ASSERT_TRUE(published.has_value());
  EXPECT_EQ(mode_of(home_.paths().api_file), 0600U);
  EXPECT_TRUE(read_api_file(home_.paths()).has_value());
}

TEST_F(ApiFileTest, LeavesAnotherProcessesFileAlone) {
  {
    const auto published = ApiFile::publish(home_.paths(), access_of(::getpid()));
    ASSERT_TRUE(published.has_value());
    write_file(home_.paths().api_file, text_of(encode_api_file(access_of(1)).reveal()));
  }
  EXPECT_TRUE(fs::exists(home_.paths().api_file));
}

TEST_F(ApiFileTest, ForkedChildDoesNotRemoveItsParentsFile) {
  auto published = ApiFile::publish(home_.paths(), access_of(::getpid()));
  ASSERT_TRUE(published.has_value());
  EXPECT_EQ(wait_for(start_child([&] {
              const ApiFile moved = std::move(*published);
              return 0;
            })),
            0);
  EXPECT_TRUE(fs::exists(home_.paths().api_file));
}

TEST_F(ApiFileTest, WithoutAFileNoNodeIsRunning) {
  EXPECT_EQ(refusal(), HomeErrorKind::no_node_running);
  EXPECT_EQ(read_api_file(home_.paths()).error().process, 0);
  fs::remove_all(home_.folder() / "run");
  EXPECT_EQ(refusal(), HomeErrorKind::no_node_running);
}

TEST_F(ApiFileTest, WithoutAFileButWithALockTheHolderIsNamed) {
  const auto lock = HomeLock::acquire(home_.paths(), WallTime{1'767'225'600});
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(refusal(), HomeErrorKind::no_node_running);
  EXPECT_EQ(read_api_file(home_.paths()).error().process, ::getpid());
}

TEST_F(ApiFileTest, KilledNodeLeavesAStaleFile) {
  const pid_t child = start_child([&] {
    const auto published = ApiFile::publish(home_.paths(), access_of(::getpid()));
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  wait_for(child);
  EXPECT_EQ(refusal(), HomeErrorKind::api_file_stale);
  EXPECT_EQ(read_api_file(home_.paths()).error().process, child);
}

TEST_F(ApiFileTest, RefusesADamagedFile) {
  for (const std::string& contents :
       {std::string(), std::string("{"), std::string(kApiFileSizeMax + 100, ' ')}) {
    write_file(home_.paths().api_file, contents);
    EXPECT_EQ(refusal(), HomeErrorKind::api_file_damaged);
  }
}

TEST_F(ApiFileTest, RefusesAFileThatOthersMayReadAndALink) {
  const auto published = ApiFile::publish(home_.paths(), access_of(::getpid()));
  ASSERT_TRUE(published.has_value());
  ASSERT_EQ(::chmod(home_.paths().api_file.c_str(), 0640), 0);
  EXPECT_EQ(refusal(), HomeErrorKind::readable_by_others);
  ASSERT_EQ(::chmod(home_.paths().api_file.c_str(), 0600), 0);
  fs::rename(home_.paths().api_file, home_.paths().run_dir / "elsewhere");
  fs::create_symlink("elsewhere", home_.paths().api_file);
  EXPECT_EQ(refusal(), HomeErrorKind::not_a_regular_file);
}

TEST_F(ApiFileTest, SaysWhyItCannotBeWritten) {
  fs::remove(home_.paths().run_dir);
  const auto published = ApiFile::publish(home_.paths(), access_of(::getpid()));
  ASSERT_FALSE(published.has_value());
  EXPECT_EQ(published.error().kind, HomeErrorKind::cannot_write);
  EXPECT_EQ(published.error().path, home_.paths().api_file);
}

}  // namespace api_file_test
}  // namespace starling::os
