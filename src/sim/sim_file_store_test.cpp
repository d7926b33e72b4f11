#include "sim/sim_file_store.h"

#include <gtest/gtest.h>
#include <set>
#include <string>

#include "sim/world.h"

namespace starling::sim {
namespace sim_file_store_test {

using env::FileError;

Bytes bytes(std::string_view text) { return copy_of(view_of(text)); }

class SimFileStoreTest : public testing::Test {
 protected:
  env::FileStore& files() { return world_.runtime(host_).files(); }
  std::expected<void, FileError> write(std::string name, Bytes contents) {
    std::expected<void, FileError> result = std::unexpected(FileError::failed);
    files().write(std::move(name), std::move(contents), [&](auto done) { result = done; });
    world_.run_for(1s);
    return result;
  }
  std::expected<Bytes, FileError> read(std::string name) {
    std::expected<Bytes, FileError> result = std::unexpected(FileError::failed);
    files().read(std::move(name), [&](auto done) { result = std::move(done); });
    world_.run_for(1s);
    return result;
  }
  std::vector<std::string> list() {
    std::vector<std::string> names;
    files().list([&](auto done) { names = done.value(); });
    world_.run_for(1s);
    return names;
  }

  World world_{{.seed = 9}};
  const HostId host_ = world_.add_host();
};

TEST_F(SimFileStoreTest, ReadsWhatWasWritten) {
  EXPECT_TRUE(write("a", bytes("one")));
  EXPECT_EQ(read("a"), bytes("one"));
  EXPECT_TRUE(write("a", bytes("two")));
  EXPECT_EQ(read("a"), bytes("two"));
  EXPECT_EQ(read("b"), std::unexpected(FileError::not_found));
}

TEST_F(SimFileStoreTest, ListsNamesInAscendingOrder) {
  for (const char* name : {"b", "a-1", "c.txt", "A_"}) EXPECT_TRUE(write(name, {}));
  EXPECT_EQ(list(), (std::vector<std::string>{"A_", "a-1", "b", "c.txt"}));
}

TEST_F(SimFileStoreTest, RemovesAFileAndDoesNotMindWhenThereIsNone) {
  EXPECT_TRUE(write("a", bytes("one")));
  int removed = 0;
  files().remove("a", [&](auto done) { removed += done.has_value() ? 1 : 0; });
  files().remove("a", [&](auto done) { removed += done.has_value() ? 1 : 0; });
  world_.run_for(1s);
  EXPECT_EQ(removed, 2);
  EXPECT_TRUE(list().empty());
}

TEST_F(SimFileStoreTest, CompletesInTheOrderOfSubmissionAndNeverInsideTheCall) {
  std::vector<int> order;
  files().write("a", bytes("one"), [&](auto) { order.push_back(1); });
  files().read("a", [&](auto done) {
    order.push_back(2);
    EXPECT_EQ(done, bytes("one"));
  });
  files().remove("a", [&](auto) { order.push_back(3); });
  files().list([&](auto done) {
    order.push_back(4);
    EXPECT_TRUE(done.value().empty());
  });
  EXPECT_TRUE(order.empty());
  world_.run_for(1s);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4}));
}

TEST_F(SimFileStoreTest, RefusesToReadAFileThatIsTooLarge) {
  EXPECT_TRUE(write("a", Bytes(env::FileStore::kFileSizeMax)));
  EXPECT_TRUE(read("a").has_value());
  EXPECT_TRUE(write("a", Bytes(env::FileStore::kFileSizeMax + 1)));
  EXPECT_EQ(read("a"), std::unexpected(FileError::too_large));
}

TEST_F(SimFileStoreTest, KeepsTheOldContentsWhenTheDiskIsFull) {
  EXPECT_TRUE(write("a", bytes("old")));
  world_.disk(host_).set_full(true);
  EXPECT_EQ(write("a", bytes("new")), std::unexpected(FileError::no_space));
  EXPECT_EQ(read("a"), bytes("old"));
  EXPECT_FALSE(world_.disk(host_).leftover());
  world_.disk(host_).set_full(false);
  EXPECT_TRUE(write("a", bytes("new")));
}

// The contents of "a" after a crash before the given step of replacing old by new, and whether that
// was acknowledged.
struct Aftermath {
  Bytes contents;
  bool acknowledged = false;
  bool crashed = false;
};

Aftermath crash_while_writing(uint64_t seed, uint64_t step) {
  World world({.seed = seed});
  const HostId host = world.add_host();
  world.runtime(host).files().write("a", Bytes(100, 'o'), {});
  world.run_for(1s);
  Aftermath aftermath;
  world.crash_at_file_step(host, step);
  world.runtime(host).files().write("a", Bytes(200, 'n'),
                                    [&](auto) { aftermath.acknowledged = true; });
  world.run_for(1s);
  aftermath.crashed = !world.is_up(host);
  std::vector<std::string> names;
  world.runtime(host).files().list([&](auto done) { names = done.value(); });
  world.runtime(host).files().read("a", [&](auto done) { aftermath.contents = done.value(); });
  world.run_for(1s);
  EXPECT_EQ(names, std::vector<std::string>{"a"});
  EXPECT_FALSE(world.disk(host).leftover());
  return aftermath;
}

TEST(SimFileStoreCrashTest, LeavesOldContentsOrNewAtEveryStepAndNewOnesOnceAcknowledged) {
  const Bytes old_contents(100, 'o');
  const Bytes new_contents(200, 'n');
  constexpr uint64_t kSteps = 6;
  for (uint64_t step = 1; step <= kSteps + 1; ++step) {
    std::set<Bytes> seen;
    for (uint64_t seed = 0; seed < 40; ++seed) {
      const Aftermath aftermath = crash_while_writing(seed, step);
      EXPECT_EQ(aftermath.crashed, step <= kSteps);
      EXPECT_EQ(aftermath.acknowledged, step > kSteps);
      seen.insert(aftermath.contents);
    }
    // Steps 1 to 4: nothing is renamed yet. 5: the rename is not synced. 6: it is, but nobody was
    // told.
    if (step <= 4) {
      EXPECT_EQ(seen, std::set<Bytes>{old_contents});
    } else if (step == 5) {
      EXPECT_EQ(seen, (std::set<Bytes>{old_contents, new_contents}));
    } else {
      EXPECT_EQ(seen, std::set<Bytes>{new_contents});
    }
  }
}

TEST_F(SimFileStoreTest, ForgetsWhatADeadHostSubmits) {
  env::FileStore& dead = files();
  dead.write("a", bytes("pending"), [](auto) { FAIL(); });
  world_.crash(host_);
  dead.write("b", bytes("late"), [](auto) { FAIL(); });
  world_.run_for(1s);
  EXPECT_TRUE(list().empty());
}

TEST_F(SimFileStoreTest, LetsACompletionCrashTheHost) {
  bool second = false;
  files().write("a", bytes("one"), [&](auto) { world_.crash(host_); });
  files().write("b", bytes("two"), [&](auto) { second = true; });
  world_.run_for(1s);
  EXPECT_FALSE(second);
  EXPECT_EQ(list(), std::vector<std::string>{"a"});
}

}  // namespace sim_file_store_test
}  // namespace starling::sim
