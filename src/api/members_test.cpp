#include "api/members.h"

#include <gtest/gtest.h>

namespace starling::api {
namespace members_test {

TEST(MembersTest, ReadsTheFieldsOfAQuery) {
  const auto fields = parse_query("a=1&b=x%2Fy%20z&c=p+q&d", {"a", "b", "c", "d", "e"});
  ASSERT_TRUE(fields);
  EXPECT_EQ(*fields, (QueryFields{{"a", "1"}, {"b", "x/y z"}, {"c", "p q"}, {"d", ""}}));
  EXPECT_TRUE(parse_query("", {})->empty());
}

TEST(MembersTest, RefusesQueriesThatAreUnknownDoubleOrMalformed) {
  for (const char* query : {"b=1", "a=1&a=2", "a=%", "a=%4", "a=%zz", "%=1"}) {
    const auto fields = parse_query(query, {"a"});
    ASSERT_FALSE(fields) << query;
    EXPECT_EQ(fields.error().status, 400);
  }
}

TEST(MembersTest, ReadsTheMembersOfABody) {
  EXPECT_EQ((*parse_members(R"({"a":1})", {"a"}))["a"], 1);
  EXPECT_TRUE(parse_members("", {"a"})->empty());
  for (const char* body : {"[]", "1", "{", R"({"b":1})"}) EXPECT_FALSE(parse_members(body, {"a"}));
}

}  // namespace members_test
}  // namespace starling::api
