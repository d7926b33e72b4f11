#include "gateway/mime_type.h"

#include <gtest/gtest.h>

namespace starling::gateway {
namespace mime_type_test {

TEST(MimeTypeTest, TheExtensionSaysIt) {
  EXPECT_EQ(mime_type_of("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(mime_type_of("A.JPG"), "image/jpeg");
  EXPECT_EQ(mime_type_of("archive.tar.gz"), "application/gzip");
  EXPECT_EQ(mime_type_of("film.webm"), "video/webm");
}

TEST(MimeTypeTest, WithoutOneItIsJustBytes) {
  for (const char* name : {"", "README", ".", "a.", "a.unheard-of", "html"})
    EXPECT_EQ(mime_type_of(name), "application/octet-stream") << name;
}

}  // namespace mime_type_test
}  // namespace starling::gateway
