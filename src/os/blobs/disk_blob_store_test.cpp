#include "os/blobs/disk_blob_store.h"

#include <fstream>
#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "crypto/hash.h"
#include "os/test_loop.h"

namespace starling::os {
namespace disk_blob_store_test {

using crypto::ChunkSet;
using crypto::kChunkSize;
using crypto::kLeafSize;
using env::BlobError;
namespace fs = std::filesystem;

Bytes pattern(size_t size, uint8_t salt = 0) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251 + salt);
  return bytes;
}

// A blob with its proofs, as a fetch brings it.
struct Source {
  explicit Source(Bytes given) : bytes(std::move(given)) {
    for (uint64_t chunk = 0; chunk < crypto::chunk_count(bytes.size()); ++chunk)
      roots.push_back(crypto::chunk_root(leaves(chunk), crypto::chunk_count(bytes.size())));
    tree = std::make_unique<crypto::ChunkTree>(bytes.size(), roots);
    id = {tree->root(), bytes.size()};
  }
  [[nodiscard]] Bytes chunk_bytes(uint64_t chunk) const {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(chunk * kChunkSize);
    return Bytes(begin,
                 begin + static_cast<std::ptrdiff_t>(crypto::chunk_size(bytes.size(), chunk)));
  }
  [[nodiscard]] std::vector<Digest> leaves(uint64_t chunk) const {
    std::vector<Digest> leaves;
    const Bytes part = chunk_bytes(chunk);
    for (size_t at = 0; at < part.size(); at += kLeafSize)
      leaves.push_back(crypto::sha256(
          ByteView(part).subspan(at, std::min<size_t>(kLeafSize, part.size() - at))));
    return leaves;
  }

  Bytes bytes;
  std::vector<Digest> roots;
  std::unique_ptr<crypto::ChunkTree> tree;
  BlobId id;
};

class DiskBlobStoreTest : public testing::Test {
 protected:
  DiskBlobStoreTest() { reopen(); }
  void reopen(uint64_t unpinned_max = 1 << 30) {
    store_.reset();
    store_ = std::move(*DiskBlobStore::open(test_.loop(), folder_.path() + "/blobs", unpinned_max));
  }
  // Waits for what `ask` gives its argument.
  template <typename Value>
  Value get(const std::function<void(std::function<void(Value)>)>& ask) {
    std::optional<Value> value;
    ask([&](Value given) { value.emplace(std::move(given)); });
    EXPECT_TRUE(test_.run_until([&] { return value.has_value(); }));
    return std::move(*value);
  }
  using Done = std::expected<void, BlobError>;
  BlobId put(const Bytes& bytes, bool pinned = false) {
    return *get<std::expected<BlobId, BlobError>>(
        [&](auto done) { store_->put(bytes, pinned, done); });
  }
  std::expected<Bytes, BlobError> read(const BlobId& id, uint64_t offset, size_t size) {
    return get<std::expected<Bytes, BlobError>>(
        [&](auto done) { store_->read(id, offset, size, done); });
  }
  std::expected<env::BlobStore::Proven, BlobError> prove(const BlobId& id, uint64_t leaf,
                                                         size_t count) {
    return get<std::expected<env::BlobStore::Proven, BlobError>>(
        [&](auto done) { store_->prove(id, leaf, count, done); });
  }
  std::optional<ChunkSet> status(const BlobId& id) {
    const auto status =
        get<std::optional<env::BlobStatus>>([&](auto done) { store_->status(id, done); });
    return status ? std::optional(status->chunks) : std::nullopt;
  }
  Done add_chunk(const Source& source, uint64_t chunk) {
    const auto written = get<Done>([&](auto done) {
      store_->write(source.id, chunk * kChunkSize, source.chunk_bytes(chunk), done);
    });
    if (!written) return written;
    return get<Done>([&](auto done) {
      store_->finish_chunk(source.id, chunk, source.leaves(chunk), *source.tree->uncles_of(chunk),
                           done);
    });
  }
  void expect_served(const Source& source, uint64_t chunk) {
    const auto proven = prove(source.id, chunk * crypto::kChunkLeaves,
                              crypto::leaves_of_chunk(source.id.size, chunk));
    ASSERT_TRUE(proven);
    EXPECT_EQ(proven->uncles, *source.tree->uncles_of(chunk));
    EXPECT_EQ(proven->leaves, source.leaves(chunk));
    EXPECT_EQ(proven->bytes, source.chunk_bytes(chunk));
  }
  std::expected<BlobId, BlobError> import_file(const std::string& folder,
                                               const std::string& relative) {
    return get<std::expected<BlobId, BlobError>>(
        [&](auto done) { store_->import_file(folder, relative, true, nullptr, {}, done); });
  }
  std::expected<void, BlobError> export_file(const BlobId& id, const std::string& relative) {
    const auto file = store_->begin_export(folder_.path() + "/user", relative, false);
    return get<Done>(
        [&](auto done) { store_->export_part(file, id, 0, id.size, /*last=*/true, done); });
  }
  std::string user_path(const std::string& name) { return folder_.path() + "/user/" + name; }
  void write_user_file(const std::string& name, const Bytes& bytes) {
    fs::create_directories(fs::path(user_path(name)).parent_path());
    std::ofstream file(user_path(name), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  Bytes user_file(const std::string& name) {
    std::ifstream file(user_path(name), std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }

  TestFolder folder_;
  TestLoop test_;
  std::unique_ptr<DiskBlobStore> store_;
};

TEST_F(DiskBlobStoreTest, KeepsBlobsOfEverySizeAndProvesThem) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{kLeafSize}, size_t{kLeafSize + 1},
                            size_t{kChunkSize}, size_t{5 * kChunkSize + 17}}) {
    const Source source(pattern(size));
    EXPECT_EQ(put(source.bytes), source.id) << size;
    if (size == 0) continue;
    EXPECT_EQ(read(source.id, 0, size), source.bytes);
    EXPECT_EQ(read(source.id, size - 1, 1), Bytes{source.bytes.back()});
    for (uint64_t chunk = 0; chunk < crypto::chunk_count(size); ++chunk)
      expect_served(source, chunk);
    reopen();
    EXPECT_TRUE(status(source.id)->is_full());
    EXPECT_EQ(read(source.id, 0, size), source.bytes);
  }
}

TEST_F(DiskBlobStoreTest, TakesInABlobChunkByChunkAndServesWhatItHas) {
  const Source source(pattern(4 * kChunkSize + 100));
  EXPECT_EQ(status(source.id), std::nullopt);
  EXPECT_EQ(read(source.id, 0, 1), std::unexpected(BlobError::not_here));
  EXPECT_TRUE(add_chunk(source, 3));
  EXPECT_TRUE(add_chunk(source, 0));
  EXPECT_TRUE(add_chunk(source, 0)) << "again";
  EXPECT_EQ(status(source.id)->count(), 2u);
  expect_served(source, 3);
  EXPECT_EQ(prove(source.id, crypto::kChunkLeaves, 1).error(), BlobError::not_here);
  reopen();
  EXPECT_EQ(status(source.id)->count(), 2u);
  expect_served(source, 0);
  for (const uint64_t chunk : {1u, 2u, 4u}) EXPECT_TRUE(add_chunk(source, chunk));
  EXPECT_TRUE(status(source.id)->is_full());
  EXPECT_EQ(read(source.id, 0, source.bytes.size()), source.bytes);
  reopen();
  for (uint64_t chunk = 0; chunk < 5; ++chunk) expect_served(source, chunk);
}

TEST_F(DiskBlobStoreTest, LeavesThatWereWrittenCanBeReadBeforeTheirChunkIsWhole) {
  const Source source(pattern(2 * kChunkSize));
  const Bytes leaf(source.bytes.begin(), source.bytes.begin() + kLeafSize);
  EXPECT_TRUE(get<Done>([&](auto done) { store_->write(source.id, 0, leaf, done); }));
  EXPECT_EQ(read(source.id, 0, kLeafSize), leaf);
  EXPECT_EQ(read(source.id, 0, kLeafSize + 1), std::unexpected(BlobError::not_here));
  // A hole in the file is nothing that is there.
  EXPECT_TRUE(get<Done>([&](auto done) { store_->write(source.id, kChunkSize, leaf, done); }));
  EXPECT_EQ(read(source.id, kLeafSize, kLeafSize), std::unexpected(BlobError::not_here));
  EXPECT_EQ(status(source.id)->count(), 0u);
}

TEST_F(DiskBlobStoreTest, RefusesAChunkWhoseProofDoesNotFit) {
  const Source source(pattern(3 * kChunkSize));
  auto uncles = *source.tree->uncles_of(1);
  uncles[0].value[0] ^= 1;
  EXPECT_FALSE(get<Done>(
      [&](auto done) { store_->finish_chunk(source.id, 1, source.leaves(1), uncles, done); }));
}

TEST_F(DiskBlobStoreTest, MakesRoomForNewBlobsButNotAtTheCostOfPinnedOrFreshOnes) {
  reopen(/*unpinned_max=*/1 << 20);
  const BlobId pinned = put(pattern(900'000, 1), /*pinned=*/true);
  const BlobId old = put(pattern(900'000, 2));
  const BlobId fresh = put(pattern(900'000, 3));
  EXPECT_TRUE(status(old)) << "used a moment ago";
  store_.reset();
  {
    // As if it had been used long ago.
    auto index =
        *SqliteDatabase::open(folder_.path() + "/blobs/index.db", std::vector<const char*>{""});
    ASSERT_TRUE(index.exec("UPDATE blobs SET used = used - 1000 WHERE pinned = 0"));
  }
  reopen(1 << 20);
  status(fresh);
  const BlobId newest = put(pattern(900'000, 4));
  EXPECT_EQ(status(old), std::nullopt);
  EXPECT_TRUE(status(fresh));
  EXPECT_TRUE(status(newest));
  EXPECT_TRUE(status(pinned));
  const auto usage = get<env::StoreUsage>([&](auto done) { store_->usage(done); });
  EXPECT_EQ(usage.blobs, 3u);
  EXPECT_EQ(usage.bytes, 2'700'000u);
  EXPECT_EQ(usage.pinned_bytes, 900'000u);
}

TEST_F(DiskBlobStoreTest, ListsPinsAndRemoves) {
  const BlobId small = put(pattern(10));
  const BlobId large = put(pattern(100'000), true);
  EXPECT_TRUE(get<Done>([&](auto done) { store_->pin(small, true, done); }));
  EXPECT_TRUE(get<Done>([&](auto done) { store_->pin(large, false, done); }));
  EXPECT_EQ(get<Done>([&](auto done) { store_->pin(BlobId{{}, 5}, true, done); }).error(),
            BlobError::not_here);
  auto blobs = get<std::vector<env::BlobInfo>>([&](auto done) { store_->list(done); });
  ASSERT_EQ(blobs.size(), 2u);
  for (const auto& blob : blobs) {
    EXPECT_EQ(blob.pinned, blob.id == small);
    EXPECT_TRUE(blob.complete);
    EXPECT_EQ(blob.bytes, blob.id.size);
  }
  for (const BlobId& id : {small, large, small})
    EXPECT_TRUE(get<Done>([&](auto done) { store_->remove(id, done); }));
  EXPECT_EQ(status(small), std::nullopt);
  EXPECT_EQ(status(large), std::nullopt);
  // Nothing but the index is left.
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/blobs"))
    EXPECT_TRUE(entry.is_directory() || entry.path().filename().string().starts_with("index.db"))
        << entry.path();
}

TEST_F(DiskBlobStoreTest, ImportsAndExportsTheUsersFiles) {
  for (const size_t size : {size_t{0}, size_t{5}, size_t{kChunkSize}, size_t{9 * kChunkSize + 1}}) {
    const Source source(pattern(size));
    write_user_file("a/in", source.bytes);
    EXPECT_EQ(import_file(folder_.path() + "/user", "a/in"), source.id);
    EXPECT_EQ(import_file(user_path("a/in"), ""), source.id) << "again, by its own path";
    EXPECT_TRUE(export_file(source.id, "deep/er/out"));
    EXPECT_EQ(user_file("deep/er/out"), source.bytes);
  }
}

TEST_F(DiskBlobStoreTest, SaysWhyAFileCannotBeTakenInOrWritten) {
  EXPECT_EQ(import_file(user_path("nothing"), "").error(), BlobError::not_here);
  fs::create_directories(user_path("folder"));
  EXPECT_EQ(import_file(user_path("folder"), "").error(), BlobError::unsuitable);
  const BlobId id = put(pattern(10));
  EXPECT_EQ(export_file(id, "folder").error(), BlobError::exists);
  EXPECT_EQ(export_file(BlobId{{}, 5}, "x").error(), BlobError::not_here);
  EXPECT_FALSE(fs::exists(user_path("x")));
}

TEST_F(DiskBlobStoreTest, AFileIsWrittenInPartsAndSeenWithTheLast) {
  const Source source(pattern(2 * kChunkSize));
  add_chunk(source, 0);
  const auto file = store_->begin_export(folder_.path() + "/user", "sub/out", false);
  const auto part = [&](size_t chunk, bool last) {
    return get<Done>([&](auto done) {
      store_->export_part(file, source.id, chunk * kChunkSize, kChunkSize, last, done);
    });
  };
  EXPECT_TRUE(part(0, false));
  EXPECT_TRUE(fs::is_empty(user_path("sub")));
  add_chunk(source, 1);
  EXPECT_TRUE(part(1, true));
  EXPECT_EQ(user_file("sub/out"), source.bytes);
  store_->drop_export(file);
  EXPECT_TRUE(fs::exists(user_path("sub/out")));
}

TEST_F(DiskBlobStoreTest, AFileThatIsDroppedLeavesNothing) {
  const Source source(pattern(2 * kChunkSize));
  add_chunk(source, 0);
  auto file = store_->begin_export(folder_.path() + "/user", "sub/out", false);
  EXPECT_TRUE(get<Done>(
      [&](auto done) { store_->export_part(file, source.id, 0, kChunkSize, false, done); }));
  add_chunk(source, 1);
  // A part that waits does nothing any more.
  std::optional<Done> last;
  store_->export_part(file, source.id, kChunkSize, kChunkSize, true,
                      [&](const auto& result) { last = result; });
  store_->drop_export(std::move(file));
  EXPECT_TRUE(test_.run_until([&] { return last.has_value(); }));
  // Unless it was done already.
  EXPECT_EQ(last->has_value(), fs::exists(user_path("sub/out")));
  store_.reset();
  EXPECT_EQ(fs::is_empty(user_path("sub")), !last->has_value());
}

TEST_F(DiskBlobStoreTest, AnImportCanBeCancelledAndLeavesNothing) {
  write_user_file("large", pattern(64 << 20));
  const auto cancellation = std::make_shared<env::Cancellation>();
  const auto result = get<std::expected<BlobId, BlobError>>([&](auto done) {
    store_->import_file(
        user_path("large"), "", true, cancellation, [&](uint64_t) { cancellation->wanted = true; },
        done);
  });
  EXPECT_EQ(result.error(), BlobError::cancelled);
  for (const auto& entry : fs::directory_iterator(folder_.path() + "/blobs"))
    EXPECT_FALSE(entry.path().string().ends_with(".new")) << entry.path();
}

TEST_F(DiskBlobStoreTest, OtherQuestionsFindTheirTurnDuringALongImport) {
  write_user_file("large", pattern(128 << 20));
  std::optional<std::expected<BlobId, BlobError>> imported;
  store_->import_file(user_path("large"), "", true, nullptr, {},
                      [&](auto result) { imported = result; });
  EXPECT_EQ(status(BlobId{{}, 5}), std::nullopt);
  EXPECT_FALSE(imported.has_value());
  EXPECT_TRUE(test_.run_until([&] { return imported.has_value(); }));
  EXPECT_TRUE(imported->has_value());
}

TEST_F(DiskBlobStoreTest, RemovesWhatACrashLeft) {
  const Source source(pattern(3 * kChunkSize));
  add_chunk(source, 0);
  store_.reset();
  const std::string folder = folder_.path() + "/blobs/" + to_hex(source.id.root.view().first(1));
  const BlobId stranger{{{1, 2, 3}}, 99'999};
  std::ofstream(folder + "/" + to_text(stranger)) << "stranger";
  std::ofstream(folder_.path() + "/blobs/import-7.new") << "half";
  std::ofstream(folder + "/note.txt") << "the user's";
  reopen();
  EXPECT_FALSE(fs::exists(folder + "/" + to_text(stranger)));
  EXPECT_FALSE(fs::exists(folder_.path() + "/blobs/import-7.new"));
  EXPECT_TRUE(fs::exists(folder + "/note.txt"));
  EXPECT_EQ(status(source.id)->count(), 1u);
}

TEST_F(DiskBlobStoreTest, ABlobWhoseFilesAreGoneIsForgottenAndCanBeFetchedAgain) {
  const Source source(pattern(2 * kChunkSize));
  put(source.bytes);
  store_.reset();
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/blobs")) {
    if (entry.path().filename() == to_text(source.id)) fs::remove(entry.path());
  }
  reopen();
  EXPECT_EQ(status(source.id), std::nullopt);
  EXPECT_TRUE(add_chunk(source, 0));
  EXPECT_TRUE(add_chunk(source, 1));
  EXPECT_EQ(read(source.id, 0, source.bytes.size()), source.bytes);
}

TEST_F(DiskBlobStoreTest, WhatIsAcknowledgedSurvivesAKillAtAnyMoment) {
  Rng rng(4);
  for (int round = 0; round < 6; ++round) {
    store_.reset();
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      TestLoop loop;
      auto store = std::move(*DiskBlobStore::open(loop.loop(), folder_.path() + "/blobs", 1 << 30));
      uint8_t salt = static_cast<uint8_t>(round * 40);
      std::function<void()> one = [&] {
        const uint8_t number = salt++;
        store->put(pattern(number % 2 ? 3'000 : 300'000, number), true, [&, number](auto result) {
          if (result && ::write(pipe_ends[1], &number, 1) == 1) one();
        });
      };
      one();
      loop.run_until([] { return false; });
      ::_exit(0);
    }
    ::close(pipe_ends[1]);
    std::set<uint8_t> acknowledged;
    uint8_t number = 0;
    const size_t enough = 3 + rng.below(15);
    while (::read(pipe_ends[0], &number, 1) == 1) {
      acknowledged.insert(number);
      if (acknowledged.size() == enough) {
        ::usleep(static_cast<useconds_t>(rng.below(3'000)));
        ::kill(child, SIGKILL);
      }
    }
    ::close(pipe_ends[0]);
    ::waitpid(child, nullptr, 0);
    reopen();
    for (const uint8_t salt : acknowledged) {
      const Source source(pattern(salt % 2 ? 3'000 : 300'000, salt));
      EXPECT_EQ(read(source.id, 0, source.bytes.size()), source.bytes);
    }
  }
}

}  // namespace disk_blob_store_test
}  // namespace starling::os
