#include "messaging/device_list.h"

#include <gtest/gtest.h>

#include "directory/example_records.h"

namespace starling::messaging {
namespace device_list_test {

crypto::NodeKey key(uint8_t n) {
  crypto::NodeKey key;
  key.value.fill(n);
  return key;
}

// docs/wire/messages.md#device-list shows the same bytes.
TEST(DeviceListTest, WritesTheDocumentedBytesAndReadsNothingElse) {
  std::string one;
  std::string two;
  for (int i = 0; i < 32; ++i) {
    one += "01";
    two += "02";
  }
  const Bytes good = encode(DeviceList{{key(2), key(1)}});
  EXPECT_EQ(to_hex(good), "0102" + one + two);
  EXPECT_EQ(decode_device_list(good), (DeviceList{{key(1), key(2)}}));
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_device_list(ByteView(good).first(size))) << size;
  EXPECT_FALSE(decode_device_list(*from_hex("0100"))) << "none";
  EXPECT_FALSE(decode_device_list(*from_hex("0102" + two + one))) << "descending";
  EXPECT_FALSE(decode_device_list(*from_hex("0102" + one + one))) << "twice the same";
  EXPECT_FALSE(decode_device_list(*from_hex("0202" + one + two))) << "version";
  EXPECT_FALSE(decode_device_list(*from_hex("0101" + one + two))) << "leftovers";
}

TEST(DeviceListTest, OnlyTheAccountNamesItsDevices) {
  const crypto::Identity account = directory::example_identity(7);
  const auto record = device_list_record(account, {{key(1)}}, 5);
  EXPECT_EQ(devices_of(record), (DeviceList{{key(1)}}));
  EXPECT_EQ(account_of(record).value, account.key().value);
  EXPECT_EQ(record.position, device_list_target(account_of(record)).position);
  directory::Record forged = record;
  forged.body = encode(DeviceList{{key(2)}});
  EXPECT_FALSE(devices_of(forged));
  EXPECT_FALSE(devices_of(directory::documented_site_head()));
}

}  // namespace device_list_test
}  // namespace starling::messaging
