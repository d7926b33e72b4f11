#include "crypto/work_proof.h"

#include <gtest/gtest.h>

#include "crypto/work_proof_solver.h"

namespace starling::crypto {
namespace work_proof_test {

constexpr WorkProofParameters kTiny = {.n = 48, .k = 5, .difficulty = 0};
constexpr WorkProofParameters kTinyAndRare = {.n = 32, .k = 3, .difficulty = 2};

bool never_stop() { return false; }

Bytes subject_of(size_t number) { return copy_of(view_of("subject " + std::to_string(number))); }

Bytes proof_of(const WorkProofParameters& parameters, ByteView subject) {
  return encode(find_work_proof(parameters, subject, never_stop).value());
}

// Index by index as a text of zeros and ones: not the way that the code goes.
std::vector<uint32_t> indices_of(const WorkProofParameters& parameters, ByteView solution) {
  std::string bits;
  for (const uint8_t byte : solution)
    for (int i = 7; i >= 0; --i) bits += (byte >> i & 1) != 0 ? '1' : '0';
  std::vector<uint32_t> indices;
  for (size_t at = 0; at < bits.size(); at += parameters.index_bits())
    indices.push_back(
        static_cast<uint32_t>(std::stoul(bits.substr(at, parameters.index_bits()), nullptr, 2)));
  return indices;
}

Bytes proof_with(const WorkProofParameters& parameters, uint8_t nonce,
                 const std::vector<uint32_t>& indices) {
  std::string bits;
  for (const uint32_t index : indices)
    for (unsigned i = parameters.index_bits(); i-- > 0;) bits += (index >> i & 1) != 0 ? '1' : '0';
  Bytes bytes = {nonce};
  for (size_t at = 0; at < bits.size(); at += 8)
    bytes.push_back(static_cast<uint8_t>(std::stoul(bits.substr(at, 8), nullptr, 2)));
  return bytes;
}

void expect_every_flip_refused(const WorkProofParameters& parameters, ByteView subject,
                               ByteView proof) {
  ASSERT_TRUE(is_work_proof(parameters, subject, proof));
  for (size_t bit = 0; bit < proof.size() * 8; ++bit) {
    Bytes flipped = copy_of(proof);
    flipped[bit / 8] ^= static_cast<uint8_t>(0x80 >> bit % 8);
    EXPECT_FALSE(is_work_proof(parameters, subject, flipped)) << bit;
  }
}

// docs/wire/work-proof.md shows the same bytes.
TEST(WorkProofTest, FindsTheExampleOfThePage) {
  const WorkProofParameters parameters = {.n = 32, .k = 3, .difficulty = 1};
  const Bytes proof = proof_of(parameters, view_of("starling"));
  EXPECT_EQ(to_hex(proof), "00135bc75a660641e3d2");
  EXPECT_EQ(indices_of(parameters, ByteView(proof).subspan(1)),
            (std::vector<uint32_t>{38, 367, 58, 422, 192, 400, 241, 466}));
}

// The subject of the page's second example: a label, a zero, and the key of the first test of RFC 8032.
Bytes documented_subject() {
  Bytes subject = copy_of(view_of("starling priority"));
  subject.push_back(0);
  append(subject, *from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
  return subject;
}

// Found by find_work_proof() and checked by a program written in Python from the page.
TEST(WorkProofTest, AcceptsAProofOfProductionSizeAndNothingNearIt) {
  const Bytes proof = *from_hex(
      "0607d322cef9cc4ee55622b8c380cdf58ae3319d7ffe107e0f3e147cb370bb4892eae862e0103578a763c99fcb17"
      "08");
  expect_every_flip_refused(kWorkProofParameters, documented_subject(), proof);
  EXPECT_FALSE(is_work_proof(kWorkProofParameters, subject_of(0), proof));
}

// Computed by that program: all solutions of all nonces up to the first that has any, and the smallest of them.
TEST(WorkProofTest, FindsTheFirstProofAndAlwaysTheSame) {
  const Bytes proof = proof_of(kTiny, documented_subject());
  EXPECT_EQ(to_hex(proof),
            "03016cded010a0f562f212f9d56da4cc86c7c706bdde7d71c3aa6949143c53577472559128");
  EXPECT_EQ(proof_of(kTiny, documented_subject()), proof);
}

TEST(WorkProofTest, FindsAProofForEverySubject) {
  for (size_t number = 0; number < 200; ++number) {
    const Bytes subject = subject_of(number);
    for (const auto& parameters : {kTiny, kTinyAndRare}) {
      const Bytes proof = proof_of(parameters, subject);
      EXPECT_EQ(proof.size(), parameters.proof_size());
      EXPECT_TRUE(is_work_proof(parameters, subject, proof)) << number;
      EXPECT_FALSE(is_work_proof(parameters, subject_of(number + 1), proof)) << number;
    }
  }
  EXPECT_TRUE(is_work_proof(kTiny, {}, proof_of(kTiny, {})));
}

TEST(WorkProofTest, DecodesWhatItEncodes) {
  const Bytes proof = proof_of(kTiny, subject_of(1));
  const auto decoded = decode_work_proof(kTiny, proof);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(encode(*decoded), proof);
  EXPECT_EQ(decoded, find_work_proof(kTiny, subject_of(1), never_stop));
}

TEST(WorkProofTest, RefusesAnyFlippedBit) {
  for (size_t number = 0; number < 5; ++number) {
    const Bytes subject = subject_of(number);
    expect_every_flip_refused(kTiny, subject, proof_of(kTiny, subject));
  }
}

TEST(WorkProofTest, RefusesEveryOtherLength) {
  const Bytes subject = subject_of(2);
  const Bytes proof = proof_of(kTiny, subject);
  for (size_t size = 0; size < proof.size(); ++size) {
    EXPECT_FALSE(decode_work_proof(kTiny, ByteView(proof).first(size)));
    EXPECT_FALSE(is_work_proof(kTiny, subject, ByteView(proof).first(size)));
  }
  Bytes longer = proof;
  longer.push_back(0);
  EXPECT_FALSE(decode_work_proof(kTiny, longer));
  EXPECT_FALSE(is_work_proof(kTiny, subject, longer));
}

TEST(WorkProofTest, RefusesNoncesAboveTheBound) {
  Bytes proof(kTiny.proof_size());
  proof[0] = kWorkProofNonceMax;
  EXPECT_TRUE(decode_work_proof(kTiny, proof));
  proof[0] = kWorkProofNonceMax + 1;
  EXPECT_FALSE(decode_work_proof(kTiny, proof));
}

TEST(WorkProofTest, RefusesAProofOfOtherParameters) {
  const WorkProofParameters rare = {.n = 32, .k = 3, .difficulty = 1};
  const Bytes proof = proof_of(rare, view_of("starling"));
  EXPECT_FALSE(is_work_proof({32, 3, 0}, view_of("starling"), proof));
  EXPECT_FALSE(is_work_proof({32, 3, 2}, view_of("starling"), proof));
}

// The sums stay zero when two parts of the tree change places.
TEST(WorkProofTest, RefusesPartsOfTheTreeThatChangedPlaces) {
  const Bytes subject = subject_of(3);
  const Bytes proof = proof_of(kTiny, subject);
  const auto indices = indices_of(kTiny, ByteView(proof).subspan(1));
  EXPECT_EQ(proof_with(kTiny, proof[0], indices), proof);
  for (size_t half = 1; half < indices.size(); half *= 2) {
    for (size_t left = 0; left < indices.size(); left += 2 * half) {
      auto swapped = indices;
      std::swap_ranges(swapped.begin() + static_cast<ptrdiff_t>(left),
                       swapped.begin() + static_cast<ptrdiff_t>(left + half),
                       swapped.begin() + static_cast<ptrdiff_t>(left + half));
      EXPECT_FALSE(is_work_proof(kTiny, subject, proof_with(kTiny, proof[0], swapped)));
    }
  }
}

// Two halves that are the same have the sum zero without any work.
TEST(WorkProofTest, RefusesStringsThatCountTwice) {
  const Bytes subject = subject_of(4);
  const Bytes proof = proof_of(kTiny, subject);
  const auto indices = indices_of(kTiny, ByteView(proof).subspan(1));
  for (size_t half = 1; half < indices.size(); half *= 2) {
    auto twice = indices;
    for (size_t i = 0; i < indices.size(); ++i)
      twice[i] = indices[i / (2 * half) * 2 * half + i % half];
    EXPECT_FALSE(is_work_proof(kTiny, subject, proof_with(kTiny, proof[0], twice))) << half;
  }
  EXPECT_FALSE(is_work_proof(kTiny, subject, Bytes(proof.size())));
}

// Found by a search that lets them. Everything else is right: the order, and a sum of zero with a digit more at each level.
TEST(WorkProofTest, RefusesStringsThatCountTwiceInAnOrderThatIsRight) {
  const WorkProofParameters parameters = {.n = 32, .k = 3, .difficulty = 0};
  for (const char* text : {"19294a669d1774a5ef4a", "1920ffb6dbd6c6f745aa", "213b229576a55da96fad"})
    EXPECT_FALSE(is_work_proof(parameters, view_of("starling"), *from_hex(text)));
}

TEST(WorkProofTest, StopsWheneverItIsTold) {
  const Bytes subject = subject_of(5);
  int questions = 0;
  const auto proof = find_work_proof(kTiny, subject, [&] { return ++questions < 0; });
  ASSERT_TRUE(proof.has_value());
  for (int told = 1; told <= questions; ++told) {
    int asked = 0;
    EXPECT_EQ(find_work_proof(kTiny, subject, [&] { return ++asked == told; }), std::nullopt);
    EXPECT_EQ(asked, told);
  }
}

TEST(WorkProofTest, IsAskedToStopLongBeforeALargeProofIsFound) {
  int asked = 0;
  EXPECT_EQ(find_work_proof(kWorkProofParameters, subject_of(6), [&] { return ++asked == 10; }),
            std::nullopt);
}

}  // namespace work_proof_test
}  // namespace starling::crypto
