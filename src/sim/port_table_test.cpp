#include "sim/port_table.h"

#include <gtest/gtest.h>

namespace starling::sim {
namespace port_table_test {

struct FakeSocket {};

Endpoint at(const char* text) { return parse_endpoint(text).value(); }

class PortTableTest : public testing::Test {
 protected:
  PortTableTest() {
    table_.add_host();
    table_.add_host();
  }

  bool open(HostId host, const char* local, FakeSocket& socket) {
    const auto chosen = table_.choose(host, at(local));
    if (chosen) table_.insert(host, *chosen, &socket);
    return chosen.has_value();
  }

  PortTable<FakeSocket> table_;
  FakeSocket one_;
  FakeSocket two_;
};

TEST_F(PortTableTest, FindsASocketByAddressAndPort) {
  ASSERT_TRUE(open(HostId{0}, "10.0.0.1:7", one_));
  ASSERT_TRUE(open(HostId{0}, "0.0.0.0:8", two_));
  EXPECT_EQ(table_.find(HostId{0}, at("10.0.0.1:7")), &one_);
  EXPECT_EQ(table_.find(HostId{0}, at("10.0.0.9:7")), nullptr);
  EXPECT_EQ(table_.find(HostId{0}, at("10.0.0.9:8")), &two_);
  EXPECT_EQ(table_.find(HostId{0}, at("[2001:db8::1]:8")), nullptr);
  EXPECT_EQ(table_.find(HostId{1}, at("10.0.0.1:7")), nullptr);
}

TEST_F(PortTableTest, RefusesAPortThatIsTakenOnTheSameAddressFamily) {
  ASSERT_TRUE(open(HostId{0}, "0.0.0.0:7", one_));
  EXPECT_FALSE(open(HostId{0}, "10.0.0.1:7", two_));
  EXPECT_TRUE(open(HostId{0}, "[::]:7", two_));
  EXPECT_TRUE(open(HostId{1}, "0.0.0.0:7", two_));
  table_.erase(HostId{0}, &one_);
  EXPECT_TRUE(open(HostId{0}, "10.0.0.1:7", one_));
}

TEST_F(PortTableTest, ChoosesAFreePortForPortZeroUntilThereIsNone) {
  for (int i = 49152; i <= 65535; ++i) ASSERT_TRUE(open(HostId{0}, "0.0.0.0:0", one_));
  EXPECT_EQ(table_.find(HostId{0}, at("10.0.0.1:49152")), &one_);
  EXPECT_EQ(table_.find(HostId{0}, at("10.0.0.1:65535")), &one_);
  EXPECT_FALSE(open(HostId{0}, "0.0.0.0:0", one_));
}

TEST_F(PortTableTest, GivesAwayAllSocketsOfAHost) {
  ASSERT_TRUE(open(HostId{0}, "0.0.0.0:1", one_));
  ASSERT_TRUE(open(HostId{0}, "0.0.0.0:2", two_));
  EXPECT_EQ(table_.take_all(HostId{0}), (std::vector<FakeSocket*>{&one_, &two_}));
  EXPECT_EQ(table_.find(HostId{0}, at("10.0.0.1:1")), nullptr);
}

}  // namespace port_table_test
}  // namespace starling::sim
