#include "content/fetcher.h"

#include <functional>
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/rng.h"
#include "content/example_blob.h"

namespace starling::content {
namespace fetcher_test {

using crypto::kChunkLeaves;
using crypto::kChunkSize;
using crypto::kLeafSize;

// One that is asked. What it answers is on the way for `latency` and comes at `bytes_per_s`.
struct Holder {
  Duration latency = 10ms;
  double bytes_per_s = 100e6;
  std::optional<ChunkSet> part = {};  // empty: it has all
  bool dead = false;                  // takes requests and says nothing
  bool says_all = false;              // though it has only `part`
  GetStatus refusal = GetStatus::not_here;
  // Spoils the bytes of an answer.
  std::function<void(const GetRequest&, Bytes&)> lie = {};

  RequestReader reader{};
  Instant free_at{};
  uint64_t leaves_sent = 0;
};

// A fetcher and its holders in virtual time, and a copy of what it gives out.
class Fetch {
 public:
  explicit Fetch(const ExampleBlob& example)
      : Fetch(example, ChunkSet(crypto::chunk_count(example.id.size))) {}
  Fetch(const ExampleBlob& example, ChunkSet have)
      : blob(example), fetcher(example.id, std::move(have)), copy(example.bytes.size()) {}

  size_t add(Holder holder) {
    holders.push_back(std::make_unique<Holder>(std::move(holder)));
    EXPECT_TRUE(fetcher.add_source(now, {holders.size() - 1}));
    drain();
    return holders.size() - 1;
  }
  void remove(size_t holder) {
    holders[holder]->dead = true;
    fetcher.remove_source(now, {holder});
    drain();
  }
  void drain() {
    while (auto output = fetcher.poll_output()) {
      if (const auto* ask = std::get_if<Fetcher::Ask>(&*output)) {
        after(holders[ask->source.value]->latency, [this, asked = *ask] { answer(asked); });
      } else if (const auto* piece = std::get_if<Fetcher::Verified>(&*output)) {
        EXPECT_LE(piece->bytes.size(), Fetcher::kPieceMax);
        std::ranges::copy(piece->bytes, copy.begin() + static_cast<std::ptrdiff_t>(piece->offset));
        given_out.emplace_back(piece->offset, piece->bytes.size());
      } else if (const auto* done = std::get_if<Fetcher::ChunkDone>(&*output)) {
        EXPECT_EQ(done->leaves, blob.leaves_of(done->chunk));
        EXPECT_EQ(done->uncles, *blob.tree->uncles_of(done->chunk));
        ++chunks_done;
      } else {
        const auto& dropped = std::get<Fetcher::Dropped>(*output);
        ends[dropped.source.value] = dropped.end;
        holders[dropped.source.value]->dead = true;
      }
    }
  }
  bool run_until(const std::function<bool()>& done, Duration limit = 10min) {
    const Instant end = now + limit;
    while (!done()) {
      const Instant timeout = fetcher.next_timeout();
      const Instant event = events.empty() ? kNever : events.begin()->first;
      const Instant next = std::min(timeout, event);
      if (next > end) return now = end, false;
      now = std::max(now, next);
      if (event <= timeout) {
        auto task = events.extract(events.begin());
        task.mapped()();
      } else {
        fetcher.handle_timeout(now);
        STARLING_CHECK(fetcher.next_timeout() > now);
      }
      drain();
    }
    return true;
  }
  bool run_until_complete() {
    return run_until([&] { return fetcher.is_complete(); });
  }
  [[nodiscard]] bool is_equal() const { return copy == blob.bytes; }

  const ExampleBlob& blob;
  Fetcher fetcher;
  Bytes copy;
  std::vector<std::unique_ptr<Holder>> holders;
  std::map<uint64_t, SourceEnd> ends;
  std::vector<std::pair<uint64_t, size_t>> given_out;
  uint64_t chunks_done = 0;
  Instant now = Instant{} + 1h;

 private:
  void after(Duration delay, std::function<void()> what) {
    events.emplace(now + delay, std::move(what));
  }
  void answer(const Fetcher::Ask& ask) {
    Holder& holder = *holders[ask.source.value];
    if (holder.dead) return;
    ASSERT_TRUE(holder.reader.take(ask.request));
    while (const auto request = holder.reader.poll()) {
      Bytes bytes = answer_of(holder, *request);
      // Little by little, as a stream gives it.
      for (size_t at = 0; at < bytes.size(); at += 60'000) {
        const Bytes piece(
            bytes.begin() + static_cast<std::ptrdiff_t>(at),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + 60'000, bytes.size())));
        holder.free_at = std::max(holder.free_at, now) +
                         std::chrono::nanoseconds(static_cast<int64_t>(
                             static_cast<double>(piece.size()) * 1e9 / holder.bytes_per_s));
        events.emplace(holder.free_at + holder.latency, [this, id = ask.source, piece] {
          if (!holders[id.value]->dead) fetcher.handle_bytes(now, id, piece);
        });
      }
    }
  }
  Bytes answer_of(Holder& holder, const BlobRequest& request) {
    const ChunkSet all(crypto::chunk_count(blob.id.size), true);
    if (std::holds_alternative<HaveRequest>(request))
      return encode_have_answer(holder.part && !holder.says_all ? &*holder.part : &all);
    const auto& get = std::get<GetRequest>(request);
    if (holder.part && !holder.part->contains(get.chunk()))
      return encode_get_refusal(holder.refusal);
    holder.leaves_sent += get.count;
    Bytes bytes = blob.answer(get);
    if (holder.lie) holder.lie(get, bytes);
    return bytes;
  }

  std::multimap<Instant, std::function<void()>> events;
};

class FetcherTest : public testing::Test {
 protected:
  const ExampleBlob blob_{20 * kChunkSize + 40'000};
  Fetch fetch_{blob_};
};

TEST_F(FetcherTest, GetsABlobFromOneSource) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  fetch_.add({});
  ASSERT_TRUE(fetch_.run_until_complete());
  EXPECT_TRUE(fetch_.is_equal());
  EXPECT_EQ(fetch_.chunks_done, 21u);
  EXPECT_EQ(fetch_.fetcher.bytes_wasted(), 0u);
  EXPECT_EQ(fetch_.fetcher.bytes_verified(), blob_.id.size);
  EXPECT_EQ(fetch_.fetcher.next_timeout(), kNever);
}

TEST_F(FetcherTest, GetsBlobsOfEverySizeAroundTheEdges) {
  for (const uint64_t size : {uint64_t{1}, kLeafSize - 1, kLeafSize, kLeafSize + 1, kChunkSize - 1,
                              kChunkSize, kChunkSize + 1, 3 * kChunkSize}) {
    const ExampleBlob blob(size);
    Fetch fetch(blob);
    fetch.fetcher.want(fetch.now, 0, size);
    fetch.add({});
    ASSERT_TRUE(fetch.run_until_complete()) << size;
    EXPECT_TRUE(fetch.is_equal()) << size;
  }
}

TEST_F(FetcherTest, ManySourcesShareTheWork) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  for (int i = 0; i < 4; ++i) fetch_.add({.bytes_per_s = 2e6});
  const Instant begun = fetch_.now;
  ASSERT_TRUE(fetch_.run_until_complete());
  EXPECT_TRUE(fetch_.is_equal());
  // 21 MB at four times 2 MB/s.
  EXPECT_LT(to_seconds(fetch_.now - begun), 3.2);
  EXPECT_EQ(fetch_.fetcher.bytes_wasted(), 0u);
}

TEST_F(FetcherTest, ALieCostsOneLeafAndEndsItsSource) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  const size_t liar = fetch_.add({.lie = [](const GetRequest& get, Bytes& bytes) {
    if (get.chunk() == 2) bytes.back() ^= 1;
  }});
  ASSERT_TRUE(fetch_.run_until([&] { return fetch_.ends.contains(liar); }));
  EXPECT_EQ(fetch_.ends[liar], SourceEnd::lied);
  EXPECT_EQ(fetch_.fetcher.bytes_wasted(), kLeafSize);
  const size_t honest = fetch_.add({});
  ASSERT_TRUE(fetch_.run_until_complete());
  EXPECT_TRUE(fetch_.is_equal());
  EXPECT_EQ(fetch_.fetcher.bytes_wasted(), kLeafSize);
  // What the liar gave before counts.
  EXPECT_LT(fetch_.holders[honest]->leaves_sent, crypto::leaf_count(blob_.id.size));
}

TEST_F(FetcherTest, ALiarInTheProofCostsNothing) {
  for (const size_t at : {size_t{2}, size_t{2 + 32 * 7}}) {  // an uncle, a leaf's hash
    Fetch fetch(blob_);
    fetch.fetcher.want(fetch.now, 0, blob_.id.size);
    const size_t liar =
        fetch.add({.lie = [at](const GetRequest&, Bytes& bytes) { bytes[at] ^= 1; }});
    ASSERT_TRUE(fetch.run_until([&] { return fetch.ends.contains(liar); }));
    EXPECT_EQ(fetch.ends[liar], SourceEnd::lied);
    EXPECT_EQ(fetch.fetcher.bytes_wasted(), 0u);
    EXPECT_EQ(fetch.fetcher.bytes_verified(), 0u);
  }
}

TEST_F(FetcherTest, The64ByteForgeryOfATwoLeafFileIsRefused) {
  const ExampleBlob honest(2 * kLeafSize);
  // The forger serves the two hashes, which have the same root, as the file.
  Bytes forged;
  for (const Digest& leaf : honest.leaves_of(0)) append(forged, leaf.view());
  Fetch fetch(honest);
  fetch.fetcher.want(fetch.now, 0, honest.id.size);
  const size_t forger = fetch.add({.lie = [&](const GetRequest&, Bytes& bytes) {
    bytes.resize(2 + 2 * 32 - 1);
    append(bytes, forged);
    bytes.resize(bytes.size() + 2 * kLeafSize);
  }});
  ASSERT_TRUE(fetch.run_until([&] { return fetch.ends.contains(forger); }));
  EXPECT_EQ(fetch.ends[forger], SourceEnd::lied);
  EXPECT_TRUE(fetch.given_out.empty());
}

TEST_F(FetcherTest, ASourceThatDiesLeavesItsChunksToOthers) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  const size_t dying = fetch_.add({.bytes_per_s = 2e6});
  fetch_.add({.bytes_per_s = 2e6});
  fetch_.run_until([] { return false; }, 2s);
  fetch_.remove(dying);
  ASSERT_TRUE(fetch_.run_until_complete());
  EXPECT_TRUE(fetch_.is_equal());
}

TEST_F(FetcherTest, ASourceThatFallsSilentKeepsNothingToItselfAndIsGivenUp) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  const size_t silent = fetch_.add({.bytes_per_s = 2e6});
  fetch_.add({.bytes_per_s = 2e6});
  fetch_.run_until([] { return false; }, 1s);
  fetch_.holders[silent]->dead = true;
  const Instant begun = fetch_.now;
  ASSERT_TRUE(fetch_.run_until_complete());
  EXPECT_TRUE(fetch_.is_equal());
  EXPECT_LT(fetch_.now - begun, 13s);
  fetch_.run_until([&] { return fetch_.ends.contains(silent); }, 1min);
  EXPECT_EQ(fetch_.ends[silent], SourceEnd::too_slow);
}

TEST_F(FetcherTest, AVerySlowSourceDoesNotHoldUpTheEnd) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  fetch_.add({.bytes_per_s = 20e3});
  fetch_.add({.bytes_per_s = 10e6});
  const Instant begun = fetch_.now;
  ASSERT_TRUE(fetch_.run_until_complete());
  EXPECT_TRUE(fetch_.is_equal());
  EXPECT_LT(fetch_.now - begun, 9s);
}

TEST_F(FetcherTest, TakesFromEachHolderOfAPartWhatItHas) {
  ChunkSet even(21);
  ChunkSet odd(21);
  for (uint64_t i = 0; i < 21; ++i) (i % 2 == 0 ? even : odd).add(i);
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  fetch_.add({.part = even});
  fetch_.add({.part = odd});
  ASSERT_TRUE(fetch_.run_until_complete());
  EXPECT_TRUE(fetch_.is_equal());
  EXPECT_TRUE(fetch_.ends.empty());
}

TEST_F(FetcherTest, ASourceThatHasNothingIsDropped) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  const size_t empty = fetch_.add({.part = ChunkSet(21)});
  ASSERT_TRUE(fetch_.run_until([&] { return fetch_.ends.contains(empty); }, 1min));
  EXPECT_EQ(fetch_.ends[empty], SourceEnd::useless);
  const size_t boaster = fetch_.add({.part = ChunkSet(21), .says_all = true});
  ASSERT_TRUE(fetch_.run_until([&] { return fetch_.ends.contains(boaster); }, 1min));
  EXPECT_EQ(fetch_.ends[boaster], SourceEnd::useless);
}

TEST_F(FetcherTest, ABusySourceIsAskedAgainLater) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  const size_t busy =
      fetch_.add({.part = ChunkSet(21), .says_all = true, .refusal = GetStatus::busy});
  fetch_.run_until([] { return false; }, 3s);
  EXPECT_FALSE(fetch_.ends.contains(busy));
  fetch_.holders[busy]->part.reset();
  ASSERT_TRUE(fetch_.run_until_complete());
}

TEST_F(FetcherTest, AMalformedAnswerEndsItsSource) {
  fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  const size_t strange = fetch_.add({.lie = [](const GetRequest&, Bytes& bytes) { bytes[0] = 9; }});
  ASSERT_TRUE(fetch_.run_until([&] { return fetch_.ends.contains(strange); }, 1min));
  EXPECT_EQ(fetch_.ends[strange], SourceEnd::malformed);
}

TEST_F(FetcherTest, GetsOnlyWhatIsWantedAndTheFirstThingsFirst) {
  fetch_.add({.bytes_per_s = 1e6});
  fetch_.run_until([] { return false; }, 10s);
  EXPECT_TRUE(fetch_.given_out.empty()) << "nobody wants anything";
  const uint64_t rest = fetch_.fetcher.want(fetch_.now, 0, blob_.id.size);
  fetch_.drain();
  fetch_.run_until([] { return false; }, 1s);
  const uint64_t place = 15 * kChunkSize + 500'000;
  fetch_.fetcher.want_first(fetch_.now, place, 10);
  fetch_.drain();
  EXPECT_FALSE(fetch_.fetcher.has(place, 10));
  // Only what was under way stands before it.
  EXPECT_TRUE(fetch_.run_until([&] { return fetch_.fetcher.has(place, 10); }, 6s));
  EXPECT_FALSE(fetch_.fetcher.is_complete());
  fetch_.fetcher.unwant(rest);
  fetch_.run_until([] { return false; }, 1min);
  const size_t pieces = fetch_.given_out.size();
  fetch_.run_until([] { return false; }, 1min);
  EXPECT_EQ(fetch_.given_out.size(), pieces);
  EXPECT_FALSE(fetch_.fetcher.is_complete());
}

TEST_F(FetcherTest, GoesOnWithWhatIsThere) {
  ChunkSet have(21);
  for (uint64_t i = 0; i < 10; ++i) have.add(2 * i);
  Fetch fetch(blob_, have);
  EXPECT_TRUE(fetch.fetcher.has(0, kChunkSize));
  EXPECT_FALSE(fetch.fetcher.has(0, kChunkSize + 1));
  EXPECT_TRUE(fetch.fetcher.has(kChunkSize, 0));
  fetch.fetcher.want(fetch.now, 0, blob_.id.size);
  const size_t holder = fetch.add({});
  ASSERT_TRUE(fetch.run_until_complete());
  EXPECT_EQ(fetch.chunks_done, 11u);
  EXPECT_EQ(fetch.holders[holder]->leaves_sent,
            crypto::leaf_count(blob_.id.size) - 10 * kChunkLeaves);
}

TEST_F(FetcherTest, KeepsGoingThroughRandomTroubleAndGivesOutOnlyTheTruth) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Rng rng(seed);
    Fetch fetch(blob_);
    fetch.fetcher.want(fetch.now, 0, blob_.id.size);
    size_t lies = 0;
    const auto add_random = [&] {
      Holder holder{.latency = std::chrono::milliseconds(1 + rng.below(200)),
                    .bytes_per_s = 50e3 + static_cast<double>(rng.below(5'000'000))};
      if (rng.chance(0.3)) {
        holder.lie = [&lies, lying = rng.below(21)](const GetRequest& get, Bytes& bytes) {
          if (get.chunk() != lying) return;
          bytes[bytes.size() / 2] ^= 0x10;
          ++lies;
        };
      }
      if (rng.chance(0.3)) {
        holder.part = ChunkSet(21);
        for (uint64_t i = 0; i < 21; ++i)
          if (rng.chance(0.5)) holder.part->add(i);
        if (holder.part->count() == 0) holder.part->add(0);
      }
      return fetch.add(std::move(holder));
    };
    for (int i = 0; i < 5; ++i) add_random();
    for (int i = 0; i < 40 && !fetch.fetcher.is_complete(); ++i) {
      fetch.run_until([&] { return fetch.fetcher.is_complete(); }, 1s);
      const size_t some = rng.below(fetch.holders.size());
      if (rng.chance(0.3) && !fetch.holders[some]->dead) fetch.remove(some);
      if (fetch.fetcher.source_count() < 5) add_random();
    }
    fetch.add({});
    ASSERT_TRUE(fetch.run_until_complete()) << "seed " << seed;
    ASSERT_TRUE(fetch.is_equal()) << "seed " << seed;
  }
}

TEST_F(FetcherTest, BoundsItsSources) {
  for (uint64_t i = 0; i < Fetcher::kSourcesMax; ++i)
    EXPECT_TRUE(fetch_.fetcher.add_source(fetch_.now, {i}));
  EXPECT_FALSE(fetch_.fetcher.add_source(fetch_.now, {99}));
  EXPECT_FALSE(fetch_.fetcher.add_source(fetch_.now, {1}));
}

}  // namespace fetcher_test
}  // namespace starling::content
