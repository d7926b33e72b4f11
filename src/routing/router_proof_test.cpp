// What a router does with the work behind its priority, and with that of others.
#include <gtest/gtest.h>

#include "routing/mesh_oracle.h"
#include "routing/proven_origins.h"

namespace starling::routing {
namespace router_proof_test {

std::unique_ptr<RouterMesh> mesh_of(size_t nodes) {
  auto mesh = std::make_unique<RouterMesh>(1);
  for (size_t i = 0; i < nodes; ++i) mesh->add_node();
  return mesh;
}

TEST(RouterProofTest, AProofBeginsAnEpochThatAllOthersComeOverTo) {
  const auto mesh = mesh_of(4);
  const HandmadeOrigin proven = proven::origin(0);
  const size_t worker = mesh->add_node({}, proven.identity());
  connect_chain(*mesh, 10);
  mesh->run_for(5s);
  const auto seen_by = [&](size_t at) { return mesh->router(at).table().find(mesh->id(worker)); };
  EXPECT_EQ(seen_by(0)->priority().proof_rank, 0);
  EXPECT_EQ(mesh->node(worker).epoch, 1u);
  const PriorityProof proof = proven.announcement.proof;
  mesh->router(worker).set_proof(mesh->now(), proof);
  mesh->drain(worker);
  EXPECT_EQ(mesh->node(worker).epoch, 2u);
  mesh->run_for(3s);
  for (size_t at = 0; at < worker; ++at) {
    const Destination* seen = seen_by(at);
    ASSERT_TRUE(seen && seen->selected) << at;
    EXPECT_EQ(seen->sequence.epoch, 2u);
    EXPECT_EQ(seen->distance, 10 * (worker - at));
    EXPECT_EQ(seen->newest.announcement.proof, proof);
    EXPECT_EQ(seen->priority(), priority_of(seen->newest.announcement));
    EXPECT_EQ(seen->priority().proof_rank, 1);
    EXPECT_TRUE(mesh->node(at).faults.empty());
  }
  EXPECT_EQ(unanswered_pairs(*mesh, 1s), 0u);
  // Nothing new, and so no epoch.
  mesh->router(worker).set_proof(mesh->now(), proof);
  mesh->drain(worker);
  EXPECT_EQ(mesh->node(worker).epoch, 2u);
  // It stays with the node.
  mesh->run_for(3h);
  EXPECT_GE(mesh->node(worker).epoch, 3u);
  EXPECT_EQ(seen_by(0)->priority().proof_rank, 1);
}

TEST(RouterProofTest, AProofFromTheStartIsInTheFirstEpoch) {
  const auto mesh = mesh_of(1);
  const HandmadeOrigin proven = proven::origin(1);
  mesh->add_node({.proof = proven.announcement.proof}, proven.identity());
  mesh->connect(0, 1, 10);
  mesh->run_for(1s);
  const Destination* seen = mesh->router(0).table().find(mesh->id(1));
  ASSERT_TRUE(seen && seen->selected);
  EXPECT_EQ(seen->sequence.epoch, 1u);
  EXPECT_EQ(seen->priority().proof_rank, 1);
}

TEST(RouterProofTest, AnothersProofIsAProgrammingError) {
  const auto mesh = mesh_of(1);
  EXPECT_DEATH(mesh->router(0).set_proof(mesh->now(), proven::proof(0)), "is_priority_proof");
  EXPECT_DEATH(mesh->add_node({.proof = proven::proof(0)}), "is_priority_proof");
}

TEST(RouterProofTest, ANeighbourThatPassesOnAWrongProofIsAtFault) {
  const auto mesh = mesh_of(2);
  mesh->connect(0, 1, 10);
  mesh->run_for(1s);
  HandmadeOrigin thief(1'000);
  thief.set_priority_proof(proven::proof(0));
  mesh->inject_control(0, 1, encode(RouteUpdate{{thief.entry(5, 1, 20)}}));
  EXPECT_EQ(mesh->node(1).faults.size(), 1u);
  EXPECT_EQ(mesh->router(1).counters().of(RouterCounter::forged_advert), 1u);
  EXPECT_EQ(mesh->router(1).table().find(thief.id()), nullptr);
}

}  // namespace router_proof_test
}  // namespace starling::routing
