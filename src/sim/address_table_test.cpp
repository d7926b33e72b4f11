#include "sim/address_table.h"

#include <gtest/gtest.h>

namespace starling::sim {
namespace address_table_test {

Endpoint at(const char* text) { return parse_endpoint(text).value(); }

class AddressTableTest : public testing::Test {
 protected:
  AddressTable table_;
  const HostId a_ = table_.add_host();
  const HostId b_ = table_.add_host();
};

TEST_F(AddressTableTest, GivesEachHostAnAddressOfItsIndex) {
  for (int i = 2; i < 300; ++i) table_.add_host();
  EXPECT_EQ(table_.host_of(at("10.0.0.1:5")), a_);
  EXPECT_EQ(table_.host_of(at("10.0.0.2:0")), b_);
  EXPECT_EQ(table_.host_of(at("10.0.1.44:5")), HostId{299});
  EXPECT_EQ(table_.host_of(at("10.0.1.45:5")), kNoHost);
  EXPECT_EQ(table_.host_of(at("10.0.0.0:5")), kNoHost);
  EXPECT_EQ(table_.source(a_, at("10.0.0.2:9"), 7), at("10.0.0.1:7"));
}

TEST_F(AddressTableTest, ForgetsTheOldAddressWhenANewOneIsSet) {
  table_.set(a_, at("203.0.113.9:0"));
  EXPECT_EQ(table_.host_of(at("10.0.0.1:5")), kNoHost);
  EXPECT_FALSE(table_.has(a_, at("10.0.0.1:5")));
  EXPECT_EQ(table_.host_of(at("203.0.113.9:5")), a_);
  table_.set(b_, at("10.0.0.1:0"));
  EXPECT_EQ(table_.host_of(at("10.0.0.1:5")), b_);
  table_.set(b_, at("10.0.0.2:0"));
  EXPECT_EQ(table_.host_of(at("10.0.0.1:5")), kNoHost);
  EXPECT_EQ(table_.host_of(at("10.0.0.2:5")), b_);
  table_.set(a_, at("10.0.0.1:0"));
  EXPECT_EQ(table_.host_of(at("10.0.0.1:5")), a_);
}

TEST_F(AddressTableTest, KeepsOneSetOfAddressesForEachFamily) {
  table_.add(a_, at("[2001:db8::1]:0"));
  table_.add(a_, at("192.0.2.1:0"));
  table_.set(a_, at("[2001:db8::2]:0"));
  EXPECT_TRUE(table_.has(a_, at("10.0.0.1:1")));
  EXPECT_TRUE(table_.has(a_, at("192.0.2.1:1")));
  EXPECT_EQ(table_.host_of(at("[2001:db8::1]:1")), kNoHost);
  EXPECT_EQ(table_.source(a_, at("[2001:db8::99]:1"), 7), at("[2001:db8::2]:7"));
  EXPECT_FALSE(table_.source(b_, at("[2001:db8::99]:1"), 7));
}

TEST_F(AddressTableTest, LetsASocketBindToWhatTheHostHas) {
  EXPECT_FALSE(table_.refuses_to_bind(a_, at("0.0.0.0:1")));
  EXPECT_FALSE(table_.refuses_to_bind(a_, at("127.0.0.1:1")));
  EXPECT_FALSE(table_.refuses_to_bind(a_, at("10.0.0.1:1")));
  EXPECT_EQ(table_.refuses_to_bind(a_, at("10.0.0.2:1")), env::SocketError::address_not_available);
  EXPECT_EQ(table_.refuses_to_bind(a_, at("[::]:1")), env::SocketError::unsupported);
  table_.add(a_, at("[2001:db8::1]:0"));
  EXPECT_FALSE(table_.refuses_to_bind(a_, at("[::]:1")));
}

}  // namespace address_table_test
}  // namespace starling::sim
