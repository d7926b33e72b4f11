#include "crypto/blob_id.h"

#include <gtest/gtest.h>

#include "crypto/key_text.h"

namespace starling::crypto {
namespace blob_id_test {

BlobId example() {
  BlobId id;
  for (size_t i = 0; i < id.root.value.size(); ++i) id.root.value[i] = static_cast<uint8_t>(i);
  id.size = 0x010203040506;
  return id;
}

TEST(BlobIdTest, LooksAsDocumented) {
  EXPECT_EQ(to_text(example()), "baaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypqcaqdaqcqm");
  EXPECT_EQ(to_text(FolderId{example()}),
            "daaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypqcaqdaqcqm");
  EXPECT_EQ(to_text(BlobId{}), "b" + std::string(61, 'a'));
  EXPECT_EQ(to_text(example()).size(), kBlobTextSize);
}

TEST(BlobIdTest, ReadsWhatItWritesInEitherCase) {
  std::string text = to_text(example());
  EXPECT_EQ(parse_blob_id(text), example());
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(parse_blob_id(text), example());
  EXPECT_EQ(parse_folder_id(to_text(FolderId{example()})), FolderId{example()});
  EXPECT_EQ(parse_blob_id(to_text(BlobId{})), BlobId{});
}

TEST(BlobIdTest, RefusesOtherKindsLengthsAndSpellings) {
  const std::string text = to_text(example());
  EXPECT_FALSE(parse_folder_id(text));
  EXPECT_FALSE(parse_blob_id(to_text(FolderId{example()})));
  EXPECT_FALSE(parse_blob_id(text.substr(1)));
  EXPECT_FALSE(parse_blob_id(text + "a"));
  EXPECT_FALSE(parse_blob_id(to_text(NodeKey{})));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = '1';
    EXPECT_FALSE(parse_blob_id(wrong)) << i;
  }
  // 61 characters hold one bit more than 38 bytes.
  std::string spare = text;
  spare.back() = 'n';
  EXPECT_FALSE(parse_blob_id(spare));
}

TEST(BlobIdTest, OnlyTheEmptyBlobHasTheRootZero) {
  BlobId sized;
  sized.size = 1;
  EXPECT_FALSE(parse_blob_id(to_text(sized)));
  BlobId rooted = example();
  rooted.size = 0;
  EXPECT_FALSE(parse_blob_id(to_text(rooted)));
}

}  // namespace blob_id_test
}  // namespace starling::crypto
