#include "node/content/pin_book.h"

#include <gtest/gtest.h>

namespace starling::node {
namespace pin_book_test {

Pin example() {
  return {.is_folder = true,
          .origin = Pin::Origin::fetched,
          .since_unix_s = 1'767'225'600,
          .name = "film"};
}

// docs/wire/tables.md#pins
TEST(PinBookTest, IsTheDocumentedExample) {
  EXPECT_EQ(to_hex(encode(example())), "0103000000006955b90066696c6d");
  EXPECT_EQ(decode_pin(encode(example())), example());
}

TEST(PinBookTest, RefusesWhatItWouldNotWrite) {
  const Bytes good = encode(example());
  for (size_t size = 0; size < 10; ++size)
    EXPECT_FALSE(decode_pin(ByteView(good).first(size))) << size;
  Bytes other = good;
  other[0] = 2;
  EXPECT_FALSE(decode_pin(other));
  other = good;
  other[1] = 4;
  EXPECT_FALSE(decode_pin(other));
  Bytes long_name = good;
  long_name.resize(10 + 256, 'a');
  EXPECT_FALSE(decode_pin(long_name));
}

TEST(PinBookTest, CutsNamesThatAreTooLong) {
  Pin pin = example();
  pin.name = std::string(300, 'a');
  EXPECT_EQ(decode_pin(encode(pin))->name.size(), Pin::kNameSizeMax);
}

}  // namespace pin_book_test
}  // namespace starling::node
