#include "os/sqlite_table_store.h"

#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/test_loop.h"

namespace starling::os {
namespace sqlite_table_store_test {

using env::TableChange;
using env::TableError;
using env::TableRow;

class SqliteTableStoreTest : public testing::Test {
 protected:
  SqliteTableStoreTest() { reopen(); }
  void reopen() {
    store_.reset();
    store_ = std::move(*SqliteTableStore::open(test_.loop(), path()));
  }
  std::string path() { return folder_.path() + "/tables.db"; }
  bool commit(std::vector<TableChange> changes) {
    std::optional<bool> done;
    store_->commit(std::move(changes), [&](auto result) { done = result.has_value(); });
    EXPECT_TRUE(test_.run_until([&] { return done.has_value(); }));
    return done.value_or(false);
  }
  std::vector<TableRow> rows(const std::string& table, const Bytes& from = {}, size_t limit = 100) {
    std::optional<std::vector<TableRow>> rows;
    store_->read(table, from, limit, [&](auto result) { rows = *result; });
    EXPECT_TRUE(test_.run_until([&] { return rows.has_value(); }));
    return rows.value_or(std::vector<TableRow>{});
  }

  TestFolder folder_;
  TestLoop test_;
  std::unique_ptr<SqliteTableStore> store_;
};

TEST_F(SqliteTableStoreTest, KeepsRowsByTableAndKeyInOrder) {
  EXPECT_TRUE(commit({{"a", {2}, Bytes{20}}, {"a", {1}, Bytes{10}}, {"b", {1}, Bytes{}}}));
  EXPECT_EQ(rows("a"), (std::vector<TableRow>{{{1}, {10}}, {{2}, {20}}}));
  EXPECT_EQ(rows("b"), (std::vector<TableRow>{{{1}, {}}}));
  EXPECT_TRUE(commit({{"a", {1}, std::nullopt}, {"a", {2}, Bytes{21}}, {"a", {9}, std::nullopt}}));
  reopen();
  EXPECT_EQ(rows("a"), (std::vector<TableRow>{{{2}, {21}}}));
  EXPECT_EQ(rows("a", {3}), (std::vector<TableRow>{}));
}

TEST_F(SqliteTableStoreTest, ReadsPartsOfATable) {
  for (uint8_t i = 0; i < 10; ++i) commit({{"a", {i}, Bytes{i}}});
  EXPECT_EQ(rows("a", {4}, 2), (std::vector<TableRow>{{{4}, {4}}, {{5}, {5}}}));
}

TEST_F(SqliteTableStoreTest, ManyCommitsAreWrittenTogetherAndCompleteInOrder) {
  std::vector<int> order;
  for (int i = 0; i < 2'000; ++i) {
    store_->commit({{"a", {static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8)}, Bytes(10)}},
                   [&, i](auto result) {
                     EXPECT_TRUE(result);
                     order.push_back(i);
                   });
  }
  ASSERT_TRUE(test_.run_until([&] { return order.size() == 2'000; }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(rows("a", {}, 10'000).size(), 2'000u);
}

TEST_F(SqliteTableStoreTest, ACommitThatCannotBeChangesNothing) {
  EXPECT_FALSE(
      commit({{"a", {1}, Bytes(10)}, {"a", {2}, Bytes(env::TableStore::kValueSizeMax + 1)}}));
  EXPECT_TRUE(rows("a").empty());
  EXPECT_TRUE(commit({{"a", {1}, Bytes(10)}}));
}

TEST_F(SqliteTableStoreTest, OnlyItsOwnerMayReadIt) {
  commit({{"a", {1}, Bytes(10)}});
  for (const char* suffix : {"", "-wal"}) {
    struct stat status{};
    ASSERT_EQ(::stat((path() + suffix).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteTableStoreTest, RefusesAFileOfALaterProgramAndLeavesIt) {
  commit({{"a", {1}, Bytes(10)}});
  store_.reset();
  {
    auto database =
        *SqliteDatabase::open(path(), std::vector<const char*>{"", "CREATE TABLE x (y)"});
  }
  const auto opened = SqliteTableStore::open(test_.loop(), path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), DatabaseError::newer_schema);
  EXPECT_TRUE(SqliteDatabase::open(path(), std::vector<const char*>{"", ""}));
}

TEST_F(SqliteTableStoreTest, RefusesAFileThatIsNoDatabase) {
  store_.reset();
  const std::string other = folder_.path() + "/other.db";
  std::ofstream(other) << std::string(10'000, 'x');
  EXPECT_EQ(SqliteTableStore::open(test_.loop(), other).error(), DatabaseError::damaged);
}

TEST_F(SqliteTableStoreTest, WhatIsAcknowledgedSurvivesAKill) {
  for (int round = 0; round < 5; ++round) {
    store_.reset();
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      // Commits without end, and says which of them were acknowledged.
      TestLoop loop;
      auto store = std::move(*SqliteTableStore::open(loop.loop(), path()));
      uint32_t next = 0;
      std::function<void()> one = [&] {
        const uint32_t number = next++;
        Bytes key(4);
        std::memcpy(key.data(), &number, 4);
        store->commit({{"a", key, Bytes(100)}, {"b", key, Bytes(100)}}, [&, number](auto result) {
          if (result && ::write(pipe_ends[1], &number, 4) == 4) one();
        });
      };
      for (int i = 0; i < 8; ++i) one();
      loop.run_until([] { return false; });
      ::_exit(0);
    }
    ::close(pipe_ends[1]);
    uint32_t number = 0;
    uint32_t acknowledged = 0;
    while (::read(pipe_ends[0], &number, 4) == 4) {
      if (++acknowledged == 50 + static_cast<uint32_t>(round) * 37) ::kill(child, SIGKILL);
    }
    ::close(pipe_ends[0]);
    ::waitpid(child, nullptr, 0);
    reopen();
    const auto a = rows("a", {}, 100'000);
    EXPECT_EQ(a, rows("b", {}, 100'000));
    EXPECT_GE(a.size(), acknowledged);
    commit({});
    for (const auto& [key, value] : a) commit({{"a", key, std::nullopt}, {"b", key, std::nullopt}});
  }
}

}  // namespace sqlite_table_store_test
}  // namespace starling::os
