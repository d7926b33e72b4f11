#include "routing/sequence_chain.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"

namespace starling::routing {
namespace sequence_chain_test {

using documented::element;

constexpr uint32_t kTop = kSteps * kBuckets;

// What a relay can make for (step, metric) from the proof of (held_step, held_metric): the true element where it
// lies below, else nothing better than what it holds.
ChainValue made_from(uint8_t held_step, Metric held_metric, uint8_t step, Metric metric) {
  const uint32_t held = chain_position(held_step, held_metric);
  const uint32_t wanted = chain_position(step, metric);
  return descend(element(held), held > wanted ? held - wanted : 0);
}
bool is_proved(uint8_t step, Metric metric, const ChainValue& proof) {
  return on_same_chain(element(0), 0, proof, chain_position(step, metric));
}

TEST(SequenceChainTest, HasTheDocumentedElements) {
  const std::pair<uint32_t, std::string_view> documented_elements[] = {
      {8192, "000102030405060708090a0b0c0d0e0f"}, {8191, "be45cb2605bf36bebde684841a28f0fd"},
      {1024, "0957740759587aa6c8a436427180aa3f"}, {1018, "00b060b5fac45cf2242f0e16e46ed420"},
      {513, "e38c418eac9eefc658348f7e734643e5"},  {512, "807dd5c65b529febc91c0986b2fd2853"},
      {1, "23a79a521b0c7ef4564c735d469a3cb5"},    {0, "d9872d149bb0ac7cdff846bfd02e440c"}};
  for (const auto& [position, hex] : documented_elements) {
    EXPECT_EQ(to_hex(element(position).view()), hex) << position;
  }
}

TEST(SequenceChainTest, GivesEachStepAndBucketItsDocumentedPosition) {
  EXPECT_EQ(chain_position(1, 0), 512u);
  EXPECT_EQ(chain_position(1, 15), 512u);
  EXPECT_EQ(chain_position(1, 16), 511u);
  EXPECT_EQ(chain_position(2, 100), 1018u);
  EXPECT_EQ(chain_position(1, 511 * 16 - 1), 2u);
  EXPECT_EQ(chain_position(1, 511 * 16), 1u);
  EXPECT_EQ(chain_position(1, kInfinity - 1), 1u);
  EXPECT_EQ(chain_position(2, kInfinity - 1), 513u);
  EXPECT_EQ(chain_position(kSteps, 0), kTop);
}

TEST(SequenceChainTest, TheAnchorIsNoProofOfAnything) {
  for (uint8_t step = 1; step <= kSteps; ++step) EXPECT_GE(chain_position(step, kInfinity), 1u);
}

// The most that a stranger can make this node hash for one proof.
TEST(SequenceChainTest, NoPositionIsFurtherFromTheAnchorThanTheChainIsLong) {
  for (uint8_t step = 1; step <= kSteps; ++step) {
    for (const Metric metric : {0u, 1u, 16u, 8'176u, kInfinity}) {
      EXPECT_LE(chain_position(step, metric), kTop);
    }
  }
}

TEST(SequenceChainTest, AStepBeyondTheChainIsAProgrammingError) {
  EXPECT_DEATH(chain_position(0, 0), "step");
  EXPECT_DEATH(chain_position(kSteps + 1, 0), "step");
}

TEST(SequenceChainTest, TheOriginProvesEachOfItsSteps) {
  crypto::SeededRandom random(1);
  const SequenceChain chain(random);
  for (uint8_t step = 1; step <= kSteps; ++step) {
    EXPECT_TRUE(on_same_chain(chain.anchor(), 0, chain.value(step), chain_position(step, 0)));
  }
}

TEST(SequenceChainTest, AnEarlierProofServesAsWellAsTheAnchor) {
  for (const uint32_t known : {0u, 1u, 1'017u, 1'018u, 1'019u, kTop}) {
    EXPECT_TRUE(on_same_chain(element(known), known, element(1'018), 1'018)) << known;
    EXPECT_FALSE(on_same_chain(element(known), known, element(1'018), 1'017)) << known;
    EXPECT_FALSE(on_same_chain(element(known), known, element(1'018), 1'019)) << known;
  }
}

TEST(SequenceChainTest, AnAlteredProofIsNone) {
  const ChainValue proof = element(1'018);
  for (size_t bit = 0; bit < proof.value.size() * 8; ++bit) {
    ChainValue altered = proof;
    altered.value[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(is_proved(2, 100, altered)) << bit;
  }
}

TEST(SequenceChainTest, AProofOfOneChainIsNoneOfAnother) {
  crypto::SeededRandom random(1);
  const SequenceChain first(random);
  const SequenceChain second(random);
  EXPECT_NE(first.anchor(), second.anchor());
  EXPECT_FALSE(on_same_chain(first.anchor(), 0, second.value(1), chain_position(1, 0)));
}

TEST(SequenceChainTest, OnlyTheHolderOfAHigherElementCanProveANewerStep) {
  for (const Metric claimed : {0u, 100u, kInfinity - 1}) {
    EXPECT_FALSE(is_proved(4, claimed, made_from(3, 0, 4, claimed))) << claimed;
    EXPECT_TRUE(is_proved(4, claimed, made_from(5, kInfinity - 1, 4, claimed))) << claimed;
  }
}

TEST(SequenceChainTest, ARelayCanNotUnderstateADistanceByAWholeBucket) {
  for (const Metric heard : {0u, 15u, 16u, 100u, 8'175u}) {
    for (Metric claimed = heard < 100 ? 0 : heard - 100; claimed < heard + 40; ++claimed) {
      const bool is_within_the_bucket = claimed / kBucketUnits >= heard / kBucketUnits;
      EXPECT_EQ(is_proved(3, claimed, made_from(3, heard, 3, claimed)), is_within_the_bucket)
          << heard << " as " << claimed;
    }
  }
}

TEST(SequenceChainTest, DistancesBeyondTheLastBucketHaveNoFloorButItsOwn) {
  constexpr Metric kLastBucket = (kBuckets - 1) * kBucketUnits;
  EXPECT_TRUE(is_proved(3, kLastBucket, made_from(3, kInfinity - 1, 3, kLastBucket)));
  EXPECT_FALSE(is_proved(3, kLastBucket - 1, made_from(3, kInfinity - 1, 3, kLastBucket - 1)));
}

// Known weakness, on the page: once a step is out, the steps before it have no floor.
TEST(SequenceChainTest, AllOfTheOlderStepsCanBeDerivedAtAnyDistance) {
  for (uint8_t older = 1; older < 3; ++older) {
    for (const Metric claimed : {0u, 15u, 16u, 100u, kInfinity - 1}) {
      EXPECT_TRUE(is_proved(older, claimed, made_from(3, kInfinity - 1, older, claimed)));
    }
  }
}

}  // namespace sequence_chain_test
}  // namespace starling::routing
