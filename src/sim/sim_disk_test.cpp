#include "sim/sim_disk.h"

#include <gtest/gtest.h>
#include <set>

namespace starling::sim {
namespace sim_disk_test {

Bytes bytes(std::string_view text) { return copy_of(view_of(text)); }

void write_all_steps(SimDisk& disk, const std::string& name, std::string_view text) {
  disk.create_temp();
  disk.write_temp(bytes(text));
  disk.fsync_temp();
  disk.rename_temp(name);
  disk.fsync_folder();
}

TEST(SimDiskTest, KeepsSyncedFilesThroughACrash) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SimDisk disk(seed);
    write_all_steps(disk, "a", "one");
    disk.crash();
    EXPECT_EQ(disk.files().at("a"), bytes("one"));
    EXPECT_FALSE(disk.leftover());
  }
}

TEST(SimDiskTest, MayOrMayNotKeepARenameThatWasNotSynced) {
  std::set<Bytes> seen;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk(seed);
    write_all_steps(disk, "a", "old");
    disk.create_temp();
    disk.write_temp(bytes("new"));
    disk.fsync_temp();
    disk.rename_temp("a");
    EXPECT_EQ(disk.files().at("a"), bytes("new"));
    disk.crash();
    seen.insert(disk.files().at("a"));
    if (disk.files().at("a") == bytes("old")) {
      EXPECT_EQ(disk.leftover(), bytes("new"));
    }
  }
  EXPECT_EQ(seen, (std::set<Bytes>{bytes("old"), bytes("new")}));
}

TEST(SimDiskTest, MayOrMayNotKeepAnUnlinkThatWasNotSynced) {
  std::set<size_t> seen;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk(seed);
    write_all_steps(disk, "a", "one");
    disk.unlink("a");
    EXPECT_TRUE(disk.files().empty());
    disk.crash();
    seen.insert(disk.files().size());
  }
  EXPECT_EQ(seen, (std::set<size_t>{0, 1}));
}

TEST(SimDiskTest, MayKeepAnyPartOfContentsThatWereNotSynced) {
  std::set<size_t> sizes;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimDisk disk(seed);
    disk.create_temp();
    disk.write_temp(bytes("abc"));
    disk.crash();
    sizes.insert(disk.leftover() ? disk.leftover()->size() : 99);
  }
  EXPECT_EQ(sizes, (std::set<size_t>{0, 1, 2, 3, 99}));
}

TEST(SimDiskTest, CallsForTheCrashBeforeTheStepThatWasNamed) {
  SimDisk disk(1);
  uint64_t crashed_before = 0;
  disk.before_step();
  disk.set_crash_at_step(3, [&] { crashed_before = disk.steps(); });
  for (int i = 0; i < 5; ++i) disk.before_step();
  EXPECT_EQ(crashed_before, 4U);
}

}  // namespace sim_disk_test
}  // namespace starling::sim
