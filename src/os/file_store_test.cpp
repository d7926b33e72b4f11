#include "os/file_store.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <optional>

#include "os/test_loop.h"

namespace starling::os {
namespace file_store_test {

using env::FileError;
using Names = std::vector<std::string>;

Bytes bytes_of(std::string_view text) { return copy_of(view_of(text)); }

class FileStoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    store_ = std::move(*FolderFileStore::open(test_.loop(), folder_.path()));
  }

  TestFolder folder_;
  TestLoop test_;
  std::unique_ptr<FolderFileStore> store_;
};

TEST_F(FileStoreTest, CompletesWritesReadsListsAndRemovals) {
  std::optional<std::expected<Bytes, FileError>> contents;
  std::optional<std::expected<Names, FileError>> names;
  std::optional<std::expected<Bytes, FileError>> after_removal;
  int completed = 0;
  store_->write("peers", bytes_of("p"), [&](auto result) { completed += result ? 1 : 0; });
  store_->write("config", bytes_of("c"), [&](auto result) { completed += result ? 1 : 0; });
  store_->read("peers", [&](auto result) { contents = std::move(result); });
  store_->list([&](auto result) { names = std::move(result); });
  store_->remove("peers", [&](auto result) { completed += result ? 1 : 0; });
  store_->read("peers", [&](auto result) { after_removal = std::move(result); });
  ASSERT_TRUE(test_.run_until([&] { return after_removal.has_value(); }));
  EXPECT_EQ(completed, 3);
  EXPECT_EQ(*contents, bytes_of("p"));
  EXPECT_EQ(*names, (Names{"config", "peers"}));
  EXPECT_EQ(*after_removal, std::unexpected(FileError::not_found));
}

TEST_F(FileStoreTest, RefusesBadNames) {
  int failed = 0;
  store_->write("../peers", bytes_of("x"), [&](auto result) {
    failed += result == std::unexpected(FileError::failed) ? 1 : 0;
  });
  store_->read(".hidden", [&](auto result) {
    failed += result == std::unexpected(FileError::failed) ? 1 : 0;
  });
  EXPECT_EQ(failed, 0);  // never from inside the call
  EXPECT_TRUE(test_.run_until([&] { return failed == 2; }));
}

TEST_F(FileStoreTest, CompletesAThousandQueuedWritesInOrder) {
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i) {
    store_->write("counter", bytes_of(std::to_string(i)), [&, i](auto result) {
      EXPECT_TRUE(result);
      order.push_back(i);
    });
  }
  ASSERT_TRUE(test_.run_until([&] { return order.size() == 1000; }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  std::optional<Bytes> contents;
  store_->read("counter", [&](auto result) { contents = *result; });
  ASSERT_TRUE(test_.run_until([&] { return contents.has_value(); }));
  EXPECT_EQ(*contents, bytes_of("999"));
}

TEST_F(FileStoreTest, RefusesBeyondItsQueueAndTakesMoreAfterwards) {
  size_t completed = 0;
  size_t refused = 0;
  const auto count = [&](const auto& result) {
    if (result == std::unexpected(FileError::failed)) {
      ++refused;
    } else {
      ++completed;
    }
  };
  for (size_t i = 0; i < StorageThread::kPendingMax + 3; ++i) store_->read("nothing", count);
  ASSERT_TRUE(test_.run_until([&] { return completed == StorageThread::kPendingMax; }));
  EXPECT_EQ(refused, 3U);
  store_->read("nothing", count);
  EXPECT_TRUE(test_.run_until([&] { return completed == StorageThread::kPendingMax + 1; }));
}

TEST_F(FileStoreTest, RefusesMoreBytesThanMemoryShouldPayFor) {
  size_t written = 0;
  size_t refused = 0;
  const size_t size =
      env::FileStore::kFileSizeMax + 1;  // refused by the folder too, so no disk is filled
  for (size_t i = 0; i < StorageThread::kPendingBytesMax / size + 1; ++i) {
    store_->write("large", Bytes(size), [&](auto result) {
      (result == std::unexpected(FileError::failed) ? refused : written) += 1;
    });
  }
  ASSERT_TRUE(test_.run_until(
      [&] { return written + refused == StorageThread::kPendingBytesMax / size + 1; }));
  EXPECT_EQ(refused, 1U);
}

TEST_F(FileStoreTest, FinishesWhatWasSubmittedWhenDestroyedAndThenStaysSilent) {
  int completions = 0;
  for (int i = 0; i < 50; ++i) {
    store_->write("file-" + std::to_string(i), bytes_of("x"), [&](auto) { ++completions; });
  }
  store_.reset();
  test_.run_for(10ms);
  EXPECT_EQ(completions, 0);
  reopen();
  std::optional<Names> names;
  store_->list([&](auto result) { names = *result; });
  ASSERT_TRUE(test_.run_until([&] { return names.has_value(); }));
  EXPECT_EQ(names->size(), 50U);
}

TEST_F(FileStoreTest, MayBeDestroyedInACompletion) {
  bool called = false;
  const std::string captured(100, 'x');
  store_->write("a", bytes_of("x"), [&, captured](auto) {
    store_.reset();
    called = captured.size() == 100;
  });
  EXPECT_TRUE(test_.run_until([&] { return called; }));
}

}  // namespace file_store_test
}  // namespace starling::os
