#include "crypto/secret.h"

#include <concepts>
#include <gtest/gtest.h>
#include <new>
#include <ostream>

#include "crypto/keys.h"

namespace starling::crypto {
namespace secret_test {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <typename T>
concept Viewable = requires(const T& value) { value.view(); };

TEST(SecretTest, CannotBeComparedPrintedOrMistakenForAnother) {
  static_assert(!std::equality_comparable<SymmetricKey>);
  static_assert(!std::three_way_comparable<SymmetricKey>);
  static_assert(!Printable<SymmetricKey>);
  static_assert(!Viewable<SymmetricKey>);
  static_assert(!std::is_convertible_v<SymmetricKey, ByteView>);
  static_assert(!std::is_constructible_v<SymmetricKey, const DhSecretKey&>);
  static_assert(!std::is_constructible_v<SymmetricKey, const Digest&>);
}

TEST(SecretTest, RevealsTheBytesItWasMadeFrom) {
  std::array<uint8_t, 32> bytes{};
  bytes.fill(7);
  const SymmetricKey key{std::span<const uint8_t, 32>(bytes)};
  EXPECT_TRUE(same_bytes(key.reveal(), bytes));
}

TEST(SecretTest, IsAllZerosUntilFilled) {
  const SymmetricKey key;
  EXPECT_TRUE(same_bytes(key.reveal(), Bytes(32)));
}

TEST(SecretTest, ACopyIsIndependentOfTheOriginal) {
  SymmetricKey key;
  key.reveal()[0] = 1;
  SymmetricKey copy = key;
  key.reveal()[0] = 2;
  EXPECT_EQ(copy.reveal()[0], 1);
  copy = key;
  EXPECT_EQ(copy.reveal()[0], 2);
}

TEST(SecretTest, LeavesNoBytesBehindWhenDestroyed) {
  alignas(SymmetricKey) uint8_t storage[sizeof(SymmetricKey)];
  auto* key = new (storage) SymmetricKey;
  for (uint8_t& byte : key->reveal()) byte = 0xa5;
  key->~SymmetricKey();
  // Volatile, because the compiler may assume that nobody looks at a dead object.
  const volatile uint8_t* left = storage;
  for (size_t i = 0; i < sizeof storage; ++i) EXPECT_EQ(left[i], 0) << i;
}

TEST(SecretTest, WipeOverwritesEveryByteAndNothingElse) {
  Bytes bytes(10, 0xff);
  wipe(MutableByteView(bytes).subspan(1, 8));
  EXPECT_EQ(to_hex(bytes), "ff0000000000000000ff");
  wipe({});
}

TEST(EqualInConstantTimeTest, ComparesLengthAndEveryByte) {
  const Bytes bytes(16, 0x5a);
  EXPECT_TRUE(equal_in_constant_time(bytes, Bytes(bytes)));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
  EXPECT_FALSE(equal_in_constant_time(bytes, ByteView(bytes).first(15)));
  EXPECT_FALSE(equal_in_constant_time({}, bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes other = bytes;
    other[i] ^= 0x80;
    EXPECT_FALSE(equal_in_constant_time(bytes, other)) << i;
  }
}

}  // namespace secret_test
}  // namespace starling::crypto
