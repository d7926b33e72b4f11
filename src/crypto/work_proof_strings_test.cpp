#include "crypto/work_proof_strings.h"

#include <gtest/gtest.h>

namespace starling::crypto {
namespace work_proof_strings_test {

constexpr WorkProofParameters kTiny = {.n = 32, .k = 3, .difficulty = 1};

// The values below were computed with Python's hashlib.blake2b from docs/wire/work-proof.md.
TEST(WorkProofStringsTest, ASeedStandsForParametersSubjectAndNonce) {
  EXPECT_EQ(to_hex(work_seed_of(kTiny, view_of("starling"), 0).view()),
            "d0faf38a01ef19be54c9284ddd2841cf986a00e5ad48260449616db90d7ffcba");
  EXPECT_EQ(to_hex(work_seed_of({126, 5, 0}, {}, 127).view()),
            "f552df1ee33abb0dc8f44c1fa43501fa3f2e4192cd776ba0cb03794604a88e07");
  const WorkSeed seed = work_seed_of(kTiny, view_of("starling"), 0);
  EXPECT_NE(work_seed_of({32, 3, 2}, view_of("starling"), 0), seed);
  EXPECT_NE(work_seed_of({32, 7, 1}, view_of("starling"), 0), seed);
  EXPECT_NE(work_seed_of({40, 3, 1}, view_of("starling"), 0), seed);
  EXPECT_NE(work_seed_of(kTiny, view_of("starlings"), 0), seed);
  EXPECT_NE(work_seed_of(kTiny, view_of("starling"), 1), seed);
}

TEST(WorkProofStringsTest, StringsAreNumbersOutOfTheirPartOfAHash) {
  const WorkStrings whole_bytes(kTiny, work_seed_of(kTiny, view_of("starling"), 0));
  EXPECT_EQ(whole_bytes.per_block(), 16U);
  EXPECT_EQ(whole_bytes.at(0), (WorkString{0, 0x73e2eaf7}));
  EXPECT_EQ(whole_bytes.at(15), (WorkString{0, 0xd796e1ae}));
  EXPECT_EQ(whole_bytes.at(16), (WorkString{0, 0xf83c975c}));
  EXPECT_EQ(whole_bytes.at(511), (WorkString{0, 0x6dd51ff4}));

  const WorkProofParameters& large = kWorkProofParameters;
  const WorkStrings two_bits_over(large, work_seed_of(large, view_of("starling"), 5));
  EXPECT_EQ(two_bits_over.per_block(), 4U);
  EXPECT_EQ(two_bits_over.at(0), (WorkString{0x0000285e9323c54b, 0x698592afa042f1c6}));
  EXPECT_EQ(two_bits_over.at(3), (WorkString{0x00000477e5e111c8, 0xf7e7b07cbdc566a9}));
  EXPECT_EQ(two_bits_over.at(4), (WorkString{0x000000a078252243, 0xdbeda403afc4b22e}));
  EXPECT_EQ(two_bits_over.at(8'388'607), (WorkString{0x000001eda31e5024, 0x31aa29766f79df27}));

  const WorkProofParameters longest = {126, 5, 0};
  const WorkStrings to_the_end(longest, work_seed_of(longest, {}, 127));
  EXPECT_EQ(to_the_end.at(3), (WorkString{0x0a27a8f8502b5781, 0xc2a7f050871c1174}));
}

TEST(WorkProofStringsTest, ABlockIsTheStringsOneByOne) {
  const WorkStrings strings(kTiny, work_seed_of(kTiny, view_of("starling"), 0));
  std::array<WorkString, 16> block;
  strings.make_block(3, block);
  for (uint32_t i = 0; i < block.size(); ++i) EXPECT_EQ(block[i], strings.at(3 * 16 + i)) << i;
  std::array<WorkString, 3> start;
  strings.make_block(3, start);
  EXPECT_TRUE(std::equal(start.begin(), start.end(), block.begin()));
}

TEST(WorkProofStringsTest, ShiftsAcrossTheMiddleOfANumber) {
  const WorkString number{0x0123456789abcdef, 0xfedcba9876543210};
  EXPECT_EQ(number >> 4, (WorkString{0x00123456789abcde, 0xffedcba987654321}));
  EXPECT_EQ(number >> 63, (WorkString{0, 0x02468acf13579bdf}));
  EXPECT_TRUE((number ^ number).is_zero());
  EXPECT_FALSE((WorkString{1, 0}).is_zero());
}

// Python again: of the solutions that are the bytes 0 to 199, those that are rare enough.
TEST(WorkProofStringsTest, TheDifficultyIsHowManyBitsOfAHashAreZero) {
  const WorkSeed seed = work_seed_of(kTiny, view_of("starling"), 0);
  const auto rare = [&](unsigned difficulty) {
    std::vector<int> found;
    for (int i = 0; i < 200; ++i) {
      const Bytes solution = {static_cast<uint8_t>(i)};
      if (is_rare_enough({32, 3, difficulty}, seed, solution)) found.push_back(i);
    }
    return found;
  };
  EXPECT_EQ(rare(0).size(), 200U);
  EXPECT_EQ(rare(4), (std::vector<int>{8, 27, 32, 33, 138, 150, 160, 161, 170, 182, 184}));
  EXPECT_EQ(rare(8), (std::vector<int>{182}));
}

}  // namespace work_proof_strings_test
}  // namespace starling::crypto
