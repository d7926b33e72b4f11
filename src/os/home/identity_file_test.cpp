#include "os/home/identity_file.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <vector>

#include "crypto/hash.h"
#include "crypto/identity.h"
#include "crypto/key_text.h"
#include "os/home/private_file.h"
#include "os/home/temporary_home.h"

namespace starling::os {
namespace identity_file_test {

namespace fs = std::filesystem;

// The worked example of docs/wire/identity-file.md.
constexpr std::string_view kExampleHex =
    "737461726c696e67206964656e7469747920310a"
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
    "a36cfa01556abafa9c9a5df0b30e645e922b121979ecc84fbc35060e28cb5972";

HomeIdentity example_identity() {
  HomeIdentity identity;
  for (size_t i = 0; i < 32; ++i) {
    identity.node_seed.reveal()[i] = static_cast<uint8_t>(i);
    identity.account_seed.reveal()[i] = static_cast<uint8_t>(32 + i);
  }
  return identity;
}

Bytes example_bytes() { return *from_hex(kExampleHex); }

bool same_identity(const HomeIdentity& a, const HomeIdentity& b) {
  return same_bytes(encode_identity(a).reveal(), encode_identity(b).reveal());
}

std::optional<HomeErrorKind> refusal_of(ByteView bytes) {
  const auto identity = decode_identity(bytes);
  return identity ? std::nullopt : std::optional(identity.error());
}

TEST(IdentityFormatTest, MatchesTheWorkedExample) {
  EXPECT_EQ(to_hex(encode_identity(example_identity()).reveal()), kExampleHex);
  const auto identity = decode_identity(example_bytes());
  ASSERT_TRUE(identity.has_value());
  EXPECT_TRUE(same_identity(*identity, example_identity()));
}

TEST(IdentityFormatTest, TheDocumentShowsThisExampleAndItsKeys) {
  const char* source_dir = std::getenv("STARLING_SOURCE_DIR");
  if (source_dir == nullptr) GTEST_SKIP() << "STARLING_SOURCE_DIR is not set";
  const std::string page = read_file(fs::path(source_dir) / "docs/wire/identity-file.md");
  std::string hex;  // of the page's only fenced block of hexadecimal digits
  const size_t begin = page.find("```hex\n") + 7;
  for (const char character : page.substr(begin, page.find("```", begin) - begin)) {
    if (character != '\n' && character != ' ') hex += character;
  }
  EXPECT_EQ(hex, kExampleHex);
  const crypto::Identity node(example_identity().node_seed);
  const crypto::Identity account(example_identity().account_seed);
  EXPECT_NE(page.find(to_text(node.key())), std::string::npos) << to_text(node.key());
  const std::string account_text = to_text(crypto::AccountKey{account.key().value});
  EXPECT_NE(page.find(account_text), std::string::npos) << account_text;
}

TEST(IdentityFormatTest, ReadsWhatItWrites) {
  crypto::SeededRandom random(1);
  for (int i = 0; i < 100; ++i) {
    const HomeIdentity identity{.node_seed = random.secret<crypto::SigningSeed>(),
                                .account_seed = random.secret<crypto::SigningSeed>()};
    const auto decoded = decode_identity(encode_identity(identity).reveal());
    ASSERT_TRUE(decoded.has_value());
    EXPECT_TRUE(same_identity(*decoded, identity));
  }
}

TEST(IdentityFormatTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes bytes = example_bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(refusal_of(ByteView(bytes).first(size)), HomeErrorKind::identity_wrong_size) << size;
  }
  bytes.push_back(0);
  EXPECT_EQ(refusal_of(bytes), HomeErrorKind::identity_wrong_size);
}

TEST(IdentityFormatTest, RefusesEverySingleBitFlip) {
  for (size_t bit = 0; bit < 8 * kIdentityFileSize; ++bit) {
    Bytes bytes = example_bytes();
    bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    const auto refusal = refusal_of(bytes);
    ASSERT_TRUE(refusal.has_value()) << bit;
    if (bit / 8 >= 20) {
      EXPECT_EQ(refusal, HomeErrorKind::identity_damaged) << bit;
    } else {
      EXPECT_TRUE(refusal == HomeErrorKind::identity_not_ours ||
                  refusal == HomeErrorKind::identity_newer)
          << bit;
    }
  }
}

TEST(IdentityFormatTest, TellsANewerVersionWhateverItsSize) {
  for (const std::string_view newer : {"starling identity 2\n", "starling identity 9\nand more",
                                       "starling identity 10\n", "starling identity 123456789\n"}) {
    EXPECT_EQ(refusal_of(view_of(newer)), HomeErrorKind::identity_newer) << newer;
  }
  Bytes bytes = example_bytes();
  bytes[18] = '2';
  EXPECT_EQ(refusal_of(bytes), HomeErrorKind::identity_newer);
}

TEST(IdentityFormatTest, RefusesWhatDoesNotBeginAsAnIdentity) {
  for (const std::string_view foreign :
       {"-----BEGIN OPENSSH PRIVATE KEY-----\n", "starling identity 0\n", "starling identity 02\n",
        "starling identity x\n", "starling identity \n", "starling identity -2\n",
        "starling identity 2 \n", "starling identity 1234567890\n", "Starling identity 1\n",
        "starling identity 1\r\n", "starling identity 2"}) {
    EXPECT_EQ(refusal_of(view_of(foreign)), HomeErrorKind::identity_not_ours) << foreign;
  }
}

class IdentityFileTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_folders(home_.paths()).has_value()); }

  [[nodiscard]] const fs::path& path() const { return home_.paths().identity_file; }

  // What load_or_create_identity refuses with; checks that load_identity says the same and that
  // nothing was written.
  HomeErrorKind refusal() {
    const size_t files = files_in(home_.paths().data_dir);
    const auto identity = load_or_create_identity(home_.paths(), random_);
    EXPECT_FALSE(identity.has_value());
    if (identity) return {};
    const auto loaded = load_identity(home_.paths());
    EXPECT_FALSE(loaded.has_value());
    if (!loaded) {
      EXPECT_EQ(loaded.error().kind, identity.error().kind);
    }
    EXPECT_EQ(identity.error().path, path());
    EXPECT_EQ(files_in(home_.paths().data_dir), files);
    return identity.error().kind;
  }

  TemporaryHome home_;
  crypto::SeededRandom random_{1};
};

TEST_F(IdentityFileTest, IsMadeOnceAndThenLoaded) {
  EXPECT_EQ(load_identity(home_.paths()).error().kind, HomeErrorKind::not_found);
  const auto made = load_or_create_identity(home_.paths(), random_);
  ASSERT_TRUE(made.has_value());
  EXPECT_FALSE(same_bytes(made->node_seed.reveal(), made->account_seed.reveal()));
  EXPECT_EQ(mode_of(path()), 0600U);
  EXPECT_EQ(files_in(home_.paths().data_dir), 1U);
  EXPECT_EQ(read_file(path()), text_of(encode_identity(*made).reveal()));

  const auto again = load_or_create_identity(home_.paths(), random_);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(same_identity(*again, *made));
  EXPECT_TRUE(same_identity(*load_identity(home_.paths()), *made));
}

TEST_F(IdentityFileTest, RefusesADamagedFileAndLeavesItAsItIs) {
  const std::string whole(text_of(example_bytes()));
  std::string flipped = whole;
  flipped[50] = static_cast<char>(flipped[50] ^ 1);
  std::string newer = whole;
  newer[18] = '2';
  const std::vector<std::pair<std::string, HomeErrorKind>> cases = {
      {"", HomeErrorKind::identity_wrong_size},
      {whole.substr(0, 115), HomeErrorKind::identity_wrong_size},
      {whole + "x", HomeErrorKind::identity_wrong_size},
      {whole + std::string(100'000, 'x'), HomeErrorKind::identity_wrong_size},
      {flipped, HomeErrorKind::identity_damaged},
      {std::string(kIdentityFileSize, '\0'), HomeErrorKind::identity_not_ours},
      {newer, HomeErrorKind::identity_newer},
      {newer + std::string(100'000, 'x'), HomeErrorKind::identity_newer},
  };
  for (const auto& [contents, kind] : cases) {
    write_file(path(), contents);
    EXPECT_EQ(refusal(), kind);
    EXPECT_EQ(read_file(path()), contents);
  }
}

TEST_F(IdentityFileTest, RefusesAFileThatOthersMayRead) {
  write_file(path(), text_of(example_bytes()), 0640);
  EXPECT_EQ(refusal(), HomeErrorKind::readable_by_others);
  const std::string sentence = describe(load_identity(home_.paths()).error());
  EXPECT_NE(sentence.find("0640"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("chmod 600 '" + path().string() + "'"), std::string::npos) << sentence;
  EXPECT_EQ(mode_of(path()), 0640U) << "mending is the user's to decide";
  ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
  EXPECT_TRUE(same_identity(*load_or_create_identity(home_.paths(), random_), example_identity()));
}

TEST_F(IdentityFileTest, RefusesAFileOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another user";
  write_file(path(), text_of(example_bytes()));
  ASSERT_EQ(::chown(path().c_str(), 12345, 12345), 0);
  EXPECT_EQ(refusal(), HomeErrorKind::belongs_to_another_user);
}

TEST_F(IdentityFileTest, RefusesALinkEvenToAGoodFileAndEvenToNothing) {
  write_file(home_.folder() / "good", text_of(example_bytes()));
  fs::create_symlink(home_.folder() / "good", path());
  EXPECT_EQ(refusal(), HomeErrorKind::not_a_regular_file);
  fs::remove(path());
  fs::create_symlink(home_.folder() / "nothing", path());
  EXPECT_EQ(refusal(), HomeErrorKind::not_a_regular_file);
  EXPECT_FALSE(fs::exists(home_.folder() / "nothing"));
}

TEST_F(IdentityFileTest, RefusesAFolderAndAPipe) {
  fs::create_directory(path());
  EXPECT_EQ(refusal(), HomeErrorKind::not_a_regular_file);
  fs::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(refusal(), HomeErrorKind::not_a_regular_file);
}

TEST_F(IdentityFileTest, SaysWhenItCannotBeStored) {
  fs::remove_all(home_.paths().data_dir);
  const auto identity = load_or_create_identity(home_.paths(), random_);
  ASSERT_FALSE(identity.has_value());
  EXPECT_EQ(identity.error().kind, HomeErrorKind::cannot_write);
}

TEST_F(IdentityFileTest, ProcessesThatCreateAtOnceEndUpWithTheSame) {
  constexpr uint64_t kProcesses = 8;
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    fs::remove(path());
    Pipe start;
    Pipe seeds;
    std::vector<pid_t> children;
    for (uint64_t i = 0; i < kProcesses; ++i) {
      children.push_back(start_child([&] {
        start.close_writer();
        char never = 0;
        start.receive(never);  // returns when the parent closes
        crypto::SeededRandom random(i);
        const auto identity = load_or_create_identity(home_.paths(), random);
        if (!identity) return 1;
        std::array<uint8_t, 32> seed{};
        std::ranges::copy(identity->node_seed.reveal(), seed.begin());
        return seeds.send(seed) ? 0 : 1;
      }));
    }
    start.close_writer();
    for (const pid_t child : children) ASSERT_EQ(wait_for(child), 0);
    const auto stored = load_identity(home_.paths());
    ASSERT_TRUE(stored.has_value());
    for (uint64_t i = 0; i < kProcesses; ++i) {
      std::array<uint8_t, 32> seed{};
      ASSERT_TRUE(seeds.receive(seed));
      EXPECT_TRUE(same_bytes(seed, stored->node_seed.reveal()));
    }
    EXPECT_EQ(files_in(home_.paths().data_dir), 1U) << "the losers' files are taken away";
  }
}

TEST_F(IdentityFileTest, AfterACrashAtAnyStepTheNextStartHasAWholeIdentity) {
  for (uint8_t step = 0; step <= static_cast<uint8_t>(kLastWriteStep); ++step) {
    fs::remove(path());
    const int status = wait_for(start_child([&] {
      (void)write_private_file(path(), example_bytes(), IfExists::refuse, [&](WriteStep done) {
        if (done == static_cast<WriteStep>(step)) ::kill(::getpid(), SIGKILL);
      });
      return 0;
    }));
    ASSERT_TRUE(WIFSIGNALED(status));
    const bool published = step >= static_cast<uint8_t>(WriteStep::published);
    EXPECT_EQ(fs::exists(path()), published);
    const auto identity = load_or_create_identity(home_.paths(), random_);
    ASSERT_TRUE(identity.has_value());
    EXPECT_EQ(same_identity(*identity, example_identity()), published);
  }
}

}  // namespace identity_file_test
}  // namespace starling::os
