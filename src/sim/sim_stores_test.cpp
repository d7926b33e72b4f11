// Tables and blobs of a simulated host: what the real ones promise, and what a crash leaves.
#include <gtest/gtest.h>

#include "sim/world.h"

namespace starling::sim {
namespace sim_stores_test {

using crypto::BlobId;
using crypto::kChunkSize;
using env::BlobError;
using env::TableRow;

class SimStoresTest : public testing::Test {
 protected:
  env::TableStore& tables() { return world_.runtime(host_).tables(); }
  env::BlobStore& blobs() { return world_.runtime(host_).blobs(); }
  template <typename Value>
  Value get(const std::function<void(std::function<void(Value)>)>& ask) {
    std::optional<Value> value;
    ask([&](Value given) { value.emplace(std::move(given)); });
    EXPECT_TRUE(world_.run_until([&] { return value.has_value(); }, 10s));
    return std::move(*value);
  }
  std::vector<TableRow> rows() {
    return *get<std::expected<std::vector<TableRow>, env::TableError>>(
        [&](auto done) { tables().read("a", {}, 100, done); });
  }
  std::optional<crypto::ChunkSet> status(const BlobId& id) {
    const auto status =
        get<std::optional<env::BlobStatus>>([&](auto done) { blobs().status(id, done); });
    return status ? std::optional(status->chunks) : std::nullopt;
  }
  Bytes pattern(size_t size) {
    Bytes bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
    return bytes;
  }
  BlobId put(const Bytes& bytes) {
    return *get<std::expected<BlobId, BlobError>>(
        [&](auto done) { blobs().put(bytes, true, done); });
  }

  World world_{{.seed = 3}};
  HostId host_ = world_.add_host();
};

TEST_F(SimStoresTest, WhatWasCommittedIsThereInTheNextLife) {
  bool done = false;
  tables().commit({{"a", {1}, Bytes{10}}, {"a", {2}, Bytes{20}}}, [&](auto) { done = true; });
  EXPECT_TRUE(world_.run_until([&] { return done; }, 1s));
  tables().commit({{"a", {1}, std::nullopt}}, {});
  world_.crash(host_);
  EXPECT_EQ(rows(), (std::vector<TableRow>{{{1}, {10}}, {{2}, {20}}}));
}

TEST_F(SimStoresTest, ACrashFallsBeforeOrAfterACommitAndNeverInIt) {
  std::set<size_t> seen;
  for (uint64_t step = 1; step <= 3; ++step) {
    world_.tables(host_).clear();
    bool acknowledged = false;
    world_.crash_at_file_step(host_, step);
    tables().commit({{"a", {1}, Bytes{10}}, {"a", {2}, Bytes{20}}},
                    [&](auto) { acknowledged = true; });
    world_.run_for(1s);
    world_.crash(host_);
    world_.crash_at_file_step(host_, 0);
    const size_t count = rows().size();
    EXPECT_TRUE(count == 0 || count == 2);
    EXPECT_TRUE(!acknowledged || count == 2);
    seen.insert(count);
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(SimStoresTest, AFullDiskRefuses) {
  world_.disk(host_).set_full(true);
  EXPECT_EQ((get<std::expected<void, env::TableError>>(
                [&](auto done) { tables().commit({{"a", {1}, Bytes{10}}}, done); })),
            std::unexpected(env::TableError::no_space));
  EXPECT_EQ((get<std::expected<BlobId, BlobError>>([&](auto done) {
              blobs().put({1}, true, done);
            })).error(),
            BlobError::no_space);
}

TEST_F(SimStoresTest, KeepsAndProvesBlobs) {
  const Bytes bytes = pattern(2 * kChunkSize + 5);
  const BlobId id = put(bytes);
  world_.crash(host_);
  EXPECT_TRUE(status(id)->is_full());
  const auto proven = get<std::expected<env::BlobStore::Proven, BlobError>>(
      [&](auto done) { blobs().prove(id, 2 * crypto::kChunkLeaves, 1, done); });
  ASSERT_TRUE(proven);
  EXPECT_TRUE(
      crypto::ChunkTree(id).accept(2, crypto::chunk_root(proven->leaves, 3), proven->uncles));
  EXPECT_EQ(proven->bytes.size(), 5u);
}

TEST_F(SimStoresTest, LosesLeavesOfChunksThatWereNotFinished) {
  const BlobId id = put(pattern(2 * kChunkSize));
  const auto proven = *get<std::expected<env::BlobStore::Proven, BlobError>>(
      [&](auto done) { blobs().prove(id, 0, 64, done); });
  get<std::expected<void, BlobError>>([&](auto done) { blobs().remove(id, done); });
  using Done = std::expected<void, BlobError>;
  EXPECT_TRUE(get<Done>([&](auto done) { blobs().write(id, 0, proven.bytes, done); }));
  world_.crash(host_);
  EXPECT_EQ(status(id), std::nullopt);
  EXPECT_TRUE(get<Done>([&](auto done) { blobs().write(id, 0, proven.bytes, done); }));
  EXPECT_TRUE(get<Done>(
      [&](auto done) { blobs().finish_chunk(id, 0, proven.leaves, proven.uncles, done); }));
  world_.crash(host_);
  EXPECT_EQ(status(id)->count(), 1u);
}

TEST_F(SimStoresTest, FindsImportsAndExportsUsersFiles) {
  world_.blobs(host_).user_files = {{"/u/a/x", {1}}, {"/u/b", {2}}, {"/u/.c", {3}}, {"/v", {4}}};
  const auto tree = get<std::expected<env::FoundTree, BlobError>>(
      [&](auto done) { blobs().find_files("/u", false, done); });
  ASSERT_TRUE(tree);
  EXPECT_TRUE(tree->is_folder);
  EXPECT_EQ(tree->files.size(), 2u);
  EXPECT_EQ(tree->left_out, 1u);
  const auto id = get<std::expected<BlobId, BlobError>>(
      [&](auto done) { blobs().import_file("/u", "a/x", true, nullptr, {}, done); });
  ASSERT_TRUE(id);
  EXPECT_TRUE((get<std::expected<void, BlobError>>([&](auto done) {
    blobs().export_part(blobs().begin_export("/out", "y", false), *id, 0, 1, true, done);
  })));
  EXPECT_EQ(world_.blobs(host_).user_files["/out/y"], Bytes{1});
}

}  // namespace sim_stores_test
}  // namespace starling::sim
