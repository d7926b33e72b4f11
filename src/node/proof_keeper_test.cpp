#include "node/proof_keeper.h"

#include <gtest/gtest.h>

#include "routing/documented_node.h"
#include "routing/proven_origins.h"
#include "sim/world.h"

namespace starling::node {
namespace proof_keeper_test {

namespace documented = routing::documented;
namespace proven = routing::proven;
using Found = ProofKeeper::Found;

class ProofKeeperTest : public testing::Test {
 protected:
  ProofKeeperTest() {
    world_.know_work_proof(routing::priority_subject(key_), copy_of(documented::proof().view()));
  }
  sim::SimRuntime& runtime() { return world_.runtime(host_); }

  // Another life in the same home.
  std::unique_ptr<ProofKeeper> keeper(Found expected) {
    auto made = std::make_unique<ProofKeeper>(runtime(), key_);
    std::optional<Found> found;
    made->load([&](Found what) { found = what; });
    EXPECT_FALSE(found.has_value());
    EXPECT_TRUE(world_.run_until([&] { return found.has_value(); }, 1s));
    EXPECT_EQ(found, expected);
    EXPECT_EQ(made->proof().has_value(), expected == Found::right);
    EXPECT_EQ(made->state(), expected == Found::right ? ProofState::made : ProofState::off);
    return made;
  }
  void write(Bytes contents) {
    bool written = false;
    runtime().files().write("proof", std::move(contents), [&](auto) { written = true; });
    EXPECT_TRUE(world_.run_until([&] { return written; }, 1s));
  }
  std::string stored() {
    std::optional<std::string> hex;
    runtime().files().read("proof",
                           [&](auto contents) { hex = contents ? to_hex(*contents) : ""; });
    EXPECT_TRUE(world_.run_until([&] { return hex.has_value(); }, 1s));
    return hex.value_or("");
  }
  void make(ProofKeeper& keeper) {
    bool done = false;
    keeper.make([&] { done = true; });
    EXPECT_FALSE(done);
    EXPECT_EQ(keeper.state(), ProofState::making);
    EXPECT_TRUE(world_.run_until([&] { return done; }, 10s));
  }

  sim::World world_{{.seed = 9}};
  sim::HostId host_ = world_.add_host();
  crypto::NodeKey key_ = documented::identity().key();
};

// docs/wire/work-proof.md#stored says what the file holds.
const std::string kStoredHex = "01" + std::string(documented::kProofHex);

TEST_F(ProofKeeperTest, MakesOneAndKeepsIt) {
  const auto first = keeper(Found::nothing);
  make(*first);
  EXPECT_EQ(first->state(), ProofState::made);
  EXPECT_EQ(first->proof(), documented::proof());
  EXPECT_EQ(stored(), kStoredHex);
  const auto second = keeper(Found::right);
  EXPECT_EQ(second->proof(), documented::proof());
  second->make([] { ADD_FAILURE() << "there is one already"; });
  world_.run_for(20s);
  EXPECT_EQ(second->state(), ProofState::made);
}

TEST_F(ProofKeeperTest, WhatIsDamagedCountsAsNoneAndIsReplaced) {
  const Bytes right = documented::bytes_of(kStoredHex);
  std::vector<Bytes> wrong;
  for (size_t at = 0; at < right.size(); ++at) {
    wrong.push_back(right);
    wrong.back()[at] ^= 0x10;
    wrong.emplace_back(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(at));
  }
  wrong.push_back(right);
  wrong.back().push_back(0);
  for (const Bytes& contents : wrong) {
    write(contents);
    keeper(Found::wrong);
  }
  make(*keeper(Found::wrong));
  EXPECT_EQ(stored(), kStoredHex);
}

TEST_F(ProofKeeperTest, AnothersProofCountsAsNone) {
  Bytes foreign = {1};
  append(foreign, proven::proof(0).view());
  write(foreign);
  keeper(Found::wrong);
  key_ = proven::origin(0).identity().key();
  EXPECT_EQ(keeper(Found::right)->proof(), proven::proof(0));
}

TEST_F(ProofKeeperTest, SaysWhenTheWorkCouldNotBeDone) {
  key_ = proven::origin(0).identity().key();
  const auto nothing_found = keeper(Found::nothing);
  make(*nothing_found);
  EXPECT_EQ(nothing_found->state(), ProofState::failed);
  EXPECT_EQ(stored(), "");
  // The answer of a computer that miscalculates.
  world_.know_work_proof(routing::priority_subject(key_), copy_of(proven::proof(1).view()));
  make(*nothing_found);
  EXPECT_EQ(nothing_found->state(), ProofState::failed);
  EXPECT_FALSE(nothing_found->proof().has_value());
  EXPECT_EQ(stored(), "");
}

TEST_F(ProofKeeperTest, NothingIsToldAfterItsEnd) {
  for (const Duration end : {Duration{}, Duration{1s}, sim::SimRuntime::kWorkTime}) {
    auto made = keeper(Found::nothing);
    made->make([] { ADD_FAILURE(); });
    world_.run_for(end);
    made.reset();
    world_.run_for(10s);
    runtime().files().remove("proof", [](auto) {});
    world_.run_for(1s);
  }
}

TEST_F(ProofKeeperTest, ACrashAtAnyMomentLeavesAllOrNothing) {
  int kept = 0;
  for (uint64_t step = 1; step <= 8; ++step) {
    host_ = world_.add_host();
    auto before = keeper(Found::nothing);
    world_.crash_at_file_step(host_, step);
    before->make([] {});
    world_.run_for(10s);
    world_.crash(host_);
    before.reset();
    const std::string after = stored();
    EXPECT_TRUE(after.empty() || after == kStoredHex) << after;
    keeper(after.empty() ? Found::nothing : Found::right);
    kept += after.empty() ? 0 : 1;
  }
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 8);
}

TEST(ProofStateTest, HasTheNamesOfTheApi) {
  EXPECT_EQ(name_of(ProofState::off), "off");
  EXPECT_EQ(name_of(ProofState::making), "making");
  EXPECT_EQ(name_of(ProofState::made), "made");
  EXPECT_EQ(name_of(ProofState::failed), "failed");
}

}  // namespace proof_keeper_test
}  // namespace starling::node
