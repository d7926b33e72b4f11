#include "content/manifest.h"

#include <gtest/gtest.h>

namespace starling::content {
namespace manifest_test {

BlobId id(uint8_t n, uint64_t size) {
  BlobId id;
  id.root.value.fill(n);
  id.size = size;
  return id;
}

Manifest example() {
  return {{{"index.html", ManifestEntry::Kind::file, id(1, 300)},
           {"pictures", ManifestEntry::Kind::folder, id(2, 80)},
           {"start", ManifestEntry::Kind::executable, id(3, 5)}}};
}

// docs/wire/content.md#manifest shows the same bytes.
TEST(ManifestTest, WritesTheDocumentedBytes) {
  const auto root = [](const std::string& byte) {
    std::string hex;
    for (int i = 0; i < 32; ++i) hex += byte;
    return hex;
  };
  EXPECT_EQ(to_hex(encode(example())),
            "0103"
            "000a696e6465782e68746d6c00000000012c" +
                root("01") + "02087069637475726573000000000050" + root("02") +
                "01057374617274000000000005" + root("03"));
}

TEST(ManifestTest, ReadsWhatItWrites) {
  for (const Manifest& manifest : {example(), Manifest{}}) {
    EXPECT_EQ(decode_manifest(encode(manifest)), manifest);
  }
}

TEST(ManifestTest, TheSameFolderHasTheSameBytesInAnyOrder) {
  Manifest shuffled = example();
  std::swap(shuffled.entries[0], shuffled.entries[2]);
  EXPECT_EQ(encode(shuffled), encode(example()));
}

TEST(ManifestTest, RefusesEveryProperPrefixAndOneByteTooMany) {
  Bytes bytes = encode(example());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_manifest(ByteView(bytes).first(size))) << size;
  bytes.push_back(0);
  EXPECT_FALSE(decode_manifest(bytes));
}

TEST(ManifestTest, RefusesNamesAndEntriesThatCannotBe) {
  const auto is_read = [](const ManifestEntry& entry) {
    return decode_manifest(encode(Manifest{{entry}})).has_value();
  };
  using enum ManifestEntry::Kind;
  EXPECT_TRUE(is_read({"a", file, {}}));
  EXPECT_FALSE(is_read({"..", file, id(1, 1)}));
  EXPECT_FALSE(is_read({"a/b", file, id(1, 1)}));
  EXPECT_FALSE(is_read({"", file, id(1, 1)}));
  EXPECT_FALSE(is_read({"a", folder, {}})) << "a folder has a manifest";
  EXPECT_FALSE(is_read({"a", folder, id(1, Manifest::kSizeMax + 1)}));
  EXPECT_FALSE(is_read({"a", file, id(0, 1)})) << "a root without size";
  EXPECT_FALSE(is_read({"a", file, id(1, 0)}));
  EXPECT_FALSE(is_read({"a", static_cast<ManifestEntry::Kind>(3), id(1, 1)}));
}

TEST(ManifestTest, RefusesNamesThatAreDoubleUnsortedOrDifferOnlyInCase) {
  using enum ManifestEntry::Kind;
  Manifest twice{{{"a", file, id(1, 1)}, {"a", file, id(2, 1)}}};
  EXPECT_FALSE(decode_manifest(encode(twice)));
  Manifest cases{{{"README", file, id(1, 1)}, {"readme", file, id(2, 1)}}};
  EXPECT_FALSE(decode_manifest(encode(cases)));
  // Sorted, the first two bytes of the names of two entries trade places.
  Bytes bytes = encode(Manifest{{{"a", file, id(1, 1)}, {"b", file, id(1, 1)}}});
  std::swap(bytes[4], bytes[4 + 41]);
  EXPECT_FALSE(decode_manifest(bytes));
}

TEST(ManifestTest, RefusesCountsThatCannotFit) {
  EXPECT_FALSE(decode_manifest(Bytes{1, 0xbf, 0xff, 0xff, 0xff}));
  EXPECT_FALSE(decode_manifest(Bytes{2, 0})) << "another version";
}

TEST(ManifestTest, FindsEntriesByName) {
  const Manifest manifest = example();
  EXPECT_EQ(manifest.find("pictures"), &manifest.entries[1]);
  EXPECT_EQ(manifest.find("picture"), nullptr);
  EXPECT_EQ(manifest.find("z"), nullptr);
}

}  // namespace manifest_test
}  // namespace starling::content
