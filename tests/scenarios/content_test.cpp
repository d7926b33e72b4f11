// Publishing, finding and fetching between nodes of a simulated mesh, with the production code of all layers.
#include <gtest/gtest.h>

#include "content/example_blob.h"
#include "sim/flock.h"

namespace starling::sim {
namespace content_test {

using node::TransferStatus;
using Phase = TransferStatus::Phase;

Bytes example_bytes(size_t size, uint64_t seed) {
  Bytes bytes(size);
  Rng rng(seed);
  for (size_t i = 0; i < size; i += 97) bytes[i] = static_cast<uint8_t>(rng());
  return bytes;
}

class Shelf {
 public:
  Shelf(World& world, Flock& flock) : world_(world), flock_(flock) {}

  void put(size_t node, const std::string& path, Bytes bytes) {
    world_.blobs(flock_.host(node)).user_files[path] = std::move(bytes);
  }
  [[nodiscard]] const Bytes* file(size_t node, const std::string& path) {
    const auto& files = world_.blobs(flock_.host(node)).user_files;
    const auto entry = files.find(path);
    return entry == files.end() ? nullptr : &entry->second;
  }
  TransferStatus wait(size_t node, uint64_t transfer, Duration limit = 60s) {
    const auto is_over = [&] { return flock_.node(node).transfers().find(transfer)->is_over(); };
    world_.run_until(is_over, limit);
    return *flock_.node(node).transfers().find(transfer);
  }
  TransferStatus publish(size_t node, const std::string& path,
                         const std::optional<std::string>& site = std::nullopt) {
    node::PublishOrder order{.path = path};
    if (site) order.site = {*site, std::nullopt};
    return wait(node, *flock_.node(node).transfers().publish(std::move(order)));
  }
  uint64_t begin_get(size_t node, const std::string& link, bool keep = false) {
    node::FetchOrder order{.link = *content::parse_content_link(link)};
    order.keep = keep;
    if (!keep) order.target = {"/home/reader", "got"};
    return *flock_.node(node).transfers().fetch(std::move(order));
  }
  TransferStatus get(size_t node, const std::string& link, Duration limit = 60s) {
    return wait(node, begin_get(node, link), limit);
  }

 private:
  World& world_;
  Flock& flock_;
};

std::string sentence(const TransferStatus& status) {
  return status.failure ? describe(*status.failure) : std::string(name_of(status.phase));
}

TEST(ContentScenario, AFilePublishedOnOneNodeIsReadOnAnotherFourHopsAway) {
  World world(
      {.seed = seed_from_env_or(1), .link = {.latency = 10ms, .jitter = 3ms, .loss = 0.01}});
  Flock flock(world);
  flock.add_nodes(5);
  flock.connect_chain();
  flock.start_all();
  Shelf shelf(world, flock);
  shelf.put(0, "/home/author/film", example_bytes(3'000'001, 1));
  const auto published = shelf.publish(0, "/home/author/film");
  ASSERT_EQ(published.phase, Phase::done) << sentence(published);
  EXPECT_TRUE(published.link.starts_with("starling://b")) << published.link;
  const auto got = shelf.get(4, published.link);
  ASSERT_EQ(got.phase, Phase::done) << sentence(got);
  EXPECT_EQ(got.bytes, 3'000'001u);
  ASSERT_TRUE(shelf.file(4, "/home/reader/got"));
  EXPECT_EQ(*shelf.file(4, "/home/reader/got"), example_bytes(3'000'001, 1));
}

TEST(ContentScenario, AFetchStopsWhenItsFileCannotBeWrittenOrItIsCancelled) {
  World world({.seed = seed_from_env_or(9), .link = {.latency = 2ms, .bytes_per_s = 10'000'000}});
  Flock flock(world);
  flock.add_nodes(2);
  flock.connect_chain();
  flock.start_all();
  Shelf shelf(world, flock);
  constexpr size_t kSize = 40 << 20;
  shelf.put(0, "/film", example_bytes(kSize, 1));
  const auto published = shelf.publish(0, "/film");
  const auto fetched = [&] { return flock.node(1).status().bytes_fetched; };
  // Nothing more is fetched for it, and no file is there.
  const auto expect_stopped = [&] {
    world.run_for(1s);
    const uint64_t before = fetched();
    EXPECT_LT(before, kSize);
    world.run_for(10s);
    EXPECT_EQ(fetched(), before);
    EXPECT_FALSE(shelf.file(1, "/home/reader/got"));
  };
  world.blobs(flock.host(1)).forbidden_files.insert("/home/reader/got");
  const auto refused = shelf.get(1, published.link);
  EXPECT_EQ(refused.phase, Phase::failed);
  EXPECT_NE(sentence(refused).find("/home/reader/got"), std::string::npos) << sentence(refused);
  expect_stopped();

  world.blobs(flock.host(1)).forbidden_files.clear();
  const uint64_t transfer = shelf.begin_get(1, published.link);
  const uint64_t before = fetched();
  ASSERT_TRUE(world.run_until([&] { return fetched() > before + (10 << 20); }, 60s));
  flock.node(1).transfers().cancel(transfer);
  EXPECT_EQ(flock.node(1).transfers().find(transfer)->phase, Phase::cancelled);
  expect_stopped();
  EXPECT_EQ(shelf.get(1, published.link).phase, Phase::done);
  EXPECT_EQ(*shelf.file(1, "/home/reader/got"), example_bytes(kSize, 1));
}

TEST(ContentScenario, ASiteIsFoundByItsKeyAndItsNextVersionReplacesTheOld) {
  World world({.seed = seed_from_env_or(2), .link = {.latency = 5ms}});
  Flock flock(world);
  flock.add_nodes(30);
  flock.connect_random(4);
  flock.start_all();
  Shelf shelf(world, flock);
  shelf.put(3, "/site/index.html", example_bytes(2'000, 1));
  shelf.put(3, "/site/pictures/a.png", example_bytes(50'000, 2));
  shelf.put(3, "/site/empty", {});
  const auto first = shelf.publish(3, "/site", "diary");
  ASSERT_EQ(first.phase, Phase::done) << sentence(first);
  EXPECT_TRUE(first.link.starts_with("starling://s")) << first.link;
  const auto all = shelf.get(20, first.link);
  ASSERT_EQ(all.phase, Phase::done) << sentence(all);
  EXPECT_EQ(all.files, 3u);
  EXPECT_EQ(*shelf.file(20, "/home/reader/got/pictures/a.png"), example_bytes(50'000, 2));
  EXPECT_EQ(*shelf.file(20, "/home/reader/got/empty"), Bytes());

  shelf.put(3, "/site/index.html", example_bytes(2'500, 3));
  const auto second = shelf.publish(3, "/site", "diary");
  EXPECT_EQ(second.link, first.link);
  // Copies of the old version are believed so long.
  world.run_for(directory::RecordStore::kCopyLifetime + 5s);
  const auto page = shelf.get(20, first.link + "index.html");
  ASSERT_EQ(page.phase, Phase::done) << sentence(page);
  EXPECT_EQ(*shelf.file(20, "/home/reader/got"), example_bytes(2'500, 3));
  // What only the old version led to is let go.
  std::multiset<uint64_t> let_go;
  for (const auto& [id, blob] : world.blobs(flock.host(3)).blobs) {
    if (!blob.pinned) let_go.insert(id.size);
  }
  EXPECT_EQ(let_go.size(), 2u);
  EXPECT_TRUE(let_go.contains(2'000));
}

TEST(ContentScenario, MoreFilesThanCanBeFetchedAtOnceAreFetchedOneAfterTheOther) {
  World world({.seed = seed_from_env_or(8), .link = {.latency = 2ms}});
  Flock flock(world);
  flock.add_nodes(2);
  flock.connect_chain();
  flock.start_all();
  Shelf shelf(world, flock);
  const size_t count = 2 * node::FetchPool::kFetchesMax;
  for (size_t i = 0; i < count; ++i) {
    shelf.put(0, "/site/" + std::to_string(i), example_bytes(1'000 + i, i));
    shelf.put(0, "/single/" + std::to_string(i), example_bytes(5'000 + i, i));
  }
  const auto folder = shelf.publish(0, "/site");
  const auto all = shelf.get(1, folder.link);
  ASSERT_EQ(all.phase, Phase::done) << sentence(all);
  EXPECT_EQ(all.files, count);
  for (size_t i = 0; i < count; ++i) {
    const auto one = shelf.publish(0, "/single/" + std::to_string(i));
    const auto got = shelf.get(1, one.link);
    ASSERT_EQ(got.phase, Phase::done) << i << ": " << sentence(got);
  }
}

// Says that it has the blob, and sends it with one wrong byte in each answer.
class Liar {
 public:
  Liar(Flock& flock, size_t node, const content::ExampleBlob& blob)
      : node_(flock.node(node)), blob_(blob) {
    node_.sessions().stop_listening(content::kBlobService);
    node_.sessions().listen(content::kBlobService, session::SessionLayer::allow_all(),
                            [this](node::StreamId stream, const crypto::NodeKey&) {
                              return node::SessionDriver::StreamHandlers{
                                  .readable = [this, stream] { answer(stream); }};
                            });
    node_.mesh().directory().publish_at(node_.runtime().now(),
                                        static_cast<uint8_t>(directory::RecordKind::provider),
                                        node::providers_of(blob.id), {}, 3'600, 1);
    node_.mesh().pump();
  }
  [[nodiscard]] int lies() const { return lies_; }

 private:
  void answer(node::StreamId stream) {
    auto& reader = readers_[stream];
    ASSERT_TRUE(reader.take(node_.sessions().read(stream, 4'096)));
    while (auto request = reader.poll()) {
      const auto* get = std::get_if<content::GetRequest>(&*request);
      const content::ChunkSet all(crypto::chunk_count(blob_.id.size), true);
      Bytes bytes = get ? blob_.answer(*get) : content::encode_have_answer(&all);
      if (get) {
        ++lies_;
        bytes.back() ^= 1;
      }
      node_.sessions().write(stream, std::move(bytes));
    }
  }

  node::Node& node_;
  const content::ExampleBlob& blob_;
  std::map<node::StreamId, content::RequestReader> readers_;
  int lies_ = 0;
};

TEST(ContentScenario, OneHolderLiesAndTheOtherDiesAndComesBack) {
  World world({.seed = seed_from_env_or(10), .link = {.latency = 5ms, .bytes_per_s = 2'000'000}});
  Flock flock(world);
  flock.add_nodes(6);
  flock.connect_ring();
  flock.start_all();
  Shelf shelf(world, flock);
  const content::ExampleBlob film(8 << 20);
  shelf.put(0, "/film", film.bytes);
  const auto published = shelf.publish(0, "/film");
  ASSERT_EQ(published.link, "starling://" + to_text(film.id));
  Liar liar(flock, 4, film);
  world.run_for(1s);
  const uint64_t transfer = shelf.begin_get(2, published.link);
  const auto is_half = [&] { return flock.node(2).transfers().find(transfer)->bytes > 3 << 20; };
  ASSERT_TRUE(world.run_until(is_half, 60s));
  flock.crash(0);
  world.run_for(5s);
  flock.start(0);
  const auto got = shelf.wait(2, transfer, 120s);
  ASSERT_EQ(got.phase, Phase::done) << sentence(got);
  EXPECT_EQ(*shelf.file(2, "/home/reader/got"), film.bytes);
  EXPECT_GE(liar.lies(), 1);
  // What the dead holder had begun to send may come a second time.
  EXPECT_LE(flock.node(2).library().pool().bytes_wasted(), crypto::kLeafSize + crypto::kChunkSize);
}

TEST(ContentScenario, WhatNobodyHasIsADefiniteAnswerWithinFiveSeconds) {
  World world({.seed = seed_from_env_or(3), .link = {.latency = 20ms, .loss = 0.05}});
  Flock flock(world);
  flock.add_nodes(40);
  flock.connect_random(4);
  flock.start_all();
  world.run_for(5s);
  Shelf shelf(world, flock);
  const content::ExampleBlob absent(100'000);
  Instant asked = world.now();
  const auto blob = shelf.get(1, "starling://" + to_text(absent.id));
  EXPECT_EQ(sentence(blob), "no node that can be found has it");
  EXPECT_LE(world.now() - asked, 5s);
  asked = world.now();
  const auto site =
      shelf.get(1, "starling://saaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/");
  EXPECT_EQ(sentence(site), "no node that can be found knows this site");
  EXPECT_LE(world.now() - asked, 5s);
}

TEST(ContentScenario, AnotherReaderTakesOverWhenThePublisherIsGone) {
  World world({.seed = seed_from_env_or(4), .link = {.latency = 5ms, .bytes_per_s = 2'000'000}});
  Flock flock(world);
  flock.add_nodes(8);
  flock.connect_ring();
  flock.start_all();
  Shelf shelf(world, flock);
  shelf.put(0, "/film", example_bytes(8 << 20, 1));
  const auto published = shelf.publish(0, "/film");
  ASSERT_EQ(shelf.get(2, published.link).phase, Phase::done);
  world.run_for(2s);
  const uint64_t transfer = shelf.begin_get(5, published.link);
  const auto is_half = [&] { return flock.node(5).transfers().find(transfer)->bytes > 2 << 20; };
  ASSERT_TRUE(world.run_until(is_half, 60s));
  flock.crash(0);
  const auto got = shelf.wait(5, transfer, 120s);
  ASSERT_EQ(got.phase, Phase::done) << sentence(got);
  EXPECT_EQ(*shelf.file(5, "/home/reader/got"), example_bytes(8 << 20, 1));
}

TEST(ContentScenario, AFetchGoesOnWhereACrashCutItOff) {
  World world({.seed = seed_from_env_or(5), .link = {.latency = 5ms, .bytes_per_s = 2'000'000}});
  Flock flock(world);
  flock.add_nodes(3);
  flock.connect_chain();
  flock.start_all();
  Shelf shelf(world, flock);
  shelf.put(0, "/film", example_bytes(10 << 20, 1));
  const auto published = shelf.publish(0, "/film");
  const uint64_t transfer = shelf.begin_get(2, published.link);
  const auto is_half = [&] { return flock.node(2).transfers().find(transfer)->bytes > 5 << 20; };
  ASSERT_TRUE(world.run_until(is_half, 60s));
  flock.crash(2);
  flock.start(2);
  flock.run_until_started();
  const uint64_t served = flock.node(0).status().bytes_served;
  const auto got = shelf.get(2, published.link, 60s);
  ASSERT_EQ(got.phase, Phase::done) << sentence(got);
  EXPECT_EQ(*shelf.file(2, "/home/reader/got"), example_bytes(10 << 20, 1));
  EXPECT_LT(flock.node(0).status().bytes_served - served, uint64_t{7} << 20);
}

TEST(ContentScenario, ASiteThatWasReadOpensWithoutTheFlock) {
  World world({.seed = seed_from_env_or(6)});
  Flock flock(world);
  flock.add_nodes(2);
  flock.connect_chain();
  flock.start_all();
  Shelf shelf(world, flock);
  shelf.put(0, "/site/index.html", example_bytes(2'000, 1));
  const auto published = shelf.publish(0, "/site", "diary");
  ASSERT_EQ(shelf.get(1, published.link).phase, Phase::done);
  flock.crash(0);
  flock.crash(1);
  flock.start(1);
  flock.run_until_started();
  const auto got = shelf.get(1, published.link + "index.html");
  EXPECT_EQ(got.phase, Phase::done) << sentence(got);
}

TEST(ContentScenario, WhatIsPublishedIsThereAgainAfterARestart) {
  World world({.seed = seed_from_env_or(7)});
  Flock flock(world);
  flock.add_nodes(3);
  flock.connect_chain();
  flock.start_all();
  Shelf shelf(world, flock);
  shelf.put(0, "/site/index.html", example_bytes(2'000, 1));
  const auto site = shelf.publish(0, "/site", "diary");
  const auto folder = shelf.publish(0, "/site");
  flock.crash(0);
  // The others forget with the records' lifetimes, and a node that comes back tells them again.
  world.run_for(7h);
  flock.start(0);
  flock.run_until_started();
  ASSERT_TRUE(world.run_until([&] { return flock.node(0).status().links > 0; }, 10min));
  world.run_for(5s);
  EXPECT_EQ(sentence(shelf.get(2, site.link)), "done");
  EXPECT_EQ(sentence(shelf.get(2, folder.link + "index.html")), "done");
}

TEST(ContentScenario, WhatIsKeptSurvivesAndIsServedToOthers) {
  World world({.seed = seed_from_env_or(8)});
  Flock flock(world);
  flock.add_nodes(4);
  flock.connect_chain();
  flock.start_all();
  Shelf shelf(world, flock);
  shelf.put(0, "/site/index.html", example_bytes(2'000, 1));
  const auto site = shelf.publish(0, "/site", "diary");
  const auto kept = shelf.wait(1, shelf.begin_get(1, site.link, /*keep=*/true));
  ASSERT_EQ(kept.phase, Phase::done) << sentence(kept);
  EXPECT_TRUE(kept.link.starts_with("starling://d")) << kept.link;
  flock.crash(0);
  world.run_for(1s);
  EXPECT_EQ(shelf.get(3, kept.link + "index.html").phase, Phase::done);
  EXPECT_EQ(flock.node(1).library().pins().all().size(), 1u);
}

TEST(ContentScenario, BadOrdersAreSaidInASentence) {
  World world({.seed = seed_from_env_or(9)});
  Flock flock(world);
  flock.add_nodes(2);
  flock.connect_chain();
  flock.start_all();
  Shelf shelf(world, flock);
  EXPECT_EQ(sentence(shelf.publish(0, "/nothing")), "'/nothing' does not exist");
  shelf.put(0, "/twins/Name", {});
  shelf.put(0, "/twins/name", {});
  EXPECT_EQ(sentence(shelf.publish(0, "/twins")),
            "'/twins/name' has the name of another file, but for the case of letters");
  shelf.put(0, "/bad/new\nline", {});
  EXPECT_EQ(sentence(shelf.publish(0, "/bad")),
            "'/bad/new\nline' cannot be published under this name");
  EXPECT_EQ(sentence(shelf.publish(0, "/twins", "No Name")),
            "the name of a site has 1 to 64 characters of a-z, 0-9, '-', '_' and '.'");
  shelf.put(0, "/site/index.html", example_bytes(10, 1));
  const auto site = shelf.publish(0, "/site", "s");
  EXPECT_EQ(sentence(shelf.get(1, site.link + "none")), "there is no 'none' in it");
  EXPECT_EQ(sentence(shelf.get(1, site.link + "index.html/x")),
            "'index.html' is a file, not a folder");
  shelf.put(0, "/file", example_bytes(10, 2));
  const auto file = shelf.publish(0, "/file");
  EXPECT_EQ(sentence(shelf.get(1, "starling://d" + file.link.substr(12))),
            "its list of files is damaged, or of a later version");
}

}  // namespace content_test
}  // namespace starling::sim
